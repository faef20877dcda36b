/**
 * How each API is asked for what is seen on the page.
 *
 * An API is { label, says, request }. says: our option -> its fields for a value, or null where it has no
 * words for that value; an option that is missing has none at all.
 * describe(name, image, options, key) gives one call, in no language:
 *   { method, path, query, headers, body: "form" | "json", fields, files, answer, format, lacks }
 * files: [{ field, name, base64 }]; the fields that take a file, as a file part or as base64.
 * answer: { kind: "bytes" } or { kind: "link" | "base64", at: [keys into the JSON answer] }.
 * format: what the answer is. lacks: the options that this API cannot express.
 */

import { formatOf } from "./options.js";

export function describe(dialect, image, options, key) {
  const { says, request } = DIALECTS[dialect];
  const fields = {};
  const files = [];
  const lacks = [];
  for (const [name, value] of Object.entries(options)) {
    const said = says[name]?.(value, options);
    if (!said) lacks.push(name);
    else if (value instanceof Blob) files.push({ field: Object.keys(said)[0], name: value.name ?? "background.jpg" });
    else Object.assign(fields, said);
  }
  const call = request({ image, fields, options, key });
  return { query: {}, headers: {}, body: "form", format: "png", ...call, files: [...call.files, ...files], lacks };
}

const bearer = (key) => (key ? { Authorization: `Bearer ${key}` } : {});
const as = (theirs) => (value) => ({ [theirs]: value });
/** An API's only way of matting: `ours` asks for it, another way it cannot express. */
const mattingAs = (ours, fields) => (value) => (value === ours ? fields : null);
const percent = (share) => `${Math.round(share * 100)}%`;

function source(image, url, field, base64 = false) {
  return image.url ? { given: { [url]: image.url }, files: [] } : { given: {}, files: [{ field, name: image.name, base64 }] };
}

const REMOVEBG = {
  crop: as("crop"),
  crop_margin: (share) => ({ crop_margin: percent(share) }),
  scale: (share) => ({ scale: percent(share) }),
  position: (text) => positionInPercent(text),
  region: (text) => ({ roi: text.split(",").map((part) => percent(part)).join(" ") }),
  shadow: (opacity) => ({ add_shadow: true, shadow_opacity: Math.round(opacity * 100) }),
  shadow_type: (kind) => ({ contact: { add_shadow: true }, drop: { add_shadow: true, shadow_type: "drop" } })[kind] ?? null,
  background: as("bg_color"),
  background_image: as("bg_image_file"),
  format: (format) => ({ png: { format: "png" }, jpeg: { format: "jpg" }, webp: { format: "webp" } })[format] ?? null,
};

function positionInPercent(text) {
  const parts = text.split(",");
  return parts.length === 2 && parts.every((part) => part.trim() && part >= 0) ? { position: parts.map(percent).join(" ") } : null;
}

const ALPHA_MATTING = {
  matting: mattingAs("fast", { alpha_matting: true }),
  matting_foreground_above: as("alpha_matting_foreground_threshold"),
  matting_background_below: as("alpha_matting_background_threshold"),
  matting_erode_px: as("alpha_matting_erode_size"),
  smooth: as("post_process_mask"),
};

function channels(color) {
  return [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
}

/** Says every option under its own name. */
const EVERYTHING = new Proxy({}, { get: (_, name) => as(name) });

export const DIALECTS = {
  native: {
    label: "cutoutd /v1",
    says: EVERYTHING,
    request({ image, fields, options, key }) {
      const { given, files } = source(image, "image", "image");
      return { method: "POST", path: "/v1/remove-background", headers: bearer(key), fields: { ...given, ...fields }, files, answer: { kind: "bytes" }, format: formatOf(options) };
    },
  },
  modelslab: {
    label: "ModelsLab v6",
    says: { ...ALPHA_MATTING, invert: as("inverse_mask"), model: as("model_id") },
    request({ image, fields, key }) {
      const { given, files } = source(image, "image", "image", true);
      return {
        method: "POST",
        path: "/api/v6/image_editing/removebg_mask",
        body: "json",
        fields: { key: key || "your-key", ...given, ...fields },
        files,
        answer: { kind: "link", at: ["output", 0] },
      };
    },
  },
  octoai: {
    label: "OctoAI",
    says: { ...ALPHA_MATTING, background: (color) => ({ bgcolor: channels(color) }) },
    request({ image, fields, key }) {
      const { given, files } = source(image, "init_image", "init_image", true);
      return {
        method: "POST",
        path: "/background-removal",
        headers: bearer(key || "your-key"),
        body: "json",
        fields: { ...given, post_process_mask: false, ...fields },
        files,
        answer: { kind: "base64", at: ["image_b64"] },
      };
    },
  },
  api4ai: {
    label: "API4AI",
    says: { shadow_type: (kind) => (kind === "contact" ? {} : null), background_image: as("image-bg") },
    request({ image, fields, options, key }) {
      const { given, files } = source(image, "url", "image");
      return {
        method: "POST",
        path: "/v1/results",
        query: options.shadow_type === "contact" ? { mode: "fg-image-shadow" } : {},
        headers: key ? { "X-Api-Key": key } : {},
        fields: { ...given, ...fields },
        files,
        answer: { kind: "base64", at: ["results", 0, "entities", 0, "image"] },
      };
    },
  },
  removebg: {
    label: "remove.bg",
    says: REMOVEBG,
    request({ image, fields, options, key }) {
      const { given, files } = source(image, "image_url", "image_file");
      const format = fields.format ? options.format : "png";
      return {
        method: "POST",
        path: "/v1.0/removebg",
        headers: { "X-Api-Key": key || "your-key" },
        fields: { ...given, size: "auto", format: "png", ...fields },
        files,
        answer: { kind: "bytes" },
        format,
      };
    },
  },
  rembg: {
    label: "rembg",
    says: {
      model: as("model"),
      smooth: as("ppm"),
      matting: (way) => (way === "exact" ? { vm: true } : { a: true }),
      matting_foreground_above: as("af"),
      matting_background_below: as("ab"),
      matting_erode_px: as("ae"),
      background: (color) => ({ bgc: [...channels(color), 255].join(",") }),
    },
    request({ image, fields, key }) {
      const { given, files } = source(image, "url", "file");
      return { method: image.url ? "GET" : "POST", path: "/api/remove", query: { ...given, ...fields }, headers: bearer(key), fields: {}, files, answer: { kind: "bytes" } };
    },
  },
};
