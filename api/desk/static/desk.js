// What a browser with scripts does beside the forms, which work without it: it goes to the problems of a page, and
// asks for passkeys.

document.getElementById("problems")?.focus();

// In a form with data-next, Enter in a field leads to the next field, and from the last one to the button. So Enter
// never sends half a form, and what an input method composes is left to it.
for (const form of document.querySelectorAll("form[data-next]")) {
  form.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing || !event.target.matches("input")) return;
    event.preventDefault();
    const stops = [...form.querySelectorAll("input:not([type=hidden]), [data-last]")].filter((each) => each.checkVisibility());
    const next = stops[stops.indexOf(event.target) + 1];
    next?.focus();
    next?.select?.();
  });
}

// "/" goes to the search field, or to the lots where a page has none; unless the person has turned it off.
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea");
  if (event.key !== "/" || event.ctrlKey || event.altKey || event.metaKey || typing || !("keys" in document.body.dataset)) return;
  event.preventDefault();
  const search = document.querySelector("input[type=search]");
  if (search) search.focus();
  else document.querySelector("nav a[href='/desk/lots']") && location.assign("/desk/lots#f-q");
});

// A part of a page with data-refresh asks for itself every so many seconds, at data-from or at the page's own address,
// while the page is visible. That does not extend the session.
async function refresh(part) {
  if (document.visibilityState === "visible") {
    const from = part.dataset.from ?? location.href;
    const answer = await fetch(from, { headers: { "oreprint-refresh": "1" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(part.id);
      if (fresh && !fresh.dataset.refresh) { location.reload(); return; }
      if (fresh) { part.replaceChildren(...fresh.childNodes); }
    }
  }
  wait(part);
}
function wait(part) { setTimeout(() => refresh(part), 1000 * Number(part.dataset.refresh)); }
document.querySelectorAll("[data-refresh]").forEach(wait);

const possible = window.PublicKeyCredential?.parseRequestOptionsFromJSON !== undefined;

/** Ask the browser for a passkey, or to make one, and send its answer with the form. */
async function usePasskey(form) {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value });
  const asked = await fetch(form.dataset.challenge, { method: "POST", body });
  if (!asked.ok) throw new Error(`${asked.status}`);
  const options = await asked.json();
  const made = "make" in form.dataset
    ? await navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(options) })
    : await navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(options) });
  form.elements.passkey.value = JSON.stringify(made.toJSON());
  form.submit();
}

for (const form of possible ? document.querySelectorAll("form.passkey") : []) {
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const failed = form.querySelector("[role=alert]");
    failed.hidden = true;
    usePasskey(form).catch(() => { failed.hidden = false; });
  });
}
