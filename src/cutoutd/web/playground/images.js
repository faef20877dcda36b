/**
 * The images of this visit, and the queue that works them off.
 *
 * An image is { id, name, source: { file } | { url }, state, answer, error, options, progress }.
 * state: waiting, working, done, failed. Changes are told through "change", several at once.
 */

import { strokesOption } from "./strokes.js";

const AT_ONCE = 2;
/** Adding many files takes turns with the page: so long at a time. */
const TURN_MS = 8;

const REFUSED = [401, 403];

export class Images extends EventTarget {
  list = [];
  selected = null;
  #removeBackground;
  #next = 1;
  #told = false;

  /** removeBackground: async (source, options, { signal, tell }) => answer with a blob. */
  constructor(removeBackground) {
    super();
    this.#removeBackground = removeBackground;
  }

  /** files: File objects, at once or one after the other (null: not a file). Selects the first; returns how many were added. */
  async addFiles(files, options) {
    let added = 0;
    let turn = performance.now();
    for await (const file of files) {
      if (file?.size > 0) {
        const image = this.#add(file.name || "pasted.png", { file }, options);
        if (added === 0) this.selected = image;
        added += 1;
      }
      if (added === 1 || performance.now() - turn > TURN_MS) {
        this.changed();
        this.#work();
        await breathe();
        turn = performance.now();
      }
    }
    this.changed();
    this.#work();
    return added;
  }

  addUrl(url, options) {
    const name = decodeURIComponent(new URL(url).pathname.split("/").pop() || "image");
    this.selected = this.#add(name, { url }, options);
    this.changed();
    this.#work();
  }

  select(image) {
    this.selected = image;
    this.changed();
  }

  /** Do these images again with other options; whatever runs for them is dropped. */
  rerun(images, options) {
    for (const image of images) {
      image.abort?.abort();
      forget(image);
      Object.assign(image, { state: "waiting", options, key: keyOf(options), error: null, abort: null });
    }
    this.changed();
    this.#work();
  }

  retryFailed() {
    for (const image of this.failed) Object.assign(image, { state: "waiting", error: null });
    this.changed();
    this.#work();
  }

  /** After a key was given: what was refused for want of one is tried again. */
  retryRefused() {
    if (this.failed.some(({ error }) => REFUSED.includes(error.status))) this.retryFailed();
  }

  get failed() {
    return this.list.filter((one) => one.state === "failed");
  }

  remove(image) {
    image.abort?.abort();
    forget(image);
    if (image.original) URL.revokeObjectURL(image.original);
    const at = this.list.indexOf(image);
    this.list.splice(at, 1);
    if (this.selected === image) this.selected = this.list[Math.min(at, this.list.length - 1)] ?? null;
    this.changed();
    this.#work();
  }

  /** Tell it soon, and once for all that happens until then. */
  changed() {
    if (this.#told) return;
    this.#told = true;
    setTimeout(() => {
      this.#told = false;
      this.dispatchEvent(new Event("change"));
    });
  }

  #add(name, source, options) {
    const key = keyOf(options);
    const image = { id: this.#next++, name, source, options, key, state: "waiting", answer: null, error: null, strokes: [] };
    this.list.push(image);
    return image;
  }

  #work() {
    let free = AT_ONCE - this.list.filter((one) => one.state === "working").length;
    for (const image of this.list) {
      if (free <= 0) return;
      if (image.state !== "waiting") continue;
      this.#perform(image);
      free -= 1;
    }
  }

  async #perform(image) {
    const abort = new AbortController();
    Object.assign(image, { state: "working", abort, progress: "" });
    this.changed();
    const tell = (progress) => {
      if (image.abort !== abort) return;
      image.progress = progress;
      this.changed();
    };
    let ending;
    try {
      const { source, options, strokes } = image;
      const answer = await this.#removeBackground(source, { ...options, ...strokesOption(image) }, { signal: abort.signal, tell });
      ending = { state: "done", answer: { ...answer, strokes } };
    } catch (error) {
      ending = { state: "failed", error };
    }
    if (image.abort !== abort) return;
    Object.assign(image, ending, { abort: null });
    this.changed();
    this.#work();
  }
}

/** Options as text, to compare them. */
export function keyOf(options) {
  return JSON.stringify(options, (_, value) => (value instanceof File ? `${value.name} ${value.lastModified}` : value));
}

/** Whether the image was made with other options than those of this key. */
export function isStale(image, key) {
  return image.state === "done" && image.key !== key;
}

function forget(image) {
  for (const { link } of image.links?.values() ?? []) URL.revokeObjectURL(link);
  image.links = null;
  image.answer = null;
  image.abort = null;
}

function breathe() {
  return new Promise((resolve) => { setTimeout(resolve); });
}
