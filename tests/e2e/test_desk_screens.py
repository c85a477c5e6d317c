"""Every screen of the desk in a real browser: with and without scripts, in both languages, on a phone and on a desk.

The screens are those of the desk's routers, so a new one is visited without being listed, or fails for want of a path.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pypdfium2  # type: ignore[import-untyped]
import pytest

from tests.support.browser.chromium import DESKTOP, PHONE, violations
from tests.support.browser.wording import raw_in
from tests.support.http.full_desk import GOODS, NAMES, FullDesk, full_desk, pages

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

pytestmark = pytest.mark.slow
NO_SCREENS: Final = {
    "/desk/admin/leaving.pdf": "a file",
    "/desk/company": "it leads to the company's own login, which this desk has none of",
    "/desk/company/back": "as above",
    "/desk/company/prove": "as above",
    "/desk/counters": "a part of Today",
    "/desk/everything.zip": "a file",
    "/desk/export.{form}": "a file",
    "/desk/labels/file": "a file",
    "/desk/recipes/{recipe}/recipe.xlsx": "a file",
    "/desk/static/{version}/{name:path}": "files",
    "/desk/uploads/template.xlsx": "a file",
    "/desk/uploads/{upload}/annotated.xlsx": "a file",
}
"""Routes that a browser opens and that are no screens, each with the reason."""
NARROW: Final[ViewportSize] = {"width": 320, "height": 700}
"""What a page at 400 % of 1280 px has (WCAG 1.4.10)."""
KEPT: Final = os.environ.get("OREPRINT_DESK_SHOTS")
"""A folder where pictures of the screens are kept, to look at them."""
WORDS: Final = re.compile(r"[A-Za-z][A-Za-z'-]+")
UNTRANSLATED: Final = re.compile(
    r"(?<![A-Za-z])(?:[A-Z]{2}-?[0-9{][0-9A-Za-z{}-]*|[A-Z]+-[0-9]+|(OX|BL)( v[0-9]+)?|day\.xlsx|DN-1|PO-7|v[0-9]+|\.?(xlsx|csv|zip|oreprint)"
    r"|kg CO2?(e/kg)?|e/kg|kg|kWh|mm|UTC|Nd|A4|Letter|PDF|ZPL|CSV|DID|YAML|JSON|DIR|QR|Excel|SC-NdFeB|[Ww]ebhook|Oreprint|JavaScript"
    r"|https?://[^ ]+|did:[a-z:.]+|[0-9a-f]{12}|t\.km|ERP|Enter|SHA-256|base64url|MY|mine\.csv|flow|set|life-cycle|[a-z]+\.example|Runs![A-Z]+[0-9]+|English)(?![A-Za-z])"
)
"""Codes, units, file types and names of products: the same in Chinese."""
COMMAND: Final = re.compile("`[^`]+`")
STATE: Final = r"""() => {
  const shown = (e) => e.checkVisibility({ visibilityProperty: true }) && !e.closest(".off, .skip, .qr");
  const small = [...document.querySelectorAll("button, select, summary, .button, label.tick, nav a, input:not([type=hidden])")]
    .filter((e) => shown(e) && !e.closest("label.tick input")).filter((e) => {
      const { width, height } = (e.matches("label.tick input") ? e.closest("label") : e).getBoundingClientRect();
      return width < 43.9 || height < 43.9;
    }).map((e) => e.outerHTML.slice(0, 120));
  const said = [];
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const { parentElement: at, textContent: text } = walk.currentNode;
    if (text.trim() && at.checkVisibility() && !at.closest("code, pre, bdi, script, svg, textarea, .id, :not(html)[lang]:not([lang|='zh'])")) said.push(text.trim());
  }
  for (const e of document.querySelectorAll("main :is([aria-label], [placeholder]):not(.sheets *)")) said.push(e.ariaLabel ?? e.placeholder);
  for (const e of document.querySelectorAll("td[data-label]")) said.push(e.dataset.label);
  return {
    lang: document.documentElement.lang, title: document.title, small, said, text: document.body.innerText,
    headings: [...document.querySelectorAll("h1")].filter(shown).map((e) => e.innerText),
    order: [...document.querySelectorAll("main :is(h1, h2, h3)")].map((e) => Number(e.tagName[1])),
  };
}"""
WIDER: Final = """() => [...document.querySelectorAll("body *")].filter((e) => !e.closest(".scroll, .sheets, .off, .skip, [popover], pre")
  && e.checkVisibility() && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((e) => e.outerHTML.slice(0, 160))"""
SHOWN: Final = f"() => ({{ ...({STATE})(), wider: ({WIDER})() }})"
PRESSED: Final = """() => [...document.querySelectorAll("main details:not([open]) > summary")].filter((summary) => {
  summary.scrollIntoView({ block: "center" });
  const { x, y, width, height } = summary.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  if (summary.contains(hit)) hit.click();
  return !summary.parentElement.open;
}).map((e) => e.outerHTML.slice(0, 120))"""
"""Press all that can be opened, there where a finger would; return what stays closed."""
BODY: Final = "document.body.innerText"
FORCED: Final = """() => [...document.querySelectorAll("main :is(button, .button, input:not([type=hidden]), select), .problems, .told, .card")]
  .filter((e) => e.checkVisibility() && !e.closest(".off") && !e.matches(".off, .plain, [type=file], [type=checkbox], [type=radio]"))
  .filter((e) => getComputedStyle(e).borderTopStyle === "none" && getComputedStyle(e).borderLeftStyle === "none")
  .map((e) => e.outerHTML.slice(0, 120))"""


class Fault(NamedTuple):
    """A form that is sent with something wrong in it: its screen, what is typed, which form, and a file."""

    path: str
    typed: dict[str, str]
    form: str = "main form[method=post]"
    file: str = ""


FAULTS: Final = (
    Fault("/desk/sign-in", {"name": "Nobody", "password": "wrong", "code": "000000"}, "form[action='/desk/sign-in']:not(.passkey)"),
    Fault("/desk/prove", {"password": "wrong", "code": "000000"}, "form[action='/desk/prove']:not(.passkey)"),
    Fault("/desk/account/password", {"code": "1", "password": "short", "again": "other"}),
    Fault("/desk/runs/new", {"mass_kg": "1010", "lot": ""}),
    Fault("/desk/drafts/{draft_id}/edit", {"mass_kg": "four"}),
    Fault("/desk/drafts/{draft_id}/edit correct", {"mass_kg": "four"}),
    Fault("/desk/drafts/{draft_id} replace", {"reason": ""}, "form[action$=issue]"),
    Fault("/desk/uploads", {}),
    Fault("/desk/uploads", {}, "main form", "wrong.xlsx"),
    Fault("/desk/incoming", {"scale": "1"}),
    Fault("/desk/ship", {"po": "7"}),
    Fault("/desk/contacts", {"email": "nobody"}, "form[action='/desk/contacts']"),
    Fault("/desk/contacts/{contact}", {"mass": "9000"}),
    Fault("/desk/claim", {"code": "orec_wrong"}),
    Fault("/desk/recipes", {"lot": "NONE-1", "name": "x"}),
    Fault("/desk/recipes", {"own-name": "-"}, "form[action$=example]"),
    Fault("/desk/recipes", {}, "form[action$=workbook]", "recipe.xlsx"),
    Fault("/desk/recipes/{recipe}/edit", {"o0-low": "900 kg"}),
    Fault("/desk/admin/tokens", {"days": "0"}, "form[action$=tokens]"),
    Fault("/desk/admin/requests", {"wish": ""}, "form[action$=requests]"),
    Fault("/desk/admin/people", {}, "section form"),
    Fault("/desk/admin/rules", {"minutes": "9999"}, "form[action$=hold]"),
    Fault("/desk/certificates/{digest}", {"days": "0", "recipient": ""}, "form[action$=share]"),
    Fault("/desk/approvals/{approval}", {"note": ""}, "form:has([name=note])"),
)  # fmt: skip


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullDesk]:
    with full_desk(tmp_path_factory.mktemp("full-desk")) as made:
        yield made


@pytest.fixture(scope="module")
def at(desk: FullDesk, browser: Browser) -> Iterator[Callable[..., Page]]:
    """The page of a language, with scripts or without: one for all tests, which costs less than a browser for each."""
    with ExitStack() as stack:

        @cache
        def signed_in(language: str, *, scripts: bool = True) -> Page:
            page = desk.site.page(browser, desk.person, size=PHONE, language=language, scripts=scripts)
            return stack.enter_context(page)

        yield signed_in


def screens(desk: FullDesk) -> dict[str, str]:
    """Return the path of each screen by its name; a route with a parameter needs a path in the full desk."""
    routes = pages() - NO_SCREENS.keys()
    found = {name: desk.screens.get(name, name) for name in sorted(routes | desk.screens.keys())}
    missing = [path for path in found.values() if "{" in path]
    assert not missing, f"full_desk names no path of {missing}, and NO_SCREENS no reason"
    return found


def kept(page: Page, route: str, language: str, width: int) -> None:
    if KEPT is not None:
        name = re.sub(r"[{}/ ]+", "_", route.removeprefix("/desk")).strip("_") or "today"
        page.screenshot(path=Path(KEPT) / f"{name}-{language}-{width}.png", full_page=True)


def english(said: list[str]) -> list[str]:
    """Return the texts of a Chinese page that hold English words, but for names, codes and units."""
    known = re.compile("|".join(map(re.escape, (*GOODS, *NAMES))))
    return [text for text in said if WORDS.search(UNTRANSLATED.sub("", known.sub("", COMMAND.sub("", text))))]


def faults_of(page: Page, language: str, width: int) -> list[str]:
    """Return what is wrong with the page that is shown."""
    found = page.evaluate(SHOWN)
    wrong = [f"{len(found['headings'])} h1: {found['headings']}"] if len(found["headings"]) != 1 else []
    wrong += [f"the language is {found['lang']}"] if found["lang"] != language else []
    wrong += [f"the title is {found['title']!r}"] if not re.fullmatch(r"\S.* · Oreprint", found["title"]) else []
    steps = zip(found["order"], found["order"][1:], strict=False)
    wrong += [f"heading {after} follows {before}" for before, after in steps if after > before + 1]
    wrong += [f"English: {text}" for text in english(found["said"])] if language == "zh-Hans" else []
    wrong += [f"raw: {each}" for each in raw_in(found["text"])]
    wrong += [f"small: {each}" for each in found["small"]] if width == PHONE["width"] else []
    return wrong + [f"wider: {each}" for each in found["wider"]]


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_screen_is_fit_for_everybody(desk: FullDesk, at: Callable[..., Page], language: str) -> None:
    """On both sizes; on the phone in light colours, on the desk in dark ones, where contrast is judged too.

    What scripts show, and borders, have no language: they are looked at in English.
    """
    wrong: dict[str, list[str]] = {}
    judged = PHONE if language == "en" else DESKTOP
    page = at(language)
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.emulate_media(color_scheme="light" if judged is PHONE else "dark")
    for route, path in screens(desk).items():
        page.set_viewport_size(PHONE)
        answer = page.goto(f"{desk.site.origin}{path}")
        assert answer is not None
        found = [] if answer.ok else [f"status {answer.status}"]
        policy = answer.headers["content-security-policy"]
        found += [] if "default-src 'none'" in policy and "unsafe" not in policy else [f"policy: {policy}"]
        shown = page.evaluate(BODY) if language == "en" else ""
        found += [f"cannot be opened: {each}" for each in page.evaluate(PRESSED)]
        for size in (PHONE, DESKTOP):
            page.set_viewport_size(size)
            kept(page, route, language, size["width"])
            found += faults_of(page, language, size["width"])
            found += violations(page) if size is judged else []
        if language == "en":
            page.emulate_media(forced_colors="active")
            found += [f"no border in forced colours: {each}" for each in page.evaluate(FORCED)]
            page.emulate_media(forced_colors="none")
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"at 200 % {each}" for each in page.evaluate(WIDER)]
        page.evaluate("document.documentElement.style.fontSize = ''")
        page.set_viewport_size(NARROW)
        found += [f"at 320 px {each}" for each in page.evaluate(WIDER)]
        if language == "en":
            plain = at(language, scripts=False)
            plain.goto(f"{desk.site.origin}{path}")
            found += differences(shown, plain.evaluate(BODY))
        found += [f"the browser says: {each}" for each in said]
        said.clear()
        if found:
            wrong[f"{path} {language}"] = found
    page.emulate_media(color_scheme="light")
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=1)


def differences(shown: str, plain: str) -> list[str]:
    """Return the lines that only scripts show: none, but for passkeys, which are made by scripts."""
    with_scripts, without = (
        {re.sub(r"[0-9A-Z]{16,}|[0-9:]+", "#", line.strip()) for line in text.splitlines()} for text in (shown, plain)
    )
    return [f"only with scripts: {line}" for line in with_scripts - without if not PASSKEY.search(line)]


PASSKEY: Final = re.compile("(?i)passkey|通行密钥|name of the device|设备名称|so that you know|便于您辨认")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_every_faulty_form_leads_to_its_problems(desk: FullDesk, at: Callable[..., Page], language: str) -> None:
    wrong: dict[str, list[str]] = {}
    page = at(language)
    page.set_viewport_size(PHONE)
    for path, typed, form, file in FAULTS:
        page.goto(f"{desk.site.origin}{desk.screens.get(path, path)}")
        if file:
            page.set_input_files(f"{form} input[type=file]", desk.files[file])
        with page.expect_navigation():
            page.evaluate(SEND, [form, typed])
        found = faults_of(page, language, PHONE["width"])
        found += violations(page, contrast=False) if language == "en" else []
        if page.evaluate("document.activeElement.id") != "problems":
            found += ["the focus is not on the problems"]
        found += page.evaluate(LEADS)
        kept(page, f"fault{path}", language, PHONE["width"])
        if found:
            wrong[f"{path} {language}"] = found
    assert not wrong, json.dumps(wrong, ensure_ascii=False, indent=1)


SEND: Final = """([selector, typed]) => {
  const form = document.querySelector(selector);
  form.noValidate = true;
  for (const [name, text] of Object.entries(typed)) form.elements[name].value = text;
  form.requestSubmit(form.querySelector(":scope > .buttons button, :scope > p > button") ?? form.querySelector("button:not(.off)"));
}"""
LEADS: Final = """() => [...document.querySelectorAll("#problems a")].filter((a) => {
  const at = document.getElementById(decodeURIComponent(a.hash.slice(1)));
  return !at || !(at.matches("input, select, textarea, summary") || at.tabIndex === -1);
}).map((a) => `leads nowhere: ${a.hash}`)"""


def test_a_phone_has_its_acts_in_one_row_and_the_rest_in_a_menu_that_needs_no_scripts(
    desk: FullDesk, at: Callable[..., Page]
) -> None:
    for language in ("en", "zh-Hans"):
        page = at(language, scripts=False)
        page.goto(f"{desk.site.origin}/desk")
        box = page.locator("header").bounding_box()
        assert box is not None
        assert box["height"] < 60
        assert [each.get_attribute("href") for each in page.query_selector_all(".acts a") if each.is_visible()] == [
            "/desk/runs/new", "/desk/uploads", "/desk/incoming",
        ]  # fmt: skip
        assert page.inner_text(".acts a[href$=incoming]").split()[-1] == "2", "offers that wait"
        assert page.inner_text(".menu-button").split()[-1] == "1", "requests that wait"
        assert not page.is_visible(".screens a")
        page.focus(".menu-button")
        page.keyboard.press("Enter")
        assert page.is_visible(".screens a[href='/desk/lots']")
        page.keyboard.press("Escape")
        assert not page.is_visible(".screens a[href='/desk/lots']")
        page.click(".menu-button")
        page.click(".screens a[href='/desk/lots']")
        page.wait_for_url("**/desk/lots")


@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_papers_are_printed_without_the_screen_around_them(
    desk: FullDesk, at: Callable[..., Page], tmp_path: Path, language: str
) -> None:
    shipment = desk.screens["/desk/shipments/{shipment}"]
    page = at(language)
    page.set_viewport_size(DESKTOP)
    for path, sheets in ((shipment, 1), (desk.screens["/desk/certificates/{digest}"], 1), ("/desk/labels", 1)):
        page.goto(f"{desk.site.origin}{desk.screens.get(path, path)}")
        if path == shipment:
            with page.expect_navigation():
                page.click("form[action$=note] button")
        page.emulate_media(media="print")
        left = page.evaluate(
            "[...document.querySelectorAll('button, .button, summary, nav a, input')].filter((e) => e.checkVisibility()).map((e) => e.outerHTML)"
        )
        assert left == [], path
        headless = "page-has-heading-one" if path == "/desk/labels" else "nothing"  # a label is all there is to print
        assert [each for each in violations(page) if not each.startswith(headless)] == [], path
        page.pdf(path=tmp_path / "paper.pdf", prefer_css_page_size=True, format="A4")
        paper = pypdfium2.PdfDocument(tmp_path / "paper.pdf")
        assert len(paper) == sheets, path
        text = paper[0].get_textpage().get_text_range()
        assert "AL-4" in text
        assert "Li Wei" not in text
        if KEPT is not None:
            paper[0].render(scale=1.5).to_pil().save(Path(KEPT) / f"print{path.replace('/', '_')[:20]}-{language}.png")
        page.emulate_media(media="screen")
