"""An auditor follows a trust list to its newest version, and nobody leads it elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.auditing.lists import follow_list
from ledger.trust.pinned import list_digest, sign_trust
from schemas.document import replace
from schemas.problem import StateError
from schemas.trust import Quorum, TrustFile
from tests.support.worlds.logged_lists import logged
from tests.support.worlds.parties import Cast, cast, key, vkey

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.trust.pinned import Trust
    from ledger.trust.registries import TrustedRegistry
    from schemas.trust import TrustList


def published(note: str) -> bytes:
    file = TrustFile(note=note) if note.startswith("no note") else logged(note)
    return file.to_bytes() + b"\n"


def newer(by: int = 1) -> Cast:
    """Return the list that follows by so many steps."""
    found = cast()
    for _ in range(by):
        found = found.changed(lambda listed: replace(listed, number=listed.number + 1, previous=list_digest(listed)))
    return found


def by_others(listed: TrustList) -> str:
    """Return a newer list that only keys of somebody else signed."""
    other = vkey("other.example")
    theirs = replace(listed, number=listed.number + 1, keys=(other.to_text(),))
    return sign_trust(theirs, [(other, key("other.example").sign)])


def answering(*contents: bytes) -> Callable[[TrustedRegistry], Callable[[str], bytes]]:
    """Return what reads these as the versions after the pinned one, from each registry alike."""
    answers = {f"trust/{number}": content for number, content in enumerate(contents, cast().listed.number + 1)}

    def file(path: str) -> bytes:
        if path not in answers:
            raise StateError.at("publish.away", where="here", reason="it is away")
        return answers[path]

    return lambda _: file


def followed(folder: Path, *contents: bytes, pinned: Trust | None = None) -> tuple[int, str | None]:
    found = follow_list(pinned or cast().trust, folder, answering(*contents))
    return found.trust.listed.number - cast().listed.number, found.problem and found.problem.code


def test_a_newer_list_is_followed_and_never_goes_back(tmp_path: Path) -> None:
    assert followed(tmp_path) == (0, None), "nobody answers"
    assert followed(tmp_path, published(newer().note)) == (1, None)
    assert followed(tmp_path) == (1, None), "it was kept"
    assert followed(tmp_path, published(cast().note)) == (1, None), "an older one changes nothing"
    assert followed(tmp_path, *(published(newer(by).note) for by in (1, 2, 3))) == (3, None)
    assert followed(tmp_path, pinned=newer(5).trust) == (5, None), "what is pinned by hand goes first"


def test_a_list_that_does_not_follow_is_told_and_changes_nothing(tmp_path: Path) -> None:
    assert followed(tmp_path, published(by_others(cast().listed))) == (0, "trust.threshold")
    assert followed(tmp_path) == (0, None)
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_nobody_else_has_seen_changes_nothing(tmp_path: Path) -> None:
    assert followed(tmp_path, TrustFile(note=newer().note).to_bytes()) == (0, "trust.unproven")


def test_a_version_that_is_not_there_is_not_skipped(tmp_path: Path) -> None:
    assert followed(tmp_path, published(newer(3).note)) == (0, "trust.skipped")
    assert followed(tmp_path, b"", published(newer(2).note)) == (0, None)


def test_a_list_that_drops_the_watchers_does_not_judge(tmp_path: Path) -> None:
    nobody = Quorum(least=0, keys=())

    def without(listed: TrustList) -> TrustList:
        registries = tuple(replace(each, witnesses=nobody, monitors=nobody) for each in listed.registries)
        return replace(listed, registries=registries)

    assert followed(tmp_path, published(newer().changed(without).note)) == (0, "trust.harmful")


@pytest.mark.parametrize(
    "content",
    [b"", b"{}", b"\xff", b"{" * 10_000, b'{"note": "x"}', published("no note\n"), b"x" * 3_000_000],
    ids=["empty", "no member", "not text", "deep", "short", "no note", "oversized"],
)
def test_what_is_no_list_changes_nothing(tmp_path: Path, content: bytes) -> None:
    assert followed(tmp_path, content) == (0, None)


def test_a_list_of_other_registries_changes_nothing(tmp_path: Path) -> None:
    elsewhere = cast(registries=("one.example-audits", "0ne.example")).changed(lambda listed: replace(listed, number=9))
    assert followed(tmp_path, published(elsewhere.note)) == (0, None)
