/** Files to keep: what the server made, touched up or not, on the background chosen here. */

import { removeBackground } from "./api.js";
import { finished } from "./finished.js";
import { offload } from "./offload.js";
import { isOpaque } from "./options.js";
import { strokesOption } from "./strokes.js";

const EXTENSION = { "image/png": "png", "image/webp": "webp", "image/avif": "avif", "image/jpeg": "jpg" };

/** background: "" for none, a CSS colour, or { image: Blob }. Returns { name, blob }. */
export async function fileOf(image, background) {
  const { blob } = await finished(image);
  const kept = background && !isOpaque(image.options) ? await onBackground(image, blob, background) : blob;
  const stem = image.name.replace(/\.[^.]*$/, "") || "image";
  return { name: `${stem}-cutout.${EXTENSION[kept.type] ?? "png"}`, blob: kept };
}

/** tell: called with a sentence while files are made. Returns a ZIP's { name, blob }. */
export async function archiveOf(images, background, tell) {
  const taken = new Set();
  const entries = [];
  for (const image of images) {
    const { name, blob } = await fileOf(image, background);
    entries.push({ name: distinct(name, taken), lastModified: new Date(), input: blob });
    if (entries.length % 20 === 0) tell(`${entries.length} of ${images.length} files are ready`);
  }
  return { name: "cutouts.zip", blob: await offload("zip", entries) };
}

export function save({ name, blob }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** The background's part of a request. */
export function backgroundOptions(background) {
  if (!background) return {};
  return background.image ? { background_image: background.image } : { background };
}

/** A PNG is composed here, without loss; the server writes the other formats once more, with their quality. */
async function onBackground(image, blob, background) {
  if (blob.type === "image/png") return offload("flatten", { cutout: blob, color: background, image: background.image });
  const options = { ...image.options, ...strokesOption(image), ...backgroundOptions(background) };
  const answer = await removeBackground(image.source, options, { signal: new AbortController().signal, tell: () => {} });
  return answer.blob;
}

function distinct(name, taken) {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = name.replace(/(\.[^.]*)$/, `-${count}$1`);
  taken.add(free);
  return free;
}
