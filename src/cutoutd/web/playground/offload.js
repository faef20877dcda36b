/** Hands work to a thread of its own, so that the page never stalls. */

/** Returns ask(task, input): a promise of what that task of worker.js makes of the input. */
export function startWorker() {
  const asked = new Map();
  let worker = null;
  let next = 1;
  return (task, input) => new Promise((resolve, reject) => {
    worker ??= listen(asked);
    asked.set(next, { resolve, reject });
    worker.postMessage({ id: next, task, input });
    next += 1;
  });
}

/** The worker that everything but the brush shares. */
export const offload = startWorker();

function listen(asked) {
  const worker = new Worker(new URL("worker.js", import.meta.url), { type: "module" });
  worker.addEventListener("message", ({ data: { id, output, error } }) => {
    const { resolve, reject } = asked.get(id);
    asked.delete(id);
    if (error) reject(new Error(error));
    else resolve(output);
  });
  return worker;
}
