// What the page does when there is JavaScript: this browser's own check beside the server's, a trust list of the reader's own, files
// dropped on the search field, and a private view opened with a key that stands behind the # of the address and so in no server's log.

const PINNED = "oreprint.trust";
const MOST_PINNED = 8 * 1024 * 1024;
const MOST_FILE = 16 * 1024 * 1024;
const WORST_FIRST = ["do-not-rely", "withdrawn", "incomplete", "superseded", "expired", "genuine"];
const PRIVATE = /^#key=([A-Za-z0-9._~-]{16,512})$/;

const said = (key) => document.querySelector(`#words [data-key="${key}"]`)?.textContent ?? "";
const page = () => document.getElementById("page");
let given = null;
let key = null;

/** What verify.js is made of: asked for at once, and not one after another. */
const PARTS = ["bytes", "bundle", "ed25519", "form", "forms", "log", "seal", "status", "trust", "view"].map((part) => `./${part}.js`);

// -- this browser's own check -----------------------------------------------------------------------------------------

/** The bundle that the page is about: the file that was given, or what the registry publishes under this address. */
async function bundle() {
  if (given?.startsWith('{"t":"bundle/1"')) return given;
  const { digest } = page().dataset;
  if (!digest) return null;
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  const answer = await fetch(`/v1/certificates/${digest}/bundle`, { headers, credentials: "omit", cache: "no-cache" });
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
}

async function trust() {
  const own = localStorage.getItem(PINNED);
  if (own) return { list: own, own: true };
  const answer = await fetch("/trust.json", { credentials: "omit", cache: "no-cache" });
  return { list: answer.ok ? await answer.text() : "", own: false };
}

/** Whether a number as people read it is this amount, rounded to what is shown of it and at least to two digits. */
function reads(written, amount) {
  const parts = new Intl.NumberFormat(document.documentElement.lang).formatToParts(12345.6);
  const mark = (type) => parts.find((each) => each.type === type)?.value ?? "";
  const found = /^(<?)\s*([-\u2212]?)([\d.,\s'\u00a0\u202f\u2019]*\d)\s*(%?)/u.exec(written.trim());
  if (!found) return false;
  const [, below, minus, digits, percent] = found;
  const plain = digits.split(mark("group")).join("").replace(/\s/g, "").replace(mark("decimal"), ".");
  const [shown, value] = [Number(`${minus && "-"}${plain}`), Number(amount) * (percent ? 100 : 1)];
  if (below) return value >= 0 && value < shown;
  const significant = Math.max(2, plain.replace(".", "").replace(/^0+/, "").replace(plain.includes(".") ? "" : /0+$/, "").length);
  const unit = 10 ** (Math.floor(Math.log10(Math.abs(value) || 1)) - significant + 1);
  return Math.abs(shown - value) <= unit * 0.5000001;
}

/** Values on the page that are not those of the record, exactly as it was signed, or that read as others. */
function falsified(record, party) {
  const signed = { ...record, party: party ?? record.issuer };
  return [...page().querySelectorAll("[data-path]")].filter((shown) => {
    const { path, value: stated } = shown.dataset;
    const value = path.split(".").reduce((inner, member) => inner?.[member], signed);
    if (value !== stated) return true;
    if (shown.tagName === "BDI") return shown.textContent !== value;
    return /^-?\d+(\.\d+)?$/.test(value) && !reads(shown.textContent, value);
  });
}

/** Where the server's failure is about another record of the file, the first part of this check has not judged it. */
function elsewhere() {
  return page().dataset.verdict === "do-not-rely" && page().dataset.elsewhere !== undefined;
}

/** Whether the trust list in use does not name the registry: then this browser has judged nothing, and accuses nobody. */
function unlisted(own) {
  return own.steps.some(({ codes }) => codes.includes("trust.registry-unknown"));
}

/** How far this browser agrees with the server: "same", "left" where only the server can judge what decided, or "differs". */
function compared(own, rest) {
  const { verdict, steps, reason } = page().dataset;
  if (unlisted(own)) return "same";
  const failed = own.steps.some(({ result }) => result === "failed");
  const theirs = steps.split(" ").includes("failed");
  if (failed ? !theirs && !elsewhere() : theirs) return "differs";
  if (rest === null) return "same";
  const found = WORST_FIRST.find((each) => [own.verdict, rest.verdict].includes(each));
  if (found === verdict) return "same";
  const better = WORST_FIRST.indexOf(found) > WORST_FIRST.indexOf(verdict);
  return better && (rest.left.includes(reason) || /^(claims|attestations)\./.test(reason ?? "")) ? "left" : "differs";
}

/** Say loudly or calmly how this browser's findings stand to the server's; `rest` is null until the whole is judged. */
function tell(own, rest, pinned) {
  const another = own.digest !== null && page().dataset.digest !== undefined && own.digest !== page().dataset.digest;
  const party = own.seen?.trust?.listed.parties.find(({ did }) => did === own.record?.issuer.did);
  const forged = own.record !== null && falsified(own.record, party).length > 0;
  const unknown = unlisted(own);
  const failed = own.steps.some(({ result }) => result === "failed");
  const open = unknown || own.steps.some(({ result }) => result === "not-checked");
  const agreed = another ? "differs" : compared(own, rest);
  const box = document.getElementById("browser");
  const sentences = [];
  if (agreed === "differs") sentences.push(said("differs"));
  if (forged) sentences.push(said("text"));
  const loud = sentences.length > 0;
  const waits = rest === null && elsewhere() && !failed;
  if (!loud) sentences.push(said(unknown ? "unknown" : waits ? "elsewhere" : open ? "open" : pinned ? "same-own" : "same"));
  const followed = rest?.steps.slice(0, 2).every(({ result }) => result !== "not-checked");
  if (!loud && agreed === "left") sentences.push(said("left"));
  else if (!loud && !open && followed) sentences.push(said("rest"));
  document.getElementById("said").textContent = sentences.filter((each) => each).join(" ");
  box.classList.toggle("differs", loud);
  if (loud) box.setAttribute("role", "alert");
  mark(box.querySelector(".tick"), loud ? "failed" : open || agreed === "left" ? "not-checked" : "passed");
  for (const { step, result, codes } of [...own.steps, ...(rest?.steps ?? [])]) tag(step, codes.includes("trust.registry-unknown") ? "not-checked" : result, codes);
  if (rest) box.dataset.whole = rest.verdict;
  box.dataset.verdict = own.verdict;
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
  box.ariaBusy = "true"; // a screen reader waits for the end
  try {
    const [text, pinned, { verify }] = await Promise.all([bundle(), trust(), import("./verify.js"), ...PARTS.map((part) => import(part))]);
    if (text === null) {
      say("open");
      return;
    }
    const own = await verify({ bundle: text, trust: pinned.list, now: Date.now() });
    tell(own, null, pinned.own);
    if (own.seen?.subject) await checkRest(own, pinned.own);
  } catch {
    say("open");
  } finally {
    box.ariaBusy = null;
  }
}

/** Steps 7 to 9 and the other certificates, once the first verdict stands; where they can't be judged, the first stands alone. */
async function checkRest(own, pinned) {
  const { verifyWhole } = await import("./whole.js");
  tell(own, await verifyWhole(own.seen), pinned);
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

/** With a private link, what is downloaded is what the link shows: its key goes along in a header. */
function download() {
  for (const link of document.querySelectorAll('.away a[href^="/v1/certificates/"]')) {
    link.addEventListener("click", async (event) => {
      if (!key) return;
      event.preventDefault();
      const answer = await fetch(link.href, { headers: { authorization: `Bearer ${key}` }, credentials: "omit", cache: "no-store" });
      if (!answer.ok) return refuse();
      const saved = document.createElement("a");
      saved.href = URL.createObjectURL(await answer.blob());
      saved.download = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition") ?? "")?.[1] ?? link.pathname.split("/").at(-1);
      saved.click();
      URL.revokeObjectURL(saved.href);
    });
  }
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
  download();
  check();
}

const opened = await open();
if (!opened) start();
