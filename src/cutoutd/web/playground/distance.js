/** Distances over a grid: straight ones, and ones that count every change of colour. */

/** Euclidean distance in px to the nearest set pixel. hit: Uint8Array. Source: Felzenszwalb and Huttenlocher, 2012. */
export function distanceTo(hit, width, height) {
  const FAR = 1e12;
  const squared = new Float64Array(width * height);
  for (let at = 0; at < squared.length; at += 1) squared[at] = hit[at] ? 0 : FAR;
  const room = roomFor(Math.max(width, height));
  for (let x = 0; x < width; x += 1) lowerEnvelope(squared, x, width, height, room);
  for (let y = 0; y < height; y += 1) lowerEnvelope(squared, y * width, 1, width, room);
  const distance = new Float32Array(squared.length);
  for (let at = 0; at < distance.length; at += 1) distance[at] = Math.sqrt(squared[at]);
  return distance;
}

function roomFor(length) {
  return { line: new Float64Array(length), apex: new Int32Array(length), starts: new Float64Array(length + 1) };
}

/** Replace a line's values by the least of all parabolas value + (at - place)². */
function lowerEnvelope(values, start, step, length, { line, apex, starts }) {
  for (let at = 0; at < length; at += 1) line[at] = values[start + at * step];
  let last = 0;
  apex[0] = 0;
  starts[0] = -Infinity;
  starts[1] = Infinity;
  for (let at = 1; at < length; at += 1) {
    let meet = crossing(line, at, apex[last]);
    while (meet <= starts[last]) {
      last -= 1;
      meet = crossing(line, at, apex[last]);
    }
    last += 1;
    apex[last] = at;
    starts[last] = meet;
    starts[last + 1] = Infinity;
  }
  for (let at = 0, part = 0; at < length; at += 1) {
    while (starts[part + 1] < at) part += 1;
    const away = at - apex[part];
    values[start + at * step] = line[apex[part]] + away * away;
  }
}

function crossing(values, one, other) {
  return (values[one] + one * one - values[other] - other * other) / (2 * (one - other));
}

/** What a step to the right, down, down and right, down and left costs from each pixel: its length, dearer over an edge. */
export function stepCosts({ red, green, blue, width, height }) {
  const EDGE = 6;
  const cost = (reach, length) => {
    const plane = new Float32Array(width * height);
    for (let at = 0; at + reach < plane.length; at += 1) {
      const r = red[at] - red[at + reach];
      const g = green[at] - green[at + reach];
      const b = blue[at] - blue[at + reach];
      plane[at] = length * (1 + (r * r + g * g + b * b) / (EDGE * EDGE));
    }
    return plane;
  };
  return { right: cost(1, 1), down: cost(width, 1), downRight: cost(width + 1, Math.SQRT2), downLeft: cost(width - 1, Math.SQRT2) };
}

/** Lower every value to what it costs to come from elsewhere, in place; two rounds of sweeps (Toivanen, 1996). */
export function geodesic(values, { right, down, downRight, downLeft }, width, height) {
  for (let round = 0; round < 2; round += 1) {
    for (let y = 0; y < height; y += 1) {
      for (let x = 0; x < width; x += 1) {
        const at = y * width + x;
        let best = values[at];
        if (x > 0) best = Math.min(best, values[at - 1] + right[at - 1]);
        if (y > 0) best = Math.min(best, values[at - width] + down[at - width]);
        if (y > 0 && x > 0) best = Math.min(best, values[at - width - 1] + downRight[at - width - 1]);
        if (y > 0 && x < width - 1) best = Math.min(best, values[at - width + 1] + downLeft[at - width + 1]);
        values[at] = best;
      }
    }
    for (let y = height - 1; y >= 0; y -= 1) {
      for (let x = width - 1; x >= 0; x -= 1) {
        const at = y * width + x;
        let best = values[at];
        if (x < width - 1) best = Math.min(best, values[at + 1] + right[at]);
        if (y < height - 1) best = Math.min(best, values[at + width] + down[at]);
        if (y < height - 1 && x < width - 1) best = Math.min(best, values[at + width + 1] + downRight[at]);
        if (y < height - 1 && x > 0) best = Math.min(best, values[at + width - 1] + downLeft[at]);
        values[at] = best;
      }
    }
  }
}
