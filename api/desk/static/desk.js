// What a browser with scripts does beside the forms, which work without it: it goes to the problems of a page, and
// asks for passkeys.

document.getElementById("problems")?.focus();

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
