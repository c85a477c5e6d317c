"""Text for a terminal: wrapped to its width, in columns, with colour only where it helps and nobody forbids it.

Rules: whatever is shown may come from a stranger's record, so nothing that could steer a terminal or turn the reading
direction is printed as it is; colour and bold repeat what words say and never replace them; they go to a terminal
alone, and not where ``NO_COLOR`` is set.  A reader that closes the pipe early ends the output, not the verdict.
"""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final, Literal, TypeAlias

import typer

from cli import settings
from schemas.problem import StateError

Style: TypeAlias = Literal["bold", "good", "bad", "doubt", "quiet"]

_CODES: Final[dict[Style, str]] = {"bold": "1", "good": "1;32", "bad": "1;31", "doubt": "1;33", "quiet": "2"}
_NARROWEST: Final = 60
_WIDEST: Final = 100
"""Columns; longer lines are hard to read."""


def printable(text: str) -> str:
    """Return `text` with every character that can't be seen written out, so that it steers nothing."""
    return "".join(each if each.isprintable() else each.encode("unicode_escape").decode() for each in text)


def picked(options: Sequence[str], question: str) -> int:
    """Ask a person to pick one of some options by its number; return its index."""
    for number, each in enumerate(options, 1):
        print(f"{number}  {each}", file=sys.stderr)
    chosen = 0
    while not 1 <= chosen <= len(options):
        chosen = int(typer.prompt(f"{question} 1 to {len(options)}", type=int, err=True))
    return chosen - 1


def plural(number: int, one: str, several: str | None = None) -> str:
    """Return a number with its noun: `1 line`, `2 lines`, `2 studies`. `several` is the plural that no rule gives."""
    return f"{number} {one if number == 1 else several or _several(one)}"


def _several(one: str) -> str:
    """Return the regular plural of a noun."""
    if one.endswith("y") and one[-2:-1] not in "aeiou":
        return f"{one[:-1]}ies"
    return f"{one}es" if one.endswith(("s", "x", "ch", "sh")) else f"{one}s"


def styled(text: str, style: Style) -> str:
    """Return `text` in a style, where standard output is a terminal that may have any."""
    if settings.read("NO_COLOR") or not sys.stdout.isatty():
        return text
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m"


def wrapped(text: str, *, first: str = "", rest: str | None = None) -> list[str]:
    """Return the lines of a paragraph; `first` goes before its first line, `rest` before the others."""
    following = " " * len(first) if rest is None else rest
    return textwrap.wrap(
        printable(text), width(), initial_indent=first, subsequent_indent=following, break_on_hyphens=False
    ) or [first.rstrip()]


def facts(rows: Iterable[tuple[str, str]], *, indent: str = "  ") -> list[str]:
    """Return name and value on a line each, the values under one another; rows without a value are left out."""
    kept = [(name, value) for name, value in rows if value]
    column = max((len(name) for name, _ in kept), default=0)
    return [line for name, value in kept for line in wrapped(value, first=f"{indent}{name:<{column}}  ")]


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, left: int = 1, indent: str = "  ") -> list[str]:
    """Return a table; the first `left` columns are aligned to the left, the others, which are numbers, to the right."""
    cells = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        indent
        + "  ".join(
            f"{cell:<{size}}" if place < left else f"{cell:>{size}}"
            for place, (cell, size) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in cells
    ]


def width() -> int:
    """Return how many columns to use."""
    return min(max(shutil.get_terminal_size().columns, _NARROWEST), _WIDEST)


def tell(lines: Iterable[str]) -> None:
    """Print lines on standard output, whatever its encoding is; a pipe closed by its reader is no failure.

    Raises:
        StateError: `output.refused`.
    """
    text = "".join(f"{line}\n" for line in lines)
    encoding = sys.stdout.encoding or "utf-8"
    try:
        sys.stdout.write(text.encode(encoding, "backslashreplace").decode(encoding))
        sys.stdout.flush()
    except BrokenPipeError:
        # what Python still holds must go somewhere when it ends
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise StateError.at("output.refused", "standard output", reason=error.strerror or str(error)) from error
