/** A click on a part: a connected component of the mask, or a patch of like colours. It runs in worker.js. */

/** Above this level a pixel belongs to the component that is clicked on. */
const SEEN = 16;
const SURE = 128;
/** How far a colour may be from the patch's mean, and from its neighbour: levels, straight through RGB. */
const LIKE = 30;
const STEP = 14;
const MOST_SHARE = 0.15;

/** A part is told to the server as dots: one for each cell of a grid that it touches, about so many in all. */
const DOTS = 100;
const DOT_REACH = 1.2;

/**
 * stroke: { part: true, keep, points: [[x, y]] }. On a part of the subject: keep only that part, or erase
 * it. On the background: keep the patch of like colours around it; erasing there does nothing.
 * Returns the strokes that tell the server the same.
 */
export function applyPart({ width, height, original, cutout }, { keep, points: [[x, y]] }) {
  const start = Math.floor(y) * width + Math.floor(x);
  const onSubject = cutout[start * 4 + 3] >= SURE;
  if (!onSubject && !keep) return [];
  const changed = onSubject ? drop(start, width, height, cutout, keep) : add(start, width, height, original, cutout);
  return dotsOn(changed, width, keep && !onSubject);
}

/** Make the clicked component transparent, or all others. Returns which pixels went. */
function drop(start, width, height, cutout, keep) {
  const part = flood(start, width, height, (at) => cutout[at * 4 + 3] >= SEEN);
  const gone = new Uint8Array(part.length);
  for (let at = 0; at < part.length; at += 1) {
    if (Boolean(part[at]) === keep || cutout[at * 4 + 3] === 0) continue;
    gone[at] = 1;
    cutout[at * 4 + 3] = 0;
  }
  return gone;
}

/** Make the patch of like colours opaque. Returns its pixels. */
function add(start, width, height, original, cutout) {
  const patch = flood(start, width, height, likeness(original, cutout, start, width * height * MOST_SHARE));
  for (let at = 0; at < patch.length; at += 1) {
    if (!patch[at]) continue;
    const level = levelIn(patch, at, width);
    if (level > cutout[at * 4 + 3]) cutout.set([original[at * 4], original[at * 4 + 1], original[at * 4 + 2], level], at * 4);
  }
  return patch;
}

/** Strokes of one point each, at the mean of every cell's pixels. */
function dotsOn(pixels, width, keep) {
  const area = pixels.reduce((sum, one) => sum + one, 0);
  const side = Math.max(4, Math.round(Math.sqrt(area / DOTS)));
  const cells = new Map();
  for (let at = 0; at < pixels.length; at += 1) {
    if (!pixels[at]) continue;
    const x = at % width;
    const y = (at - x) / width;
    const name = Math.floor(y / side) * width + Math.floor(x / side);
    const cell = cells.get(name) ?? { x: 0, y: 0, count: 0 };
    cells.set(name, { x: cell.x + x, y: cell.y + y, count: cell.count + 1 });
  }
  return Array.from(cells.values(), ({ x, y, count }) => ({ keep, radius: side * DOT_REACH, points: [[Math.round(x / count), Math.round(y / count)]] }));
}

/** Which pixels can be reached from `start` over pixels that `belongs(at, from)` accepts: Uint8Array. */
function flood(start, width, height, belongs) {
  const reached = new Uint8Array(width * height);
  const open = new Int32Array(width * height);
  let [head, tail] = [0, 1];
  open[0] = start;
  reached[start] = 1;
  const visit = (at, from) => {
    if (reached[at] || !belongs(at, from)) return;
    reached[at] = 1;
    open[tail] = at;
    tail += 1;
  };
  while (head < tail) {
    const at = open[head];
    head += 1;
    const x = at % width;
    if (x > 0) visit(at - 1, at);
    if (x < width - 1) visit(at + 1, at);
    if (at >= width) visit(at - width, at);
    if (at < width * (height - 1)) visit(at + width, at);
  }
  return reached;
}

/** Accepts what is not subject yet, like the mean of all accepted so far, and like its neighbour; so many at most. */
function likeness(original, cutout, start, most) {
  const mean = [original[start * 4], original[start * 4 + 1], original[start * 4 + 2]];
  let count = 1;
  return (at, from) => {
    if (cutout[at * 4 + 3] >= SURE || count >= most) return false;
    let [fromMean, fromNext] = [0, 0];
    for (let channel = 0; channel < 3; channel += 1) {
      const level = original[at * 4 + channel];
      fromMean += (level - mean[channel]) ** 2;
      fromNext += (level - original[from * 4 + channel]) ** 2;
    }
    if (fromMean > LIKE * LIKE || fromNext > STEP * STEP) return false;
    count += 1;
    for (let channel = 0; channel < 3; channel += 1) mean[channel] += (original[at * 4 + channel] - mean[channel]) / count;
    return true;
  };
}

/** Full within the patch, less at its outline: the share of the nine pixels around that belong to it. */
function levelIn(patch, at, width) {
  let inside = 0;
  for (const row of [-width, 0, width]) inside += (patch[at + row - 1] ?? 1) + (patch[at + row] ?? 1) + (patch[at + row + 1] ?? 1);
  return Math.round((255 * inside) / 9);
}
