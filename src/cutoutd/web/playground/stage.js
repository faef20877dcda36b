/** The stage: original and cutout over each other, the mask, backgrounds and zoom. */

const element = (id) => document.getElementById(id);
const stage = element("stage");
const viewport = element("viewport");
const canvas = element("canvas");
const before = element("before");
const after = element("after");
const backdrop = element("backdrop");
const split = element("split");

const TILE = 32;

let image = null;
let view = "compare";
let zoom = "fit";
let maskLink = null;

export function show(shown) {
  const fresh = image !== shown || after.dataset.link !== (shown?.answer?.link ?? "");
  image = shown;
  element("empty").hidden = Boolean(shown);
  viewport.hidden = !shown;
  if (shown && fresh) load();
  veil(shown);
}

export function setView(name) {
  view = name;
  stage.classList.toggle("compare", name === "compare");
  split.disabled = name !== "compare";
  paint();
}

export function setZoom(value) {
  zoom = value;
  stage.classList.toggle("zoomed", value !== "fit");
  layout();
}

/** value: "" for the checkerboard, a CSS colour, or { image: link }. */
export function setBackdrop(value) {
  backdrop.classList.toggle("image", Boolean(value?.image));
  backdrop.style.backgroundColor = typeof value === "string" ? value : "";
  backdrop.style.backgroundImage = value?.image ? `url("${value.image}")` : value && "none";
}

/** Scroll to where the outline is softest: hair and fur, where a cutout is good or bad. */
export async function showEdge() {
  if (!image?.answer) return false;
  const alpha = await alphaOf(image.answer.blob);
  const spot = softestTile(alpha);
  if (!spot) return false;
  const scale = Number(zoom);
  viewport.scrollLeft = spot.x * scale - viewport.clientWidth / 2;
  viewport.scrollTop = spot.y * scale - viewport.clientHeight / 2;
  moveSplit(((spot.x + TILE / 2) / alpha.width) * 100);
  return true;
}

function load() {
  const { preview, answer } = image;
  before.src = preview;
  after.dataset.link = answer?.link ?? "";
  if (maskLink) URL.revokeObjectURL(maskLink);
  maskLink = null;
  before.alt = `Original: ${image.name}`;
  paint();
}

async function paint() {
  if (!image) return;
  const link = image.answer?.link;
  const cropped = Boolean(image.answer?.cropped);
  before.style.visibility = cropped && view === "compare" ? "hidden" : "";
  if (!link) {
    after.removeAttribute("src");
  } else if (view === "mask") {
    after.src = await maskOf(image.answer.blob);
    after.alt = "The mask: white is the subject";
  } else {
    after.src = link;
    after.alt = `${image.name} without its background`;
  }
  backdrop.hidden = view === "mask" || !link;
  stage.classList.toggle("compare", view === "compare" || !link);
  canvas.style.setProperty("--split", link ? `${split.value}%` : "100%");
  layout();
}

function layout() {
  const { width, height } = size();
  if (!width) return;
  const room = Math.min(viewport.clientWidth / width, viewport.clientHeight / height);
  const scale = zoom === "fit" ? Math.min(room, 2) : Number(zoom);
  canvas.style.width = `${Math.max(1, width * scale)}px`;
  canvas.style.height = `${Math.max(1, height * scale)}px`;
}

function size() {
  const answer = image?.answer;
  return answer?.width ? answer : { width: before.naturalWidth, height: before.naturalHeight };
}

function veil(shown) {
  const note = element("veil");
  note.hidden = !shown || shown.state === "done";
  note.classList.toggle("bad", shown?.state === "failed");
  if (shown?.state === "waiting") note.textContent = "Waiting for its turn …";
  if (shown?.state === "working") note.textContent = shown.progress || "Removing the background …";
  if (shown?.state === "failed") note.textContent = shown.error.message;
}

async function maskOf(blob) {
  if (maskLink) return maskLink;
  const { width, height, levels } = await alphaOf(blob);
  const sheet = new OffscreenCanvas(width, height);
  const pixels = new ImageData(width, height);
  const words = new Uint32Array(pixels.data.buffer);
  for (let at = 0; at < levels.length; at += 1) words[at] = 0xff000000 | (levels[at] * 0x010101);
  sheet.getContext("2d").putImageData(pixels, 0, 0);
  maskLink = URL.createObjectURL(await sheet.convertToBlob());
  return maskLink;
}

/** The alpha channel of an image: { width, height, levels }, one byte for each pixel. */
export async function alphaOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d", { willReadFrequently: true });
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  const { data } = context.getImageData(0, 0, width, height);
  const levels = new Uint8Array(width * height);
  for (let at = 0; at < levels.length; at += 1) levels[at] = data[at * 4 + 3];
  return { width, height, levels };
}

/** The tile of TILE px with the most half-transparent pixels; null when every edge is hard. */
export function softestTile({ width, height, levels }) {
  const columns = Math.ceil(width / TILE);
  const soft = new Uint32Array(columns * Math.ceil(height / TILE));
  levels.forEach((level, at) => {
    if (level < 16 || level > 239) return;
    const x = at % width;
    soft[Math.floor((at - x) / width / TILE) * columns + Math.floor(x / TILE)] += 1;
  });
  const best = soft.reduce((top, count, tile) => (count > soft[top] ? tile : top), 0);
  if (soft[best] === 0) return null;
  return { x: (best % columns) * TILE + TILE / 2, y: Math.floor(best / columns) * TILE + TILE / 2 };
}

function moveSplit(percent) {
  split.value = String(Math.max(0, Math.min(100, percent)));
  if (image?.answer) canvas.style.setProperty("--split", `${split.value}%`);
}

function drag(event) {
  if (view !== "compare" || !(event.buttons & 1)) return;
  const { left, width } = canvas.getBoundingClientRect();
  moveSplit(((event.clientX - left) / width) * 100);
}

split.addEventListener("input", () => moveSplit(Number(split.value)));
canvas.addEventListener("pointerdown", (event) => {
  if (view === "compare") canvas.setPointerCapture(event.pointerId);
  drag(event);
});
canvas.addEventListener("pointermove", drag);
before.addEventListener("load", layout);
new ResizeObserver(layout).observe(viewport);
setView("compare");
