/** Functions of an image's pixels. They run in worker.js and know nothing of the page. */

const TILE = 32;
const THUMBNAIL_PX = 160;

/** A small copy of an image file, for the strip: Blob -> Blob. */
export async function thumbnail(blob) {
  const small = await createImageBitmap(blob, { resizeWidth: THUMBNAIL_PX, resizeQuality: "medium" });
  const sheet = new OffscreenCanvas(small.width, small.height);
  sheet.getContext("2d").drawImage(small, 0, 0);
  small.close();
  return sheet.convertToBlob({ type: "image/webp", quality: 0.8 });
}

/** The alpha channel as a grey image: Blob -> Blob. */
export async function maskOf(blob) {
  const { width, height, data } = await pixelsOf(blob);
  const words = new Uint32Array(data.buffer);
  for (let at = 0; at < words.length; at += 1) words[at] = 0xff000000 | (data[at * 4 + 3] * 0x010101);
  const sheet = new OffscreenCanvas(width, height);
  sheet.getContext("2d").putImageData(new ImageData(data, width, height), 0, 0);
  return sheet.convertToBlob();
}

/** Where most pixels are half transparent: { x, y, tile, width, height } in px; null when every edge is hard. */
export async function softestTile(blob) {
  const { width, height, data } = await pixelsOf(blob);
  const columns = Math.ceil(width / TILE);
  const soft = new Uint32Array(columns * Math.ceil(height / TILE));
  for (let y = 0, at = 3; y < height; y += 1) {
    const row = Math.floor(y / TILE) * columns;
    for (let x = 0; x < width; x += 1, at += 4) {
      if (data[at] >= 16 && data[at] <= 239) soft[row + Math.floor(x / TILE)] += 1;
    }
  }
  const best = soft.reduce((top, count, tile) => (count > soft[top] ? tile : top), 0);
  if (soft[best] === 0) return null;
  return { x: (best % columns) * TILE + TILE / 2, y: Math.floor(best / columns) * TILE + TILE / 2, tile: TILE, width, height };
}

/** A cutout on a CSS colour or on another image, as a PNG: { cutout, color?, image? } of Blobs -> Blob. */
export async function flatten({ cutout, color, image }) {
  const bitmap = await createImageBitmap(cutout);
  const sheet = new OffscreenCanvas(bitmap.width, bitmap.height);
  const context = sheet.getContext("2d");
  if (image) {
    cover(context, await createImageBitmap(image));
  } else {
    context.fillStyle = color;
    context.fillRect(0, 0, sheet.width, sheet.height);
  }
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return sheet.convertToBlob({ type: "image/png" });
}

/** { width, height, data } of an image file: RGBA, not premultiplied. */
export async function pixelsOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  const pixels = context.getImageData(0, 0, bitmap.width, bitmap.height);
  bitmap.close();
  return pixels;
}

/** Fill the canvas with an image, cutting off what is too wide or too tall. */
function cover(context, image) {
  const { width, height } = context.canvas;
  const scale = Math.max(width / image.width, height / image.height);
  const [wide, high] = [image.width * scale, image.height * scale];
  context.drawImage(image, (width - wide) / 2, (height - high) / 2, wide, high);
  image.close();
}
