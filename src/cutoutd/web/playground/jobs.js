/** The operator's view: the queue, failures with reasons, webhooks; retry, cancel, replay. */

import { knownKey, operate, setKey } from "./api.js";

const EVERY_MS = 5000;

const element = (id) => document.getElementById(id);
let before = null;

async function refresh() {
  try {
    const [overview, jobs, deliveries] = await Promise.all([
      operate.overview(),
      operate.jobs(element("job-status").value, before),
      operate.deliveries(element("delivery-state").value),
    ]);
    showCounts(overview);
    fill(element("jobs"), jobs.jobs.map(jobRow), "No jobs.");
    fill(element("deliveries"), deliveries.deliveries.map(deliveryRow), "No webhooks.");
    element("older").disabled = jobs.next_before === null;
    element("older").dataset.before = jobs.next_before ?? "";
    say(before ? "Older jobs; choose a status to see the newest." : "Refreshes every 5 s");
  } catch (error) {
    say(error.message);
  }
}

function showCounts({ jobs, deliveries, oldest_waiting_s: oldest }) {
  const counts = { ...jobs, "webhooks pending": deliveries.pending ?? 0, "webhooks given up": deliveries.parked ?? 0, "oldest waits, s": oldest.toFixed(1) };
  element("counts").replaceChildren(
    ...Object.entries(counts).map(([name, count]) => {
      const box = document.createElement("div");
      const [term, value] = [document.createElement("dt"), document.createElement("dd")];
      [term.textContent, value.textContent] = [name, String(count)];
      box.append(term, value);
      return box;
    }),
  );
}

function jobRow(job) {
  const over = !["queued", "running"].includes(job.status);
  const act = over
    ? job.status !== "succeeded" && button(`Retry ${job.id}`, "Retry", () => operate.retry(job.id))
    : button(`Cancel ${job.id}`, "Cancel", () => operate.cancel(job.id));
  const took = job.took_ms === null ? "" : `${(job.took_ms / 1000).toFixed(2)} s`;
  return row(job.status, [job.id, job.status, job.client, job.dialect, moment(job.created_at), took, job.reason ?? "", act || ""]);
}

function deliveryRow(delivery) {
  const act = delivery.state === "pending" ? "" : button(`Send ${delivery.id} again`, "Send again", () => operate.replay(delivery.id));
  const answer = delivery.last_error ?? delivery.last_status ?? "";
  return row(delivery.state === "parked" ? "failed" : "", [delivery.id, delivery.state, delivery.job_id, delivery.host, delivery.attempts, answer, act]);
}

function row(className, cells) {
  const line = document.createElement("tr");
  line.className = className;
  for (const cell of cells) line.insertCell().append(cell instanceof Node ? cell : String(cell));
  return line;
}

function button(label, text, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", async () => {
    try {
      await act();
      await refresh();
    } catch (error) {
      say(error.message);
    }
  });
  return made;
}

function fill(body, rows, otherwise) {
  if (rows.length) {
    body.replaceChildren(...rows);
    return;
  }
  const line = row("quiet", [otherwise]);
  line.cells[0].colSpan = 8;
  body.replaceChildren(line);
}

function moment(text) {
  return new Date(text).toLocaleString();
}

function say(sentence) {
  element("status").textContent = sentence;
}

document.documentElement.style.colorScheme = localStorage.getItem("theme") ?? "";
element("key").value = knownKey();
element("key").addEventListener("input", (event) => setKey(event.target.value.trim()));
element("key").addEventListener("change", refresh);
for (const id of ["job-status", "delivery-state"]) {
  element(id).addEventListener("change", () => {
    before = null;
    refresh();
  });
}
element("older").addEventListener("click", () => {
  before = element("older").dataset.before;
  refresh();
});
setInterval(() => { if (!document.hidden && !before) refresh(); }, EVERY_MS);
refresh();
