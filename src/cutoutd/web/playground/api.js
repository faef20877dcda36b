/** The server, through its own API (/v1). The only module that talks to it. */

const WAIT_S = 20;
const MOST_ROUNDS = 6;

let key = "";

export function setKey(value) {
  key = value;
}

/** A refusal in the server's words: problem details, or a job that failed. */
export class ServerError extends Error {
  constructor(message, code, status = 0, retryAfter = 0) {
    super(message);
    Object.assign(this, { code, status, retryAfter });
  }
}

export async function listModels() {
  return (await call("v1/models")).models;
}

/**
 * source: { file } or { url }. options: as the options form gives them.
 * Returns { blob, width, height, cropped, timings, model, notes }.
 */
export async function removeBackground(source, options, { signal, tell }) {
  const body = new FormData();
  body.append("image", source.file ?? source.url);
  for (const [name, value] of Object.entries(options)) body.append(name, String(value));
  const job = await ended(await patiently(() => call(`v1/jobs?wait=${WAIT_S}`, { method: "POST", body, signal }), tell), signal, tell);
  if (job.status !== "succeeded") throw new ServerError(job.failure?.message ?? "The job was cancelled.", job.failure?.code ?? "cancelled");
  const [image] = job.images;
  const answer = await fetch(image.url, { signal });
  if (!answer.ok) throw new ServerError("The finished image cannot be read.", "not_found", answer.status);
  return {
    blob: await answer.blob(),
    width: image.width,
    height: image.height,
    cropped: Boolean(options.crop),
    timings: { ...job.timings_ms, total: Date.parse(job.finished_at) - Date.parse(job.created_at) },
    model: job.model,
    notes: job.notes,
  };
}

/** Ask until the job has ended; a caller who gives up cancels it. */
async function ended(job, signal, tell) {
  const cancel = () => call(`v1/jobs/${job.id}`, { method: "DELETE" }).catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
      tell(job.queue?.ahead ? `${job.queue.ahead} before this one, about ${job.queue.eta_s} s` : "Removing the background …");
      job = await call(`v1/jobs/${job.id}?wait=${WAIT_S}`, { signal });
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
  return job;
}

/** A full server says when to come back; come back. */
async function patiently(attempt, tell) {
  for (let round = 1; ; round += 1) {
    try {
      return await attempt();
    } catch (error) {
      if (!error.retryAfter || round > MOST_ROUNDS) throw error;
      tell(`The server is busy; trying again in ${error.retryAfter} s`);
      await new Promise((resolve) => { setTimeout(resolve, error.retryAfter * 1000); });
    }
  }
}

async function call(path, { method = "GET", body, signal } = {}) {
  const headers = { Accept: "application/json", ...(key ? { Authorization: `Bearer ${key}` } : {}) };
  let answer;
  try {
    answer = await fetch(path, { method, body, signal, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new ServerError("The server cannot be reached.", "unreachable");
  }
  const json = await answer.json().catch(() => ({}));
  if (answer.ok) return json;
  const message = json.detail ?? `The server answered ${answer.status}.`;
  throw new ServerError(message, json.code, answer.status, Number(answer.headers.get("Retry-After") ?? 0));
}

/** The operator's calls; the key must be one that may operate. */
export const operate = {
  overview: () => call("v1/operate/overview"),
  jobs: (status, before) => call(`v1/operate/jobs?${new URLSearchParams({ ...(status && { status }), ...(before && { before }) })}`),
  retry: (id) => call(`v1/operate/jobs/${id}/retry`, { method: "POST" }),
  cancel: (id) => call(`v1/operate/jobs/${id}`, { method: "DELETE" }),
  deliveries: (state) => call(`v1/operate/deliveries?${new URLSearchParams(state ? { state } : {})}`),
  replay: (id) => call(`v1/operate/deliveries/${id}/replay`, { method: "POST" }),
};
