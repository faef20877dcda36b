/** The server, through its own API (/v1). The only module that talks to it. */

const WAIT_S = 20;
const MOST_ROUNDS = 6;
const AGAIN_S = 5;

let key = sessionStorage.getItem("key") ?? "";

/** Kept for this tab only, so that a reload and the jobs page know it. */
export function setKey(value) {
  key = value;
  sessionStorage.setItem("key", value);
}

export function knownKey() {
  return key;
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
 * source: { file } or { url }. options: names of the API to values, files included.
 * Returns { blob, width, height, timings, model, notes, messages }.
 */
export async function removeBackground(source, options, { signal, tell }) {
  const body = new FormData();
  body.append("image", source.file ?? source.url);
  for (const [name, value] of Object.entries(options)) body.append(name, value instanceof Blob ? value : String(value));
  const job = await ended(await patiently(() => call(`v1/jobs?wait=${WAIT_S}`, { method: "POST", body, signal }), tell), signal, tell);
  if (job.status !== "succeeded") throw new ServerError(job.failure?.message ?? "The job was cancelled.", job.failure?.code ?? "cancelled");
  const [image] = job.images;
  const answer = await fetch(image.url, { signal });
  if (!answer.ok) throw new ServerError("The finished image cannot be read.", "not_found", answer.status);
  return {
    blob: await answer.blob(),
    width: image.width,
    height: image.height,
    timings: { ...job.timings_ms, total: Date.parse(job.finished_at) - Date.parse(job.created_at) },
    model: job.model,
    notes: job.notes,
    messages: job.messages,
  };
}

/** Ask until the job has ended; a caller who gives up cancels it. */
async function ended(job, signal, tell) {
  const cancel = () => call(`v1/jobs/${job.id}`, { method: "DELETE" }).catch(() => {});
  signal.addEventListener("abort", cancel);
  try {
    while (!["succeeded", "failed", "cancelled"].includes(job.status)) {
      tell(job.queue?.ahead ? `${job.queue.ahead} before this one, about ${job.queue.eta_s} s` : "Removing the background …");
      job = await patiently(() => call(`v1/jobs/${job.id}?wait=${WAIT_S}`, { signal }), tell);
    }
  } finally {
    signal.removeEventListener("abort", cancel);
  }
  return job;
}

/**
 * The image as the server sees it, for what this browser cannot show: a PNG. It is laid under its own
 * cutout, so that nothing is missing.
 */
export async function serverCopy(source) {
  const options = { background_image: source.file ?? source.url, foreground_estimation: false, format: "png" };
  return (await removeBackground(source, options, { signal: new AbortController().signal, tell: () => {} })).blob;
}

const REASONS = { rate_limited: "The limit of this key is reached", unreachable: "The server cannot be reached" };

/** A full server says when to come back; come back. One that is away is waited for. */
async function patiently(attempt, tell) {
  for (let round = 1; ; round += 1) {
    try {
      return await attempt();
    } catch (error) {
      const away = error.code === "unreachable";
      const seconds = away ? AGAIN_S : error.retryAfter;
      if (!seconds || (round > MOST_ROUNDS && !away)) throw error;
      tell(`${REASONS[error.code] ?? "The server is busy"}; trying again in ${seconds} s`);
      await new Promise((resolve) => { setTimeout(resolve, seconds * 1000); });
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
