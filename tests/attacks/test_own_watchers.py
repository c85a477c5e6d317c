"""A registry replaces its own watchers: by its next trust list, alone, and nobody who pinned the one before follows."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest

from ledger.log.entry import EntryKind
from ledger.log.vkey import KeyType, VerifierKey, cosign_note, sign_note
from ledger.trust.objections import objection_text, objectors
from ledger.trust.pinned import follow, list_digest, open_trust, sign_trust, succeed
from schemas.document import replace
from schemas.instant import DAY_MS
from schemas.note import Note
from schemas.problem import CheckError, InputError
from schemas.trust import KeyDates, Log, Quorum, Registry, TrustFile, TrustList, Voided
from tests.support.http.javascript import node
from tests.support.worlds.logged_lists import logged
from tests.support.worlds.parties import START_MS, cast, key, vkey

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.support.worlds.parties import Cast

BROWSER: Final = Path(__file__).parents[1] / "golden/browser"
GOOD: Final = ("w1", "w2", "w3", "w4")
DAY: Final = "2026-06-01T00:00:00Z"
SOONER: Final = "2026-05-30T00:00:00Z"
LATER: Final = "2026-06-30T00:00:00Z"


def watchers(*names: str, least: int) -> Quorum:
    return Quorum(least=least, keys=tuple(vkey(name, KeyType.COSIGNATURE).to_text() for name in names))


def ended(name: str, *names: str, least: int, until: str = DAY) -> Quorum:
    """Return a quorum of these, and of one that counts until a day."""
    past = KeyDates(key=vkey(name, KeyType.COSIGNATURE).to_text(), until=until)
    return replace(watchers(*names, least=least), dates=(past,))


def with_log(listed: TrustList, **changed: object) -> TrustList:
    (registry,) = listed.registries
    return with_registry(listed, logs=(replace(registry.logs[0], **changed),))


def pinned() -> Cast:
    """Return a list with four witnesses, of whom three are needed, and a monitor."""
    asked = {"witnesses": watchers(*GOOD, least=3), "monitors": watchers("m1", least=1)}
    return cast(registries=("one.example",)).changed(lambda listed: with_registry(listed, **asked))


def with_registry(listed: TrustList, **changed: object) -> TrustList:
    (registry,) = listed.registries
    return replace(listed, registries=(replace(registry, **changed),))


def following(before: TrustList, after: TrustList, **changed: object) -> str:
    """Return the note of the next list, signed by the key of the list."""
    due = {"number": before.number + 1, "previous": list_digest(before)}
    return sign_trust(replace(after, **(due | changed)), [(vkey("trust.example"), key("trust.example").sign)])


def endorsed(note: str, *names: str) -> str:
    """Return a list that witnesses and monitors have signed, too."""
    opened, time_s = Note.parse(note), START_MS // 1000
    lines = [
        cosign_note(opened.text, vkey(name, KeyType.COSIGNATURE), time_s=time_s, sign=key(name).sign) for name in names
    ]
    return Note(opened.text, (*opened.signatures, *lines)).to_text()


def in_browser(before: str, after: str) -> bool:
    return bool(node("follows.mjs", {"before": before, "after": after}, BROWSER)["follows"])


def code(before: str, after: str | TrustFile) -> str | None:
    """Return why a list doesn't follow, by both verifiers; None where it does.  Watchers have seen it in the log."""
    file = logged(after, *GOOD, "m1") if isinstance(after, str) else after
    try:
        succeed(open_trust(before), file.note, file.logged)
        found = None
    except CheckError as error:
        found = error.code
    assert in_browser(before, file.to_text()) == (found is None)
    return found


def changed_registry(**changed: object) -> Callable[[TrustList], TrustList]:
    return lambda listed: with_registry(listed, **changed)


def other_log(registry: Registry) -> tuple[Log, ...]:
    return (*registry.logs, Log(origin="one.example/log/2", key=vkey("one.example/log/2").to_text()))


HARMFUL: dict[str, Callable[[TrustList], TrustList]] = {
    "all watchers": changed_registry(witnesses=watchers("evil", least=1), monitors=watchers("evil-m", least=1)),
    "nobody": changed_registry(witnesses=watchers(least=0), monitors=watchers(least=0)),
    "the monitor": changed_registry(monitors=watchers("evil-m", least=1)),
    "fewer": changed_registry(witnesses=watchers(*GOOD, least=2)),
    "two of four": changed_registry(witnesses=watchers("w1", "w2", "evil", "evil-2", least=3)),
    "one more": changed_registry(witnesses=watchers(*GOOD, "evil", least=3)),
    "voided": changed_registry(voided=(Voided(origin="one.example/log", index=3),)),
    "a log": lambda listed: with_registry(listed, logs=other_log(listed.registries[0])),
    "a log's key": lambda listed: with_registry(
        listed, logs=(Log(origin="one.example/log", key=replace_key("one.example/log")),)
    ),
    "one more for the past": changed_registry(witnesses=ended("evil", *GOOD, least=3)),
    "status key": lambda listed: with_registry(listed, status_key=cast().listed.registries[1].status_key),
}


def replace_key(name: str) -> str:
    return VerifierKey(name, key("another").public).to_text()


HARMLESS: dict[str, Callable[[TrustList], TrustList]] = {
    "the same": lambda listed: listed,
    "more of them": changed_registry(witnesses=watchers(*GOOD, least=4)),
    "one new, one more needed": changed_registry(witnesses=watchers(*GOOD, "w5", least=4)),
    "one less named": changed_registry(witnesses=watchers("w1", "w2", "w3", least=3)),
    "closed": lambda listed: with_registry(listed, logs=(replace(listed.registries[0].logs[0], final_size=9),)),
    "one ended": changed_registry(witnesses=ended("w4", "w1", "w2", "w3", least=3)),
    "the log's key leaked": lambda listed: with_log(listed, compromised=DAY),
    "renewed": lambda listed: replace(listed, expires="2098-01-01T00:00:00Z"),
}


@pytest.mark.parametrize("name", HARMFUL)
def test_a_harmful_change_is_not_followed(name: str) -> None:
    before = pinned()
    note = following(before.listed, HARMFUL[name](before.listed))
    follow(before.trust, note)  # it is the next list, and signed
    assert code(before.note, note) == "trust.harmful"


@pytest.mark.parametrize("name", HARMLESS)
def test_a_harmless_change_is_followed(name: str) -> None:
    before = pinned()
    assert code(before.note, following(before.listed, HARMLESS[name](before.listed))) is None


def test_who_is_dropped_and_when_is_told() -> None:
    before = pinned()
    with pytest.raises(CheckError) as refused:
        succeed(before.trust, following(before.listed, HARMFUL["all watchers"](before.listed)))
    told = [each.sentence() for each in refused.value.problems]
    assert len(told) == 2
    assert "of 2026-05-28" in told[0]
    assert "w1, w2, w3, w4" in told[0]
    assert "m1" in told[1]


def test_a_registry_is_not_dropped_and_not_added() -> None:
    before, two = pinned(), cast()
    assert (
        code(before.note, following(before.listed, replace(before.listed, registries=two.listed.registries[1:])))
        == "trust.harmful"
    )
    more = replace(before.listed, registries=(*before.listed.registries, two.listed.registries[1]))
    assert code(before.note, following(before.listed, more)) == "trust.harmful"


@pytest.mark.parametrize("name", HARMFUL)
def test_the_quorum_of_before_may_let_it_pass(name: str) -> None:
    before = pinned()
    note = following(before.listed, HARMFUL[name](before.listed))
    agreed, judges = endorsed(note, "w1", "w2", "w3", "m1"), (*GOOD, "m1", "evil", "evil-2", "evil-m")
    assert code(before.note, logged(agreed, *judges)) is None
    assert code(before.note, endorsed(note, "w1", "w2", "m1")) == "trust.harmful", "too few"
    assert code(before.note, endorsed(note, "w1", "w2", "w3")) == "trust.harmful", "no monitor"
    assert code(before.note, endorsed(note, "w1", "w1", "w1", "m1")) == "trust.harmful", "one of them three times"
    assert code(before.note, endorsed(note, "evil", "evil-2", "evil-m")) == "trust.harmful", "of the new ones"


def test_a_wrong_signature_of_one_watcher_takes_nothing_from_the_others() -> None:
    before = pinned()
    note = following(before.listed, HARMFUL["nobody"](before.listed))
    agreed = endorsed(note, "w1", "w2", "w3", "m1")
    wrong = Note.parse(endorsed(following(before.listed, before.listed), "w4")).signatures[-1:]
    opened = Note.parse(agreed)
    assert code(before.note, Note(opened.text, (*opened.signatures, *wrong)).to_text()) is None


def test_an_endorsement_of_another_list_is_none() -> None:
    before = pinned()
    one, other = (following(before.listed, HARMFUL[name](before.listed)) for name in ("nobody", "fewer"))
    lines = Note.parse(endorsed(one, "w1", "w2", "w3", "m1")).signatures[1:]
    forged = Note.parse(other)
    assert code(before.note, Note(forged.text, (*forged.signatures, *lines)).to_text()) == "trust.harmful"


def test_lists_are_followed_one_by_one() -> None:
    before = pinned()
    assert (
        code(before.note, following(before.listed, before.listed, number=before.listed.number + 5)) == "trust.skipped"
    )
    assert code(before.note, following(before.listed, before.listed, previous=None)) == "trust.previous"
    assert (
        code(before.note, following(before.listed, before.listed, previous=list_digest(cast().listed)))
        == "trust.previous"
    )
    assert code(before.note, before.note) == "trust.rollback"


def by_another_key(note: str) -> TrustFile:
    file, origin = logged(note, *GOOD, "m1"), "one.example/log"
    assert file.logged is not None
    checkpoint = Note.parse(file.logged.checkpoint)
    (theirs,) = sign_note(checkpoint.text, vkey(origin), key("another").sign).signatures
    wrong = Note(checkpoint.text, (theirs, *checkpoint.signatures[1:])).to_text()
    return replace(file, logged=replace(file.logged, checkpoint=wrong))


UNPROVEN: dict[str, Callable[[str, str], TrustFile]] = {
    "no proof": lambda note, _: TrustFile(note=note),
    "seen by too few": lambda note, _: logged(note, "w1", "w2", "m1"),
    "seen by no monitor": lambda note, _: logged(note, *GOOD),
    "seen by one of them three times": lambda note, _: logged(note, "w1", "w1", "w1", "m1"),
    "seen by others": lambda note, _: logged(note, "evil", "evil-2", "evil-3", "evil-m"),
    "another list": lambda note, other: logged(note, *GOOD, "m1", entered=other),
    "an entry of another kind": lambda note, _: logged(note, *GOOD, "m1", kind=EntryKind.STATUS_LIST),
    "another log": lambda note, _: logged(note, *GOOD, "m1", origin="two.example/log"),
    "a way to nowhere": lambda note, _: logged(note, *GOOD, "m1", path=["A" * 43]),
    "another key of the log": lambda note, _: by_another_key(note),
}


@pytest.mark.parametrize("name", UNPROVEN)
def test_a_list_that_watchers_have_not_seen_in_the_log_is_not_followed(name: str) -> None:
    """Who got the key of the list makes a harmless version for one reader, which names a party more."""
    before = pinned()
    note, other = (following(before.listed, HARMLESS[each](before.listed)) for each in ("the same", "renewed"))
    assert code(before.note, note) is None
    assert code(before.note, UNPROVEN[name](note, other)) == "trust.unproven"


def test_watchers_who_endorse_a_list_need_not_see_it_in_the_log_that_they_leave() -> None:
    before = pinned()
    note = following(before.listed, HARMFUL["all watchers"](before.listed))
    agreed = endorsed(note, "w1", "w2", "w3", "m1")
    assert code(before.note, logged(agreed, "evil", "evil-m", entered=note)) is None
    assert code(before.note, logged(agreed, "w1", "w2", "w3", "m1", entered=note)) == "trust.unproven"


def test_without_watchers_there_is_nobody_to_lose() -> None:
    pilot = pinned().changed(changed_registry(witnesses=watchers(least=0), monitors=watchers(least=0)))
    note = following(pilot.listed, with_registry(pilot.listed, witnesses=watchers("w1", least=1)))
    assert code(pilot.note, note) is None


THREE: Final = GOOD[:3]
PAST: Final = ended("w4", least=0).dates or ()


@pytest.mark.parametrize(
    ("was", "now", "found"),
    [
        (ended("w4", *THREE, least=3), ended("w4", *THREE, least=3, until=SOONER), None),
        (ended("w4", *THREE, least=3), ended("w4", *THREE, least=3, until=LATER), "trust.harmful"),
        (ended("w4", *THREE, least=3), watchers(*THREE, least=3), None),
        (ended("w4", *THREE, least=3), watchers(*GOOD, least=3), "trust.harmful"),
    ],
    ids=["sooner", "later", "forgotten", "back"],
)
def test_an_end_only_moves_back(was: Quorum, now: Quorum, found: str | None) -> None:
    before = pinned().changed(changed_registry(witnesses=was))
    assert code(before.note, following(before.listed, with_registry(before.listed, witnesses=now))) == found


@pytest.mark.parametrize(
    ("changed", "found"),
    [
        ({"compromised": SOONER}, None),
        ({"compromised": LATER}, "trust.harmful"),
        ({"compromised": None}, "trust.harmful"),
        ({"final_size": 9, "final_root": list_digest(pinned().listed)}, "trust.harmful"),
    ],
    ids=["sooner", "later", "never", "an end that counts"],
)
def test_a_leak_is_not_taken_back(changed: dict[str, object], found: str | None) -> None:
    before = pinned().changed(lambda listed: with_log(listed, compromised=DAY))
    assert code(before.note, following(before.listed, with_log(before.listed, **changed))) == found


@pytest.mark.parametrize(
    "asked",
    [
        ended("w1", *GOOD, least=3),
        replace(watchers(*THREE, least=3), dates=(KeyDates(key=watchers("w4", least=1).keys[0]),)),
        replace(watchers(*THREE, least=3), dates=(*PAST, *PAST)),
    ],
    ids=["ended and in force", "neither", "twice"],
)
def test_dates_that_say_two_things_are_refused(asked: Quorum) -> None:
    note = following(pinned().listed, with_registry(pinned().listed, witnesses=asked))
    with pytest.raises(InputError, match=r"ended|twice"):
        open_trust(note)
    assert not in_browser(pinned().note, note)


def signed_by(listed: TrustList, *names: str) -> str:
    return sign_trust(listed, [(vkey(name), key(name).sign) for name in names])


HOLDERS: Final = ("society.example", "customer.example", "bank.example")


@pytest.mark.parametrize(
    ("signers", "found"),
    [
        (HOLDERS[:2], None),
        (HOLDERS[:1], "1 of the 2 signatures"),
        ((HOLDERS[0],) * 2, "1 of the 2 signatures"),
        ((HOLDERS[0], "ended.example"), "1 of the 2 signatures"),
        (("stranger.example", "ended.example"), "0 of the 2 signatures"),
    ],
    ids=["two", "too few", "one twice", "with an ended one", "strangers"],
)
def test_a_list_needs_so_many_different_holders(signers: tuple[str, ...], found: str | None) -> None:
    ended_key = KeyDates(key=vkey("ended.example").to_text(), until=DAY)
    asked = {"keys": tuple(vkey(name).to_text() for name in HOLDERS), "threshold": 2, "dates": (ended_key,)}
    before = replace(pinned().listed, **asked)
    known = signed_by(before, *HOLDERS)
    note = signed_by(replace(before, number=before.number + 1, previous=list_digest(before)), *signers)
    if found is None:
        assert code(known, note) is None
        return
    assert not in_browser(known, note)
    with pytest.raises((CheckError, InputError)) as refused:
        open_trust(note)
    told = refused.value.problems[0].sentence()
    assert found in told
    assert all(name in told for name in HOLDERS), "who can sign is said"


def test_two_lists_of_one_number_are_told_as_such() -> None:
    before = pinned()
    other = sign_trust(HARMLESS["renewed"](before.listed), [(vkey("trust.example"), key("trust.example").sign)])
    assert code(before.note, other) == "trust.two-versions"


def test_a_holder_that_has_ended_does_not_come_back() -> None:
    listed, ours = pinned().listed, vkey("trust.example")
    back = replace(listed, dates=(KeyDates(key=ours.to_text(), until=DAY),))
    with pytest.raises(InputError, match="has ended"):
        open_trust(following(listed, back))


def objection(listed: TrustList, *names: str, days: int = 0) -> str:
    time_s, text = (START_MS + days * DAY_MS) // 1000, objection_text(listed)
    lines = [cosign_note(text, vkey(name, KeyType.COSIGNATURE), time_s=time_s, sign=key(name).sign) for name in names]
    return Note(text, tuple(lines)).to_text()


def test_a_quorum_of_watchers_of_before_stops_a_version_for_thirty_days() -> None:
    before = pinned().listed
    after = replace(HARMFUL["all watchers"](before), number=before.number + 1, previous=list_digest(before))

    def stopped(*notes: str) -> bool:
        return objectors(before, after, notes)[1]

    assert not stopped(), "silence is no word"
    assert not stopped(objection(after, "w1", "w2"))
    assert not stopped(*[objection(after, "w1")] * 3), "one of them three times"
    assert stopped(objection(after, "w1", "w2"), objection(after, "w3", days=30))
    assert stopped(objection(after, "m1")), "the monitor alone is its quorum"
    for wrong in (objection(after, "evil"), objection(before, "w1"), objection(after, "w1", days=31)):
        with pytest.raises(CheckError, match="does not count"):
            stopped(wrong)
