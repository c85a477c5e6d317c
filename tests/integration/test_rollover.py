"""A registry that closes its log and opens the next: what goes on, what ends, and what a crash or another process
leaves, on both databases.
"""

from __future__ import annotations

import shutil
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from itertools import product
from random import Random
from typing import TYPE_CHECKING

import pytest

from ledger.admin import rollover
from ledger.admin.init import init, open_book, status_signer
from ledger.admin.rollover import close_log, logs_of, prepare_next
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.issuing.issue import IssuedRun, issue
from ledger.log.entry import Entry
from ledger.log.head import open_head
from ledger.log.merkle import leaf_hash, root, verify_inclusion
from ledger.log.origin import number_of, origin_of, prefix_of
from ledger.lots.lineage import Lineage
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.digest import digests_bytes, from_base64url
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.logs import entry, last_heads, latest_head, tile_hashes
from ledger.store.reading import used_marks
from ledger.store.whole import rows_of
from ledger.transfers import ship
from ledger.transfers.mirror import public_file
from ledger.trust.pinned import open_trust
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.problem import MissingError, OreprintError
from schemas.trust import TrustFile
from tests.faults.victim import FORKS
from tests.support.http.server import runtime
from tests.support.registries.databases import KINDS, with_tables
from tests.support.registries.example import EXAMPLE, chain, issue_all
from tests.support.registries.lived_in import PASSPHRASE, SEPARATION, TABLES, Life, code_of, copied
from tests.support.registries.postings import posting
from tests.support.registries.registry import Clock, log_each

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from schemas.record import ProductionRecord

RUNS = chain()


@pytest.fixture
def life(tmp_path: Path, database: str | None) -> Life:
    """A registry with nothing but its trust list."""
    return born(tmp_path, database)


@pytest.fixture(scope="module", params=KINDS)
def first(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Life, str | None]]:
    """A registry with the first run of the example, and the address of its database on a server."""
    with ExitStack() as stack:
        kept = request.param == "postgresql" and stack.enter_context(request.getfixturevalue("postgresql").fresh())
        life = born(tmp_path_factory.mktemp("first"), kept or None)
        issue_more(life, RUNS[:1])
        yield life, kept or None


@pytest.fixture
def begun(first: tuple[Life, str | None], tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Life]:
    """A copy of that registry."""
    life, kept = first
    if kept is None:
        yield copied(life, tmp_path / "home")
        return
    with request.getfixturevalue("postgresql").copy(kept) as address:
        yield copied(life, tmp_path / "home", address)


def born(folder: Path, database: str | None) -> Life:
    home, clock = with_tables(Home(folder / "home", database)), Clock()
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    chance = Random(11).randbytes  # noqa: S311 - a test repeats
    registry = init(home, parties, Runtime(clock, chance), passphrase=PASSPHRASE, demo=True)
    return Life(home, registry, clock, status_signer(home, registry.did, passphrase=PASSPHRASE))


def issue_more(life: Life, records: list[ProductionRecord]) -> None:
    for each in issue_all(life.registry, records, TABLES):
        life.keep(each)


def close(life: Life, number: int) -> None:
    close_log(life.home, life.registry, number, passphrase=PASSPHRASE)


def sizes(registry: OpenRegistry) -> list[int]:
    return [each.head.size for each in logs_of(registry)]


def assert_sound(registry: OpenRegistry) -> None:
    """Each head ever signed is of the entries of its log up to it, and no log goes on beyond its end."""
    keys = {each.key.name: each.key for each in logs_of(registry)}
    with reading(registry.engine) as connection:
        lasts = {head.origin: head for head in last_heads(connection)}
        for end, note in rows_of(connection, schema.HEADS):
            last = lasts[note.partition("\n")[0]]
            head = open_head(note, keys[last.origin])
            assert head.size == end - last.first
            assert head.size <= last.size
            assert root(tile_hashes(connection, last.size, first=last.first), head.size) == head.root
            for index in range(head.size):
                Entry.parse(entry(connection, last.first + index))
        assert registry.heads.read() == latest_head(connection).note


# -- what goes on ------------------------------------------------------------------------------------------------------


def test_a_chain_through_three_logs_verifies_and_every_record_of_it_is_audited(life: Life) -> None:
    issue_more(life, RUNS[:5])
    close(life, 1)
    issue_more(life, RUNS[5:9])
    close(life, 2)
    issue_more(life, RUNS[9:])
    found = life.verify("MG-88")
    assert (found.verdict, found.chain.state) == ("genuine", "complete"), found.headline
    assert found.footprint is not None
    assert (found.footprint.recomputed, found.footprint.difference) == ("44.113349603462", "0")
    assert [number_of(each.head.origin) for each in logs_of(life.registry)] == [1, 2, 3]
    heads = [line for line in life.lines("MG-88") if line.startswith(b'{"t":"head"')]
    assert len(heads) == 3
    assert life.faults() == []
    assert_sound(life.registry)


def test_the_last_entry_says_that_the_log_ends_and_the_first_that_the_next_begins(life: Life) -> None:
    issue_more(life, RUNS[:2])
    (before,) = sizes(life.registry)
    close(life, 1)
    assert sizes(life.registry) == [before + 1, 1]
    closing = public_file(life.registry, f"published/{before}").decode()
    opening = public_file(life.registry, "log/2/published/0").decode()
    assert [log.final_size for log in open_trust(closing).listed.registries[0].logs] == [before + 1]
    assert [log.final_size for log in open_trust(opening).listed.registries[0].logs] == [before + 1, None]
    assert TrustFile.from_text(life.home.trust.read_text().rstrip("\n")).note == opening
    with reading(life.registry.engine) as connection:
        times = [Entry.parse(entry(connection, index)).time_ms for index in range(before - 1, before + 2)]
    assert times == sorted(times)
    assert times[1] < times[2], "by times alone all of the next log is later"


def test_what_was_used_named_or_asked_before_stays_so(life: Life) -> None:
    issue_more(life, RUNS[:3])
    close(life, 1)
    again = life.issue(RUNS[0])
    assert again.unchanged
    proof, first = again.proof(), logs_of(life.registry)[0]
    head = open_head(again.head.note, first.key)
    leaf = leaf_hash(from_base64url(proof.entry))
    verify_inclusion(digests_bytes(proof.path), size=head.size, root=head.root, index=proof.index, leaf=leaf)
    renamed = RUNS[0].model_copy(update={"run": "another run"})
    (refused,) = issue(life.registry, [renamed], tables=TABLES)
    assert isinstance(refused, OreprintError)
    assert refused.code == "issue.lot-taken"
    with reading(life.registry.engine) as connection:
        mark, _ = next(iter(rows_of(connection, schema.MARKS)))
        assert used_marks(connection, [mark]) == {mark}
    (no,) = log_each(life.registry, (replace(posting("takes it again"), marks=(mark,)),)).refused
    assert no is not None
    assert no.code == "holding.mark-used"


def test_a_lot_of_a_closed_log_is_withdrawn_in_the_open_one(life: Life) -> None:
    issue_more(life, RUNS[:3])
    assert life.verify("OX-16").verdict == "genuine"
    shown = life.lines("OX-16")
    close(life, 1)
    assert life.judge(shown).verdict == "genuine", "what was shown before is as good as it was"
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="wrong assay", status=life.status)
    assert life.verify("OX-16").verdict == "withdrawn"
    assert life.faults() == []


def test_a_suspension_that_the_next_log_lifts_is_over(life: Life) -> None:
    issue_more(life, RUNS[:7])
    suspend(life.registry, "OX-17", issuer=SEPARATION, reason="assay in doubt", status=life.status)
    life.clock.now += 1000
    close(life, 1)
    lift(life.registry, "OX-17", issuer=SEPARATION, reason="assay confirmed", status=life.status)
    life.clock.now += 1000
    issue_more(life, RUNS[7:])
    found = life.verify("MG-88")
    assert (found.verdict, found.chain.state) == ("genuine", "complete"), found.headline
    assert life.faults() == []


def test_a_lot_is_not_used_while_the_next_log_has_it_suspended_again(
    life: Life, monkeypatch: pytest.MonkeyPatch
) -> None:
    issue_more(life, RUNS[:7])
    suspend(life.registry, "OX-17", issuer=SEPARATION, reason="assay in doubt", status=life.status)
    life.clock.now += 1000
    lift(life.registry, "OX-17", issuer=SEPARATION, reason="assay confirmed", status=life.status)
    close(life, 1)
    suspend(life.registry, "OX-17", issuer=SEPARATION, reason="in doubt again", status=life.status)
    life.clock.now += 1000
    with monkeypatch.context() as looks_away:
        looks_away.setattr(Lineage, "check_usable", lambda _: None)
        looks_away.setattr(ship, "state_of", lambda *_: "standing")
        issue_more(life, RUNS[7:])
    life.clock.now += 1000
    lift(life.registry, "OX-17", issuer=SEPARATION, reason="assay confirmed", status=life.status)
    found = life.verify("MG-88")
    assert found.verdict == "do-not-rely"
    assert "inputs.source-ended" in {check.code for check in found.checks if check.result == "failed"}


def test_each_log_stays_at_its_own_address(life: Life) -> None:
    issue_more(life, RUNS[:2])
    tile = public_file(life.registry, "tile/entries/000.p/3")
    close(life, 1)
    assert public_file(life.registry, "tile/entries/000.p/3") == tile
    logs = logs_of(life.registry)
    for each in logs:
        prefix = prefix_of(each.key.name)
        assert public_file(life.registry, f"{prefix}checkpoint") == each.head.note.encode()
        beyond = f"{prefix}tile/0/000.p/{each.head.size + 1}"
        with pytest.raises(MissingError):
            public_file(life.registry, beyond)
    for path in ("log/3/checkpoint", "log/1/checkpoint", f"published/{logs[0].head.size}"):
        with pytest.raises(MissingError):
            public_file(life.registry, path)


# -- what ends ---------------------------------------------------------------------------------------------------------


def test_a_process_that_had_the_old_log_open_goes_on_with_the_next(life: Life) -> None:
    issue_more(life, RUNS[:1])
    late = open_book(life.home, life.registry.runtime, passphrase=PASSPHRASE)
    bare = OpenRegistry(late.did, late.engine, late.heads, late.log, late.sign_head, late.signers, late.runtime)
    reader = open_book(life.home, life.registry.runtime, passphrase=None)
    close(life, 1)
    ended = logs_of(life.registry)[0]
    for registry, code in ((bare, "home.log-closed"), (reader, "home.locked")):
        assert code_of(partial(log_each, registry, (posting("to the closed log"),))) == code
    (made,) = issue(late, [RUNS[1]], tables=TABLES)
    assert isinstance(made, IssuedRun)
    assert made.head.origin == origin_of(late.did, 2)
    assert logs_of(late)[0] == ended
    assert life.faults() == []


def test_closing_again_closes_nothing_and_another_number_is_refused(life: Life) -> None:
    key = prepare_next(life.home, life.registry, passphrase=PASSPHRASE)
    assert prepare_next(life.home, life.registry, passphrase=PASSPHRASE) == key
    close(life, 1)
    assert logs_of(life.registry)[1].key == key
    known = logs_of(life.registry)
    close(life, 1)
    assert logs_of(life.registry) == known
    assert code_of(lambda: close(life, 3)) == "log.not-open"
    assert not (life.home.path / "keys" / "log-4.pem").exists()


def test_a_copy_from_before_the_log_was_closed_signs_nothing(tmp_path: Path) -> None:
    home = tmp_path / "one"
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    registry = init(Home(home), parties, runtime(), passphrase=PASSPHRASE)
    registry.engine.dispose()
    shutil.copytree(home, tmp_path / "copy")
    close_log(Home(home), registry, 1, passphrase=PASSPHRASE)
    shutil.copy(home / "head", tmp_path / "copy" / "head")  # the head store of both, as a bucket is
    copy = open_book(Home(tmp_path / "copy"), runtime(), passphrase=PASSPHRASE)
    assert code_of(lambda: log_each(copy, (posting("on"),))) == "home.behind-log"
    assert code_of(lambda: close_log(Home(tmp_path / "copy"), copy, 1, passphrase=PASSPHRASE)) == "home.behind-log"


# -- crashes and others at once ----------------------------------------------------------------------------------------


class CrashError(Exception):
    """The process is gone."""


def on_call(number: int, under: Callable[..., object], *, after: bool) -> Callable[..., object]:
    """Return what does as `under` until its call of this number, at or after which the process dies."""
    calls = iter(range(1, 10))

    def called(*args: object, **named: object) -> object:
        if next(calls) != number:
            return under(*args, **named)
        if after:
            under(*args, **named)
        raise CrashError

    return called


BEFORE = [("make_log_key", 1), ("entry_time", 1), ("write", 1), ("turn_over", 1), ("write", 2)]
AFTER = [("keep_head", 1), ("keep_trust", 1)]


def crashed(life: Life, number: int, step: str, call: int, *, after: bool) -> None:
    """Let a process die while it closes a log, at a call of a step or after it."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(rollover, step, on_call(call, getattr(rollover, step), after=after))
        with pytest.raises(CrashError):
            close(life, number)


def everything(registry: OpenRegistry) -> dict[str, list[object]]:
    """Return all rows of a database."""
    with reading(registry.engine) as connection:
        return {table.name: [*rows_of(connection, table)] for table in schema.METADATA.sorted_tables}


def test_a_crash_before_the_commit_leaves_the_log_open(begun: Life) -> None:
    """One crash after another; after each the database is as it was, and a run is issued."""
    runs = iter(RUNS[1:])
    for (step, call), after in product(BEFORE, (False, True)):
        known = everything(begun.registry)
        crashed(begun, 1, step, call, after=after)
        assert everything(begun.registry) == known, (step, call, after)
        issue_more(begun, [next(runs)])
    assert begun.faults() == []
    close(begun, 1)
    issue_more(begun, [next(runs)])
    assert begun.faults() == []
    assert_sound(begun.registry)


def test_a_crash_after_the_commit_leaves_the_next_log_open_and_is_mended(begun: Life) -> None:
    """One crash after another, each while another log is closed."""
    life, runs = begun, iter(RUNS[1:])
    for number, (again, (step, call), after) in enumerate(product((False, True), AFTER, (False, True)), 1):
        case = (step, call, after, again)
        crashed(life, number, step, call, after=after)
        assert [each.closed for each in logs_of(life.registry)] == [True] * number + [False], case
        life.registry.engine.dispose()
        life.registry = open_book(life.home, life.registry.runtime, passphrase=PASSPHRASE)
        assert life.faults() == [], (case, "what a crash leaves, who next opens the registry mends, or is no fault")
        if again:
            close(life, number)
        issue_more(life, [next(runs)])
        close(life, number)
        assert len(logs_of(life.registry)) == number + 1, case
    assert life.faults() == []
    assert life.verify("OX-16").verdict == "genuine"
    assert_sound(life.registry)


def _append_many(path: Path, server: str | None, worker: int, each: int) -> None:
    registry = open_book(Home(path, server), runtime(), passphrase=PASSPHRASE)
    for number in range(each):
        log_each(registry, (posting(f"{worker}/{number}"),), (posting(f"shared {number}"),))


def _close_many(path: Path, server: str | None, most: int) -> None:
    home = Home(path, server)
    registry = open_book(home, runtime(), passphrase=PASSPHRASE)
    for number in range(1, most + 1):
        close_log(home, registry, number, passphrase=PASSPHRASE)


@pytest.mark.parametrize(("each", "closings"), [(20, 4), pytest.param(400, 40, marks=pytest.mark.soak)])
def test_processes_that_append_while_others_close_lose_nothing_and_double_nothing(
    tmp_path: Path, database: str | None, each: int, closings: int
) -> None:
    home = Home(tmp_path / "home", database)
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    registry = init(home, parties, runtime(), passphrase=PASSPHRASE)
    place = (home.path, home.server)
    workers = [FORKS.Process(target=_append_many, args=(*place, n, each)) for n in range(2)]
    workers += [FORKS.Process(target=_close_many, args=(*place, closings)) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    logs = logs_of(registry)
    assert [log.number for log in logs] == list(range(1, closings + 2))
    assert sum(log.head.size for log in logs) == 1 + 2 * closings + 2 * each + each
    assert_sound(registry)


def test_a_process_that_lacks_the_next_logs_key_reads_on_and_signs_nothing(life: Life) -> None:
    issue_more(life, RUNS[:1])
    other = replace(life.home, path=life.home.path.with_name("other"))
    shutil.copytree(life.home.path, other.path)
    late = open_book(replace(life.home, path=other.path), life.registry.runtime, passphrase=PASSPHRASE)
    late = replace(late, engine=life.registry.engine, heads=life.registry.heads)
    close(life, 1)
    assert code_of(partial(log_each, late, (posting("without the key"),))) == "home.key-missing"
    assert [each.closed for each in logs_of(late)] == [True, False]
    shutil.copy(life.home.path / "keys" / "log-2.pem", other.path / "keys")
    assert log_each(late, (posting("with the key"),)).refused == (None,)
