// replicate 1.4.0: the examples of its README, with a background-removal model for theirs.
import fs from "node:fs/promises";
import { createRequire } from "node:module";
const require = createRequire(process.env.NODE_PATH + "/");
const Replicate = require("replicate");
const [base, photo, out] = process.argv.slice(2);
const assert = (truth, what) => {
  if (!truth) throw new Error(what);
};

const replicate = new Replicate({ auth: "my api token", baseUrl: `${base}/replicate/v1` });
const version = "fb8af171cfa1616ddcf1242c093f9c46bcada5ad4cf6f2fbe8b81b330ec5c003";
const image = "https://example.com/p.jpg";

const model = `cjwbw/rembg:${version}`;
const input = { image: await fs.readFile(photo) };
const output = await replicate.run(model, { input });
await fs.writeFile(out, Buffer.from(await (await output.blob()).arrayBuffer()));

const seen = [];
await replicate.run(
  "851-labs/background-remover",
  { input: { image, format: "png" }, wait: { mode: "poll", interval: 50 } },
  (prediction) => seen.push(prediction.status),
);
assert(seen.at(0) === "starting" && seen.at(-1) === "succeeded", seen);

let prediction = await replicate.predictions.create({ version, input: { image } });
prediction = await replicate.predictions.get(prediction.id);
prediction = await replicate.wait(prediction, { interval: 50 });
assert(prediction.output.startsWith(base), prediction.output);
prediction = await replicate.predictions.cancel(prediction.id);
assert(prediction.status === "succeeded", prediction.status);

for await (const page of replicate.paginate(replicate.predictions.list)) {
  assert(page.some((one) => one.id === prediction.id), "not in the list");
  break;
}

const file = await replicate.files.create(new Blob([await fs.readFile(photo)]), { a: 1 });
assert(file.metadata.a === 1, JSON.stringify(file));
assert((await replicate.files.get(file.id)).id === file.id, "no file");
assert((await replicate.files.list()).results.length > 0, "no files");
assert(await replicate.files.delete(file.id), "not deleted");

assert((await replicate.models.get("cjwbw", "rembg")).latest_version.id === version, "no model");
const { openapi_schema } = await replicate.models.versions.get("cjwbw", "rembg", version);
assert(openapi_schema.components.schemas.Output.format === "uri", "no schema");
assert((await replicate.models.search("birefnet")).results.length === 1, "not found");

let refused;
try {
  await replicate.run("cjwbw/rembg", { input: { prompt: "a cat" } });
} catch (error) {
  refused = error;
}
assert(refused?.response?.status === 422 && refused.message.includes("prompt"), refused);
