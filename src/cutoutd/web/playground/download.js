/** Files to keep: what the server made, or that image on the background chosen here. */

import { zip } from "./zip.js";

const EXTENSION = { "image/png": "png", "image/webp": "webp", "image/avif": "avif", "image/jpeg": "jpg" };

/** background: "" for none, a CSS colour, or { image: link }. Returns { name, blob }. */
export async function fileOf(image, background) {
  const blob = background ? await flatten(image.answer.blob, background) : image.answer.blob;
  const stem = image.name.replace(/\.[^.]*$/, "") || "image";
  return { name: `${stem}-cutout.${EXTENSION[blob.type] ?? "png"}`, blob };
}

export async function archiveOf(images, background) {
  const taken = new Set();
  const entries = [];
  for (const image of images) {
    const { name, blob } = await fileOf(image, background);
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
  if (background.image) {
    cover(context, await createImageBitmap(await (await fetch(background.image)).blob()));
  } else {
    context.fillStyle = background;
    context.fillRect(0, 0, sheet.width, sheet.height);
  }
  context.drawImage(cutout, 0, 0);
  cutout.close();
  return sheet.convertToBlob({ type: "image/png" });
}

/** Fill the canvas with an image, cutting off what is too wide or too tall. */
function cover(context, image) {
  const { width, height } = context.canvas;
  const scale = Math.max(width / image.width, height / image.height);
  const [wide, high] = [image.width * scale, image.height * scale];
  context.drawImage(image, (width - wide) / 2, (height - high) / 2, wide, high);
  image.close();
}
