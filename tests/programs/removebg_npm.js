// npm remove.bg 1.3.0: its address is a constant, so the transport below it is pointed elsewhere.
const fs = require("fs");
const unirest = require("unirest");
const [base, photo, out] = process.argv.slice(2);
const post = unirest.post;
unirest.post = (url) => post(url.replace("https://api.remove.bg", base));
const client = require("remove.bg");

async function main() {
  const file = await client.removeBackgroundFromImageFile({
    path: photo, apiKey: "secret", size: "auto", crop: true, crop_margin: "5%",
    scale: "original", position: "original", roi: "0% 0% 100% 100%", bg_color: "81d4fa",
    channels: "rgba", add_shadow: false, bg_image_url: "", outputFile: out,
  });
  if (file.creditsCharged !== "0" || !(Number(file.resultWidth) > 0) || !file.detectedType) {
    throw new Error(JSON.stringify({ ...file, base64img: "…" }));
  }
  const data = fs.readFileSync(photo).toString("base64");
  const text = await client.removeBackgroundFromImageBase64({
    base64img: data, apiKey: "secret", size: "regular", type: "product",
  });
  if (text.detectedType !== "product") throw new Error(text.detectedType);
  await client.removeBackgroundFromImageUrl({ url: "https://example.com/p.jpg", apiKey: "secret" });
  const refused = await client
    .removeBackgroundFromImageBase64({ base64img: "aGk=", apiKey: "secret" })
    .then(() => null, (errors) => errors);
  if (!refused || refused[0].code !== "invalid_file_type") throw new Error(JSON.stringify(refused));
}

main().catch((error) => { console.error(error); process.exit(1); });
