// The three main operations through the client that openapi-generator wrote (`made`).
import { readFileSync } from "node:fs";
import { Configuration, CutoutdApi, ResponseError } from "./made";

async function main(base: string, key: string, photo: string): Promise<void> {
  const api = new CutoutdApi(new Configuration({ basePath: base, accessToken: key }));
  const image = new Blob([readFileSync(photo)], { type: "image/jpeg" });
  const cutout = await api.removeBackground({ image: [image] });
  const start = Buffer.from(await (cutout as unknown as Blob).arrayBuffer()).subarray(1, 4);
  if (start.toString() !== "PNG") throw new Error("no PNG");
  const kept = await api.uploadFile({ image });
  const job = await api.createJob({ file: [kept.id], wait: 60 });
  if (job.status !== "succeeded") throw new Error(job.status);
  try {
    await api.removeBackground({});
  } catch (error) {
    const refused = await (error as ResponseError).response.json();
    if (refused.code === "invalid_request") return;
  }
  throw new Error("a request without an image was not refused");
}

main(process.argv[2], process.argv[3], process.argv[4]).catch((error) => {
  console.error(error);
  process.exit(1);
});
