/** Touching up: strokes and clicks that keep or erase, their size, undo and redo. */

import { startWorker } from "./offload.js";
import { originalOf } from "./original.js";
import { pendingStrokes } from "./strokes.js";
import { shownScale, toImage } from "./zoom.js";

const element = (id) => document.getElementById(id);
const canvas = element("canvas");
const mended = element("mended");
const trace = element("trace");
const ring = element("ring");
const size = element("brush-size");

/** The largest brush's radius, of the image's longer side. */
const LARGEST = 0.12;
/** The trace of a stroke is drawn with so many pixels a side at most. */
const MOST_TRACED = 2048;

const ask = startWorker();
let image = null;
let opened = null;
let stroke = null;
let changed = null;

/** listen: called with the image after every stroke, undo and redo, and whether the server has to do it again. */
export function listenToBrush(listen) {
  changed = listen;
  element("undo").addEventListener("click", undo);
  element("redo").addEventListener("click", redo);
  size.addEventListener("input", () => showRing(null));
  document.addEventListener("keydown", (event) => {
    if (!image || event.target.matches("input:not([type=radio], [type=range]), select")) return;
    const key = event.key.toLowerCase();
    if ((event.ctrlKey || event.metaKey) && key === "z") {
      event.preventDefault();
      if (event.shiftKey) redo();
      else undo();
    }
    if (key === "[") size.stepDown(3);
    if (key === "]") size.stepUp(3);
  });
  canvas.addEventListener("pointermove", showRing);
  canvas.addEventListener("pointerleave", () => { ring.hidden = true; });
}

/** Open this image for the brush; null closes. Rejects if original and answer cannot be laid on each other. */
export async function openBrush(shown) {
  if (image === shown && opened?.answer === shown?.answer) return;
  image = shown;
  opened = null;
  mended.hidden = true;
  renderTools();
  if (!shown) return;
  const { answer } = shown;
  const strokes = pendingStrokes(shown) ?? [];
  const session = { answer };
  opened = session;
  session.ready = originalOf(shown).then((original) => ask("openImage", { original, cutout: answer.blob, strokes }));
  const patch = await session.ready;
  if (opened !== session) return;
  [mended.width, mended.height] = [patch.width, patch.height];
  put(patch);
  mended.hidden = false;
}

function put({ x, y, width, height, pixels }) {
  if (width && height) mended.getContext("2d").putImageData(new ImageData(pixels, width, height), x, y);
}

function chosenTool() {
  return document.querySelector("input[name=brush]:checked").value;
}

function radius() {
  return Math.max(1, (LARGEST * Math.max(mended.width, mended.height) * size.value) / 100);
}

function placeOf(event) {
  const { x, y } = toImage(event.clientX, event.clientY);
  return [x, y].map((value) => Math.round(value * 10) / 10);
}

/** The brush as a tool of pointer.js. */
export const brush = {
  start(event) {
    if (!image || mended.hidden) return false;
    const tool = chosenTool();
    stroke = { keep: tool !== "erase", points: [placeOf(event)], ...(tool === "part" ? { part: true } : { radius: Math.round(radius() * 10) / 10 }) };
    if (!stroke.part) startTrace();
    return true;
  },
  move(event) {
    if (stroke.part) return;
    const last = stroke.points.at(-1);
    const place = placeOf(event);
    if (Math.hypot(place[0] - last[0], place[1] - last[1]) < Math.max(1, stroke.radius / 5)) return;
    stroke.points.push(place);
    drawTrace(last, place);
  },
  end() {
    add(stroke);
    stroke = null;
  },
  cancel() {
    stroke = null;
    clearTrace();
  },
};

async function add(done) {
  const started = performance.now();
  const shown = image;
  shown.strokes = [...shown.strokes, done];
  shown.undone = [];
  renderTools();
  const patch = await ask("addStroke", done);
  if (done.part) done.told = patch.told;
  if (image === shown) put(patch);
  clearTrace();
  changed(shown, false);
  performance.measure("brush-stroke", { start: started, end: performance.now() });
}

async function undo() {
  if (!image?.strokes.length) return;
  image.undone = [image.strokes.at(-1), ...(image.undone ?? [])];
  image.strokes = image.strokes.slice(0, -1);
  const remaining = pendingStrokes(image);
  renderTools();
  changed(image, remaining === null);
  if (remaining) put(await ask("undoStroke", remaining));
}

function redo() {
  const [next, ...later] = image?.undone ?? [];
  if (!next) return;
  add(next);
  image.undone = later;
  renderTools();
}

function renderTools() {
  element("undo").disabled = !image?.strokes.length;
  element("redo").disabled = !image?.undone?.length;
}

function startTrace() {
  const share = Math.min(1, MOST_TRACED / Math.max(mended.width, mended.height));
  [trace.width, trace.height] = [mended.width * share, mended.height * share];
  const context = trace.getContext("2d");
  context.scale(share, share);
  Object.assign(context, { lineCap: "round", lineWidth: 2 * stroke.radius, strokeStyle: stroke.keep ? "#1f9d55" : "#d33" });
  trace.hidden = false;
  drawTrace(stroke.points[0], stroke.points[0]);
}

function drawTrace(from, to) {
  const context = trace.getContext("2d");
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

function clearTrace() {
  if (!stroke) trace.hidden = true;
}

/** The ring that shows where the brush would paint, and how wide. */
function showRing(event) {
  const part = chosenTool() === "part";
  ring.hidden = !image || mended.hidden || part || (event?.pointerType === "touch" && !stroke);
  if (ring.hidden) return;
  const width = 2 * radius() * shownScale();
  Object.assign(ring.style, { width: `${width}px`, height: `${width}px` });
  if (!event) return;
  const { left, top } = canvas.getBoundingClientRect();
  Object.assign(ring.style, { left: `${event.clientX - left}px`, top: `${event.clientY - top}px` });
}
