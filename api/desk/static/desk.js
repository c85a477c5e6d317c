// What a browser with scripts does beside the forms, which work without it: it shows the problems of a page.
document.getElementById("problems")?.focus();

// A part of a page with data-refresh asks for itself every so many seconds, without extending the session.
async function refresh(part) {
  const answer = await fetch(location.href, { headers: { "oreprint-refresh": "1" } }).catch(() => null);
  if (answer?.ok && !answer.redirected) {
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const fresh = page.getElementById(part.id);
    if (fresh && !fresh.dataset.refresh) { location.reload(); return; }
    if (fresh) { part.replaceChildren(...fresh.childNodes); }
  }
  wait(part);
}
function wait(part) { setTimeout(() => refresh(part), 1000 * Number(part.dataset.refresh)); }
document.querySelectorAll("[data-refresh]").forEach(wait);
