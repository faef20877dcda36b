/** What runs in a thread of its own: { id, task, input } comes in, { id, output } or { id, error } goes out. */

import { downloadZip } from "./client-zip.js";
import { addStroke, mend, openImage, undoStroke } from "./mending.js";
import { flatten, maskOf, softestTile, thumbnail } from "./pixels.js";

const TASKS = { addStroke, flatten, maskOf, mend, openImage, softestTile, thumbnail, undoStroke, zip };

/** entries: [{ name, lastModified, input: Blob }] with distinct names. Returns a Blob; ZIP64 where it must be. */
function zip(entries) {
  return downloadZip(entries).blob();
}

addEventListener("message", async ({ data: { id, task, input } }) => {
  try {
    postMessage({ id, output: await TASKS[task](input) });
  } catch (error) {
    postMessage({ id, error: error.message });
  }
});
