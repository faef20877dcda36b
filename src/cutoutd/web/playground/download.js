/** Files to keep: what the server made, or that picture on the background chosen here. */

import { zip } from "./zip.js";

const EXTENSION = { "image/png": "png", "image/webp": "webp", "image/avif": "avif", "image/jpeg": "jpg" };

/** background: "" for none, a CSS colour, or { picture: link }. Returns { name, blob }. */
export async function fileOf(picture, background) {
  const blob = background ? await flatten(picture.answer.blob, background) : picture.answer.blob;
  const stem = picture.name.replace(/\.[^.]*$/, "") || "picture";
  return { name: `${stem}-cutout.${EXTENSION[blob.type] ?? "png"}`, blob };
}

export async function archiveOf(pictures, background) {
  const taken = new Set();
  const entries = [];
  for (const picture of pictures) {
    const { name, blob } = await fileOf(picture, background);
    entries.push({ name: distinct(name, taken), bytes: new Uint8Array(await blob.arrayBuffer()) });
  }
  return { name: "cutouts.zip", blob: zip(entries) };
}

export function save({ name, blob }) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

function distinct(name, taken) {
  let free = name;
  for (let count = 2; taken.has(free); count += 1) free = name.replace(/(\.[^.]*)$/, `-${count}$1`);
  taken.add(free);
  return free;
}

async function flatten(blob, background) {
  const cutout = await createImageBitmap(blob);
  const sheet = new OffscreenCanvas(cutout.width, cutout.height);
  const context = sheet.getContext("2d");
  if (background.picture) {
    cover(context, await createImageBitmap(await (await fetch(background.picture)).blob()));
  } else {
    context.fillStyle = background;
    context.fillRect(0, 0, sheet.width, sheet.height);
  }
  context.drawImage(cutout, 0, 0);
  cutout.close();
  return sheet.convertToBlob({ type: "image/png" });
}

/** Fill the canvas with a picture, cutting off what is too wide or too tall. */
function cover(context, picture) {
  const { width, height } = context.canvas;
  const scale = Math.max(width / picture.width, height / picture.height);
  const [wide, high] = [picture.width * scale, picture.height * scale];
  context.drawImage(picture, (width - wide) / 2, (height - high) / 2, wide, high);
  picture.close();
}
