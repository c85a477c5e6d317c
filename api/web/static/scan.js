// Labels that are scanned, photographed or in a PDF file: read in this browser, by its own reader of symbols where it has one, else by reader.js.
//
// What a symbol says is never opened as an address: it is compared with the one spelling of our links (label.js).

import { parseLabel } from "./label.js";
import { kindOf } from "./picture.js";

const LOOK_MS = 150;
const FRAME_MS = 5000;
const FILE_MS = 20000;
const FRAME_SIDE = 1000;
const MOST_FILE = 16 * 1024 * 1024;
const MOST_LABELS = 20;

/** The browser's own reader of symbols, or null. */
async function ownReader() {
  if (!("BarcodeDetector" in globalThis)) return null;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  return formats.includes("qr_code") ? new BarcodeDetector({ formats: ["qr_code"] }) : null;
}

/** A worker that runs reader.js; it is ended where it takes too long or fails, and the next question starts another. */
class Reader {
  /** Return its answer, or a problem: "slow" after `most` milliseconds, "reader" where it can't run. */
  async ask(given, transferred, most) {
    this.worker ??= new Worker(new URL("./reader.js", import.meta.url), { type: "module" });
    let timer;
    const answer = await new Promise((resolve) => {
      timer = setTimeout(() => resolve({ problem: "slow" }), most);
      this.worker.onmessage = ({ data }) => resolve(data);
      this.worker.onerror = () => resolve({ problem: "reader" });
      this.worker.postMessage(given, transferred);
    });
    clearTimeout(timer);
    if (answer.problem) this.end();
    return answer;
  }

  end() {
    this.worker?.terminate();
    this.worker = null;
  }
}

/** Ask a reader once. */
async function ask(...given) {
  const reader = new Reader();
  const answer = await reader.ask(...given);
  reader.end();
  return answer;
}

/** The labels among texts of symbols, each once, and how many of the texts are none. */
function labelsOf(texts) {
  const labels = new Map();
  for (const text of texts) {
    const label = parseLabel(text);
    if (label) labels.set(label.text, label);
  }
  return { labels: [...labels.values()].slice(0, MOST_LABELS), others: texts.filter((text) => parseLabel(text) === null).length };
}

async function inPicture(bytes) {
  const bitmap = await createImageBitmap(new Blob([bytes])).catch(() => null);
  if (bitmap === null) return { problem: "unread" };
  const own = await ownReader();
  const found = own ? await own.detect(bitmap).catch(() => []) : [];
  if (found.length > 0) return { texts: found.map(({ rawValue }) => rawValue) };
  return ask({ bitmap }, [bitmap], FILE_MS);
}

/**
 * Read a file that was given.
 *
 * @param {File} file any file
 * @returns {Promise<{record?: Blob, printed?: boolean, labels?: object[], problem?: string}>} a record to judge and whether it was attached to
 *   a PDF file, the labels in it (at least one), or the key of a sentence
 */
export async function readGiven(file) {
  if (file.size > MOST_FILE) return { problem: "long" };
  const bytes = new Uint8Array(await file.arrayBuffer());
  const kind = kindOf(bytes, file.type);
  if (kind === "record") return { record: file };
  if (kind === "large" || kind === "other") return { problem: kind };
  const found = kind === "pdf" ? await ask({ pdf: bytes }, [bytes.buffer], FILE_MS) : await inPicture(bytes);
  if (found.record) return { record: new Blob([found.record]), printed: true };
  if (found.problem) return { problem: found.problem };
  const { labels, others } = labelsOf(found.texts);
  return labels.length > 0 ? { labels } : { problem: others > 0 ? "foreign" : "none" };
}

/** The texts of the symbols in what the camera shows now. */
async function look(view, own, reader) {
  if (own) return (await own.detect(view)).map(({ rawValue }) => rawValue);
  const scale = Math.min(1, FRAME_SIDE / Math.max(view.videoWidth, view.videoHeight));
  const [width, height] = [view.videoWidth, view.videoHeight].map((side) => Math.max(1, Math.round(side * scale)));
  const bitmap = await createImageBitmap(view, { resizeWidth: width, resizeHeight: height });
  return (await reader.ask({ bitmap, side: FRAME_SIDE }, [bitmap], FRAME_MS)).texts ?? [];
}

/** Watch the camera until it shows a label, or the button is pressed again. */
async function watch(button, found) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(pressed));
  if (!pressed) return;
  const [box, view, blind] = ["scanner", "view", "blind"].map((id) => document.getElementById(id));
  blind.hidden = true;
  const reader = new Reader();
  let camera = null;
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    view.srcObject = camera;
    box.hidden = false;
    await view.play();
    const own = await ownReader();
    while (button.isConnected && button.getAttribute("aria-pressed") === "true") {
      const { labels } = labelsOf(await look(view, own, reader));
      if (labels.length > 0) {
        found(labels);
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch {
    blind.hidden = false;
  } finally {
    reader.end();
    for (const track of camera?.getTracks() ?? []) track.stop();
    box.hidden = true;
    button.setAttribute("aria-pressed", "false");
  }
}

/** Offer to scan where this browser has a camera; `found` gets the labels. */
export function offerScan(found) {
  const button = document.getElementById("scan");
  if (!button || !navigator.mediaDevices?.getUserMedia) return;
  button.hidden = false;
  button.addEventListener("click", () => watch(button, found));
}

/** Say in the box of problems why a file was not read; "" takes the box away. */
export function tellProblem(key, said) {
  const box = document.getElementById("unread");
  box.hidden = key === "";
  document.getElementById("unread-said").textContent = key && said(key);
}

/** Let the reader choose one of several labels; one alone is chosen at once. */
export function choose(labels, chosen) {
  const list = document.getElementById("choice");
  list.hidden = labels.length < 2;
  if (labels.length === 1) {
    chosen(labels[0]);
    return;
  }
  list.querySelector("ul").replaceChildren(
    ...labels.map((label) => {
      const [item, button] = [document.createElement("li"), document.createElement("button")];
      button.type = "button";
      button.textContent = label.short;
      button.addEventListener("click", () => chosen(label));
      item.append(button);
      return item;
    }),
  );
  list.querySelector("button").focus();
}
