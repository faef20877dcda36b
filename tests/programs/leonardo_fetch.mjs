// Leonardo's background removal as its page about the migration calls it with fetch.
import fs from "node:fs";
const [base, photo, out] = process.argv.slice(2);

const call = (parameters) =>
  fetch(`${base}/api/rest/v2/generationssync`, {
    method: "POST",
    headers: {
      Authorization: "Bearer YOUR_LEONARDO_API_KEY",
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ model: "remove-bg", ephemeral: true, base64: true, parameters }),
  });

const image = { type: "BASE64", data: fs.readFileSync(photo).toString("base64") };
const guidances = { image_reference: [{ image }] };
const response = await call({ size: "auto", format: "png", guidances });
if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
const { results } = await response.json();
fs.writeFileSync(out, Buffer.from(results[0].dataB64, "base64"));

const refused = await (await call({ format: "zip", guidances })).json();
if (refused.errors[0].extensions.statusCode !== 400) throw new Error(JSON.stringify(refused));
