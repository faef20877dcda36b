/** How images come in: chosen, photographed, dropped (folders too), pasted, by URL. */

const element = (id) => document.getElementById(id);

/** addFiles: takes what Images.addFiles takes. addUrl: takes a URL. */
export function listenForImages(addFiles, addUrl) {
  listenToInputs(addFiles);
  listenToUrls(addUrl);
  document.addEventListener("paste", (event) => {
    const { files } = event.clipboardData ?? { files: [] };
    const url = event.clipboardData?.getData("text").trim();
    if (files.length) addFiles([...files]);
    else if (isUrl(url) && !event.target.closest?.("input, textarea")) addUrl(url);
  });
  document.addEventListener("dragover", (event) => {
    event.preventDefault();
    element("drop").hidden = !["Files", "text/uri-list"].some((type) => event.dataTransfer.types.includes(type));
  });
  document.addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) element("drop").hidden = true;
  });
  document.addEventListener("drop", (event) => {
    event.preventDefault();
    element("drop").hidden = true;
    const { dataTransfer } = event;
    const url = dataTransfer.getData("text/uri-list").split("\n")[0].trim();
    if (dataTransfer.types.includes("Files")) dropped(dataTransfer, addFiles);
    else if (isUrl(url)) addUrl(url);
  });
}

function listenToInputs(addFiles) {
  const opened = { choose: "files", more: "files", camera: "camera-file", folder: "folder-files" };
  for (const [button, input] of Object.entries(opened)) element(button).addEventListener("click", () => element(input).click());
  for (const input of new Set(Object.values(opened))) {
    element(input).addEventListener("change", (event) => {
      addFiles(imagesAmong([...event.target.files], input === "folder-files"));
      event.target.value = "";
    });
  }
  element("sample").addEventListener("click", async () => {
    const sample = await (await fetch("playground/sample.jpg")).blob();
    addFiles([new File([sample], "sample.jpg", { type: sample.type })]);
  });
}

function listenToUrls(addUrl) {
  for (const form of document.querySelectorAll("form.by-url")) {
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      addUrl(form.elements.url.value);
      form.closest("dialog")?.close();
      form.reset();
    });
  }
  element("more-url").addEventListener("click", () => element("url-dialog").showModal());
  element("url-cancel").addEventListener("click", () => element("url-dialog").close());
}

function isUrl(text) {
  return /^https?:\/\/\S+$/.test(text ?? "");
}

const ENDINGS = /\.(jpe?g|jfif|png|webp|avif|gif|bmp|tiff?|hei[cf]|ico|jp2|j2k)$/i;

/** Of a folder only what looks like an image; what was picked by hand is taken as it is. */
function imagesAmong(files, fromFolder) {
  return fromFolder ? files.filter((file) => file.type.startsWith("image/") || ENDINGS.test(file.name)) : files;
}

/**
 * Everything must be taken out of the event before it ends. Asking what an item is takes long, so only what has
 * no type is asked: folders have none.
 */
function dropped(dataTransfer, addFiles) {
  const files = [...dataTransfer.files];
  const folders = new Map();
  files.forEach((file, at) => {
    const entry = file.type ? null : dataTransfer.items[at]?.webkitGetAsEntry?.();
    if (entry?.isDirectory) folders.set(file, entry);
  });
  addFiles(folders.size ? unfolded(files, folders) : files);
}

async function* unfolded(files, folders) {
  for (const file of files) {
    if (folders.has(file)) yield* walk(folders.get(file));
    else yield file;
  }
}

const order = new Intl.Collator(undefined, { numeric: true });

/** Every image in a folder and the folders in it, one after the other, in the order of their names. */
async function* walk(folder) {
  for (const entry of await childrenOf(folder)) {
    if (entry.isDirectory) yield* walk(entry);
    else if (ENDINGS.test(entry.name)) yield new Promise((resolve) => { entry.file(resolve, () => resolve(null)); });
  }
}

async function childrenOf(folder) {
  const reader = folder.createReader();
  const children = [];
  for (;;) {
    const some = await new Promise((resolve) => { reader.readEntries(resolve, () => resolve([])); });
    if (some.length === 0) break;
    children.push(...some);
  }
  return children.sort((one, other) => order.compare(one.name, other.name));
}
