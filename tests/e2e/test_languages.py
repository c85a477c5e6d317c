"""Nothing of a page is in English by accident, and another language is one press away, at the same place."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from api.web import routes
from api.web.offline import render_offline
from api.web.template import render_meaning, render_problem, render_search
from api.web.words import LANGUAGES, words
from schemas.meaning import meaning_of
from schemas.problem import Problem
from tests.support.browser.chromium import SMALL
from tests.support.browser.showcase import AUDITS, STATES, Showcase, running
from tests.support.browser.wording import said_on

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.slow

OTHERS: Final = [tag for tag in LANGUAGES if tag != "en"]
NAMES: Final = re.compile(
    r"zQm[0-9A-Za-z]+|[a-z0-9-]+\.cn\.[0-9]{1,4}…?|did:web:[a-z.]+|[a-z]+\.example|(?:materials|fuels|grid|gwp|methods|transport|placeholders|price-ranges)"
    r"(?:/[a-z0-9.-]+)?|Eva|Fay|Gus|Didymium oxide|found wrong on a second look|wrong assay|Ann|Ben|Cat|CN-NM|X-TIME|L\d-\d|M-ELEM"
    r"|Oreprint|DEMO|trust\.json|\.sdjwt|\.oreprint|\.pdf|oreprint verify|\{[a-z_]+\}|zQm|https|JavaScript|PDF|CSV|JPEG|PNG|JSON|UTC|GSD²|AR[56]|DFARS 252\.225-7052|DID\b|ID\b"
    r"|CO2(?:-fossil|e)?|kg|kWh|MB|MJ|m3|Nd|Pr|CoC|\b(?:min|[hs])\b|PACT"
)
"""What has one name in all languages: names, codes of records, chemical symbols, units, standards."""
ENGLISH: Final = re.compile(r"\b(?:the|and|of|not|is|by|with|from|its|this|that|were|has|have|no|per)\b", re.IGNORECASE)
"""Words that German has not, or only as names."""
ALIKE: Final = frozenset({"China", "Code", "Element", "Form", "Gas", "Log", "Name", "Status", "in"})
"""Words that English and German share."""


def english_in(tag: str, page: str, original: str) -> list[str]:
    """Return what a page in another language says in English; `original` is the same page in English."""
    found, english = [], set(said_on(original))
    for text in said_on(page):
        plain = NAMES.sub("", text)
        if tag == "de":
            same = text in english and not ALIKE.issuperset(re.findall("[A-Za-z]{2,}", plain))
            found += [text] if same or ENGLISH.search(plain) else []
        elif re.search("[A-Za-z]{2}", plain):
            found.append(text)
    return found


@pytest.mark.parametrize("tag", OTHERS)
@pytest.mark.parametrize("state", [*STATES, *AUDITS])
def test_no_state_of_a_record_is_told_in_english_by_accident(showcase: Showcase, state: str, tag: str) -> None:
    page, english = (showcase.told(state, each).decode() for each in (tag, "en"))
    assert len(said_on(page)) > 100
    assert f'<html lang="{tag}">' in page
    assert english_in(tag, page, english) == []


PROBLEMS: Final = (routes.MISSING, routes.MISTYPED, routes.NOT_RIGHT, routes.NO_PAGE, routes.NOT_PUBLISHED, routes.NO_CODE, routes.LOST)  # fmt: skip
SEARCHES: Final = (None, routes.NO_DIGEST, routes.NO_LOT, routes.NO_FILE, routes.NO_RECORD)


@pytest.mark.parametrize("tag", OTHERS)
def test_no_page_without_a_record_is_in_english_by_accident(tag: str) -> None:
    def pages(tag: str) -> list[bytes]:
        found = [render_problem(tag, title=title, message=message) for title, message in PROBLEMS]
        found += [render_search(tag, problem=problem) for problem in SEARCHES]
        found += [render_search(tag, problem=words(tag).problem(Problem.at("pdf.several", found=2)))]
        meaning = meaning_of("document.language")
        assert meaning is not None
        return [*found, render_meaning(tag, meaning), render_offline(tag)]

    for page, english in zip(pages(tag), pages("en"), strict=True):
        assert english_in(tag, page.decode(), english.decode()) == []


def test_english_by_accident_is_found(showcase: Showcase) -> None:
    german, english = (showcase.told("genuine", tag).decode() for tag in ("de", "en"))
    wrong = german.replace("Was ist zu tun?", "What should I do?").replace("Aussteller", "The issuer", 1)
    assert "What should I do?" in english_in("de", wrong, english)
    assert any("The issuer" in text for text in english_in("de", wrong, english))
    japanese = showcase.told("genuine", "ja").decode().replace(">事実<", ">Facts<")
    assert english_in("ja", japanese, english) == ["Facts"]


@pytest.fixture(scope="module")
def opened(browser: Browser, showcase: Showcase) -> Iterator[Callable[[str], Page]]:
    """Open an address of the showcase, on one page that goes from place to place."""
    with running(showcase.app()) as address:
        context = browser.new_context(viewport=SMALL, locale="en-GB")
        page = context.new_page()

        def open_page(path: str) -> Page:
            page.goto(address + path)
            return page

        yield open_page
        context.close()


@pytest.mark.parametrize("tag", OTHERS)
def test_the_browser_compares_values_in_every_language(
    opened: Callable[[str], Page], showcase: Showcase, tag: str
) -> None:
    page = opened(f"/show/genuine?lang={tag}")
    page.wait_for_selector("#browser[data-whole]")
    assert not page.query_selector("#browser.differs")
    mark = "," if tag == "de" else "."
    assert page.inner_text("[data-path='footprint.per_kg.location']").startswith(f"4{mark}30")
    true, false = (f">4{mark}{digits}</span> <small>".encode() for digits in ("30", "40"))
    assert true in showcase.told("genuine", tag)
    showcase.lie = lambda content: content.replace(true, false)
    try:
        page = opened(f"/show/genuine?lang={tag}")
        page.wait_for_selector("#browser.differs")
    finally:
        showcase.lie = lambda content: content


def test_another_language_is_chosen_at_the_same_place(opened: Callable[[str], Page]) -> None:
    page = opened("/show/genuine#evidence")
    for tag, name in (*LANGUAGES.items(), ("en", "English")):
        if page.get_attribute("html", "lang") != tag:
            page.click(f"nav >> text={name}")
            page.wait_for_selector(f"html[lang='{tag}']")
        assert page.url.endswith(f"?lang={tag}#evidence" if "?" in page.url else "/show/genuine#evidence")
        assert page.inner_text("nav [aria-current]") == name
        assert page.get_attribute("nav [aria-current]", "lang") == tag


def test_what_was_searched_for_stays_when_another_language_is_chosen(opened: Callable[[str], Page]) -> None:
    page = opened("/?q=zQm&gtin=1")
    page.click("nav >> text=Deutsch")
    page.wait_for_selector("html[lang='de']")
    assert page.url.endswith("/?q=zQm&gtin=1&lang=de")
