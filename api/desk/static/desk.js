// What a browser with scripts does beside the forms, which work without it: it shows the problems of a page.
document.getElementById("problems")?.focus();

const REFRESH_MS = 30_000;

/** Ask for the counters again while the page is visible; the request does not count as a person's. */
async function refresh() {
  const shown = document.getElementById("counters");
  if (shown === null || document.visibilityState !== "visible") return;
  const answer = await fetch(shown.dataset.refresh, { headers: { "oreprint-refresh": "1" }, redirect: "error" });
  if (answer.ok) shown.outerHTML = await answer.text();
}

if (document.getElementById("counters") !== null) {
  setInterval(() => refresh().catch(() => {}), REFRESH_MS);
}
