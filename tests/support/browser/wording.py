"""The words of a page that are in the page's own language: what is said, apart from names, codes and signed text."""

# mypy: disable-error-code="explicit-override"
from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Final

VOID: Final = frozenset({"br", "img", "input", "link", "meta", "path", "circle", "rect"})
NOT_SAID: Final = frozenset({"code", "pre", "script", "style"})
SAID_IN: Final = ("alt", "aria-label", "data-word", "title")
"""Attributes whose text people see or hear."""


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.open: list[tuple[str, bool]] = []
        self.lang = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.lang = self.lang or str(given.get("lang"))
        quiet = tag in NOT_SAID or given.get("lang", self.lang) != self.lang or "id" in str(given.get("class")).split()
        quiet = quiet or given.get("translate") == "no" or any(was for _, was in self.open)
        if not quiet:
            self.said += [str(given[name]) for name in SAID_IN if given.get(name)]
        if tag not in VOID:
            self.open.append((tag, quiet))

    def handle_endtag(self, tag: str) -> None:
        while self.open and self.open.pop()[0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        if data.strip() and not any(quiet for _, quiet in self.open):
            self.said.append(" ".join(data.split()))


def said_on(page: str) -> list[str]:
    """Return every text of a page, in its order, but for code and for what is marked as of another language."""
    found = _Words()
    found.feed(page)
    return found.said


RAW: Final = re.compile(
    r"(?<![\w.:/-])(?:\d{4,}\.\d{3,}|\d+\.\d{7,}|\d{5,}(?:\.\d+)? ?mg)(?![\w./-])"
    r"|\(\?[:=!<P]|\[\^|\][{+*]|\\[dswx]|\b[a-z]*[b-df-hj-np-tv-z]ys\b"
    r"|\b1 (?:lots|runs|flags|days|hours|minutes|people|requests|certificates|lines|records|batches|studies|entries|keys|links)\b"
)
"""An amount as a program has it, a mass that nobody weighs in mg, a piece of a pattern, a wrong plural."""


def raw_in(text: str) -> list[str]:
    """Return what a text for people says as no person would."""
    return [f"...{text[max(0, found.start() - 30) : found.end() + 10]}..." for found in RAW.finditer(text)]
