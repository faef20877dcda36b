/**
 * The pictures of this visit, and the queue that works them off.
 *
 * A picture is { id, name, source: { file } | { url }, preview, state, answer, error, options }.
 * state: waiting, working, done, failed. Every change is told through a "change" event.
 */

const AT_ONCE = 2;

export class Pictures extends EventTarget {
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
    const pictures = Array.from(files, (file) => ({ file })).filter(({ file }) => file.size > 0);
    for (const source of pictures) this.#add(source.file.name || "pasted.png", source, URL.createObjectURL(source.file), options);
    return pictures.length;
  }

  addUrl(url, options) {
    const name = decodeURIComponent(new URL(url).pathname.split("/").pop() || "picture");
    this.#add(name, { url }, url, options);
  }

  select(picture) {
    this.selected = picture;
    this.#changed();
  }

  /** Do these pictures again with other options; whatever runs for them is dropped. */
  rerun(pictures, options) {
    for (const picture of pictures) {
      picture.abort?.abort();
      this.#forget(picture);
      Object.assign(picture, { state: "waiting", options, error: null, abort: null });
    }
    this.#changed();
    this.#work();
  }

  remove(picture) {
    picture.abort?.abort();
    this.#forget(picture);
    if (picture.source.file) URL.revokeObjectURL(picture.preview);
    const at = this.list.indexOf(picture);
    this.list.splice(at, 1);
    if (this.selected === picture) this.selected = this.list[Math.min(at, this.list.length - 1)] ?? null;
    this.#changed();
    this.#work();
  }

  #add(name, source, preview, options) {
    const picture = { id: this.#next++, name, source, preview, options, state: "waiting", answer: null, error: null };
    this.list.push(picture);
    this.selected = picture;
    this.#changed();
    this.#work();
  }

  #work() {
    const working = this.list.filter((one) => one.state === "working").length;
    const waiting = this.list.filter((one) => one.state === "waiting");
    for (const picture of waiting.slice(0, AT_ONCE - working)) this.#perform(picture);
  }

  async #perform(picture) {
    const abort = new AbortController();
    Object.assign(picture, { state: "working", abort, progress: "" });
    this.#changed();
    const tell = (progress) => {
      if (picture.abort !== abort) return;
      picture.progress = progress;
      this.#changed();
    };
    let ending;
    try {
      const answer = await this.#removeBackground(picture.source, picture.options, { signal: abort.signal, tell });
      ending = { state: "done", answer: { ...answer, link: URL.createObjectURL(answer.blob) } };
    } catch (error) {
      ending = { state: "failed", error };
    }
    if (picture.abort !== abort) {
      if (ending.answer) URL.revokeObjectURL(ending.answer.link);
      return;
    }
    Object.assign(picture, ending, { abort: null });
    this.#changed();
    this.#work();
  }

  #forget(picture) {
    if (picture.answer) URL.revokeObjectURL(picture.answer.link);
    picture.answer = null;
    picture.abort = null;
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
