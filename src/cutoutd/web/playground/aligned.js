/** Whether an answer still lies on its original, pixel on pixel. */

/** What moves the subject or makes the answer smaller. */
const MOVES = ["preset", "size", "ratio", "padding", "reference_box", "crop", "scale", "position", "max_enlargement", "max_pixels"];

export function isAligned(image) {
  return image?.state === "done" && !MOVES.some((name) => name in image.options);
}

/** Likewise, but a smaller copy may be compared with the original. */
export function isComparable(image) {
  return image?.state === "done" && !MOVES.some((name) => name !== "max_pixels" && name in image.options);
}
