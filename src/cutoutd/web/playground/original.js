/** The image as it came in, in a form that this browser can show. */

import { serverCopy } from "./api.js";

/** A Blob: the file itself; the server's copy of a URL, or of a format that only the server reads. */
export function originalOf(image) {
  image.originalBlob ??= find(image.source);
  image.originalBlob.catch(() => { image.originalBlob = null; });
  return image.originalBlob;
}

/** A link to it. */
export async function originalLink(image) {
  const blob = await originalOf(image);
  image.original ??= URL.createObjectURL(blob);
  return image.original;
}

async function find(source) {
  return source.file && (await readable(source.file)) ? source.file : serverCopy(source);
}

async function readable(file) {
  const link = URL.createObjectURL(file);
  const probe = new Image();
  probe.src = link;
  const fine = await probe.decode().then(() => true, () => false);
  URL.revokeObjectURL(link);
  return fine;
}
