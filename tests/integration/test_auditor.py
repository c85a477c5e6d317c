"""An auditor over a real registry: what it finds right is what a whole verification finds right, whatever happens to
the registry, to its own memory and to its process.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import re
import shutil
import sqlite3
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.init import refresh_status
from ledger.auditing.auditor import MEMORY, Auditor, apart
from ledger.bundles.build import bundle_lines, step_lines
from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.issuing.correct import correct
from ledger.seal.audit import open_audit
from ledger.seal.digest import certificate_digest_text
from ledger.store.audited import audits_of
from ledger.store.engine import reading
from ledger.store.reading import newest_certificates
from ledger.tables import release_digest
from schemas.audit import AuditLeaf, AuditState
from schemas.document import replace as changed
from schemas.problem import CheckError, StateError
from tests.support.registries.auditing import EVA, FAY, auditor_of, signer_of, written
from tests.support.registries.example import record
from tests.support.registries.lived_in import (
    MAGNET_MAKER,
    PASSPHRASE,
    SEPARATION,
    TABLES,
    Life,
    a_birth,
    a_life,
    copied,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.no_cover
ALLOY_RUN, MAGNET_RUN = "12-SC-2026-05", "13-MAG-2026-06"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The example with two auditors; a run was corrected, and another undone and made anew of what came back."""
    life = a_life(tmp_path_factory.mktemp("life") / "home", **written(EVA, FAY))
    outputs = tuple(each.model_copy(update={"description": "corrected"}) for each in record(ALLOY_RUN).outputs)
    wanted = record(ALLOY_RUN).model_copy(update={"outputs": outputs})
    life.keep(correct(life.registry, wanted, tables=TABLES, status=life.status))
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    again = record(MAGNET_RUN)
    outputs = tuple(each.model_copy(update={"lot": f"{each.lot}-2"}) for each in again.outputs)
    life.issue(again.model_copy(update={"outputs": outputs, "run": f"{again.run}-2"}))
    return life


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def fresh(life: Life) -> Life:
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    return life


def newest(life: Life, did: str = EVA) -> dict[str, AuditState]:
    """Return what the newest record of an auditor says, by the digest of the certificate."""
    with reading(life.registry.engine) as connection:
        audit = audits_of(connection, did)[0]
        rows = connection.exec_driver_sql("SELECT record, leaf FROM audit_leaves").all()
    found = [AuditLeaf.parse(bytes(leaf)) for of, leaf in rows if bytes(of) == audit.record]
    return {certificate_digest_text(each.certificate): each.state for each in found}


def genuine(life: Life) -> set[str]:
    """Return the certificates that a verification of the whole chain finds genuine, complete and without difference."""
    with reading(life.registry.engine) as connection:
        digests = list(map(certificate_digest_text, newest_certificates(connection, 1000)))
    found = set()
    for digest in digests:
        report = life.judge(list(bundle_lines(life.registry, digest, audience="auditor")))
        if report.verdict == "genuine" and report.chain.state == "complete":
            assert report.footprint is not None
            assert report.footprint.difference == "0"
            found.add(digest)
    return found


def test_what_an_auditor_finds_right_is_what_a_whole_verification_finds_genuine(life: Life, tmp_path: Path) -> None:
    found = auditor_of(fresh(life), EVA, tmp_path / "eva").round()
    assert (found.judged, found.waiting, found.refused) == (17, {}, 0)
    right = newest(life)
    assert set(right) == genuine(life)
    assert set(right.values()) == {AuditState.RIGHT}
    assert found.right == len(right) == 16
    assert life.faults() == [], "an audit of the home finds the record in order"


def test_two_auditors_find_the_same_inside(life: Life, tmp_path: Path) -> None:
    for did in (EVA, FAY):
        auditor_of(fresh(life), did, tmp_path / did[8:11]).round()
    with reading(life.registry.engine) as connection:
        rows = connection.exec_driver_sql("SELECT certificate, leaf FROM audit_leaves ORDER BY certificate").all()
    assert len(rows) == 2 * len({bytes(certificate) for certificate, _ in rows})
    assert len({bytes(leaf) for _, leaf in rows}) == len(rows) // 2


@pytest.mark.parametrize("change", [withdraw, suspend])
def test_what_ended_upstream_ends_all_that_was_made_of_it(
    life: Life, tmp_path: Path, change: Callable[..., object]
) -> None:
    auditor = auditor_of(fresh(life), EVA, tmp_path / "eva")
    auditor.round()
    before = newest(life)
    change(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    auditor.round()
    after = newest(life)
    assert set(after) == genuine(fresh(life))
    assert life.digests["OX-16"] not in after
    assert life.digests["MG-88-2"] not in after
    assert 1 < len(after) < len(before) - 2
    if change is suspend:
        lift(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
        auditor.round()
        assert newest(life) == before


def test_an_auditor_that_comes_late_finds_what_one_from_the_beginning_found(life: Life, tmp_path: Path) -> None:
    suspend(life.registry, "OX-17", issuer=SEPARATION, reason="a test", status=life.status)
    late = auditor_of(fresh(life), EVA, tmp_path / "eva")
    late.round()
    assert set(newest(life)) == genuine(life)
    lift(life.registry, "OX-17", issuer=SEPARATION, reason="a test", status=life.status)
    late.round()
    assert set(newest(life)) == genuine(fresh(life))


def test_a_stopped_auditor_goes_on_and_a_lost_memory_is_judged_again(life: Life, tmp_path: Path) -> None:
    auditor = auditor_of(fresh(life), EVA, tmp_path / "eva")
    first, second = auditor.round(), auditor_of(life, EVA, tmp_path / "eva").round()
    assert (first.judged, second.judged, second.right) == (17, 0, first.right)
    shutil.rmtree(tmp_path / "eva")
    life.clock.now += 10 * 60_000
    third = auditor_of(life, EVA, tmp_path / "eva").round()
    assert (third.judged, third.right) == (17, first.right)
    numbers = [each.record.number for each in (first, second, third) if each.record]
    assert numbers == sorted(set(numbers))
    assert len(numbers) == 3


def test_rules_that_a_trust_list_dropped_are_judged_again_and_those_of_now_must_be_accepted(
    life: Life, tmp_path: Path
) -> None:
    auditor = auditor_of(fresh(life), EVA, tmp_path / "eva")
    auditor.round()
    with sqlite3.connect(tmp_path / "eva" / MEMORY) as memory:  # as an earlier release would have left it
        memory.execute("UPDATE steps SET rules = 'of-another-release'")
    assert auditor.round().judged == 17
    listed = auditor.registry.listed
    assert listed.auditors is not None
    assert listed.auditors.rules == (release_digest(),)
    other = changed(listed, auditors=changed(listed.auditors, rules=("A" * 43,)))
    with pytest.raises(StateError) as refused:
        replace(auditor, registry=replace(auditor.registry, listed=other)).round()
    assert refused.value.code == "auditor.rules"


def test_a_key_that_is_dated_back_ends_what_it_signed_and_what_was_made_of_that(life: Life, tmp_path: Path) -> None:
    auditor = auditor_of(fresh(life), EVA, tmp_path / "eva")
    auditor.round()
    before = set(newest(life))
    keys = {
        kid: replace(key, until=key.since + 1) if key.party.did == SEPARATION else key
        for kid, key in auditor.trust.keys.items()
    }
    replace(auditor, trust=replace(auditor.trust, keys=keys)).round()
    after = set(newest(life))
    assert life.digests["OX-16"] in before - after
    assert life.digests["MG-88-2"] in before - after
    assert life.digests["CON-07"] in after


def test_a_step_that_is_not_shown_whole_waits_and_gets_no_leaf(life: Life, tmp_path: Path) -> None:
    fresh(life)
    first, *rest = apart(b"".join(step_lines(life.registry, 0, most=100, most_bytes=10**9)))
    bare = [re.sub(rb'("certificate":"[^~"]+~)[^"]*"', rb'\1"', line) for line in first]
    answers = iter([b"".join(itertools.chain(bare, *rest)), b""])
    auditor = auditor_of(life, EVA, tmp_path / "eva", steps=lambda _after, _most: next(answers, b""))
    found = auditor.round()
    assert found.refused == 0
    assert (found.waiting["auditor.whole"], found.waiting["auditor.upstream"] > 5) == (1, True)
    again = auditor_of(life, EVA, tmp_path / "eva").round()
    assert again.waiting == {}
    assert set(newest(life)) == genuine(life)


def test_a_log_that_is_wrong_stops_everything(life: Life, tmp_path: Path) -> None:
    auditor = auditor_of(fresh(life), EVA, tmp_path / "eva")
    public = auditor.read(auditor.registry)

    def altered(path: str) -> bytes:
        content = public(path)
        return content[:-1] + bytes([content[-1] ^ 1]) if path.startswith("tile/entries/") else content

    with pytest.raises(CheckError):
        replace(auditor, read=lambda _: altered).round()
    with reading(life.registry.engine) as connection:
        assert audits_of(connection, EVA) == []


# -- crashes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Recorded:
    """A key that writes down everything that it signs, before it does."""

    folder: Path

    @property
    def kid(self) -> str:
        return signer_of(EVA).kid

    @property
    def public(self) -> bytes:
        return signer_of(EVA).public

    def sign(self, message: bytes) -> bytes:
        with (self.folder / "signed").open("ab") as file:
            file.write(message + b"\n")
        return signer_of(EVA).sign(message)


def _traced(auditor: Auditor, act: Callable[[int], None]) -> None:
    """Make a round, and act before each line of those that make, keep and send a record, told its number."""
    names = {"_record", "_send", "_send_unsent", "reserve", "sent", "_outgoing", "last_record"}
    numbers = itertools.count(1)

    def lines(frame: Any, event: str, _: object) -> Any:  # noqa: ANN401 - as `sys.settrace` wants it
        if event == "line":
            act(next(numbers))
        return lines

    before = sys.gettrace()
    sys.settrace(lambda frame, _event, _: lines if frame.f_code.co_name in names else None)
    try:
        auditor.round()
    finally:
        sys.settrace(before)


def _killed(auditor: Auditor, at: int) -> None:
    """Make a round that is killed at the line `at`; exit 7 where it ends."""
    _traced(auditor, lambda number: os._exit(9) if number == at else None)
    os._exit(7)


def _on_disk(*folders: Path) -> dict[Path, bytes]:
    """Return all that a process leaves when it dies now."""
    files = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    return {path: path.read_bytes() for path in files if not path.name.endswith("-shm")}


def _lines_that_tell(auditor: Auditor, home: Path) -> tuple[list[int], int]:
    """Return each line at which something else lies on disk than at the one before, and how many lines there are. Who
    dies at a line between leaves what the one before it leaves.
    """
    found: list[dict[Path, bytes]] = []
    _traced(auditor, lambda _: found.append(_on_disk(auditor.folder, home)))
    count = len(found)
    return [1, *(at + 1 for at in range(1, count) if found[at] != found[at - 1]), count], count


@pytest.mark.slow
def test_no_number_is_signed_twice_wherever_the_process_dies(tmp_path: Path) -> None:
    life = a_birth(tmp_path / "home", **written(EVA))
    life.issue(record("01-BEN-2026-01"))
    fresh(life)

    def auditor(name: str) -> Auditor:
        folder = tmp_path / name
        folder.mkdir()
        return replace(auditor_of(life, EVA, folder), signer=Recorded(folder))

    def goes_on(auditor: Auditor, told: str) -> None:
        auditor.round()
        auditor.round()
        texts = (auditor.folder / "signed").read_text().splitlines()
        records = [open_audit(f"{text}.{'A' * 86}").record for text in texts]
        assert len({each.number for each in records}) == len(set(texts)), told
        assert not list(auditor.folder.glob("record-*"))
        life.clock.now += 10 * 60_000

    goes_on(auditor("eva-first"), "not killed")
    lines, count = _lines_that_tell(whole := auditor("eva-whole"), life.home.path)
    goes_on(whole, "not killed")
    assert count > 30
    assert len(lines) > 10
    for at in lines:
        killed = auditor(f"eva-{at}")
        life.registry.engine.dispose()
        process = multiprocessing.get_context("fork").Process(target=_killed, args=(killed, at))
        process.start()
        process.join(60)
        assert process.exitcode == 9
        goes_on(killed, f"killed at line {at} of {count}")
