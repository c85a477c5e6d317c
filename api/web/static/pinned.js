// The trust list that this browser checks by: the reader's own, else the one that it has kept of this server.
//
// A kept list gives way only to those that follow it one by one and weaken nothing (ledger/trust/pinned.py, `succeed`). Where a browser keeps
// nothing (private windows, a full disk, plain http), the list of this server counts for this visit alone.

import { sameList, succeeds } from "./succeeding.js";
import { openTrust } from "./trust.js";

const OWN = "oreprint.trust";
const KEPT = "oreprint-trust";
const PLACE = "/trust.json";
const STEPS = "/trust/";
const MOST_STEPS = 1000;
const FETCHED = "x-oreprint-fetched";
const MOST = 8 * 1024 * 1024;

/** The reader's own list, or null. */
export function ownList() {
  try {
    return localStorage.getItem(OWN);
  } catch {
    return null; // no storage in this window, so there is no own list either
  }
}

/** Keep a file as the reader's own list, or refuse it. */
export async function pinOwn(file) {
  if (file.size > MOST) throw new RangeError("too long");
  const list = await file.text();
  await openTrust(list);
  localStorage.setItem(OWN, list);
}

export function forgetOwn() {
  localStorage.removeItem(OWN);
}

/** What was kept of this server, and when it was fetched (ms since 1970), or null. */
export async function keptList() {
  try {
    const kept = await (await caches.open(KEPT)).match(PLACE);
    return kept ? { list: await kept.text(), fetched: Number(kept.headers.get(FETCHED)) } : null;
  } catch {
    return null;
  }
}

/** Keep a list as fetched now; return whether this browser did. */
export async function keepList(list) {
  try {
    await (await caches.open(KEPT)).put(PLACE, new Response(list, { headers: { [FETCHED]: String(Date.now()) } }));
    return true;
  } catch {
    return false;
  }
}

async function fetched(place) {
  const answer = await fetch(place, { credentials: "omit", cache: "no-cache" });
  return answer.ok ? answer.text() : "";
}

/** Whether the lists of this server lead from the kept one to this one, each following the one before. */
async function leads(kept, list) {
  if (sameList(kept, list)) return true;
  const [from, to] = await Promise.all([kept, list].map(async (each) => (await openTrust(each)).listed.number));
  if (to - from > MOST_STEPS) return false;
  let before = kept;
  for (let number = from + 1; number <= to; number += 1) {
    const next = number === to ? list : await fetched(`${STEPS}${number}`);
    if (!(await succeeds(before, next))) return false;
    before = next;
  }
  return to > from;
}

/** Fetch this server's list and keep it if it follows from the kept one; "other" where it doesn't, else the list in use. */
export async function renewList() {
  const [list, kept] = await Promise.all([fetched(PLACE), keptList()]);
  if (kept && list !== "" && list !== kept.list && !(await leads(kept.list, list).catch(() => false))) return { list, other: true };
  if (list !== "") await keepList(list);
  return { list, other: false };
}

/** The list to check by with a connection: `own` is the reader's, `other` doesn't follow from the kept one. */
export async function listInUse() {
  const own = ownList();
  return own ? { list: own, own: true, other: false } : { ...(await renewList()), own: false };
}

/** The list to check by without a connection, and when it was fetched; null where there is none. */
export async function listKept() {
  const own = ownList();
  return own ? { list: own, own: true, fetched: null } : keptList();
}
