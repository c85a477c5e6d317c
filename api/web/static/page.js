// What the page does when there is JavaScript: this browser's own check beside the server's, a trust list of the reader's own, files
// dropped on the search field, and a private view opened with a key that stands behind the # of the address and so in no server's log.

const PINNED = "oreprint.trust";
const MOST_PINNED = 8 * 1024 * 1024;
const MOST_FILE = 16 * 1024 * 1024;
const PRIVATE = /^#key=([A-Za-z0-9._~-]{16,512})$/;

const said = (key) => document.querySelector(`#words [data-key="${key}"]`)?.textContent ?? "";
const page = () => document.getElementById("page");
let given = null;
let key = null;

// -- this browser's own check -----------------------------------------------------------------------------------------

/** The bundle that the page is about: the file that was given, or what the registry publishes under this address. */
async function bundle() {
  if (given?.startsWith('{"t":"bundle/1"')) return given;
  const { digest } = page().dataset;
  if (!digest) return null;
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  const answer = await fetch(`/v1/certificates/${digest}/bundle`, { headers, credentials: "omit", cache: "no-cache" });
  return answer.ok ? answer.text() : null;
}

async function trust() {
  const own = localStorage.getItem(PINNED);
  if (own) return { list: own, own: true };
  const answer = await fetch("/trust.json", { credentials: "omit", cache: "no-cache" });
  return { list: answer.ok ? await answer.text() : "", own: false };
}

/** Values on the page that are not those of the record, exactly as it was signed. */
function falsified(record) {
  return [...page().querySelectorAll("[data-path]")].filter((shown) => {
    const value = shown.dataset.path.split(".").reduce((inner, member) => inner?.[member], record);
    const written = shown.tagName === "BDI" ? shown.textContent : value;
    return value !== shown.dataset.value || written !== value;
  });
}

/** Where the server's failure is about another record of the file, this browser has not judged it, and accuses nobody. */
function elsewhere() {
  return page().dataset.verdict === "do-not-rely" && page().dataset.elsewhere !== undefined;
}

/** Say loudly or calmly how this browser's findings stand to the server's. */
function tell(found, own) {
  const failed = found.steps.some(({ result }) => result === "failed");
  const unknown = found.steps.some(({ codes }) => codes.includes("trust.registry-unknown"));
  const theirs = page().dataset.steps.split(" ").includes("failed");
  const against = unknown ? false : failed ? !(theirs || elsewhere()) : theirs;
  const another = found.digest !== null && page().dataset.digest !== undefined && found.digest !== page().dataset.digest;
  const forged = found.record !== null && falsified(found.record).length > 0;
  const open = unknown || found.steps.some(({ result }) => result === "not-checked");
  const box = document.getElementById("browser");
  const sentences = [];
  if (against || another) sentences.push(said("differs"));
  if (forged) sentences.push(said("text"));
  const loud = sentences.length > 0;
  if (!loud) sentences.push(said(unknown ? "unknown" : elsewhere() && !failed ? "elsewhere" : open ? "open" : own ? "same-own" : "same"));
  document.getElementById("said").textContent = sentences.join(" ");
  box.classList.toggle("differs", loud);
  if (loud) box.setAttribute("role", "alert");
  box.dataset.verdict = found.verdict;
  mark(box.querySelector(".tick"), loud ? "failed" : open ? "not-checked" : "passed");
  for (const { step, result, codes } of found.steps) tag(step, codes.includes("trust.registry-unknown") ? "not-checked" : result, codes);
}

/** Give a tick the shape of a result: the shapes stand in the page already. */
function mark(tick, result) {
  const shape = document.querySelector(`#shapes .r-${result}`);
  if (tick && shape) tick.replaceWith(shape.cloneNode(true));
}

/** Write this browser's result beside the server's, at its step. */
function tag(step, result, codes) {
  const summary = document.querySelector(`#step-${step} summary .res`);
  if (!summary) return;
  summary.querySelector(".by")?.remove();
  const note = document.createElement("span");
  note.className = "by";
  note.textContent = `${said("by")}: ${said(result)}`;
  note.title = codes.join(", ");
  summary.append(" ", note);
}

async function check() {
  const box = document.getElementById("browser");
  if (!box) return;
  const say = (name) => {
    document.getElementById("said").textContent = said(name);
  };
  if (!globalThis.crypto?.subtle) {
    say("insecure");
    return;
  }
  say("checking");
  try {
    const [text, pinned, { verify }] = await Promise.all([bundle(), trust(), import("./verify.js"), import("./bytes.js"), import("./ed25519.js")]);
    if (text === null) {
      say("open");
      return;
    }
    tell(await verify({ bundle: text, trust: pinned.list, now: Date.now() }), pinned.own);
  } catch {
    say("open");
  }
}

// -- the reader's own trust list --------------------------------------------------------------------------------------

async function pin(file) {
  const note = document.querySelector("#pin .problem") ?? document.createElement("p");
  try {
    if (file.size > MOST_PINNED) throw new RangeError("too long");
    const list = await file.text();
    const { openTrust } = await import("./verify.js");
    await openTrust(list);
    localStorage.setItem(PINNED, list);
    note.remove();
    offerPin();
    await check();
  } catch {
    note.className = "problem";
    note.setAttribute("role", "alert");
    note.textContent = said("badpin");
    document.getElementById("pin").append(note);
  }
}

function offerPin() {
  const box = document.getElementById("pin");
  if (!box) return;
  box.hidden = false;
  document.getElementById("pin-forget").hidden = localStorage.getItem(PINNED) === null;
}

// -- the drawing ------------------------------------------------------------------------------------------------------

const ZOOM = 1.4;
const LARGEST = 4;

/** Offer to make the drawing larger and smaller; it is moved by scrolling. */
function offerZoom() {
  const box = document.getElementById("zoom");
  const drawing = document.querySelector(".drawing svg");
  if (!box || !drawing) return;
  let scale = 1;
  box.hidden = false;
  box.addEventListener("click", (event) => {
    const way = Number(event.target.dataset.zoom ?? 0);
    scale = Math.min(LARGEST, Math.max(1, scale * ZOOM ** way));
    drawing.classList.toggle("zoomed", scale > 1);
    drawing.style.width = `${100 * scale}%`;
  });
}

// -- pages that come by fetch -----------------------------------------------------------------------------------------

/** Put the page of an answer in the place of this one, and check it. */
async function show(answer) {
  const next = new DOMParser().parseFromString(await answer.text(), "text/html");
  document.title = next.title;
  document.body.replaceChildren(...next.body.childNodes);
  start();
}

/** Judge a file: the server renders, and this browser checks the same bytes. */
async function judge(form, file) {
  if (file.size > MOST_FILE) return form.submit();
  given = await file.text();
  const body = new FormData();
  body.append("file", file);
  return show(await fetch(form.action, { method: "POST", body, headers: { "accept-language": document.documentElement.lang }, credentials: "omit" }));
}

function search(form) {
  const input = form.querySelector("input[type=file]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files.length) judge(form, input.files[0]);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) judge(form, event.dataTransfer.files[0]);
    });
  }
}

// -- the symbol before the camera -------------------------------------------------------------------------------------

const LOOK_MS = 150;
const RECORD = /zQm[1-9A-HJ-NP-Za-km-z]{44}|\/01\/[0-9]{8,14}\/(10|21)\//;

/** Offer to scan where this browser has a camera and reads symbols itself; everywhere else the button stays hidden. */
async function offerScan(form) {
  const button = document.getElementById("scan");
  if (!button || !navigator.mediaDevices?.getUserMedia || !("BarcodeDetector" in globalThis)) return;
  const formats = await BarcodeDetector.getSupportedFormats().catch(() => []);
  if (!formats.includes("qr_code")) return;
  button.hidden = false;
  button.addEventListener("click", () => scan(form, button));
}

/** Watch the camera until it shows a symbol of a record, or the button is pressed again. */
async function scan(form, button) {
  const pressed = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(pressed));
  if (!pressed) return;
  const [box, view, blind] = ["scanner", "view", "blind"].map((id) => document.getElementById(id));
  blind.hidden = true;
  let camera = null;
  try {
    camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
    view.srcObject = camera;
    box.hidden = false;
    await view.play();
    const reader = new BarcodeDetector({ formats: ["qr_code"] });
    while (button.isConnected && button.getAttribute("aria-pressed") === "true") {
      const found = (await reader.detect(view)).find(({ rawValue }) => RECORD.test(rawValue));
      if (found) {
        form.q.value = found.rawValue;
        form.requestSubmit();
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
  } catch {
    blind.hidden = false;
  } finally {
    for (const track of camera?.getTracks() ?? []) track.stop();
    box.hidden = true;
    button.setAttribute("aria-pressed", "false");
  }
}

/** What stands behind the # of a link, the seal, is for the reader's own checks and goes to no server. */
function look(form) {
  form.addEventListener("submit", () => {
    form.q.value = form.q.value.split("#")[0];
  });
  offerScan(form);
}

/** A view for whom the address holds a key behind its #: the key leaves the address at once and goes only into a header. */
async function open() {
  const found = PRIVATE.exec(location.hash);
  if (!found) return false;
  [, key] = found;
  history.replaceState(null, "", location.pathname + location.search);
  const answer = await fetch(location.href, { headers: { authorization: `Bearer ${key}` }, credentials: "omit", cache: "no-store" });
  if (!answer.ok) {
    key = null;
    refuse();
    return false;
  }
  await show(answer);
  return true;
}

/** Say that the key of a private link opens nothing: what follows is what everybody sees. */
function refuse() {
  const note = document.createElement("p");
  note.className = "problem";
  note.setAttribute("role", "alert");
  note.textContent = said("ended");
  page()?.prepend(note);
}

function start() {
  const drop = document.getElementById("drop");
  if (drop) search(drop);
  const asked = document.getElementById("look");
  if (asked) look(asked);
  document.getElementById("pin-file")?.addEventListener("change", (event) => pin(event.target.files[0]));
  document.getElementById("pin-forget")?.addEventListener("click", () => {
    localStorage.removeItem(PINNED);
    offerPin();
    check();
  });
  offerPin();
  offerZoom();
  check();
}

const opened = await open();
if (!opened) start();
