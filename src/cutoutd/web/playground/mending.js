/** The cutout under the brush, and its undo. It runs in worker.js; one image is open at a time. */

import { applyPart } from "./parts.js";
import { applyStroke, extentOf } from "./mend.js";
import { pixelsOf } from "./pixels.js";

const MOST_KEPT_BYTES = 256e6;

/** { width, height, original, base, cutout }: RGBA of one size; base is the cutout without any stroke. */
let image = null;
/** What each stroke replaced, latest last: { x, y, width, height, pixels }; the oldest go when they take too much memory. */
let patches = [];

/** { original, cutout: Blobs of one size, strokes } -> the cutout with these strokes, as patches are. */
export async function openImage({ original, cutout, strokes }) {
  image = await imageOf(original, cutout);
  warmUp();
  return startAgain(strokes);
}

/** A stroke -> the patch that shows it; with `told`, what tells the server the same. */
export function addStroke(stroke) {
  const extent = extentOf(stroke, image);
  patches.push(patchOf(extent));
  while (patches.reduce((sum, { pixels }) => sum + pixels.length, 0) > MOST_KEPT_BYTES) patches.shift();
  const told = apply(image, stroke);
  return { ...patchOf(extent), told };
}

/** Take the last stroke back; remaining: the strokes before it. */
export function undoStroke(remaining) {
  const patch = patches.pop();
  if (!patch) return startAgain(remaining);
  const { x, y, width, height, pixels } = patch;
  for (let row = 0; row < height; row += 1) {
    image.cutout.set(pixels.subarray(row * width * 4, (row + 1) * width * 4), ((y + row) * image.width + x) * 4);
  }
  return patch;
}

/** An image that need not be open: { original, cutout, strokes } -> Blob, a PNG. */
export async function mend({ original, cutout, strokes }) {
  const mended = await imageOf(original, cutout);
  for (const stroke of strokes) apply(mended, stroke);
  const sheet = new OffscreenCanvas(mended.width, mended.height);
  sheet.getContext("2d").putImageData(new ImageData(mended.cutout, mended.width, mended.height), 0, 0);
  return sheet.convertToBlob({ type: "image/png" });
}

async function imageOf(original, cutout) {
  const [before, after] = await Promise.all([pixelsOf(original), pixelsOf(cutout)]);
  const { width, height, data } = after;
  if (before.width !== width || before.height !== height) throw new Error("The cutout has another size than the original.");
  return { width, height, original: before.data, base: data, cutout: data.slice() };
}

function startAgain(strokes) {
  image.cutout.set(image.base);
  patches = [];
  for (const stroke of strokes) addStroke(stroke);
  return patchOf({ x: 0, y: 0, width: image.width, height: image.height });
}

function apply(target, stroke) {
  if (stroke.part) return applyPart(target, stroke);
  applyStroke(target, stroke);
  return [stroke];
}

/** { x, y, width, height } with a copy of the cutout's pixels there. */
function patchOf({ x, y, width, height }) {
  const pixels = new Uint8ClampedArray(width * height * 4);
  for (let row = 0; row < height; row += 1) {
    const from = ((y + row) * image.width + x) * 4;
    pixels.set(image.cutout.subarray(from, from + width * 4), row * width * 4);
  }
  return { x, y, width, height, pixels };
}

/** Let the browser compile the loops before a hand waits for them. */
function warmUp() {
  const side = 96;
  const blank = () => Uint8ClampedArray.from({ length: side * side * 4 }, (_, at) => (at * 31) % 251);
  const drawn = { width: side, height: side, original: blank(), cutout: blank() };
  for (let round = 0; round < 12; round += 1) applyStroke(drawn, { keep: round % 2 === 0, radius: 30, points: [[20, 20], [70, 60]] });
}
