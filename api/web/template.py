"""The templates of the pages, compiled once for each language, and the pages that need no record.

Whatever is put into a template is escaped.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from gettext import NullTranslations
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined
from jinja2.ext import Extension
from markupsafe import Markup

from api.web.assets import VERSION
from api.web.drawing import cut
from api.web.words import LANGUAGES, words
from schemas.meaning import Meaning
from schemas.report import Result

RESULTS: Final[dict[Result, str]] = {
    "passed": "passed",
    "failed": "failed",
    "not-checked": "not checked",
    "warning": "warning",
}
MESSAGES_KEPT: Final = 2048
"""Messages of one language that stay looked up: those of the catalogues, of which there are about 1,200."""


def render_search(tag: str, *, problem: str | None = None) -> bytes:
    """Return the page with the search field; `problem` is an English message of why there was no answer."""
    html: str = template("search.html", tag).render(problem=problem)
    return html.encode()


def render_problem(tag: str, *, title: str, message: str) -> bytes:
    """Return a page that says calmly what is wrong; both texts are English messages, never the caller's."""
    html: str = template("problem.html", tag).render(title=title, message=message)
    return html.encode()


def render_meaning(tag: str, meaning: Meaning) -> bytes:
    """Return the page of a code: its meaning and its remedy, in English as in the catalogue."""
    html: str = template("meaning.html", tag).render(meaning=meaning)
    return html.encode()


def render_docs() -> bytes:
    """Return the page of the API's documentation, which is in English alone as the API is."""
    html: str = template("docs.html", "en").render()
    return html.encode()


def warm() -> None:
    """Compile the templates, so that the first visitor doesn't wait for it."""
    for tag in LANGUAGES:
        for name in ("record.html", "search.html", "problem.html", "meaning.html"):
            template(name, tag)


class Spoken(Extension):
    """Put plain messages into a template as words before it is compiled: each language compiles its own."""

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:  # type: ignore[explicit-override]
        """Return the source with its plain messages in words, as `newstyle` gettext writes them."""
        del name, filename
        said: Any = self.environment.globals["words"]
        return _PLAIN_MESSAGE.sub(lambda found: said(found[1]) % {}, source)


_PLAIN_MESSAGE: Final = re.compile(r'\{\{ _\("([^"\\]+)"\) \}\}')


@lru_cache(maxsize=len(LANGUAGES))
def _environment(tag: str) -> Environment:
    """Return the templates in one language; whatever is put into them is escaped."""
    environment = Environment(
        loader=PackageLoader("api.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n", Spoken],
    )
    environment.globals |= {
        "words": words(tag),
        "languages": LANGUAGES,
        "result_words": RESULTS,
        "static": f"/static/{VERSION}",
    }
    environment.filters["cut"] = cut
    environment.install_gettext_translations(words(tag).translations, newstyle=True)  # type: ignore[attr-defined]
    environment.globals["_"] = _speaking(words(tag).translations)
    tick: Any = environment.get_template("icons.html").module
    environment.globals["ticks"] = {result: tick.result(result) for result in RESULTS}
    return environment


def _speaking(translations: NullTranslations) -> Callable[..., Markup]:
    """Return jinja2's `newstyle` gettext with a cache of messages without variables (hot path)."""

    @lru_cache(maxsize=MESSAGES_KEPT)
    def plain(message: str) -> Markup:
        return Markup(translations.gettext(message)) % {}  # noqa: S704 - our own translations

    def speak(message: str, **variables: object) -> Markup:
        return Markup(translations.gettext(message)) % variables if variables else plain(message)  # noqa: S704 - as above

    return speak


@lru_cache(maxsize=64)
def template(name: str, tag: str) -> Any:  # noqa: ANN401 - jinja2's templates are loosely typed
    """Return a template in one language."""
    return _environment(tag).get_template(name)
