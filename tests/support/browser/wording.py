"""The words of a page that are in the page's own language: what is said, apart from names, codes and signed text."""

# mypy: disable-error-code="explicit-override"
from __future__ import annotations

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
