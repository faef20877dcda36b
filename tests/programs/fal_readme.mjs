// @fal-ai/client 1.10.1: the examples of its README, with a background-removal app for theirs.
import fs from "node:fs/promises";
import { createRequire } from "node:module";
const require = createRequire(process.env.NODE_PATH + "/");
const { fal } = require("@fal-ai/client");
const [base, photo, out] = process.argv.slice(2);
const assert = (truth, what) => {
  if (!truth) throw new Error(what);
};

fal.config({
  credentials: "FAL_KEY",
  proxyUrl: { url: `${base}/fal/proxy`, when: "always" },
});

const app = "fal-ai/birefnet/v2";
const image_url = "https://example.com/p.jpg";
const file = `data:image/jpeg;base64,${(await fs.readFile(photo)).toString("base64")}`;

const { data, requestId } = await fal.run("fal-ai/birefnet", {
  input: { image_url: file, sync_mode: true, refine_foreground: false },
});
assert(requestId, "no request id");
await fs.writeFile(out, Buffer.from(data.image.url.split(",")[1], "base64"));

const updates = [];
for (const mode of ["polling", "streaming"]) {
  const result = await fal.subscribe(app, {
    input: { image_url, output_mask: true },
    mode,
    pollInterval: 50,
    logs: true,
    onQueueUpdate: (update) => updates.push(update),
  });
  assert(result.data.mask_image.url.startsWith(base), JSON.stringify(result));
  assert(updates.at(-1).status === "COMPLETED" && updates.at(-1).logs.length > 0, mode);
}

const { request_id } = await fal.queue.submit("fal-ai/bria/background/remove", {
  input: { image_url },
  priority: "low",
});
const requests = "fal-ai/bria/background/remove";
await fal.queue.subscribeToStatus(requests, { requestId: request_id, pollInterval: 50 });
const result = await fal.queue.result(requests, { requestId: request_id });
assert(result.data.image.width === 320 && result.requestId === request_id, JSON.stringify(result));

const failures = [];
for (const [name, input] of [
  [app, { image_url, model: "Huge" }],
  [app, {}],
  ["fal-ai/imageutils/rembg", { image_url: "data:image/png;base64,aGVsbG8=" }],
  ["fal-ai/flux/dev", { prompt: "a cat" }],
]) {
  await fal.run(name, { input }).catch((error) => failures.push(error));
}
assert(failures.map((error) => error.status).join() === "422,422,422,404", failures);
assert(failures[0].getFieldErrors("model").length === 1, JSON.stringify(failures[0].body));

// An upload goes to the vendor's own host, which the proxy refuses.
let refused;
await fal.storage.upload(new Blob(["x"])).catch((error) => (refused = error));
assert(refused?.status === 422 && JSON.stringify(refused.body).includes("data URI"), refused);
