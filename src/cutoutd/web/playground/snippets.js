/** A described request (see dialects.js) as code to copy. */

import { DIALECTS } from "./dialects.js";

export const LANGUAGES = { curl: "curl", python: "Python", javascript: "JavaScript", php: "PHP" };

const WRITERS = { curl: asCurl, python: asPython, javascript: asJavaScript, php: asPhp };

export function snippet(dialect, language, image, options, key, base) {
  const request = DIALECTS[dialect].request(image, options, key);
  const query = new URLSearchParams(request.query ?? {}).toString();
  const url = base.replace(/\/$/, "") + request.path + (query ? `?${query}` : "");
  const target = `cutout.${options.format ?? "png"}`;
  return WRITERS[language]({ ...request, url, target });
}

const quoted = (text) => JSON.stringify(String(text));
const shell = (text) => `'${String(text).replaceAll("'", `'\\''`)}'`;
const lines = (...parts) => parts.flat().filter((line) => line !== null).join("\n");

function asCurl({ method, url, headers, body, fields, file, answer, target }) {
  const parts = [method === "GET" ? `curl ${shell(url)}` : `curl -X ${method} ${shell(url)}`];
  for (const [name, value] of Object.entries(headers)) parts.push(`-H ${shell(`${name}: ${value}`)}`);
  let feed = "";
  if (body === "form") {
    for (const [name, value] of Object.entries(fields)) parts.push(`-F ${shell(`${name}=${value}`)}`);
    if (file) parts.push(`-F ${shell(`${file.field}=@${file.name}`)}`);
  } else {
    parts.push("-H 'Content-Type: application/json'");
    if (file) {
      feed = `printf ${shell(jsonWithHole(fields, file.field))} "$(base64 < ${shell(file.name)} | tr -d '\\n')" |\n  `;
      parts.push("--data-binary @-");
    } else {
      parts.push(`-d ${shell(JSON.stringify(fields))}`);
    }
  }
  if (answer.kind === "bytes") parts.push(`--fail-with-body -o ${shell(target)}`);
  return feed + parts.join(" \\\n  ");
}

/** A printf format: the fields as JSON, with %s where the base64 text goes. */
function jsonWithHole(fields, hole) {
  const known = JSON.stringify(fields).replaceAll("\\", "\\\\").replaceAll("%", "%%");
  return `${known.slice(0, -1)}${known === "{}" ? "" : ","}"${hole}":"%s"}`;
}

function asPython({ method, url, headers, body, fields, file, answer, target }) {
  const based = file?.base64 ? `base64.b64encode(open(${quoted(file.name)}, "rb").read()).decode()` : null;
  const entries = Object.entries(fields).map(([name, value]) => `        ${quoted(name)}: ${pythonValue(value, body)},`);
  const inForm = body === "form";
  return lines(
    answer.kind === "base64" || based ? "import base64\n" : null,
    "import requests",
    "",
    `response = requests.request(\n    ${quoted(method)},\n    ${quoted(url)},`,
    Object.keys(headers).length ? `    headers=${JSON.stringify(headers)},` : null,
    entries.length || based ? [`    ${inForm ? "data" : "json"}={`, ...entries, based ? `        ${quoted(file.field)}: ${based},` : null, "    },"] : null,
    file && !file.base64 ? `    files={${quoted(file.field)}: open(${quoted(file.name)}, "rb")},` : null,
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

function asJavaScript({ method, url, headers, body, fields, file, answer, target }) {
  const inForm = body === "form";
  const fileSystem = ["writeFile", file && (file.base64 ? "readFile" : null)].filter(Boolean).join(", ");
  const sent = method === "GET" ? {} : inForm ? headers : { ...headers, "Content-Type": "application/json" };
  const entries = Object.entries(fields);
  const json = entries.map(([name, value]) => `    ${quoted(name)}: ${JSON.stringify(value)},`);
  if (file?.base64) json.push(`    ${quoted(file.field)}: await readFile(${quoted(file.name)}, "base64"),`);
  return lines(
    `import { ${fileSystem} } from "node:fs/promises";`,
    file && !file.base64 ? 'import { openAsBlob } from "node:fs";' : null,
    "",
    inForm && method !== "GET"
      ? ["const body = new FormData();",
        ...entries.map(([name, value]) => `body.append(${quoted(name)}, ${quoted(value)});`),
        file ? `body.append(${quoted(file.field)}, await openAsBlob(${quoted(file.name)}), ${quoted(file.name)});` : null, ""]
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

function asPhp({ method, url, headers, body, fields, file, answer, target }) {
  const inForm = body === "form";
  const sent = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  if (!inForm) sent.push("Content-Type: application/json");
  const values = Object.entries(fields).map(([name, value]) => `    ${php(name)} => ${inForm ? php(value) : phpValue(value)},`);
  if (file) values.push(`    ${php(file.field)} => ${file.base64 ? `base64_encode(file_get_contents(${php(file.name)}))` : `new CURLFile(${php(file.name)})`},`);
  const payload = method === "GET" ? null : [`$fields = [`, ...values, "];"];
  return lines(
    "<?php",
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
  return typeof value === "string" ? php(value) : String(value);
}

function phpAnswer({ kind, at }, target) {
  const value = at ? `json_decode($answer, true)${at.map((key) => `[${typeof key === "number" ? key : php(key)}]`).join("")}` : "";
  const bytes = { bytes: "$answer", base64: `base64_decode(${value})`, link: `file_get_contents(${value})` }[kind];
  return `file_put_contents(${php(target)}, ${bytes});`;
}
