/** The strip of thumbnails: only those in sight exist, however many images there are. */

import { isStale } from "./images.js";
import { offload } from "./offload.js";

const PITCH_PX = 88;
const BEYOND = 3;
const MOST_KEPT = 400;

const MARKS = { waiting: "…", working: "working", done: "✓", failed: "failed", stale: "old settings" };

const scroller = document.getElementById("strip-scroll");
const strip = document.getElementById("strip");
const items = new Map();
const thumbnails = new Map();

let images = null;
let currentKey = "";

export function showStrip(shown) {
  images = shown;
  scroller.addEventListener("scroll", () => render(currentKey), { passive: true });
  new ResizeObserver(() => render(currentKey)).observe(scroller);
}

/** key: of the options as they are now; images with others are marked. */
export function render(key) {
  currentKey = key;
  const { list } = images;
  strip.style.width = `${list.length * PITCH_PX}px`;
  scroller.hidden = list.length === 0;
  const first = Math.max(0, Math.floor(scroller.scrollLeft / PITCH_PX) - BEYOND);
  const last = Math.min(list.length, Math.ceil((scroller.scrollLeft + scroller.clientWidth) / PITCH_PX) + BEYOND);
  const inSight = new Set(list.slice(first, last));
  for (const [image, item] of items) {
    if (inSight.has(image)) continue;
    if (item.contains(document.activeElement)) scroller.focus();
    item.remove();
    items.delete(image);
  }
  for (let at = first; at < last; at += 1) place(list[at], at, list.length);
}

function place(image, at, count) {
  let item = items.get(image);
  if (!item) {
    item = build(image);
    items.set(image, item);
    strip.append(item);
  }
  const state = isStale(image, currentKey) ? "stale" : image.state;
  const [pick, mark] = item.children;
  item.className = state;
  item.style.left = `${at * PITCH_PX}px`;
  item.ariaPosInSet = String(at + 1);
  item.ariaSetSize = String(count);
  pick.setAttribute("aria-pressed", String(image === images.selected));
  pick.setAttribute("aria-label", `${image.name}: ${MARKS[state] === "✓" ? "done" : MARKS[state] === "…" ? "waiting" : MARKS[state]}`);
  if (mark.textContent !== MARKS[state]) mark.textContent = MARKS[state];
  showImage(pick.firstChild, image);
}

function build(image) {
  const item = document.createElement("li");
  const pick = button("pick", "", () => images.select(image));
  pick.append(document.createElement("img"));
  pick.firstChild.alt = "";
  pick.title = image.name;
  pick.addEventListener("keydown", walk);
  const mark = document.createElement("span");
  mark.className = "mark";
  const remove = button("remove", "×", () => images.remove(image));
  remove.setAttribute("aria-label", `Remove ${image.name}`);
  item.append(pick, mark, remove);
  return item;
}

function button(className, text, act) {
  const made = document.createElement("button");
  Object.assign(made, { type: "button", className, textContent: text });
  made.addEventListener("click", act);
  return made;
}

/** Arrow keys go from image to image. */
function walk(event) {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const next = step && images.list[images.list.indexOf(images.selected) + step];
  if (!next) return;
  event.preventDefault();
  images.select(next);
  scroller.scrollLeft = images.list.indexOf(next) * PITCH_PX - scroller.clientWidth / 2;
  render(currentKey);
  items.get(next)?.firstChild.focus();
}

async function showImage(shown, image) {
  const blob = image.answer?.blob ?? image.source.file;
  if (!blob || shown.blob === blob) return;
  shown.blob = blob;
  const link = await thumbnailOf(blob).catch(() => null);
  if (shown.blob === blob && link) shown.src = link;
}

/** A link to a small copy; the latest MOST_KEPT are kept. */
function thumbnailOf(blob) {
  const known = thumbnails.get(blob) ?? offload("thumbnail", blob).then((small) => URL.createObjectURL(small));
  thumbnails.delete(blob);
  thumbnails.set(blob, known);
  if (thumbnails.size > MOST_KEPT) {
    const [[oldest, link]] = thumbnails;
    thumbnails.delete(oldest);
    link.then(URL.revokeObjectURL, () => {});
  }
  return known;
}
