/** A ZIP archive of stored (not compressed) files: images do not get smaller. */

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, value) => {
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  return value;
});

export function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = CRC_TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
  return (crc ^ 0xffffffff) >>> 0;
}

/** entries: [{ name, bytes: Uint8Array }] with distinct names. Returns a Blob. */
export function zip(entries) {
  const parts = [];
  const directory = [];
  let offset = 0;
  for (const { name, bytes } of entries) {
    const label = new TextEncoder().encode(name);
    const fields = sharedFields(label, bytes);
    const local = join(u32(0x04034b50), fields, u16(0), label);
    directory.push(
      join(u32(0x02014b50), u16(20), fields, u16(0), u16(0), u16(0), u16(0), u32(0), u32(offset), label),
    );
    parts.push(local, bytes);
    offset += local.length + bytes.length;
  }
  const size = directory.reduce((sum, record) => sum + record.length, 0);
  const count = u16(entries.length);
  const end = join(u32(0x06054b50), u16(0), u16(0), count, count, u32(size), u32(offset), u16(0));
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

/** What a file's local header and its directory record have in common; names are UTF-8. */
function sharedFields(label, bytes) {
  const size = u32(bytes.length);
  const midnight1980 = u32(0x00210000);
  return join(u16(20), u16(0x0800), u16(0), midnight1980, u32(crc32(bytes)), size, size, u16(label.length));
}

const u16 = (value) => Uint8Array.of(value & 255, value >>> 8);
const u32 = (value) => Uint8Array.of(value & 255, (value >>> 8) & 255, (value >>> 16) & 255, value >>> 24);

function join(...arrays) {
  const whole = new Uint8Array(arrays.reduce((sum, one) => sum + one.length, 0));
  let at = 0;
  for (const one of arrays) {
    whole.set(one, at);
    at += one.length;
  }
  return whole;
}
