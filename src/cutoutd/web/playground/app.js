/** The page: what the user does, and where it goes. Each module it imports does one thing. */

import { listModels, removeBackground, setKey } from "./api.js";
import { DIALECTS } from "./dialects.js";
import { archiveOf, fileOf, save } from "./download.js";
import { chosenOptions, offerModels, onOptions } from "./options.js";
import { Images } from "./images.js";
import { LANGUAGES, snippet } from "./snippets.js";
import * as stage from "./stage.js";

const element = (id) => document.getElementById(id);
const base = new URL(".", document.baseURI).href;
const images = new Images(removeBackground);
let background = "";

const usable = (image) => image.state === "done";

function render() {
  const { list, selected } = images;
  stage.show(selected);
  renderStrip(list, selected);
  renderTimings(selected?.answer?.timings);
  element("download").disabled = !(selected && usable(selected));
  element("download-all").disabled = list.filter(usable).length < 1;
  element("again").disabled = list.length === 0;
  element("status").textContent = sentence(list) || "\u00a0";
  renderSnippet();
}

function sentence(list) {
  const count = (state) => list.filter((one) => one.state === state).length;
  const open = count("waiting") + count("working");
  const parts = [`${count("done")} of ${list.length} done`];
  if (open) parts.push(`${open} to go`);
  if (count("failed")) parts.push(`${count("failed")} failed`);
  return list.length ? parts.join(", ") : "";
}

const MARKS = { waiting: "…", working: "working", done: "✓", failed: "failed" };

function renderStrip(list, selected) {
  const items = list.map((image) => {
    const item = document.createElement("li");
    item.className = image.state;
    const pick = document.createElement("button");
    pick.type = "button";
    pick.className = "pick";
    pick.setAttribute("aria-pressed", String(image === selected));
    pick.setAttribute("aria-label", `${image.name}: ${image.state}`);
    const thumbnail = new Image();
    thumbnail.src = image.answer?.link ?? image.preview;
    thumbnail.alt = "";
    pick.append(thumbnail);
    pick.addEventListener("click", () => images.select(image));
    const mark = document.createElement("span");
    mark.className = "mark";
    mark.textContent = MARKS[image.state];
    const drop = document.createElement("button");
    drop.type = "button";
    drop.className = "drop-it";
    drop.textContent = "×";
    drop.setAttribute("aria-label", `Take ${image.name} off the list`);
    drop.addEventListener("click", () => images.remove(image));
    item.append(pick, mark, drop);
    return item;
  });
  const strip = element("strip");
  const focused = [...strip.querySelectorAll("button")].indexOf(document.activeElement);
  strip.replaceChildren(...items);
  if (focused >= 0) strip.querySelectorAll("button")[focused]?.focus();
}

function renderTimings(timings) {
  const rows = Object.entries(timings ?? {});
  if (!rows.length) return;
  const longest = Math.max(...rows.map(([, milliseconds]) => milliseconds), 1);
  element("timings").replaceChildren(
    ...rows.map(([stageName, milliseconds]) => {
      const row = document.createElement("tr");
      const meter = document.createElement("meter");
      Object.assign(meter, { max: longest, value: milliseconds });
      meter.setAttribute("aria-hidden", "true");
      for (const content of [stageName.replaceAll("_", " "), meter, `${milliseconds.toFixed(milliseconds < 10 ? 1 : 0)} ms`]) {
        row.insertCell().append(content);
      }
      return row;
    }),
  );
}

function renderSnippet() {
  const image = images.selected;
  const described = { name: image?.name ?? "photo.jpg", url: image?.source.url };
  const key = element("key").value.trim();
  element("snippet").textContent = snippet(
    element("dialect").value, element("language").value, described, chosenOptions(), key, base,
  );
}

function addFiles(files) {
  if (files.length && !images.addFiles(files, chosenOptions())) element("status").textContent = "That file is empty.";
}

function offer(select, choices, remembered) {
  for (const [value, label] of Object.entries(choices)) select.add(new Option(label, value));
  select.value = localStorage.getItem(remembered) ?? select.options[0].value;
  if (select.selectedIndex < 0) select.selectedIndex = 0;
  select.addEventListener("change", () => {
    localStorage.setItem(remembered, select.value);
    renderSnippet();
  });
}

function listenForImages() {
  for (const id of ["choose", "more"]) element(id).addEventListener("click", () => element("files").click());
  element("files").addEventListener("change", (event) => {
    addFiles(event.target.files);
    event.target.value = "";
  });
  element("sample").addEventListener("click", async () => {
    const sample = await (await fetch("playground/sample.jpg")).blob();
    addFiles([new File([sample], "sample.jpg", { type: sample.type })]);
  });
  element("by-url").addEventListener("submit", (event) => {
    event.preventDefault();
    images.addUrl(element("url").value, chosenOptions());
  });
  document.addEventListener("paste", (event) => addFiles(event.clipboardData?.files ?? []));
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    element("drop").hidden = false;
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) element("drop").hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    element("drop").hidden = true;
    addFiles(event.dataTransfer.files);
  });
}

function listenToView() {
  for (const input of document.querySelectorAll("input[name=view]")) {
    input.addEventListener("change", () => stage.setView(input.value));
  }
  for (const input of document.querySelectorAll("input[name=zoom]")) {
    input.addEventListener("change", () => stage.setZoom(input.value));
  }
  element("edge").addEventListener("click", async () => {
    const close = document.querySelector('input[name=zoom][value="3"]');
    close.checked = true;
    stage.setZoom("3");
    if (!(await stage.showEdge())) element("status").textContent = "No soft edge in this image.";
  });
  for (const input of document.querySelectorAll("input[name=backdrop]")) {
    input.addEventListener("change", () => chooseBackdrop(input.value));
  }
  element("color").addEventListener("input", () => {
    document.querySelector("input[name=backdrop][value=color]").checked = true;
    chooseBackdrop("color");
  });
  element("backdrop-file").addEventListener("change", (event) => {
    const [file] = event.target.files;
    if (file) useBackdrop({ image: URL.createObjectURL(file) });
    event.target.value = "";
  });
}

function chooseBackdrop(value) {
  if (value === "image") element("backdrop-file").click();
  else useBackdrop(value === "color" ? element("color").value : value);
}

function useBackdrop(value) {
  background = value;
  stage.setBackdrop(value);
}

function listenToActions() {
  element("download").addEventListener("click", async () => save(await fileOf(images.selected, background)));
  element("download-all").addEventListener("click", async () => save(await archiveOf(images.list.filter(usable), background)));
  element("again").addEventListener("click", () => images.rerun(images.list, chosenOptions()));
  element("copy").addEventListener("click", async () => {
    await navigator.clipboard.writeText(element("snippet").textContent);
    element("copy").textContent = "Copied";
    setTimeout(() => { element("copy").textContent = "Copy"; }, 1500);
  });
  element("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const shown = document.documentElement.style.colorScheme || (dark ? "dark" : "light");
    useTheme(shown === "dark" ? "light" : "dark");
  });
  element("key").addEventListener("input", (event) => {
    setKey(event.target.value.trim());
    renderSnippet();
  });
  element("key").addEventListener("change", introduce);
}

function useTheme(theme) {
  document.documentElement.style.colorScheme = theme;
  if (theme) localStorage.setItem("theme", theme);
}

async function introduce() {
  try {
    const models = await listModels();
    if (!element("options").elements.model.options[1]) offerModels(models);
    element("served-by").textContent = "Nothing leaves this server.";
  } catch (error) {
    element("served-by").textContent = error.message;
  }
}

images.addEventListener("change", render);
onOptions(() => {
  renderSnippet();
  if (images.selected) images.rerun([images.selected], chosenOptions());
});
offer(element("dialect"), Object.fromEntries(Object.entries(DIALECTS).map(([name, { label }]) => [name, label])), "dialect");
offer(element("language"), LANGUAGES, "language");
listenForImages();
listenToView();
listenToActions();
useTheme(localStorage.getItem("theme") ?? "");
render();
introduce();
