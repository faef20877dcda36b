/** Whether an answer still lies on its original, pixel on pixel. */

import { isOpaque } from "./options.js";

/** What moves the subject or makes the answer smaller. */
const MOVES = ["preset", "size", "ratio", "padding", "reference_box", "crop", "scale", "position", "max_enlargement", "max_pixels"];

/** What is drawn beyond the subject, where a brush would find no edge. */
const DRAWS = ["outline", "background", "background_image"];

/** Whether the brush can work on it. */
export function isAligned(image) {
  return image?.state === "done" && ![...MOVES, ...DRAWS].some((name) => name in image.options) && !isOpaque(image.options);
}

/** Likewise, but a smaller copy may be compared with the original. */
export function isComparable(image) {
  return image?.state === "done" && !MOVES.some((name) => name !== "max_pixels" && name in image.options);
}
