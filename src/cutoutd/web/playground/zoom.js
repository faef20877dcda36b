/** How large the image is shown, and which part: fit, steps, wheel, pinch, drag. */

const element = (id) => document.getElementById(id);
const viewport = element("viewport");
const canvas = element("canvas");

const MOST = 8;
const FIT_AT_MOST = 2;
const WHEEL = 0.0015;

let size = { width: 0, height: 0 };
let scale = null;

/** size: { width, height } of the image in px. */
export function setSize(shown) {
  size = shown;
  layout();
}

/** factor: CSS px for a px of the image, or null to fit; the middle stays, or what lies at (clientX, clientY). */
export function setScale(factor, clientX = null, clientY = null) {
  const { left, top, width, height } = viewport.getBoundingClientRect();
  const [x, y] = [clientX ?? left + width / 2, clientY ?? top + height / 2];
  const at = toImage(x, y);
  scale = factor === null ? null : Math.min(MOST, Math.max(fitting() / 2, factor));
  layout();
  scrollTo(at, x - left, y - top);
  viewport.dispatchEvent(new CustomEvent("zoom"));
}

export function shownScale() {
  return scale ?? fitting();
}

/** Whether there is more image than room for it. */
export function isPannable() {
  return canvas.clientWidth > viewport.clientWidth + 1 || canvas.clientHeight > viewport.clientHeight + 1;
}

/** Where a place of the screen is in the image, in px. */
export function toImage(clientX, clientY) {
  const { left, top } = canvas.getBoundingClientRect();
  return { x: (clientX - left) / shownScale(), y: (clientY - top) / shownScale() };
}

/** Put this px of the image into the middle. */
export function centreOn(at) {
  scrollTo(at, viewport.clientWidth / 2, viewport.clientHeight / 2);
}

function scrollTo({ x, y }, offsetX, offsetY) {
  viewport.scrollLeft = canvas.offsetLeft + x * shownScale() - offsetX;
  viewport.scrollTop = canvas.offsetTop + y * shownScale() - offsetY;
}

function fitting() {
  const room = Math.min(viewport.clientWidth / size.width, viewport.clientHeight / size.height);
  return Math.min(room || 1, FIT_AT_MOST);
}

function layout() {
  if (!size.width) return;
  canvas.style.width = `${Math.max(1, size.width * shownScale())}px`;
  canvas.style.height = `${Math.max(1, size.height * shownScale())}px`;
  canvas.classList.toggle("enlarged", shownScale() > 2);
  viewport.classList.toggle("pannable", isPannable());
}

const fingers = new Map();

/** Two fingers: zoom about their middle, and move with it. */
function pinch(event) {
  const held = fingers.get(event.pointerId);
  if (!held) return;
  const before = span();
  [held.x, held.y] = [event.clientX, event.clientY];
  if (fingers.size !== 2) return;
  const now = span();
  viewport.scrollLeft -= now.x - before.x;
  viewport.scrollTop -= now.y - before.y;
  setScale((shownScale() * now.length) / before.length, now.x, now.y);
}

function span() {
  const [one, other] = [...fingers.values(), ...fingers.values()];
  const apart = fingers.size === 2 ? Math.hypot(one.x - other.x, one.y - other.y) : 1;
  return { x: (one.x + other.x) / 2, y: (one.y + other.y) / 2, length: Math.max(1, apart) };
}

/** Whether two fingers are on the image: then nothing else may be done with one of them. */
export function isPinching() {
  return fingers.size > 1;
}

viewport.addEventListener("wheel", (event) => {
  event.preventDefault();
  const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
  setScale(shownScale() * Math.exp(-event.deltaY * lines * WHEEL * (event.ctrlKey ? 5 : 1)), event.clientX, event.clientY);
}, { passive: false });
viewport.addEventListener("dblclick", (event) => setScale(scale === null ? 3 * fitting() : null, event.clientX, event.clientY));
viewport.addEventListener("pointerdown", (event) => {
  if (event.pointerType === "touch") fingers.set(event.pointerId, { x: event.clientX, y: event.clientY });
}, { capture: true });
viewport.addEventListener("pointermove", pinch, { capture: true });
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, (event) => fingers.delete(event.pointerId));
new ResizeObserver(layout).observe(viewport);
