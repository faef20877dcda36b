/**
 * What a brush stroke does to a cutout. It runs in worker.js and knows nothing of the page.
 *
 * A stroke is { keep, radius, points: [[x, y], …] } in px of the image. Its middle is certain.
 * From there it floods over like colours until it meets an edge, at most to the brush's rim:
 * geodesic distance to the stroke against that to what lies outside (Bai and Sapiro, 2007), softened
 * with a guided filter whose coefficients are found on a smaller copy (He and Sun, 2015).
 */

import { distanceTo, geodesic, stepCosts } from "./distance.js";
import { guidedCoefficients } from "./guided.js";

/** Of the brush's radius: what is certain, where other pixels begin to compete, and where it ends. */
const CORE = 0.25;
const RIM = 1;
const END = 1.15;
/** The solution is found on so many pixels at most. */
const MOST_SOLVED = 40_000;

/** image: { width, height, original, cutout }, both RGBA of one size; `cutout` is written into, within extentOf. */
export function applyStroke(image, stroke) {
  const box = extentOf(stroke, image);
  if (box.width === 0 || box.height === 0) return;
  const small = shrink(image, box);
  write(image, box, small, solve(small, stroke, box), stroke);
}

/** What a stroke may change: { x, y, width, height } in px; nothing where it lies outside. */
export function extentOf({ points, radius, part }, { width, height }) {
  if (part) return { x: 0, y: 0, width, height };
  const reach = radius * END + 2;
  const xs = points.map(([x]) => x);
  const ys = points.map(([, y]) => y);
  const left = Math.max(0, Math.floor(Math.min(...xs) - reach));
  const top = Math.max(0, Math.floor(Math.min(...ys) - reach));
  const right = Math.min(width, Math.ceil(Math.max(...xs) + reach));
  const bottom = Math.min(height, Math.ceil(Math.max(...ys) + reach));
  return { x: left, y: top, width: Math.max(0, right - left), height: Math.max(0, bottom - top) };
}

/** A copy of the box, `factor` times smaller: colours (means) and alpha 0..1. */
function shrink({ width: pitch, original, cutout }, box) {
  const factor = Math.max(1, Math.ceil(Math.sqrt((box.width * box.height) / MOST_SOLVED)));
  const width = Math.ceil(box.width / factor);
  const height = Math.ceil(box.height / factor);
  const [red, green, blue, alpha] = Array.from({ length: 4 }, () => new Float32Array(width * height));
  const step = factor > 2 ? Math.floor(factor / 2) : 1;
  for (let y = 0, at = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1, at += 1) {
      const bottom = Math.min(box.height, (y + 1) * factor);
      const right = Math.min(box.width, (x + 1) * factor);
      let count = 0;
      for (let row = y * factor; row < bottom; row += step) {
        for (let column = x * factor; column < right; column += step) {
          const from = ((box.y + row) * pitch + box.x + column) * 4;
          red[at] += original[from];
          green[at] += original[from + 1];
          blue[at] += original[from + 2];
          alpha[at] += cutout[from + 3];
          count += 1;
        }
      }
      for (const plane of [red, green, blue]) plane[at] /= count;
      alpha[at] /= count * 255;
    }
  }
  return { width, height, factor, red, green, blue, alpha };
}

/** Where the stroke holds, on the small copy: its distance, the guide's axis, and the guided filter's planes. */
function solve(small, stroke, box) {
  const { width, height, factor, alpha } = small;
  const radius = stroke.radius / factor;
  const distance = distanceTo(rasterized(stroke.points, box, small), width, height);
  const ours = new Float32Array(width * height).fill(Infinity);
  const others = new Float32Array(width * height).fill(Infinity);
  for (let at = 0; at < distance.length; at += 1) {
    const alike = stroke.keep ? alpha[at] : 1 - alpha[at];
    if (distance[at] <= radius * CORE || alike > 0.9) ours[at] = 0;
    else if (distance[at] > radius * RIM && alike < 0.5) others[at] = radius * (RIM - CORE);
  }
  const axis = separatingAxis(small, distance, others, radius);
  const costs = stepCosts(small);
  geodesic(ours, costs, width, height);
  geodesic(others, costs, width, height);
  const label = new Float32Array(width * height);
  const guide = new Float32Array(width * height);
  for (let at = 0; at < guide.length; at += 1) {
    label[at] = ours[at] <= others[at] ? 1 : 0;
    guide[at] = onAxis(axis, small.red[at], small.green[at], small.blue[at]);
  }
  return { distance, axis, ...guidedCoefficients(guide, label, width, height) };
}

/** One at every pixel of the small copy that the stroke's line crosses. */
function rasterized(points, box, { width, height, factor }) {
  const hit = new Uint8Array(width * height);
  let [fromX, fromY] = points[0];
  for (const [toX, toY] of points) {
    const steps = Math.max(1, Math.ceil(Math.max(Math.abs(toX - fromX), Math.abs(toY - fromY)) / factor));
    for (let step = 0; step <= steps; step += 1) {
      const x = Math.floor((fromX + ((toX - fromX) * step) / steps - box.x) / factor);
      const y = Math.floor((fromY + ((toY - fromY) * step) / steps - box.y) / factor);
      hit[Math.min(height - 1, Math.max(0, y)) * width + Math.min(width - 1, Math.max(0, x))] = 1;
    }
    [fromX, fromY] = [toX, toY];
  }
  return hit;
}

/** The direction in colour space from what lies outside to what was painted, of length 1; grey if they are alike. */
function separatingAxis({ red, green, blue }, distance, others, radius) {
  const sums = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let at = 0; at < distance.length; at += 1) {
    const from = distance[at] <= radius * CORE ? 0 : others[at] < Infinity ? 4 : -1;
    if (from < 0) continue;
    sums[from] += red[at];
    sums[from + 1] += green[at];
    sums[from + 2] += blue[at];
    sums[from + 3] += 1;
  }
  const axis = [0, 1, 2].map((channel) => sums[channel] / (sums[3] || 1) - sums[channel + 4] / (sums[7] || 1));
  const length = Math.hypot(...axis);
  if (!sums[7] || length < 8) return [1 / 3, 1 / 3, 1 / 3];
  return axis.map((part) => part / length);
}

function onAxis(axis, r, g, b) {
  return (axis[0] * r + axis[1] * g + axis[2] * b) / 255;
}

/** Blend the solution into the cutout at full size; what is new takes its colour from the original. */
function write({ width: pitch, original, cutout }, box, small, { distance, axis, slope, offset }, { keep, radius }) {
  const { width, height, factor } = small;
  const core = (radius * CORE) / factor;
  const end = (radius * END) / factor;
  const fade = (radius * (END - RIM)) / factor;
  const [columns, shares] = placesAlong(box.width, factor, width);
  const [rows, downs] = placesAlong(box.height, factor, height);
  const planes = [distance, slope, offset];
  const lines = planes.map(() => new Float32Array(width + 1));
  const [far, steep, high] = lines;
  for (let y = 0; y < box.height; y += 1) {
    for (let plane = 0; plane < 3; plane += 1) blendRows(planes[plane], rows[y], downs[y], width, height, lines[plane]);
    for (let x = 0, at = ((box.y + y) * pitch + box.x) * 4; x < box.width; x += 1, at += 4) {
      const column = columns[x];
      const share = shares[x];
      const away = far[column] + (far[column + 1] - far[column]) * share;
      if (away >= end) continue;
      const tilt = steep[column] + (steep[column + 1] - steep[column]) * share;
      const base = high[column] + (high[column + 1] - high[column]) * share;
      const soft = tilt * onAxis(axis, original[at], original[at + 1], original[at + 2]) + base;
      const sure = away <= core ? 1 : Math.min(1, Math.max(0, (soft - 0.1) / 0.8));
      const level = Math.round(255 * sure * Math.min(1, (end - away) / fade));
      if (keep && level > cutout[at + 3]) {
        cutout[at] = original[at];
        cutout[at + 1] = original[at + 1];
        cutout[at + 2] = original[at + 2];
        cutout[at + 3] = level;
      } else if (!keep && 255 - level < cutout[at + 3]) {
        cutout[at + 3] = 255 - level;
      }
    }
  }
}

/** For each pixel of a side of the box: the pixel of the small copy before it, and how far it is to the next. */
function placesAlong(length, factor, count) {
  const lows = new Int32Array(length);
  const shares = new Float32Array(length);
  for (let at = 0; at < length; at += 1) {
    const place = Math.min(count - 1, Math.max(0, (at + 0.5) / factor - 0.5));
    lows[at] = Math.floor(place);
    shares[at] = place - lows[at];
  }
  return [lows, shares];
}

/** A row between two rows of the small copy, into `line`, its last pixel twice. */
function blendRows(plane, row, share, width, height, line) {
  const upper = row * width;
  const lower = Math.min(height - 1, row + 1) * width;
  for (let x = 0; x < width; x += 1) line[x] = plane[upper + x] + (plane[lower + x] - plane[upper + x]) * share;
  line[width] = line[width - 1];
}
