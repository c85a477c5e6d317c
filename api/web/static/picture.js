// What kind of file was given, by its first bytes, and how large a picture is before anything draws it.

const MOST_PIXELS = 64_000_000;
const MOST_BEFORE_PDF = 1024;
const FRAME_MARKS = new Set([0xc0, 0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf]);

const ascii = (bytes, at, size) => String.fromCharCode(...bytes.subarray(at, at + size));

function ofPng(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  return [view.getUint32(16), view.getUint32(20)];
}

/** The size in the first frame header of a JPEG file (ITU-T T.81, B.2.2). */
function ofJpeg(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return null;
    const mark = bytes[at + 1];
    if (FRAME_MARKS.has(mark)) return [view.getUint16(at + 7), view.getUint16(at + 5)];
    const alone = mark === 0xff || mark === 1 || (mark >= 0xd0 && mark <= 0xd8);
    at += mark === 0xff ? 1 : alone ? 2 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** The size of a WebP file (RFC 9649, 2.5 to 2.7). */
function ofWebp(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const three = (at) => view.getUint16(at, true) + 65536 * bytes[at + 2] + 1;
  switch (ascii(bytes, 12, 4)) {
    case "VP8X":
      return [three(24), three(27)];
    case "VP8L":
      return [(view.getUint32(21, true) & 0x3fff) + 1, ((view.getUint32(21, true) >> 14) & 0x3fff) + 1];
    case "VP8 ":
      return [view.getUint16(26, true) & 0x3fff, view.getUint16(28, true) & 0x3fff];
    default:
      return null;
  }
}

function sizeOf(bytes) {
  if (bytes.length < 32) return null;
  if (ascii(bytes, 0, 8) === "\x89PNG\r\n\x1a\n") return ofPng(bytes);
  if (bytes[0] === 0xff && bytes[1] === 0xd8) return ofJpeg(bytes);
  return ascii(bytes, 0, 4) === "RIFF" && ascii(bytes, 8, 4) === "WEBP" ? ofWebp(bytes) : null;
}

/** Tell what a file is: "pdf", "picture", "large" (a picture of too many pixels), "other" (a picture of another form), or "record". */
export function kindOf(bytes, type) {
  if (ascii(bytes, 0, MOST_BEFORE_PDF).includes("%PDF-")) return "pdf";
  const size = sizeOf(bytes);
  if (size === null) return type.startsWith("image/") || ascii(bytes, 4, 4) === "ftyp" ? "other" : "record";
  return size[0] > 0 && size[1] > 0 && size[0] * size[1] <= MOST_PIXELS ? "picture" : "large";
}
