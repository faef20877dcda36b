/** The brush's strokes on their way to the server, and which of them an answer holds already. */

/** The option of a request; none without strokes. */
export function strokesOption({ strokes }) {
  if (strokes.length === 0) return {};
  const told = strokes.flatMap((stroke) => stroke.told ?? [stroke]);
  return { strokes: JSON.stringify(told.map(({ keep, radius, points }) => ({ keep, radius, points, unit: "px" }))) };
}

/** The strokes that the answer does not hold yet; null where it holds one that was undone since. */
export function pendingStrokes({ strokes, answer }) {
  const held = answer.strokes ?? [];
  return held.every((stroke, at) => strokes[at] === stroke) ? strokes.slice(held.length) : null;
}
