/** The guided filter with one plane as its guide. Source: He, Sun and Tang, 2013. */

const RADIUS = 4;
const EPSILON = 0.0004;

/** guide, label: Float32Array, 0..1. Returns { slope, offset }: label is about slope * guide + offset near each pixel. */
export function guidedCoefficients(guide, label, width, height) {
  const mean = (plane) => boxMean(plane, width, height);
  const squared = new Float32Array(guide.length);
  const both = new Float32Array(guide.length);
  for (let at = 0; at < guide.length; at += 1) {
    squared[at] = guide[at] * guide[at];
    both[at] = guide[at] * label[at];
  }
  const [meanGuide, meanLabel, corrGuide, corrBoth] = [guide, label, squared, both].map(mean);
  const slope = new Float32Array(guide.length);
  const offset = new Float32Array(guide.length);
  for (let at = 0; at < slope.length; at += 1) {
    const variance = corrGuide[at] - meanGuide[at] ** 2;
    slope[at] = (corrBoth[at] - meanGuide[at] * meanLabel[at]) / (variance + EPSILON);
    offset[at] = meanLabel[at] - slope[at] * meanGuide[at];
  }
  return { slope: mean(slope), offset: mean(offset) };
}

/** The mean over a square of 2 * RADIUS + 1 px, smaller at the frame. */
function boxMean(plane, width, height) {
  const across = new Float32Array(plane.length);
  const result = new Float32Array(plane.length);
  for (let y = 0; y < height; y += 1) meanOfLine(plane, across, y * width, 1, width);
  for (let x = 0; x < width; x += 1) meanOfLine(across, result, x, width, height);
  return result;
}

function meanOfLine(source, target, start, step, length) {
  let sum = 0;
  let count = 0;
  for (let ahead = 0; ahead < Math.min(RADIUS, length); ahead += 1, count += 1) sum += source[start + ahead * step];
  for (let at = 0; at < length; at += 1) {
    if (at + RADIUS < length) {
      sum += source[start + (at + RADIUS) * step];
      count += 1;
    }
    if (at > RADIUS) {
      sum -= source[start + (at - RADIUS - 1) * step];
      count -= 1;
    }
    target[start + at * step] = sum / count;
  }
}
