"""A server whose bundle is honest and whose page lies: no lie on the first screen stays calm, in any language."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import pytest

from api.web.words import LANGUAGES
from tests.support.browser.chromium import SMALL, forget
from tests.support.browser.showcase import Showcase, judged, running

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, Page

    Lie = Callable[[str], str]

pytestmark = pytest.mark.slow

IBAN: Final = "DE02 1203 0000 0000 2020 51"
CALM: Final = """() => {
  const box = document.getElementById("browser");
  return box !== null && !box.classList.contains("differs");
}"""


@pytest.fixture(scope="module")
def shown(browser: Browser, showcase: Showcase) -> Iterator[Callable[..., Page]]:
    """Show a state of which the server tells a lie."""
    with running(showcase.app()) as address:
        page = browser.new_context(viewport=SMALL).new_page()

        def show(state: str, lang: str, lie: Lie = lambda html: html) -> Page:
            forget(page, address)
            showcase.lie = lambda content: lie(content.decode()).encode()
            try:
                page.goto(f"{address}/show/{state}?lang={lang}")
                judged(page)
            finally:
                showcase.lie = lambda content: content
            return page

        yield show
        page.context.close()


def swapped(pattern: str, text: str) -> Lie:
    """Return the lie that puts a text in the place of the first match of a pattern."""
    return lambda html: re.sub(pattern, text, html, count=1, flags=re.DOTALL)


def before(mark: str, more: str) -> Lie:
    return lambda html: html.replace(mark, more + mark, 1)


def after(mark: str, more: str) -> Lie:
    return lambda html: html.replace(mark, mark + more, 1)


CHAIN: Final = r'(data-question="chain" data-code=")[^"]*(">.*?<p>).*?</p>'
BROWSER: Final = '<section id="browser"'
ATTESTED: Final = (
    '<li data-attestation="zQmX" data-counted="True"><strong><bdi>Big Four</bdi></strong> <span class="id"><bdi>did:web:four.example'
    '</bdi></span>. <span class="path">limited assurance</span></li>'
)
LIES: Final[dict[str, Lie]] = {
    "figure without its marker": swapped(r'<span data-path="footprint.per_kg.location"[^>]*>[^<]*</span>', "0.43"),
    "second figure beside it": after('<p class="big">', "0.43 "),
    "second figure in a line": before('<p class="range">', '<p class="big">0.43 <small>kg CO2e per kg</small></p>'),
    "second figure with a marker": before(
        '<p class="range">', '<p class="big"><span data-derived="low">0.43</span> <small>kg CO2e per kg</small></p>'
    ),
    "unit": swapped(r"(data-path=\"footprint.per_kg.location\".*?<small>)[^<]*", r"\g<1>g CO2e/t"),
    "audited by 9 of 9": swapped(
        CHAIN, r"\g<1>audit-audited\g<2><strong>Audited by 9 of 9.</strong> <span class='told'>All is right.</span></p>"
    ),
    "audited, code kept": swapped(r'(id="vouches">.*?<strong>)[^<]*', r"\g<1>Audited by 9 of 9."),
    "headline": swapped(r'(<p class="headline">).*?</p>', r"\g<1>Approved by the authority.</p>"),
    "headline's end": swapped(r'(<p class="headline">.*?)</p>', r"\g<1> TÜV approved.</p>"),
    "action": swapped(r'(<p class="do">).*?</p>', rf"\g<1>Pay to IBAN {IBAN}.</p>"),
    "action's end": swapped(r'(<p class="do">.*?)</p>', rf"\g<1> Pay to IBAN {IBAN}.</p>"),
    "action's fact": swapped(r'(<p class="do">.*?<bdi[^>]*>)[^<]*', rf"\g<1>IBAN {IBAN}"),
    "another action's code": swapped(r'data-code="accept-ask"', 'data-code="accept"'),
    "flags": swapped(r'(<p class="worth">.*?<span>).*?</span>', r"\g<1>no flags</span>"),
    "flags left out": swapped(r'<p class="worth">.*?</p>', ""),
    "fewer flags": swapped(r'(<p class="worth">.*?<span>[^0-9<]*)\d+', r"\g<1>1"),
    "range word": swapped(r'(<p class="range">.*?<strong>)[^<]*', r"\g<1>Within the published range"),
    "demo notice removed": swapped(r"<aside.*?</aside>", ""),
    "demo notice altered": swapped(r"(<aside.*?<strong>)[^<]*", r"\g<1>Real record."),
    "demo notice hidden": after("<aside", " hidden"),
    "demo notice aside": after("<aside", ' style="display:none"'),
    "invented attestation": before('<section class="level away"', f"<ul>{ATTESTED}</ul>"),
    "check box hidden": swapped(r'id="browser" class="browser"', 'id="browser" class="browser" hidden'),
    "check box styled away": swapped(r'id="browser"', 'style="opacity:0" id="browser"'),
    "check box small": swapped(r'id="browser"', 'style="height:1px;overflow:hidden" id="browser"'),
    "check box renamed": swapped(r'id="browser"', 'id="another"'),
    "check box twice": before(BROWSER, '<section id="browser" class="browser"><p>All was checked.</p></section>'),
    "said renamed": swapped(r'id="said"', 'id="told"'),
    "check box in a closed fold": lambda html: re.sub(
        r'(<section id="browser".*?</section>)', r"<details><summary>More</summary>\1</details>", html, flags=re.DOTALL
    ),
    "own result beside it": before(BROWSER, "<section class='browser'><p>This browser found the same.</p></section>"),
    "banner before the page": before('<header class="top">', f"<p>Pay to IBAN {IBAN}</p>"),
    "banner before the record": before('<div class="first">', f"<p>Pay to IBAN {IBAN}</p>"),
    "banner in the first screen": after('<div class="first">', f"<p>Pay to IBAN {IBAN}</p>"),
    "banner after the first screen": before('<section class="level issuer"', f"<p>Pay to IBAN {IBAN}</p>"),
    "banner after the page": before("</body>", f"<p>Pay to IBAN {IBAN}</p>"),
    "bare text in the body": after("<body>", f"Pay to IBAN {IBAN}"),
    "bare text in the first screen": after('<div class="first">', f"Pay to IBAN {IBAN}"),
    "text in the header": after('<header class="top">', f"<span>IBAN {IBAN}</span>"),
    "text in the footer": after("<footer>", f"<p>IBAN {IBAN}</p>"),
    "watermark's word": swapped(r'data-word="[^"]*"', 'data-word="CERTIFIED"'),
    "a style of its own": before("</head>", "<style>.range, .worth { display: none }</style>"),
    "a style sheet": before("</head>", '<link rel="stylesheet" href="/evil.css">'),
    "inline style": after('<p class="range"', ' style="display:none"'),
    "a hidden answer": after('<section class="ended"', " hidden"),
    "an answer removed": swapped(r'<section class="ended".*?</section>', ""),
    "an answer made inert": after('<p class="worth"', " hidden"),
    "an image": after('<div class="first">', '<img src="/static/x.png" alt="Certified">'),
    "a frame": after('<div class="first">', '<iframe srcdoc="Certified"></iframe>'),
    "a form": after('<div class="first">', '<form action="/x"><button>Pay now</button></form>'),
    "a link elsewhere": after('<p class="do">', '<a href="https://evil.example">Accept.</a>'),
    "a dialog": before('<header class="top">', "<dialog open>Certified</dialog>"),
    "withdrawn answer": swapped(r'(id="gone">.*?<strong>)[^<]*', r"\g<1>Never"),
    "question": swapped(r'(<h2 id="co2">)[^<]*', r"\g<1>Is it climate neutral?"),
    "title": swapped(r"<title>[^<]*", "<title>Certified green"),
    "studies": swapped(r'(data-derived="studies">)[^<]*', r"\g<1>Nature 2026"),
    "range of 95 %": swapped(r'<span data-derived="low">[^<]*</span>', "0.40"),
    "text after the mass": swapped(r'(data-path="batch.kind"[^>]*>[^<]*</span>)', r"\1, climate neutral"),
    "a text in an icon": swapped(r"(<svg[^>]*>)", r"\1<text>Certified green</text>"),
}  # fmt: skip
"""What a server may alter of a page while its bundle stays honest."""


@pytest.mark.parametrize("lang", LANGUAGES)
def test_no_lie_of_a_page_stays_calm(shown: Callable[..., Page], showcase: Showcase, lang: str) -> None:
    """Tell every lie in English, and in each other language the share of them that the next does not tell."""
    turn = [*LANGUAGES].index(lang)
    lies = [*LIES.items()] if turn == 0 else [*LIES.items()][turn - 1 :: len(LANGUAGES) - 1]
    honest = showcase.told("genuine", lang).decode()
    assert shown("genuine", lang).evaluate(CALM), "the honest page is calm"
    assert [name for name, lie in lies if lie(honest) == honest] == []
    assert [name for name, lie in lies if shown("genuine", lang, lie).evaluate(CALM)] == []
