"""Follow a trust list to its newest version: a record that names an older one counts for nobody who pinned the newer.

Rules: lists are read one by one from ``/trust/N`` of the registries.  The next counts if it follows, weakens nothing,
and is proven to be logged (`ledger.trust.pinned.succeed`).  It is kept, so that nobody goes back.  One that doesn't
follow changes nothing: the last one that was taken goes on judging, and only a person can pin another.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from ledger.files.atomic import write_durably
from ledger.trust.pinned import Trust, open_later, open_trust, succeed
from ledger.trust.registries import TrustedRegistry
from schemas.problem import OreprintError, Problem
from schemas.trust import TrustFile


class FollowedList(NamedTuple):
    """The newest list that follows a pinned one, and what is wrong with a newer one that doesn't."""

    trust: Trust
    problem: Problem | None = None


def follow_list(pinned: Trust, folder: Path, read: Callable[[TrustedRegistry], Callable[[str], bytes]]) -> FollowedList:
    """Return the newest list that follows a pinned one; `folder` keeps it, `read` reads public files of a registry."""
    kept = folder / f"trust-{min(pinned.registries)}.json"
    newest, problem = _kept(pinned, kept), None
    for registry in pinned.registries.values():
        newest, wrong = _walked(newest, read(registry))
        problem = problem or wrong
    if newest is not pinned:
        write_durably(kept, TrustFile(note=newest.notes[0]).to_bytes() + b"\n")
    return FollowedList(newest, problem)


def _kept(pinned: Trust, kept: Path) -> Trust:
    """Return the list that was followed before, step by step, if it is later than the pinned one."""
    with suppress(OreprintError, FileNotFoundError):
        return open_later(pinned, _file(kept.read_bytes()).note)
    return pinned


def _walked(newest: Trust, read: Callable[[str], bytes]) -> tuple[Trust, Problem | None]:
    """Follow the lists that a registry publishes, one by one; return the last, and why the next doesn't follow."""
    # that a registry can't be read is told when its log is; what is no list, or another registry's, is nobody's word
    with suppress(OreprintError):
        while True:
            file = _file(read(f"trust/{newest.listed.number + 1}"))
            if not newest.registries.keys() & open_trust(file.note).registries.keys():
                break
            try:
                newest = succeed(newest, file.note, file.logged)
            except OreprintError as error:
                return newest, error.problems[0]
    return newest, None


def _file(content: bytes) -> TrustFile:
    return TrustFile.from_text(content.rstrip(b"\n"))
