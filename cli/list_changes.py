"""Show what a trust list changes, and have a person agree before it is signed or taken."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import typer

from cli.terminal import printable, tell
from schemas.problem import InputError, Problem, Sentence

if TYPE_CHECKING:
    from ledger.trust.changes import TrustChange
    from ledger.trust.pinned import Trust


def change_line(change: TrustChange, *, to_come: bool = False) -> str:
    """Return a change of a trust list as a line, done or still to come."""
    word = (
        {"added": "Add", "changed": "Change", "removed": "Remove"}[change.kind] if to_come else change.kind.capitalize()
    )
    match change.kind:
        case "added":
            return f"{word}: {change.what} {change.name}: {change.now}"
        case "changed":
            return f"{word}: {change.what} {change.name}: {change.now}; before: {change.was}"
        case "removed":
            return f"{word}: {change.what} {change.name}; before: {change.was}"


def readers_refuse(harm: Iterable[Problem]) -> list[Problem]:
    """Return what an operator must know of changes that readers don't take by themselves."""
    return [Problem.at("list.readers-refuse", each.place, reason=Sentence(dict(each.facts)["reason"])) for each in harm]


def agree(
    changed: Sequence[TrustChange],
    harm: Sequence[Problem],
    question: str,
    *,
    yes: bool,
    as_json: bool,
    code: str = "list.agree",
) -> None:
    """Show changes, and have a person agree to them; raise InputError `code` where nobody can be asked."""
    if not as_json:
        tell([printable(change_line(change, to_come=True)) for change in changed])
        tell([printable(each.sentence()) for each in harm])
    if yes:
        return
    if as_json or not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise InputError.at(code, "--yes", count=len(changed))
    typer.confirm(question, abort=True, err=True)


def differences(known: Trust, note: str) -> tuple[list[TrustChange], list[Problem]]:
    """Return what the next version of a list changes, and which of it readers don't take by themselves.

    Raises:
        CheckError: `trust.rollback`, `trust.skipped`, `trust.previous`; InputError: `trust.form`, `document.*`.
    """
    from ledger.trust.changes import changes, signed_facts
    from ledger.trust.pinned import check_next, harm_in, proposed_list

    listed = proposed_list(note)
    check_next(known, listed)
    return changes(signed_facts(known.listed), signed_facts(listed)), harm_in(known.listed, note)
