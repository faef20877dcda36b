/** The page: what the user does, and where it goes. Each module it imports does one thing. */

import { knownKey, listModels, removeBackground, setKey } from "./api.js";
import { brush, listenToBrush } from "./brush.js";
import { DIALECTS } from "./dialects.js";
import { archiveOf, backgroundOptions, fileOf, save } from "./download.js";
import { Images, isStale, keyOf } from "./images.js";
import { listenForImages } from "./intake.js";
import { chosenOptions, complaint, isOpaque, offerModels, onOptions } from "./options.js";
import { listenToPointer } from "./pointer.js";
import { LANGUAGES, snippet } from "./snippets.js";
import * as stage from "./stage.js";
import * as strip from "./strip.js";
import { strokesOption } from "./strokes.js";
import { renderTimings } from "./timings.js";
import { chosenBackground, listenToToolbar } from "./toolbar.js";

const element = (id) => document.getElementById(id);
const base = new URL(".", document.baseURI).href;
const images = new Images(removeBackground);

/** What was last said by the page itself, until something else happens. */
let said = "";

/** What the server is asked for. */
function requestOptions() {
  const options = chosenOptions();
  const behind = isOpaque(options) && !options.background_blur;
  return behind ? { ...options, ...backgroundOptions(chosenBackground()) } : options;
}

function render() {
  const { list, selected } = images;
  const key = keyOf(requestOptions());
  const done = list.filter((one) => one.state === "done");
  const stale = done.filter((one) => isStale(one, key));
  stage.show(selected);
  strip.render(key);
  renderTimings(selected?.answer?.timings);
  element("download").disabled = selected?.state !== "done";
  element("download-all").disabled = done.length === 0;
  element("again").disabled = list.length === 0;
  offerAction("apply", stale.length, `Apply to all (${stale.length})`);
  offerAction("retry", images.failed.length, `Retry failed (${images.failed.length})`);
  const status = [said, sentence(list, done.length, stale.length)].filter(Boolean).join(". ");
  if (element("status").textContent !== status) element("status").textContent = status || "\u00a0";
  renderSnippet();
}

function offerAction(id, count, text) {
  element(id).hidden = count === 0;
  element(id).textContent = text;
}

function sentence(list, done, stale) {
  if (!list.length) return "";
  const failed = images.failed.length;
  const parts = [`${done} of ${list.length} done`];
  if (done + failed < list.length) parts.push(`${list.length - done - failed} to go`);
  if (failed) parts.push(`${failed} failed`);
  if (stale) parts.push(`${stale} with old settings`);
  const held = list.find((one) => one.state === "working" && one.progress.includes("trying again"));
  return parts.join(", ") + (held ? `. ${held.progress}` : "");
}

function say(words) {
  said = words;
  images.changed();
}

function renderSnippet() {
  const image = images.selected;
  const described = { name: image?.name ?? "photo.jpg", url: image?.source.url };
  const options = requestOptions();
  if (!isOpaque(options)) Object.assign(options, backgroundOptions(chosenBackground()));
  if (image) Object.assign(options, strokesOption(image));
  const code = snippet(element("dialect").value, element("language").value, described, options, element("key").value.trim(), base);
  if (element("snippet").textContent !== code) element("snippet").textContent = code;
}

async function addFiles(files) {
  keepFocus();
  said = "";
  if (!(await images.addFiles(files, requestOptions())) && files.length !== 0) say("There is no image in that.");
}

function addUrl(url) {
  keepFocus();
  said = "";
  images.addUrl(url, requestOptions());
}

/** The buttons of the empty stage go away: after one is pressed, the focus is on the image. */
function keepFocus() {
  if (!element("empty").contains(document.activeElement)) return;
  images.addEventListener("change", () => { if (images.selected) element("viewport").focus(); }, { once: true });
}

function optionsChanged() {
  said = complaint();
  if (!said && images.selected) images.rerun([images.selected], requestOptions());
  render();
}

/** Only the server can put a background behind what lets nothing through. */
function backgroundChanged() {
  const { selected } = images;
  if (selected && keyOf(requestOptions()) !== selected.key && isOpaque(selected.options)) optionsChanged();
  else render();
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

function listenToActions() {
  const done = () => images.list.filter((one) => one.state === "done");
  listen("download", async () => save(await fileOf(images.selected, chosenBackground())));
  listen("download-all", async () => save(await archiveOf(done(), chosenBackground(), say)));
  listen("again", () => images.rerun(images.list, requestOptions()));
  listen("apply", () => {
    const options = requestOptions();
    images.rerun(images.list.filter((one) => isStale(one, keyOf(options))), options);
  });
  listen("retry", () => images.retryFailed());
  listen("copy", async () => {
    await navigator.clipboard.writeText(element("snippet").textContent);
    element("copy").textContent = "Copied";
    setTimeout(() => { element("copy").textContent = "Copy"; }, 1500);
  });
  addEventListener("beforeunload", (event) => {
    if (done().length) event.preventDefault();
  });
}

/** What goes wrong is said, and nothing else happens. */
function listen(id, act) {
  element(id).addEventListener("click", async () => {
    try {
      said = "";
      await act();
    } catch (error) {
      say(error.message);
    }
  });
}

function listenToSettings() {
  element("theme").addEventListener("click", () => {
    const dark = matchMedia("(prefers-color-scheme: dark)").matches;
    const shown = document.documentElement.style.colorScheme || (dark ? "dark" : "light");
    useTheme(shown === "dark" ? "light" : "dark");
  });
  element("key").value = knownKey();
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
    element("served-by").textContent = "Images go to this server only.";
    images.retryRefused();
  } catch (error) {
    element("served-by").textContent = error.message;
  }
}

images.addEventListener("change", render);
onOptions(optionsChanged);
offer(element("dialect"), Object.fromEntries(Object.entries(DIALECTS).map(([name, { label }]) => [name, label])), "dialect");
offer(element("language"), LANGUAGES, "language");
strip.showStrip(images);
listenForImages(addFiles, addUrl);
listenToPointer([brush, stage.divider]);
listenToBrush((image, again) => {
  if (again) images.rerun([image], image.options);
  else images.changed();
});
listenToToolbar(backgroundChanged, say);
listenToActions();
listenToSettings();
useTheme(localStorage.getItem("theme") ?? "");
render();
introduce();
