/**
 * How each API is asked for what is set on the page.
 *
 * request(image, options, key) describes one call, in no language:
 *   { method, path, query, headers, body: "form" | "json", fields, file, answer }
 * file: { field, name, base64 }: the field that takes the image, as a file part or as base64.
 * answer: { kind: "bytes" } or { kind: "link" | "base64", at: [keys into the JSON answer] }.
 */

const bearer = (key) => (key ? { Authorization: `Bearer ${key}` } : {});

/** Only what differs from this API's own defaults, under its own names. */
function renamed(options, names) {
  const entries = Object.entries(names).filter(([ours]) => ours in options);
  return Object.fromEntries(entries.map(([ours, theirs]) => [theirs, options[ours]]));
}

const MATTING_V6 = {
  matting_foreground_above: "alpha_matting_foreground_threshold",
  matting_background_below: "alpha_matting_background_threshold",
  matting_erode_px: "alpha_matting_erode_size",
};

function rembgShaped(options) {
  return {
    ...(options.matting ? { alpha_matting: true, ...renamed(options, MATTING_V6) } : {}),
    ...renamed(options, { smooth: "post_process_mask" }),
  };
}

export const DIALECTS = {
  native: {
    label: "cutoutd /v1",
    request: (image, options, key) => ({
      method: "POST",
      path: "/v1/remove-background",
      headers: { ...bearer(key), ...(options.format ? { Accept: `image/${options.format}` } : {}) },
      body: "form",
      fields: { ...(image.url ? { image: image.url } : {}), ...withoutFormat(options) },
      file: image.url ? null : { field: "image", name: image.name },
      answer: { kind: "bytes" },
    }),
  },
  modelslab: {
    label: "ModelsLab v6",
    request: (image, options, key) => ({
      method: "POST",
      path: "/api/v6/image_editing/removebg_mask",
      headers: {},
      body: "json",
      fields: {
        key: key || "your-key",
        ...(image.url ? { image: image.url } : {}),
        ...rembgShaped(options),
        ...renamed(options, { invert: "inverse_mask" }),
      },
      file: image.url ? null : { field: "image", name: image.name, base64: true },
      answer: { kind: "link", at: ["output", 0] },
    }),
  },
  octoai: {
    label: "OctoAI",
    request: (image, options, key) => ({
      method: "POST",
      path: "/background-removal",
      headers: bearer(key || "your-key"),
      body: "json",
      fields: { ...(image.url ? { init_image: image.url } : {}), ...rembgShaped(options) },
      file: image.url ? null : { field: "init_image", name: image.name, base64: true },
      answer: { kind: "base64", at: ["image_b64"] },
    }),
  },
  api4ai: {
    label: "API4AI",
    request: (image, options, key) => ({
      method: "POST",
      path: "/v1/results",
      query: options.shadow ? { mode: "fg-image-shadow" } : {},
      headers: key ? { "X-Api-Key": key } : {},
      body: "form",
      fields: image.url ? { url: image.url } : {},
      file: image.url ? null : { field: "image", name: image.name },
      answer: { kind: "base64", at: ["results", 0, "entities", 0, "image"] },
    }),
  },
  removebg: {
    label: "remove.bg",
    request: (image, options, key) => ({
      method: "POST",
      path: "/v1.0/removebg",
      headers: { "X-Api-Key": key || "your-key" },
      body: "form",
      fields: {
        ...(image.url ? { image_url: image.url } : {}),
        size: "auto",
        ...renamed(options, { crop: "crop", format: "format" }),
        ...(options.shadow ? { add_shadow: true } : {}),
      },
      file: image.url ? null : { field: "image_file", name: image.name },
      answer: { kind: "bytes" },
    }),
  },
  rembg: {
    label: "rembg",
    request: (image, options, key) => ({
      method: image.url ? "GET" : "POST",
      path: "/api/remove",
      query: {
        ...(image.url ? { url: image.url } : {}),
        ...renamed(options, { model: "model", smooth: "ppm" }),
        ...(options.matting
          ? { a: true, ...renamed(options, { matting_foreground_above: "af", matting_background_below: "ab", matting_erode_px: "ae" }) }
          : {}),
      },
      headers: bearer(key),
      body: "form",
      fields: {},
      file: image.url ? null : { field: "file", name: image.name },
      answer: { kind: "bytes" },
    }),
  },
};

function withoutFormat({ format, ...others }) {
  return others;
}
