/** A described request (see dialects.js) as code to copy. */

import { describe } from "./dialects.js";
import { labelOf } from "./options.js";

export const LANGUAGES = { curl: "curl", python: "Python", javascript: "JavaScript", php: "PHP" };

const WRITERS = { curl: asCurl, python: asPython, javascript: asJavaScript, php: asPhp };

const ENDINGS = { jpeg: "jpg" };
const WORDS = { background: "Background", background_image: "Background image", preset: "Preset", strokes: "Brush strokes" };

export function snippet(dialect, language, image, options, key, base) {
  const request = describe(dialect, image, options, key);
  const query = new URLSearchParams(request.query).toString();
  const url = base.replace(/\/$/, "") + request.path + (query ? `?${query}` : "");
  const target = `cutout.${ENDINGS[request.format] ?? request.format}`;
  const lacking = request.lacks.map((name) => WORDS[name] ?? labelOf(name)).join(", ");
  return WRITERS[language]({ ...request, url, target, remark: lacking ? `Not available in this API: ${lacking}` : null });
}

const quoted = (text) => JSON.stringify(String(text));
const shell = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;
const lines = (...parts) => parts.flat().filter((line) => line !== null).join("\n");

function asCurl({ method, url, headers, body, fields, files, answer, target, remark }) {
  const parts = [method === "GET" ? `curl ${shell(url)}` : `curl -X ${method} ${shell(url)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${shell(`${name}: ${value}`)}`);
  const based = files.find((file) => file.base64);
  let feed = "";
  if (body === "form") {
    for (const [name, value] of Object.entries(fields)) parts.push(`-F ${shell(`${name}=${value}`)}`);
    for (const { field, name } of files) parts.push(`-F ${shell(`${field}=@${name}`)}`);
  } else {
    parts.push("-H 'Content-Type: application/json'");
    if (based) {
      feed = `printf ${shell(jsonWithHole(fields, based.field))} "$(base64 < ${shell(based.name)} | tr -d '\\n')" |\n  `;
      parts.push("--data-binary @-");
    } else {
      parts.push(`-d ${shell(JSON.stringify(fields))}`);
    }
  }
  parts.push(answer.kind === "bytes" ? `--fail-with-body -o ${shell(target)}` : "--fail-with-body -s");
  return lines(remark && `# ${remark}`, feed + parts.join(" \\\n  ") + curlAnswer(answer, target));
}

/** What reads the image out of a JSON answer. */
function curlAnswer({ kind, at }, target) {
  if (kind === "bytes") return "";
  const read = ` |\n  jq -r ${shell(at.map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`)).join(""))} |\n  `;
  return read + (kind === "link" ? `xargs curl -s -o ${shell(target)}` : `base64 -d > ${shell(target)}`);
}

/** A printf format: the fields as JSON, with %s where the base64 text goes. */
function jsonWithHole(fields, hole) {
  const known = JSON.stringify(fields).replaceAll("\\", "\\\\").replaceAll("%", "%%");
  return `${known.slice(0, -1)}${known === "{}" ? "" : ","}"${hole}":"%s"}`;
}

function asPython({ method, url, headers, body, fields, files, answer, target, remark }) {
  const entries = Object.entries(fields).map(([name, value]) => `        ${quoted(name)}: ${pythonValue(value, body)},`);
  const based = files.filter((file) => file.base64).map(({ field, name }) => `        ${quoted(field)}: base64.b64encode(open(${quoted(name)}, "rb").read()).decode(),`);
  const parts = files.filter((file) => !file.base64).map(({ field, name }) => `        ${quoted(field)}: open(${quoted(name)}, "rb"),`);
  return lines(
    remark && `# ${remark}`,
    answer.kind === "base64" || based.length ? "import base64\n" : null,
    "import requests",
    "",
    `response = requests.request(\n    ${quoted(method)},\n    ${quoted(url)},`,
    Object.keys(headers).length ? `    headers=${JSON.stringify(headers)},` : null,
    entries.length || based.length ? [`    ${body === "form" ? "data" : "json"}={`, ...entries, ...based, "    },"] : null,
    parts.length ? ["    files={", ...parts, "    },"] : null,
    "    timeout=120,\n)",
    "response.raise_for_status()",
    pythonAnswer(answer, target),
  );
}

function pythonValue(value, body) {
  if (body === "form") return quoted(value);
  return typeof value === "boolean" ? (value ? "True" : "False") : JSON.stringify(value);
}

function pythonAnswer({ kind, at }, target) {
  const value = at ? `response.json()${at.map((key) => `[${JSON.stringify(key)}]`).join("")}` : "";
  const bytes = { bytes: "response.content", base64: `base64.b64decode(${value})`, link: `requests.get(${value}, timeout=120).content` }[kind];
  return `with open(${quoted(target)}, "wb") as cutout:\n    cutout.write(${bytes})`;
}

function asJavaScript({ method, url, headers, body, fields, files, answer, target, remark }) {
  const inForm = body === "form";
  const based = files.filter((file) => file.base64);
  const parts = files.filter((file) => !file.base64);
  const sent = method === "GET" ? {} : inForm ? headers : { ...headers, "Content-Type": "application/json" };
  const entries = Object.entries(fields);
  const json = entries.map(([name, value]) => `    ${quoted(name)}: ${JSON.stringify(value)},`);
  for (const { field, name } of based) json.push(`    ${quoted(field)}: await readFile(${quoted(name)}, "base64"),`);
  return lines(
    remark && `// ${remark}`,
    `import { ${based.length ? "writeFile, readFile" : "writeFile"} } from "node:fs/promises";`,
    parts.length ? 'import { openAsBlob } from "node:fs";' : null,
    "",
    inForm && method !== "GET"
      ? ["const body = new FormData();",
        ...entries.map(([name, value]) => `body.append(${quoted(name)}, ${quoted(value)});`),
        ...parts.map(({ field, name }) => `body.append(${quoted(field)}, await openAsBlob(${quoted(name)}), ${quoted(name)});`), ""]
      : null,
    `const response = await fetch(${quoted(url)}, {\n  method: ${quoted(method)},`,
    Object.keys(sent).length ? `  headers: ${JSON.stringify(sent)},` : null,
    method === "GET" ? null : inForm ? "  body," : ["  body: JSON.stringify({", ...json, "  }),"],
    "});",
    "if (!response.ok) throw new Error(await response.text());",
    scriptAnswer(answer, target),
  );
}

function scriptAnswer({ kind, at }, target) {
  const value = at ? `(await response.json())${at.map((key) => `[${JSON.stringify(key)}]`).join("")}` : "";
  const bytes = {
    bytes: "Buffer.from(await response.arrayBuffer())",
    base64: `Buffer.from(${value}, "base64")`,
    link: `Buffer.from(await (await fetch(${value})).arrayBuffer())`,
  }[kind];
  return `await writeFile(${quoted(target)}, ${bytes});`;
}

function asPhp({ method, url, headers, body, fields, files, answer, target, remark }) {
  const inForm = body === "form";
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  if (!inForm) sent.push("Content-Type: application/json");
  const values = Object.entries(fields).map(([name, value]) => `    ${php(name)} => ${inForm ? php(value) : phpValue(value)},`);
  for (const { field, name, base64 } of files) {
    values.push(`    ${php(field)} => ${base64 ? `base64_encode(file_get_contents(${php(name)}))` : `new CURLFile(${php(name)})`},`);
  }
  const payload = method === "GET" ? null : [`$fields = [`, ...values, "];"];
  return lines(
    "<?php",
    remark && `// ${remark}`,
    payload,
    `$curl = curl_init(${php(url)});`,
    "curl_setopt_array($curl, [",
    payload ? ["    CURLOPT_POST => true,", `    CURLOPT_POSTFIELDS => ${inForm ? "$fields" : "json_encode($fields)"},`] : null,
    sent.length ? `    CURLOPT_HTTPHEADER => [${sent.map(php).join(", ")}],` : null,
    "    CURLOPT_RETURNTRANSFER => true,\n]);",
    "$answer = curl_exec($curl);",
    "if (curl_getinfo($curl, CURLINFO_RESPONSE_CODE) !== 200) exit($answer);",
    phpAnswer(answer, target),
  );
}

function php(text) {
  return `'${String(text).replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

function phpValue(value) {
  if (Array.isArray(value)) return JSON.stringify(value);
  return typeof value === "string" ? php(value) : String(value);
}

function phpAnswer({ kind, at }, target) {
  const value = at ? `json_decode($answer, true)${at.map((key) => `[${typeof key === "number" ? key : php(key)}]`).join("")}` : "";
  const bytes = { bytes: "$answer", base64: `base64_decode(${value})`, link: `file_get_contents(${value})` }[kind];
  return `file_put_contents(${php(target)}, ${bytes});`;
}
