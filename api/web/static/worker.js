// What stands between this page and its server, for times without a connection. `VERSION`, `NOW`, `LATER` and `PAGES` are put before this
// by api/web/offline.py, from the folder of the page's files.
//
// Rules: the network comes first. Kept are the page's own files, whose addresses hold a digest of them all, and the empty check page of each
// language. No answer about a record is ever kept, so none can be shown as fresh.

const PREFIX = "oreprint-page-";
const KEPT = PREFIX + VERSION;

async function install() {
  const cache = await caches.open(KEPT);
  await cache.addAll([...NOW, ...Object.values(PAGES)].map((url) => new Request(url, { credentials: "omit" })));
  await skipWaiting();
}

/** Take away what earlier versions kept. */
async function activate() {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== KEPT);
  await Promise.all(old.map((name) => caches.delete(name)));
}

/** The empty check page in the language of the address, else in one that the reader prefers, else in the first. */
async function offlinePage(url) {
  const tags = Object.keys(PAGES);
  const wishes = [url.searchParams.get("lang"), ...navigator.languages].filter((wish) => wish);
  const speaks = (wish) => tags.find((tag) => tag === wish) ?? tags.find((tag) => tag.split("-")[0] === wish.split("-")[0].toLowerCase());
  const found = wishes.map(speaks).find((tag) => tag) ?? tags[0];
  return (await caches.match(PAGES[found])) ?? Response.error();
}

async function navigate(request) {
  try {
    return await fetch(request);
  } catch {
    return offlinePage(new URL(request.url));
  }
}

/** A file of the page: the address says which bytes it has, so what was kept of it is what the server would send. */
async function file(request, url) {
  const kept = await caches.match(request.url).catch(() => undefined);
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok && LATER.includes(url.pathname)) {
    const copy = answer.clone();
    await caches.open(KEPT).then((cache) => cache.put(request.url, copy)).catch(() => undefined); // a full disk keeps nothing
  }
  return answer;
}

addEventListener("install", (event) => event.waitUntil(install()));
addEventListener("activate", (event) => event.waitUntil(activate()));
addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin) return;
  if (event.request.mode === "navigate") event.respondWith(navigate(event.request));
  else if (url.pathname.startsWith("/static/")) event.respondWith(file(event.request, url));
});
