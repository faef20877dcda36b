/**
 * The images of this visit, and the queue that works them off.
 *
 * An image is { id, name, source: { file } | { url }, preview, state, answer, error, options }.
 * state: waiting, working, done, failed. Every change is told through a "change" event.
 */

const AT_ONCE = 2;

export class Images extends EventTarget {
  list = [];
  selected = null;
  #removeBackground;
  #next = 1;

  /** removeBackground: async (source, options, { signal, tell }) => answer with a blob. */
  constructor(removeBackground) {
    super();
    this.#removeBackground = removeBackground;
  }

  addFiles(files, options) {
    const images = Array.from(files, (file) => ({ file })).filter(({ file }) => file.size > 0);
    for (const source of images) this.#add(source.file.name || "pasted.png", source, URL.createObjectURL(source.file), options);
    return images.length;
  }

  addUrl(url, options) {
    const name = decodeURIComponent(new URL(url).pathname.split("/").pop() || "image");
    this.#add(name, { url }, url, options);
  }

  select(image) {
    this.selected = image;
    this.#changed();
  }

  /** Do these images again with other options; whatever runs for them is dropped. */
  rerun(images, options) {
    for (const image of images) {
      image.abort?.abort();
      this.#forget(image);
      Object.assign(image, { state: "waiting", options, error: null, abort: null });
    }
    this.#changed();
    this.#work();
  }

  remove(image) {
    image.abort?.abort();
    this.#forget(image);
    if (image.source.file) URL.revokeObjectURL(image.preview);
    const at = this.list.indexOf(image);
    this.list.splice(at, 1);
    if (this.selected === image) this.selected = this.list[Math.min(at, this.list.length - 1)] ?? null;
    this.#changed();
    this.#work();
  }

  #add(name, source, preview, options) {
    const image = { id: this.#next++, name, source, preview, options, state: "waiting", answer: null, error: null };
    this.list.push(image);
    this.selected = image;
    this.#changed();
    this.#work();
  }

  #work() {
    const working = this.list.filter((one) => one.state === "working").length;
    const waiting = this.list.filter((one) => one.state === "waiting");
    for (const image of waiting.slice(0, AT_ONCE - working)) this.#perform(image);
  }

  async #perform(image) {
    const abort = new AbortController();
    Object.assign(image, { state: "working", abort, progress: "" });
    this.#changed();
    const tell = (progress) => {
      if (image.abort !== abort) return;
      image.progress = progress;
      this.#changed();
    };
    let ending;
    try {
      const answer = await this.#removeBackground(image.source, image.options, { signal: abort.signal, tell });
      ending = { state: "done", answer: { ...answer, link: URL.createObjectURL(answer.blob) } };
    } catch (error) {
      ending = { state: "failed", error };
    }
    if (image.abort !== abort) {
      if (ending.answer) URL.revokeObjectURL(ending.answer.link);
      return;
    }
    Object.assign(image, ending, { abort: null });
    this.#changed();
    this.#work();
  }

  #forget(image) {
    if (image.answer) URL.revokeObjectURL(image.answer.link);
    image.answer = null;
    image.abort = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
