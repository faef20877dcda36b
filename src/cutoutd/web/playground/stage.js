/** The stage: original and cutout over each other, the mask, the background behind. */

import { isAligned, isComparable } from "./aligned.js";
import { openBrush } from "./brush.js";
import { finished } from "./finished.js";
import { offload } from "./offload.js";
import { originalLink } from "./original.js";
import { centreOn, isPannable, setScale, setSize } from "./zoom.js";

const element = (id) => document.getElementById(id);
const stage = element("stage");
const canvas = element("canvas");
const before = element("before");
const after = element("after");
const backdrop = element("backdrop");
const split = element("split");

/** The handle's half width, CSS px: there a drag moves the divider also where the image could be moved. */
const GRIP_PX = 28;

let image = null;
let shownAnswer = null;
let view = "compare";

export function show(shown) {
  const fresh = image !== shown || shownAnswer !== (shown?.answer ?? null);
  const other = image !== shown;
  image = shown;
  shownAnswer = shown?.answer ?? null;
  element("empty").hidden = Boolean(shown);
  element("viewport").hidden = !shown;
  if (shown && other) loadOriginal(shown);
  if (shown && fresh) paint();
  veil(shown);
  facts(shown);
}

export function setView(name) {
  view = name;
  paint();
}

/** value: "" for the checkerboard, a CSS colour, or { image: Blob }. */
export function setBackdrop(value) {
  backdrop.classList.toggle("image", Boolean(value?.image));
  backdrop.style.backgroundColor = typeof value === "string" ? value : "";
  backdrop.style.backgroundImage = value?.image ? `url("${URL.createObjectURL(value.image)}")` : value && "none";
}

/** Go to where the outline is softest: hair and fur, where a cutout is good or bad. */
export async function showEdge() {
  if (!image?.answer) return false;
  const spot = await offload("softestTile", (await finished(image)).blob);
  if (!spot) return false;
  setScale(3);
  centreOn(spot);
  moveSplit(((spot.x + spot.tile / 2) / spot.width) * 100);
  return true;
}

async function loadOriginal(shown) {
  before.removeAttribute("src");
  const link = await originalLink(shown).catch(() => null);
  if (image !== shown || !link) return;
  before.src = link;
  before.alt = `Original: ${shown.name}`;
}

async function paint() {
  if (!image) return;
  const [shown, answer] = [image, image.answer];
  const comparable = !answer || isComparable(shown);
  const brushing = view === "brush" && isAligned(shown);
  const link = answer && !brushing ? await linkFor(shown) : null;
  if (image !== shown || shown.answer !== answer) return;
  if (link) after.src = link;
  else after.removeAttribute("src");
  after.alt = view === "mask" ? "The mask: white is the subject" : `${shown.name} without its background`;
  backdrop.hidden = view === "mask" || !answer;
  stage.classList.toggle("compare", !answer || (view === "compare" && comparable));
  stage.classList.toggle("brushing", brushing);
  split.disabled = view !== "compare" || !comparable || !answer;
  allow("compare", comparable, "Not with a crop or another place of the subject");
  allow("brush", !answer || isAligned(shown), "Not with a canvas, crop, outline or background of the server's: turn those off to touch up");
  canvas.style.setProperty("--split", answer ? `${split.value}%` : "100%");
  resize();
  element("brush-tools").hidden = !brushing;
  openBrush(brushing ? shown : null).catch((error) => say(error.message));
}

function allow(name, allowed, otherwise) {
  const radio = document.querySelector(`input[name=view][value=${name}]`);
  radio.disabled = !allowed;
  radio.parentElement.title = allowed ? "" : otherwise;
}

function say(sentence) {
  const note = element("veil");
  note.textContent = sentence;
  note.hidden = false;
}

/** A link to what the view shows of the finished image, made once. */
async function linkFor(shown) {
  const { blob } = await finished(shown);
  const links = (shown.links ??= new Map());
  const key = view === "mask" ? "mask" : "cutout";
  const known = links.get(key);
  if (known?.blob === blob) return known.link;
  if (known) URL.revokeObjectURL(known.link);
  const link = URL.createObjectURL(key === "mask" ? await offload("maskOf", blob) : blob);
  links.set(key, { blob, link });
  return link;
}

function resize() {
  const answer = image?.answer;
  setSize(answer?.width ? answer : { width: before.naturalWidth, height: before.naturalHeight });
}

/** What stands over the image: progress, why it failed, or that nothing was found. */
function veil(shown) {
  const sentence = {
    waiting: () => "Waiting for its turn …",
    working: () => shown.progress || "Removing the background …",
    failed: () => shown.error.message,
    done: () => (shown.answer.notes.includes("empty_mask") ? `${shown.answer.messages.join(" ")} Try another model or region, or the brush.` : ""),
  }[shown?.state]?.() ?? "";
  const note = element("veil");
  note.hidden = !sentence;
  note.classList.toggle("bad", shown?.state === "failed" || shown?.state === "done");
  if (note.textContent !== sentence) note.textContent = sentence;
}

/** Dimensions, format and size, and the server's notes in words. */
function facts(shown) {
  const { answer, source } = shown ?? {};
  const parts = [];
  if (source?.file) parts.push(`${kindOf(source.file.type)} ${bytes(source.file.size)}`.trim());
  if (answer) parts.push(`${answer.width} × ${answer.height} px, ${kindOf(answer.blob.type)} ${bytes(answer.blob.size)}`);
  element("facts").textContent = parts.join(" → ") || "\u00a0";
  const messages = answer?.messages ?? [];
  element("notes").hidden = messages.length === 0;
  element("notes").textContent = messages.join(" ");
}

function kindOf(type) {
  return type.replace(/^image\//, "").toUpperCase();
}

function bytes(count) {
  if (count < 1000) return `${count} B`;
  return count < 1e6 ? `${Math.round(count / 1000)} kB` : `${(count / 1e6).toFixed(1)} MB`;
}

function moveSplit(percent) {
  split.value = String(Math.max(0, Math.min(100, percent)));
  if (image?.answer) canvas.style.setProperty("--split", `${split.value}%`);
}

/** The divider as a tool of pointer.js. */
export const divider = {
  start(event) {
    if (split.disabled) return false;
    const { left, width } = canvas.getBoundingClientRect();
    const away = Math.abs(event.clientX - left - (width * split.value) / 100);
    if (isPannable() && away > GRIP_PX) return false;
    divider.move(event);
    return true;
  },
  move(event) {
    const { left, width } = canvas.getBoundingClientRect();
    moveSplit(((event.clientX - left) / width) * 100);
  },
  end() {},
  cancel() {},
};

split.addEventListener("input", () => moveSplit(Number(split.value)));
before.addEventListener("load", resize);
