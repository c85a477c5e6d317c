"""Follow a trust list to its newest version: a record that names an older one counts for nobody who pinned the newer.

Rules: a newer list counts if the keys of the one before it signed it, too (`ledger.trust.pinned.succeed`).  It is
looked for where the registries publish it, and kept, so that it never goes back.  One that doesn't follow changes
nothing: only a person can pin it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ledger.files.atomic import write_durably
from ledger.trust.pinned import Trust, TrustedRegistry, open_trust, succeed
from schemas.problem import OreprintError, Problem
from schemas.trust import TrustFile


class FollowedList(NamedTuple):
    """The newest list that follows a pinned one, and what is wrong with a newer one that doesn't."""

    trust: Trust
    problem: Problem | None = None


def follow_list(pinned: Trust, folder: Path, read: Callable[[TrustedRegistry], Callable[[str], bytes]]) -> FollowedList:
    """Return the newest list that follows a pinned one; `folder` keeps it, `read` reads public files of a registry."""
    newest, problem = pinned, None
    kept = folder / f"trust-{min(pinned.registries)}.json"
    for note in _offered(pinned, kept, read):
        with suppress(OreprintError):  # what is no trust list, or ends one with another registry's, is nobody's word
            found = open_trust(note)
            if found.listed.number > newest.listed.number and pinned.registries.keys() & found.registries.keys():
                try:
                    newest, problem = succeed(newest, note), None
                except OreprintError as error:
                    problem = error.problems[0]
    if newest is not pinned:
        write_durably(kept, TrustFile(note=newest.notes[0]).to_bytes() + b"\n")
    return FollowedList(newest, problem)


def _offered(pinned: Trust, kept: Path, read: Callable[[TrustedRegistry], Callable[[str], bytes]]) -> Iterator[str]:
    """Yield the list that was kept, and those that the registries publish now."""
    with suppress(OreprintError, FileNotFoundError):
        yield _note(kept.read_bytes())
    for registry in pinned.registries.values():
        with suppress(OreprintError):  # that a registry can't be read is told when its log is
            yield _note(read(registry)("trust.json"))


def _note(content: bytes) -> str:
    return TrustFile.from_text(content.rstrip(b"\n")).note
