/** What a pointer on the image does: the brush, the divider, or moving the image. */

import { isPannable, isPinching } from "./zoom.js";

const viewport = document.getElementById("viewport");
const canvas = document.getElementById("canvas");

let held = null;

/**
 * tools: { brush, divider }, each with start(event) -> whether it takes the pointer, move(event), end(event), cancel().
 * Where none takes it and the image is larger than its room, the image moves with the pointer.
 */
export function listenToPointer(tools) {
  const candidates = [...tools, panning];
  canvas.addEventListener("pointerdown", (event) => {
    if (isPinching()) {
      held?.cancel();
      held = null;
      return;
    }
    if (event.button !== 0) return;
    held = candidates.find((tool) => tool.start(event)) ?? null;
    if (held) canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener("pointermove", (event) => {
    if (held && !isPinching()) held.move(event);
  });
  canvas.addEventListener("pointerup", (event) => {
    held?.end(event);
    held = null;
  });
  canvas.addEventListener("pointercancel", () => {
    held?.cancel();
    held = null;
  });
}

const panning = {
  from: null,
  start(event) {
    if (!isPannable()) return false;
    panning.from = { x: event.clientX, y: event.clientY, left: viewport.scrollLeft, top: viewport.scrollTop };
    canvas.classList.add("moving");
    return true;
  },
  move(event) {
    viewport.scrollLeft = panning.from.left - (event.clientX - panning.from.x);
    viewport.scrollTop = panning.from.top - (event.clientY - panning.from.y);
  },
  end() {
    canvas.classList.remove("moving");
  },
  cancel() {
    panning.end();
  },
};
