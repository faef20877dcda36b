// A warm process of @imgly/background-removal-node: a line in for each picture, a line out with what it took.
// usage: node run_imgly.mjs FOLDER MODEL     FOLDER has node_modules; MODEL: medium (its default) or small
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

const [folder, model] = process.argv.slice(2);
const { removeBackground } = createRequire(`${folder}/package.json`)("@imgly/background-removal-node");
const config = { model, output: { format: "image/png" } }; // The same each time: its session is kept by it.

for await (const line of createInterface({ input: process.stdin })) {
  const { file, type, out } = JSON.parse(line);
  const photo = new Blob([readFileSync(file)], { type });
  const [clock, cpu] = [process.hrtime.bigint(), process.cpuUsage()];
  const made = Buffer.from(await (await removeBackground(photo, config)).arrayBuffer());
  const [wall_s, used] = [Number(process.hrtime.bigint() - clock) / 1e9, process.cpuUsage(cpu)];
  if (out) writeFileSync(out, made);
  console.log(JSON.stringify({ wall_s, cpu_s: (used.user + used.system) / 1e6 }));
}
