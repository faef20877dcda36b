// npm photoroom-cli 1.7.1: its addresses are constants, so the transport below is pointed elsewhere.
import http from "http";
import https from "https";
import fs from "fs";
import { pathToFileURL } from "url";
const [base, photo, out] = process.argv.slice(2);
const { hostname, port } = new URL(base);
https.request = (options, done) =>
  http.request({ ...options, protocol: "http:", hostname, port, agent: undefined }, done);
const ask = globalThis.fetch;
globalThis.fetch = (url, options) =>
  ask(url.replace("https://image-api.photoroom.com", base), options);

const shared = `${process.env.NODE_PATH}/photoroom-cli/dist/shared`;
const load = (name) => import(pathToFileURL(`${shared}/${name}.js`));
const { addApiKey } = await load("config-manager");
const { removeBackgroundApi, getAccountDetails } = await load("api-client");
await addApiKey("ours", "live", "k", true);
const [{ result }] = await removeBackgroundApi([photo], { format: "png", size: "full" });
if (!result.success || result.uncertaintyScore !== -1) throw new Error(JSON.stringify(result));
fs.writeFileSync(out, result.data);
const account = await getAccountDetails();
if (!(account.credits.available > 0)) throw new Error(JSON.stringify(account));
const [{ result: refused }] = await removeBackgroundApi([process.argv[1]], {});
if (refused.statusCode !== 400 || !refused.detail) throw new Error(JSON.stringify(refused));
