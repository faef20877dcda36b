/** The tools above the strip: what to show, how large, on which background. */

import * as stage from "./stage.js";
import { setScale, shownScale } from "./zoom.js";

const element = (id) => document.getElementById(id);

let background = "";
let radioBefore = null;

/** "" for none, a CSS colour, or { image: File }. */
export function chosenBackground() {
  return background;
}

/** listen: called when the background was changed; say: shows a sentence. */
export function listenToToolbar(listen, say) {
  for (const input of document.querySelectorAll("input[name=view]")) {
    input.addEventListener("change", () => stage.setView(input.value));
  }
  for (const input of document.querySelectorAll("input[name=zoom]")) {
    input.addEventListener("change", () => setScale(input.value === "fit" ? null : Number(input.value)));
  }
  element("viewport").addEventListener("zoom", markZoom);
  element("edge").addEventListener("click", async () => {
    if (!(await stage.showEdge())) say("No soft edge in this image.");
  });
  listenToBackdrop(listen);
}

function markZoom() {
  const fits = element("viewport").classList.contains("pannable") ? "" : "fit";
  for (const input of document.querySelectorAll("input[name=zoom]")) {
    input.checked = input.value === fits || Math.abs(Number(input.value) - shownScale()) < 0.001;
  }
}

function listenToBackdrop(listen) {
  radioBefore = document.querySelector("input[name=backdrop]:checked");
  const use = (value) => {
    background = value;
    if (!value.image) radioBefore = document.querySelector("input[name=backdrop]:checked");
    stage.setBackdrop(value);
    listen();
  };
  for (const input of document.querySelectorAll("input[name=backdrop]")) {
    if (input.value === "image") continue;
    input.addEventListener("change", () => use(input.value === "color" ? element("color").value : input.value));
  }
  element("color").addEventListener("input", () => {
    document.querySelector("input[name=backdrop][value=color]").checked = true;
    use(element("color").value);
  });
  listenToBackdropImage(use);
}

/** The image is asked for at every click, also when it is chosen already; cancelling keeps what was there. */
function listenToBackdropImage(use) {
  const radio = document.querySelector("input[name=backdrop][value=image]");
  const chooser = element("backdrop-file");
  radio.addEventListener("click", () => chooser.click());
  chooser.addEventListener("change", () => {
    radioBefore = radio;
    use({ image: chooser.files[0] });
    chooser.value = "";
  });
  chooser.addEventListener("cancel", () => { radioBefore.checked = true; });
}
