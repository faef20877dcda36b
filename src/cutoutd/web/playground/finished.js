/** The answer with the brush's strokes: what is shown, downloaded and measured. */

import { isAligned } from "./aligned.js";
import { offload } from "./offload.js";
import { originalOf } from "./original.js";
import { pendingStrokes } from "./strokes.js";

/** { blob, … } of an image that is done; a promise. */
export async function finished(image) {
  const { answer } = image;
  const strokes = pendingStrokes(image) ?? [];
  if (strokes.length === 0 || !isAligned(image)) return answer;
  if (image.mended?.strokes !== image.strokes || image.mended.answer !== answer) {
    const blob = originalOf(image).then((original) => offload("mend", { original, cutout: answer.blob, strokes }));
    image.mended = { strokes: image.strokes, answer, blob };
  }
  return { ...answer, blob: await image.mended.blob };
}
