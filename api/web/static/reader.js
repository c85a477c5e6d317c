// Reads symbols in pictures and in PDF files. It runs in a worker of its own, so that scan.js can end what takes too long.
//
// A picture comes as a bitmap, a PDF file as its bytes. Nothing of them leaves this browser.

const MOST_PAGES = 10;
const PAGE_SIDE = 1600;
const SIDES = [1600, 3200];
const RECORD = /\.(sdjwt|oreprint)$/i;
const MOST_RECORD = 16 * 1024 * 1024;
const MOST_PIXELS = 64_000_000;

/** A decoder that this browser has not kept, and can't fetch now. */
class Unloaded extends Error {}

function unloaded() {
  throw new Unloaded();
}

/** Make the canvases on which pdf.js draws, where there is no document. */
class Canvases {
  create(width, height) {
    const canvas = new OffscreenCanvas(width, height);
    return { canvas, context: canvas.getContext("2d", { willReadFrequently: true }) };
  }

  reset({ canvas }, width, height) {
    Object.assign(canvas, { width, height });
  }

  destroy(pair) {
    Object.assign(pair.canvas, { width: 0, height: 0 });
    pair.canvas = pair.context = null;
  }
}

/** A white canvas: symbols are dark, and what is transparent is paper. */
function paper(width, height) {
  const { canvas, context } = new Canvases().create(Math.max(1, Math.round(width)), Math.max(1, Math.round(height)));
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  return { canvas, context };
}

/** The texts of the symbols on a canvas. */
async function symbols({ canvas: { width, height }, context }) {
  const { decodeQRBatch } = await import("./vendor/qr/decode.js").catch(unloaded);
  const [found] = await decodeQRBatch([context.getImageData(0, 0, width, height)], { maxSize: { width, height } });
  return found.filter((each) => typeof each === "string");
}

/** The texts of the symbols in a bitmap, looked for in `sides`: its longer side in pixels. */
async function inBitmap(bitmap, sides) {
  const found = new Set();
  const long = Math.max(bitmap.width, bitmap.height);
  for (const side of new Set(sides.map((each) => Math.min(each, long)))) {
    const sheet = paper((bitmap.width * side) / long, (bitmap.height * side) / long);
    sheet.context.drawImage(bitmap, 0, 0, sheet.canvas.width, sheet.canvas.height);
    for (const text of await symbols(sheet)) found.add(text);
  }
  return { texts: [...found] };
}

/** The record inside a PDF file, or null: what a certificate's PDF has attached. Of several records, none is the record. */
async function attached(document) {
  const records = [...((await document.getAttachments()) ?? [])].filter(([, { filename }]) => RECORD.test(filename));
  if (records.length === 0) return null;
  if (records.length > 1) return { problem: "several" };
  const record = await document.getAttachmentContent(records[0][0]);
  return record?.length > 0 && record.length <= MOST_RECORD ? { record } : null;
}

/** The record inside a PDF file, or the texts of the symbols on its first pages. */
async function inPdf(data) {
  const { getDocument, GlobalWorkerOptions } = await import("./vendor/pdf.min.mjs").catch(unloaded);
  const port = new Worker(new URL("./vendor/pdf.worker.min.mjs", import.meta.url), { type: "module" });
  GlobalWorkerOptions.workerPort = port;
  const options = { CanvasFactory: Canvases, disableFontFace: true, useSystemFonts: false, useWasm: false, useWorkerFetch: false, maxImageSize: MOST_PIXELS };
  const document = await getDocument({ data, ...options, stopAtErrors: false, verbosity: 0 }).promise;
  const record = await attached(document);
  if (record !== null) return record;
  const found = new Set();
  for (let number = 1; number <= Math.min(document.numPages, MOST_PAGES); number += 1) {
    const page = await document.getPage(number);
    const { width, height } = page.getViewport({ scale: 1 });
    const viewport = page.getViewport({ scale: PAGE_SIDE / Math.max(width, height) });
    const sheet = paper(viewport.width, viewport.height);
    await page.render({ canvas: null, canvasContext: sheet.context, viewport }).promise;
    for (const text of await symbols(sheet)) found.add(text);
  }
  return { texts: [...found] };
}

addEventListener("message", async ({ data: { bitmap, pdf, side } }) => {
  try {
    postMessage(await (pdf ? inPdf(pdf) : inBitmap(bitmap, side ? [side] : SIDES)));
  } catch (error) {
    postMessage({ problem: error instanceof Unloaded ? "reader" : error.name === "PasswordException" ? "locked" : "unread" });
  } finally {
    bitmap?.close();
  }
});
