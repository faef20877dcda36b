// Node: axios with form-data as the vendors' samples have it, the built-in fetch, and undici.
import fs from "fs";
import { createRequire } from "module";
const require = createRequire(process.env.NODE_PATH + "/");
const [library, base, plan, photo, out] = process.argv.slice(2);
const picture = fs.readFileSync(photo);

async function viaAxios(url, field, json) {
  const axios = require("axios"), FormData = require("form-data");
  let data = json, headers = { "X-Api-Key": "k" };
  if (!json) {
    data = new FormData();
    data.append(field, fs.createReadStream(photo), "p.jpg");
    headers = { ...headers, ...data.getHeaders() };
  }
  const answer = await axios({ method: "post", url, data, responseType: "arraybuffer", headers });
  return [answer.headers["content-type"], answer.data];
}

function form(field, kind) {
  const data = new kind();
  data.append(field, new Blob([picture]), "p.jpg");
  return data;
}

async function viaFetch(url, field, json) {
  const body = json ? JSON.stringify(json) : form(field, FormData);
  const answer = await fetch(url, { method: "POST", body });
  return [answer.headers.get("content-type"), Buffer.from(await answer.arrayBuffer())];
}

async function viaUndici(url, field, json) {
  const undici = require("undici");
  const body = json ? JSON.stringify(json) : form(field, undici.FormData);
  const answer = await undici.request(url, { method: "POST", body });
  return [answer.headers["content-type"], Buffer.from(await answer.body.arrayBuffer())];
}

const send = { axios: viaAxios, fetch: viaFetch, undici: viaUndici }[library];
for (const line of fs.readFileSync(plan, "utf8").trim().split("\n")) {
  const [name, kind, field, path] = line.split("\t");
  const json = kind === "json" && { [field]: picture.toString("base64") };
  const [type, data] = await send(base + path, field, json);
  fs.writeFileSync(`${out}/${name}`, data);
  fs.appendFileSync(`${out}/types`, `${name}\t${type}\n`);
}
