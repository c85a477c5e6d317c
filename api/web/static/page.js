// What the page does when there is JavaScript: this browser's own check beside the server's, a trust list of the reader's own, files
// dropped on the search field, and a private view opened with a key that stands behind the # of the address and so in no server's log.

import { compare, said, speak, WORST_FIRST } from "./shown.js";

const PRIVATE = /^#key=([A-Za-z0-9._~-]{16,512})$/;

/** Findings that only a server makes: what attestations are worth, and a hidden lot that ended after the file was made. */
const SERVER_ALONE = /^(attestations\.|inputs\.upstream-)/;
/** A seal has some hundred characters; shorter is the name of a place on the page. */
const LEAST_SEAL = 100;

const page = () => document.getElementById("page");
/** The file that the page is of: its text, and whether it was attached to a PDF file. */
let given = null;
let key = null;
/** The words of the page's language. */
let spoken = null;
/** This server's trust list, where it doesn't follow from the one that this browser keeps; else null. */
let other = null;
/** How the seal of the label fits, by whose link the page was opened: "fits", "altered", or "" where there is none or nobody can say. */
let sealed = "";
const pinned = () => import("./pinned.js");

/** What verify.js is made of: asked for at once, and not one after another. */
const PARTS = ["bytes", "bundle", "ed25519", "form", "forms", "log", "pinned", "seal", "status", "trust", "view"].map((part) => `./${part}.js`);

// -- this browser's own check -----------------------------------------------------------------------------------------

/** The bundle that the page is about: the file that was given, or what the registry publishes under this address. */
async function bundle() {
  if (given?.text.startsWith('{"t":"bundle/1"')) return given.text;
  const { digest } = page().dataset;
  if (!digest) return null;
  const headers = key ? { authorization: `Bearer ${key}` } : {};
  const answer = await fetch(`/v1/certificates/${digest}/bundle`, { headers, credentials: "omit", cache: "no-cache" });
  return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
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
  return better && (rest.left.includes(reason) || SERVER_ALONE.test(reason ?? "")) ? "left" : "differs";
}

/** Say loudly or calmly how this browser's findings stand to the server's; `rest` is null until the whole is judged. */
function tell(own, rest, ownList, told = null) {
  const asked = /^\/c\/(zQm\w+)$/.exec(location.pathname)?.[1];
  const another = own.digest !== null && [page().dataset.digest, given ? undefined : asked].some((each) => each !== undefined && each !== own.digest);
  const records = new Map((own.seen?.records ?? []).filter(({ t }) => t === "certificate").map(({ digest, record }) => [digest, record]));
  const shown = own.record === null ? { wrong: [], right: new Set() } : compare({ record: own.record, records, parties: own.seen.trust.listed.parties, derived: rest?.derived, claims: rest?.claims });
  const altered = [...shown.wrong, ...(told ? told(shown.right) : [])];
  const unknown = unlisted(own);
  const failed = own.steps.some(({ result }) => result === "failed");
  const open = unknown || own.steps.some(({ result }) => result === "not-checked");
  const agreed = another ? "differs" : compared(own, rest);
  const covered = !isOpen(document.getElementById("browser"));
  const box = resultBox(covered);
  const sentences = covered ? [said("covered")] : [];
  if (agreed === "differs") sentences.push(said("differs"));
  if (altered.length) sentences.push(said("text"));
  if (sealed === "altered") sentences.push(said("seal-altered"));
  const loud = sentences.length > 0;
  const waits = rest === null && elsewhere() && !failed;
  if (!loud) sentences.push(said(unknown ? "unknown" : waits ? "elsewhere" : open ? "open" : ownList ? "same-own" : "same"));
  const followed = rest?.steps.every(({ result }) => result !== "not-checked");
  if (!loud && agreed === "left") sentences.push(said("left"));
  else if (!loud && !open && followed) sentences.push(said("rest"));
  if (sealed === "fits") sentences.push(said("seal-fits"));
  document.getElementById("said").textContent = sentences.filter((each) => each).join(" ");
  box.classList.toggle("differs", loud);
  box.title = altered.join(", ");
  if (loud) box.setAttribute("role", "alert");
  mark(box.querySelector(".tick"), loud ? "failed" : open || agreed === "left" ? "not-checked" : "passed");
  for (const { step, result, codes } of [...own.steps, ...(rest?.steps ?? [])]) tag(step, codes.includes("trust.registry-unknown") ? "not-checked" : result, codes);
  if (rest && told) box.dataset.whole = rest.verdict;
  if (told) box.dataset.told = altered.length ? "altered" : "same";
  box.dataset.verdict = own.verdict;
}

/** Whether people can see the place of the result, which stands once, on the first screen. */
function isOpen(box) {
  const alone = ["#browser", "#said"].every((each) => document.querySelectorAll(each).length === 1) && box?.closest(".first > section") === box;
  const { width = 0, height = 0 } = box?.getBoundingClientRect() ?? {};
  const [wide, high] = [width > 100, height > 20];
  const hides = box?.closest("[aria-hidden=true], [inert], [hidden], .off") ?? null;
  const shown = box?.checkVisibility?.({ opacityProperty: true, visibilityProperty: true }) ?? true;
  return alone && wide && high && shown && hides === null && box.contains(document.getElementById("said"));
}

/** The place of the result; where the page covers it, a new one above everything. */
function resultBox(covered) {
  const box = document.getElementById("browser");
  if (!covered) return box;
  for (const each of document.querySelectorAll("#browser, #said")) each.remove();
  for (const each of [document.documentElement, document.body]) for (const { name } of [...each.attributes]) if (name !== "lang") each.removeAttribute(name);
  const made = Object.assign(document.createElement("section"), { id: "browser", className: "browser" });
  const line = document.createElement("p");
  line.append(tickOf("not-checked"), " ", Object.assign(document.createElement("span"), { id: "said" }));
  made.append(line);
  document.body.prepend(made);
  return made;
}

/** The shape of a result. */
function tickOf(result) {
  const made = document.createElement("span");
  made.innerHTML = spoken.ticks[result]; // a file beside this one
  return made.firstElementChild;
}

/** Give a tick the shape of a result. */
function mark(tick, result) {
  tick?.replaceWith(tickOf(result));
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

/** Whether the page tells of a record, whatever of it is missing: only the search has a field to look. */
const tellsOfRecord = () => document.getElementById("look") === null && (page()?.dataset.verdict !== undefined || document.getElementById("browser") !== null || location.pathname.startsWith("/c/zQm"));

async function check() {
  if (!tellsOfRecord()) return;
  const say = (name) => {
    const place = document.getElementById("said");
    if (place) place.textContent = said(name);
  };
  try {
    spoken = await speak();
  } catch {
    return; // the page says that nothing was checked
  }
  if (!globalThis.crypto?.subtle) {
    say("insecure");
    return;
  }
  say("checking");
  delete document.documentElement.dataset.checked;
  page().ariaBusy = "true"; // a screen reader waits for the end
  try {
    const [text, list, { verify }] = await Promise.all([bundle(), pinned().then(({ listInUse }) => listInUse()), import("./verify.js"), ...PARTS.map((part) => import(part))]);
    other = list.other ? list.list : null;
    offerPin();
    if (list.other) {
      say("other-list");
      document.getElementById("browser")?.setAttribute("role", "alert");
      document.getElementById("pin")?.closest("details").setAttribute("open", "");
      return;
    }
    if (text === null) {
      say("open");
      return;
    }
    const own = await verify({ bundle: text, trust: list.list, now: Date.now() });
    sealed = own.record === null ? "" : await sealOf(own);
    tell(own, null, list.own);
    const rest = own.seen?.subject ? await restOf(own) : null;
    tell(own, rest, list.own, await reader(own, rest));
  } catch {
    say("open");
  } finally {
    page().ariaBusy = null;
  }
}

/** How the seal in the address fits the record that was verified; it stands behind the # and so reaches no server. */
async function sealOf({ record, digest, seen }) {
  if (location.hash.length < LEAST_SEAL) return "";
  const { checkSeal, isUnknown, parseLabel, sealFits } = await import("./label.js");
  const label = parseLabel(location.origin + location.pathname + location.hash);
  if (label === null) return "altered";
  try {
    return sealFits((await checkSeal(label, seen.trust)).said, record, digest) ? "fits" : "altered";
  } catch (error) {
    return isUnknown(error) ? "" : "altered";
  }
}

/** Steps 7 to 10 and the other certificates, once the first verdict stands. */
async function restOf(own) {
  const [{ verifyWhole }, { derived }] = await Promise.all([import("./whole.js"), import("./derived.js")]);
  return { ...(await verifyWhole(own.seen)), derived: derived(own.record) };
}

/** What reads every sentence of the first screen: it is given the elements whose values are right, and returns what is invented. */
async function reader({ record, digest, seen }, rest) {
  const [{ First }, { RANGES }, told] = await Promise.all(["first", "tables", "told"].map((part) => import(`./${part}.js`)));
  const [phrases, lines] = [new told.Phrases(spoken.phrases), seen?.lines ?? []];
  const texts = told.textsOf(seen?.records, lines, seen?.trust?.listed, digest, RANGES, [record?.issuer.did.replace("did:web:", "")]);
  return (right) => {
    const line = (element) => told.lineOf(element, (each) => right.has(each), texts);
    const party = seen?.trust.listed.parties.find(({ did }) => did === record?.issuer.did);
    const found = { record, party, trust: seen?.trust, seen, derived: rest?.derived, claims: rest?.claims };
    const first = new First(page(), spoken, found, { lineOf: line, allowed: (fact) => phrases.holds(fact, true) || fact.split(", ").every((each) => texts.has(each.trim().toLowerCase())) });
    const wrong = first.judge();
    const judged = (each) => right.has(each) || first.right.has(each);
    return [...wrong, ...told.oddities(page().dataset.digest), ...told.attested(lines, spoken.terms), ...told.inventions(phrases, judged, texts)];
  };
}

// -- the reader's own trust list --------------------------------------------------------------------------------------

async function pin(file) {
  const note = document.querySelector("#pin .problem") ?? document.createElement("p");
  try {
    const { pinOwn } = await pinned();
    await pinOwn(file);
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

async function offerPin() {
  const box = document.getElementById("pin");
  if (!box) return;
  const { forgetOwn, keepList, ownList } = await pinned();
  box.hidden = false;
  const [forget, take] = [document.getElementById("pin-forget"), document.getElementById("pin-take")];
  forget.hidden = ownList() === null;
  take.hidden = other === null;
  forget.onclick = () => {
    forgetOwn();
    offerPin();
    check();
  };
  take.onclick = async () => {
    await keepList(other);
    check();
  };
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
  document.documentElement.lang = next.documentElement.lang;
  document.body.replaceChildren(...next.body.childNodes);
  start();
}

/** Read a file here. Of a record in it, the server makes the page and this browser checks the same bytes; a label is looked for. */
async function take(file) {
  const { readGiven, tellProblem } = await scanner();
  tellProblem("reading", said);
  const { record, printed, labels, problem } = await readGiven(file);
  tellProblem(problem ?? "", said);
  if (labels) await lookFor(labels);
  if (!record) return;
  given = { text: await record.text(), printed };
  await judged(document.documentElement.lang);
}

/** Show the page of the file that was given, in a language. */
async function judged(lang) {
  const body = new FormData();
  body.append("file", new Blob([given.text]));
  body.append("lang", lang);
  if (given.printed) body.append("printed", "yes");
  await show(await fetch("/check", { method: "POST", body, credentials: "omit" }));
}

/** Keep the place, what stands behind its #, and a file or private view, when another language is chosen. */
function offerLanguages() {
  for (const link of document.querySelectorAll("nav a[hreflang]")) {
    link.addEventListener("click", async (event) => {
      if (given !== null || key !== null) event.preventDefault();
      if (given !== null) return judged(link.hreflang);
      if (link.pathname === location.pathname) {
        const query = new URLSearchParams(location.search);
        query.set("lang", link.hreflang);
        link.href = `${location.pathname}?${query}${location.hash}`;
      }
      if (key !== null && (await privately(link.href))) history.replaceState(null, "", link.href);
    });
  }
}

function search(form) {
  const input = form.querySelector("input[type=file]");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (input.files.length) take(input.files[0]);
  });
  for (const name of ["dragover", "dragleave", "drop"]) {
    addEventListener(name, (event) => {
      event.preventDefault();
      form.classList.toggle("over", name === "dragover");
      if (name === "drop" && event.dataTransfer.files.length) take(event.dataTransfer.files[0]);
    });
  }
}

// -- labels: before the camera, in a photo or a PDF file, or typed ----------------------------------------------------

const scanner = () => import("./scan.js");

/** Look for the record of one of these labels: this server answers, wherever a link leads. */
async function lookFor(labels) {
  const form = document.getElementById("look");
  const { choose } = await scanner();
  choose(labels, ({ text }) => {
    form.q.value = text;
    form.requestSubmit();
  });
}

/** What stands behind the # of a link, the seal, is for the reader's own checks and goes to no server. */
function look(form) {
  form.addEventListener("submit", () => {
    form.q.value = form.q.value.split("#")[0];
  });
  if (navigator.mediaDevices?.getUserMedia) scanner().then(({ offerScan }) => offerScan(lookFor));
}

/** A view for whom the address holds a key behind its #: the key leaves the address at once and goes only into a header. */
async function open() {
  const found = PRIVATE.exec(location.hash);
  if (!found) return false;
  [, key] = found;
  history.replaceState(null, "", location.pathname + location.search);
  return privately(location.href);
}

/** Show a page as the holder of the key sees it, or say that the key opens nothing. */
async function privately(address) {
  const answer = await fetch(address, { headers: { authorization: `Bearer ${key}` }, credentials: "omit", cache: "no-store" });
  if (!answer.ok) {
    key = null;
    await speak().catch(() => null); // without its words the note is empty, and the public page stays as it is
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

/** Tell the sender that the goods came, once for each press, and show the page that says so. */
function offerReceipt() {
  const button = document.getElementById("received");
  button?.addEventListener("click", async () => {
    button.disabled = true;
    const note = document.getElementById("not-told");
    note.hidden = true;
    try {
      const answer = await fetch("/v1/receipts", { method: "POST", headers: { authorization: `Bearer ${key}` }, credentials: "omit", cache: "no-store" });
      if ([401, 404, 410].includes(answer.status)) return void refuse();
      if (answer.ok && (await privately(location.href))) document.getElementById("delivery")?.focus();
      if (!answer.ok) throw new Error(String(answer.status));
    } catch {
      button.disabled = false;
      note.hidden = false;
    }
  });
}

function start() {
  const drop = document.getElementById("drop");
  if (drop) search(drop);
  const asked = document.getElementById("look");
  if (asked) look(asked);
  document.getElementById("pin-file")?.addEventListener("change", (event) => pin(event.target.files[0]));
  offerPin();
  offerZoom();
  download();
  offerReceipt();
  offerLanguages();
  check()
    .then(() => {
      document.documentElement.dataset.checked = ""; // for whoever drives this browser
    })
    .then(prepare);
}

/** Make this page open without a connection, and keep the trust list for then. Where the browser can't, everything else works as before. */
async function prepare() {
  try {
    await navigator.serviceWorker.register("/worker.js");
    const { keptList, renewList } = await pinned();
    const note = document.getElementById("offline");
    if (!note) return; // on a record's page the check has renewed the list already
    await Promise.all([renewList(), navigator.serviceWorker.ready]);
    note.hidden = (await keptList()) === null;
  } catch {
    // no secure connection, a window that keeps nothing, or a full disk
  }
}

const opened = await open();
if (!opened) start();
