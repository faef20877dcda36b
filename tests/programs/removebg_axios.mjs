// axios and form-data, as remove.bg's own sample and its many copies have it.
import fs from "fs";
import { createRequire } from "module";
const require = createRequire(process.env.NODE_PATH + "/");
const axios = require("axios");
const FormData = require("form-data");
const [base, photo, out] = process.argv.slice(2);

const formData = new FormData();
formData.append("size", "auto");
formData.append("image_file", fs.createReadStream(photo), "photo.jpg");
const response = await axios({
  method: "post",
  url: `${base}/v1.0/removebg`,
  data: formData,
  responseType: "arraybuffer",
  headers: { ...formData.getHeaders(), "X-Api-Key": "INSERT_YOUR_API_KEY_HERE" },
});
if (response.status !== 200) throw new Error(response.status);
fs.writeFileSync(out, response.data);

// And as chat bots do.
const { data } = await axios.post(
  `${base}/v1.0/removebg`,
  { image_url: "https://example.com/p.jpg", size: "auto" },
  { responseType: "arraybuffer", headers: { "X-Api-Key": "k" } },
);
if (data.subarray(1, 4).toString() !== "PNG") throw new Error(data.subarray(0, 40).toString());
