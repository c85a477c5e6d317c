"""Print the output of commands: one JSON document, or plain sentences."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable

from cli.terminal import tell
from schemas.problem import Problem


def print_json(document: object) -> None:
    """Print one JSON document on stdout, names in their own scripts."""
    tell([json.dumps(document, ensure_ascii=False, indent=2)])


def reply(document: object, *lines: str, as_json: bool) -> None:
    """Print a command's answer: one JSON document where that was asked, or lines for people."""
    if as_json:
        print_json(document)
    else:
        tell(lines)


def as_document(problem: Problem) -> dict[str, str]:
    """Return what is wrong somewhere as a document has it."""
    return {"code": problem.code, "place": problem.place, "sentence": problem.sentence()}


def warn(problems: Iterable[Problem]) -> list[dict[str, str]]:
    """Print warnings on stderr. Return them in the form of a JSON document."""
    return warn_of(map(as_document, problems))


def warn_of(documents: Iterable[dict[str, str]]) -> list[dict[str, str]]:
    """Print warnings, given as documents, on stderr. Return them."""
    told = list(documents)
    for each in told:
        print(f"oreprint: warning: {each['sentence']} [{each['code']}]", file=sys.stderr)
    return told
