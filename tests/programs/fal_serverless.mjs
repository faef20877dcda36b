// @fal-ai/serverless-client 0.15.0, which @fal-ai/client replaced and much code still has.
import fs from "node:fs/promises";
import { createRequire } from "node:module";
const require = createRequire(process.env.NODE_PATH + "/");
const fal = require("@fal-ai/serverless-client");
const [base, photo, out] = process.argv.slice(2);

fal.config({
  credentials: "id:secret",
  requestMiddleware: async (request) => ({
    ...request,
    url: request.url
      .replace("https://queue.fal.run", `${base}/queue`)
      .replace("https://fal.run", base),
  }),
});

const image_url = `data:image/jpeg;base64,${(await fs.readFile(photo)).toString("base64")}`;
const updates = [];
const result = await fal.subscribe("fal-ai/imageutils/rembg", {
  input: { image_url, sync_mode: true },
  pollInterval: 50,
  logs: true,
  onQueueUpdate: (update) => updates.push(update.status),
});
if (updates.at(-1) !== "COMPLETED") throw new Error(updates);
await fs.writeFile(out, Buffer.from(result.image.url.split(",")[1], "base64"));

const { image } = await fal.run("fal-ai/birefnet", { input: { image_url } });
if (image.content_type !== "image/png") throw new Error(JSON.stringify(image));
