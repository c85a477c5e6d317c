"""What every store promises, on SQLite and on PostgreSQL; what one of them does its own way is at the end."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import func, inspect, select, text

from ledger.holdings.mark import commitment
from ledger.log.entry import Entry, ListVersion, PurposeCode, StatusBit
from ledger.log.head import open_head
from ledger.log.merkle import leaf_hash, prove_inclusion, verify_consistency, verify_inclusion
from ledger.log.tile import Tile, new_tiles, parse_bundle
from ledger.registry.append import Posting, append
from ledger.store import logs, reading, rows, schema
from ledger.store.desk_schema import DESK
from ledger.store.duplicate import duplicate
from ledger.store.engine import insert_rows, open_engine, writing
from ledger.store.engine import reading as snapshot
from ledger.store.migrate import upgrade
from ledger.store.parties import (
    StoredKey,
    StoredParty,
    StoredRegistry,
    facilities,
    keys,
    parties,
    register_registry,
    registry,
)
from ledger.store.watch import Watch
from ledger.store.whole import rows_of
from ledger.store.writing import grant
from schemas.problem import InputError, MissingError, StateError
from tests.support.registries.postings import digest, log, posting
from tests.support.registries.registry import REGISTRY, Registry, bare_lot, log_each, open_registry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from sqlalchemy import Engine, Table

    from tests.support.registries.databases import Postgresql


@pytest.fixture
def opened(tmp_path: Path, database: str | None) -> Registry:
    return open_registry(tmp_path / "home", database=database)


def test_the_migrations_make_the_tables_that_the_code_knows(opened: Registry) -> None:
    with snapshot(opened.opened.engine) as connection:
        assert compare_metadata(MigrationContext.configure(connection), [schema.METADATA, DESK]) == []  # type: ignore[arg-type] # alembic takes several, its types do not
        rules = inspect(connection).get_check_constraints("holdings")
    assert [(rule["name"], rule["sqltext"]) for rule in rules] == [("ck_holdings_mass", "mass_mg > 0")]


def test_opening_again_changes_nothing_and_loads_no_migration(
    opened: Registry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.store.migrate._run_migrations", pytest.fail)
    upgrade(opened.opened.engine)


@pytest.mark.parametrize(
    ("row", "table"),
    [
        (rows.BatchRow, schema.BATCHES),
        (rows.CertificateRow, schema.CERTIFICATES),
        (rows.HoldingRow, schema.HOLDINGS),
        (rows.OfferRow, schema.OFFERS),
        (rows.DisclosureRow, schema.DISCLOSURES),
        (StoredKey, schema.PARTY_KEYS),
        (StoredRegistry, schema.REGISTRY),
    ],
)
def test_rows_have_the_order_of_their_tables(row: type[rows.BatchRow], table: Table) -> None:
    assert len(row._fields) == len(table.columns)
    for name, column in zip(row._fields, table.columns, strict=True):
        assert name == column.name


@pytest.mark.parametrize("commits", [[1], [1, 1, 1], [255, 1, 1], [256, 256], [100, 200, 300], [600]])
def test_every_entry_is_proven_to_every_head(opened: Registry, commits: list[int]) -> None:
    start = 0
    for number in commits:
        log(opened, range(start, start + number))
        start += number
    with snapshot(opened.opened.engine) as connection:
        notes = connection.scalars(select(schema.HEADS.c.note).order_by(schema.HEADS.c.size)).all()
        heads = [open_head(note, opened.opened.log) for note in notes]
        assert [head.size for head in heads] == [0, *(sum(commits[: n + 1]) for n in range(len(commits)))]
        for head in heads:
            for index in {0, head.size // 3, head.size - 1} & set(range(head.size)):
                path = prove_inclusion(logs.tile_hashes(connection, head.size), index=index, size=head.size)
                leaf = leaf_hash(logs.entry(connection, index))
                verify_inclusion(path, size=head.size, root=head.root, index=index, leaf=leaf)
        for old, new in pairwise(heads[1:]):
            proof = logs.consistency(connection, old_size=old.size, new_size=new.size)
            verify_consistency(proof, old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root)


def test_tiles_and_bundles_are_what_the_tree_says(opened: Registry) -> None:
    log(opened, range(300))
    log(opened, range(300, 600))
    with snapshot(opened.opened.engine) as connection:
        head = logs.latest_head(connection)
        for tile in new_tiles(0, 600):
            content = logs.tile_content(connection, tile, head)
            if tile.level < 0:
                leaves = b"".join(map(leaf_hash, parse_bundle(content, tile)))
                assert leaves == logs.tile_content(connection, Tile(0, tile.index, tile.width), head)
        for missing in (Tile(0, 2, 89), Tile(-1, 2, 89), Tile(1, 0, 3), Tile(0, 3, 1)):
            with pytest.raises(MissingError):
                logs.tile_content(connection, missing, head)


def test_entries_of_one_commit_are_sorted_by_record_digest(opened: Registry) -> None:
    log(opened, range(50))
    with snapshot(opened.opened.engine) as connection:
        digests = connection.scalars(select(schema.RECORDS.c.digest).order_by(schema.RECORDS.c.entry)).all()
    assert digests == sorted(digests)


def test_a_used_mark_refuses_its_request_alone(opened: Registry) -> None:
    log(opened, range(1))
    again = Posting("withdraw", digest("another record"), b"another", marks=(digest(0),))
    both = (posting(1), Posting("withdraw", digest("a third"), b"third", marks=(digest(1),)))
    logged = log_each(opened.opened, (again,), both, (posting(2), posting(3)), (posting(3),))
    assert [refusal and refusal.code for refusal in logged.refused] == [
        "holding.mark-used",
        "holding.mark-used",
        None,
        "holding.mark-used",
    ]
    with snapshot(opened.opened.engine) as connection:
        marks = set(connection.scalars(select(schema.MARKS.c.mark)))
        assert logs.latest_head(connection).size == 3
    assert marks == {digest(0), digest(2), digest(3)}


def test_a_record_without_marks_is_logged_once(opened: Registry) -> None:
    bit = StatusBit(0, 17, PurposeCode.REVOCATION, 1)
    record = Posting("withdraw", digest("withdrawal"), b"withdrawal", bits=(bit,))
    first = log_each(opened.opened, (record,))
    assert Entry.parse(first.entries[record.digest]).bits == (bit,)
    assert log_each(opened.opened, (record,)).refused[0] is not None


def test_a_list_knows_the_size_at_which_it_stands(opened: Registry) -> None:
    log(opened, range(3))
    published = (schema.PUBLISHED, ("status", "revocation/0", 1, digest("list")))
    with append(opened.opened) as transaction:
        size = transaction.head.size
        logged = transaction.log(
            Posting("status", digest("list"), b"list", listed=ListVersion(1, digest("jws")), rows=(published,))
        )
    assert size == 3
    assert logged.places == {digest("list"): 3}
    with snapshot(opened.opened.engine) as connection:
        found = reading.latest_published(connection, "status", "revocation/0")
        assert found is not None
        assert found.text == "list"
        assert reading.latest_published(connection, "trust") is None


def test_proofs_of_a_commit_verify(opened: Registry) -> None:
    log(opened, range(77))
    logged = log_each(opened.opened, *((posting(name),) for name in range(77, 200)))
    head = open_head(logged.head.note, opened.opened.log)
    with snapshot(opened.opened.engine) as connection:
        for record, index in logged.places.items():
            stored = prove_inclusion(logs.tile_hashes(connection, head.size), index=index, size=head.size)
            leaf = leaf_hash(logged.entries[record])
            verify_inclusion(stored, size=head.size, root=head.root, index=index, leaf=leaf)
            assert len(logged.proof(record).path) == len(stored)


def test_what_is_not_there_is_missing(opened: Registry) -> None:
    with snapshot(opened.opened.engine) as connection:
        for ask in (reading.record, reading.certificate, reading.holding, reading.path_of):
            with pytest.raises(MissingError):
                ask(connection, bytes(32))
        with pytest.raises(MissingError):
            logs.entry(connection, 0)
        with pytest.raises(MissingError):
            registry(connection)


def test_parties_are_kept_as_they_were_registered(opened: Registry) -> None:
    did = opened.producer("Ann")
    assert opened.producer("Ann") == did
    with writing(opened.opened.engine) as connection:
        register_registry(connection, StoredRegistry(REGISTRY, "vkey", "did:web:registry.example#s", bytes(32), 5))
        connection.commit()
    with snapshot(opened.opened.engine) as connection:
        assert registry(connection).log_key == "vkey"
        (party,) = parties(connection)
        assert isinstance(party, StoredParty)
        assert (party.issuer.did, party.custodial, party.demo) == (did, True, False)
        assert [owner for owner, _ in facilities(connection).values()] == [did]
        assert [key.party for key in keys(connection)] == [did]


def test_a_path_leads_from_the_root_to_the_holding(opened: Registry) -> None:
    owner = opened.producer("Ann")
    lot = bare_lot(opened, "OX-17", 1_000, owner=owner)
    with snapshot(opened.opened.engine) as connection:
        text_of_root = connection.scalar(select(schema.HOLDINGS.c.text))
        assert text_of_root is not None
        assert reading.path_of(connection, commitment(text_of_root)) == (lot.issuance, 0, (), None)
        assert connection.scalar(select(func.count()).select_from(schema.HOLDINGS)) == 1


def test_a_grant_only_ever_widens(opened: Registry) -> None:
    lot = bare_lot(opened, "OX-17", 1_000, owner=opened.producer("Ann"))
    certificate = rows.CertificateRow(digest("c"), lot.issuance, 0, "urn:uuid:0", 0, 0, "jws")
    with writing(opened.opened.engine) as connection:
        connection.execute(schema.CERTIFICATES.insert().values(certificate._asdict()))
        for audience, seen in (("customer", "customer"), ("partner", "partner"), ("public", "partner")):
            grant(connection, digest("c"), party="did:web:bob.example", audience=audience)  # type: ignore[arg-type]
            assert reading.granted(connection, digest("c"), party="did:web:bob.example") == seen
        assert reading.granted(connection, digest("c"), party="did:web:eve.example") is None


def test_one_snapshot_is_read_and_readers_wait_for_nobody(opened: Registry) -> None:
    with snapshot(opened.opened.engine) as connection:
        assert logs.latest_head(connection).size == 0
        log(opened, range(2))
        assert logs.latest_head(connection).size == 0
    with snapshot(opened.opened.engine) as connection:
        assert logs.latest_head(connection).size == 2


def test_a_writer_waits_for_the_one_before_it_and_sees_what_that_one_wrote(opened: Registry) -> None:
    with ThreadPoolExecutor(1) as pool:
        with writing(opened.opened.engine) as first:
            register_registry(first, StoredRegistry(REGISTRY, "vkey", "did:web:registry.example#s", bytes(32), 5))
            later = pool.submit(_registry_when_writing, opened)
            with pytest.raises(TimeoutError):
                later.result(timeout=0.3)
            first.commit()
        assert later.result(timeout=120).id == REGISTRY


def _registry_when_writing(opened: Registry) -> StoredRegistry:
    with writing(opened.opened.engine) as connection:
        return registry(connection)


def test_what_was_not_committed_is_gone(opened: Registry) -> None:
    with writing(opened.opened.engine) as connection:
        register_registry(connection, StoredRegistry(REGISTRY, "vkey", "did:web:registry.example#s", bytes(32), 5))
    with snapshot(opened.opened.engine) as connection, pytest.raises(MissingError):
        registry(connection)


def test_text_is_in_the_order_of_its_code_points(opened: Registry) -> None:
    names = ["a", "B", "-", "é", "中", "Z", "b", "_"]
    with writing(opened.opened.engine) as connection:
        insert_rows(connection, schema.PARTIES, [(name, "", False, False) for name in names])
        found = connection.scalars(select(schema.PARTIES.c.did).order_by(schema.PARTIES.c.did)).all()
    assert found == sorted(names)


def test_a_mark_stands_once_even_where_nobody_looked(opened: Registry) -> None:
    log(opened, range(1))
    with pytest.raises(StateError) as refused, writing(opened.opened.engine) as connection:
        insert_rows(connection, schema.MARKS, [(digest(0), 0)])
    assert refused.value.code == "store.unwritable"


def test_all_rows_can_be_copied_into_another_database(opened: Registry, tmp_path: Path) -> None:
    owner = opened.producer("Ann")
    bare_lot(opened, "OX-17", 1_000, owner=owner)
    log(opened, range(300))
    other = open_engine(f"sqlite:///{tmp_path / 'copy.db'}")
    upgrade(other)
    duplicate(opened.opened.engine, other)
    with snapshot(opened.opened.engine) as source, snapshot(other) as target:
        for table in schema.METADATA.sorted_tables:
            assert list(rows_of(source, table)) == list(rows_of(target, table)), table.name


# -- SQLite ------------------------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    (tmp_path / "registry.db").write_bytes(b"not a database" * 100)
    with pytest.raises(StateError) as refused:
        upgrade(open_engine(f"sqlite:///{tmp_path / 'registry.db'}"))
    assert refused.value.code == "store.unreadable"


def test_the_connection_to_sqlite_makes_commits_durable(tmp_path: Path) -> None:
    with snapshot(open_registry(tmp_path / "home").opened.engine) as connection:
        pragmas = [
            connection.execute(text(f"PRAGMA {name}")).scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert pragmas == ["wal", 2, 1]


# -- PostgreSQL --------------------------------------------------------------------------------------------------------


def test_a_session_on_a_server_has_its_limits(postgresql: Postgresql) -> None:
    with postgresql.fresh() as url, snapshot(open_engine(url)) as connection:
        found = {
            name: connection.execute(text(f"SHOW {name}")).scalar()
            for name in (
                "statement_timeout",
                "lock_timeout",
                "idle_in_transaction_session_timeout",
                "synchronous_commit",
            )
        }
    assert found == {
        "statement_timeout": "30s",
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "30s",
        "synchronous_commit": "on",
    }


def test_a_weaker_commit_is_made_durable_and_a_stronger_one_is_kept(postgresql: Postgresql) -> None:
    with postgresql.fresh() as url:
        name = url.partition("@/")[2].partition("?")[0]
        for default, used in (("off", "on"), ("remote_apply", "remote_apply")):
            postgresql.run(f"ALTER DATABASE {name} SET synchronous_commit = {default}")
            with snapshot(open_engine(url)) as connection:
                assert connection.execute(text("SHOW synchronous_commit")).scalar() == used


def test_a_server_that_does_not_sync_is_refused(postgresql: Postgresql) -> None:
    with postgresql.fresh() as url:
        try:
            postgresql.run("ALTER SYSTEM SET fsync = off", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.2)")
            with pytest.raises(StateError) as refused, snapshot(open_engine(url)):
                pass
        finally:
            postgresql.run("ALTER SYSTEM RESET fsync", "SELECT pg_reload_conf()", "SELECT pg_sleep(0.2)")
    assert (refused.value.code, refused.value.problems[0].facts["name"]) == ("store.server", "fsync")


def test_a_database_that_can_not_hold_every_text_is_refused(postgresql: Postgresql) -> None:
    made = "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    with postgresql.fresh(made) as url, pytest.raises(StateError) as refused:
        upgrade(open_engine(url))
    assert refused.value.problems[0].facts == {"name": "server_encoding", "found": "LATIN1", "needed": "UTF8"}


def test_text_columns_on_a_server_do_not_depend_on_its_collation(postgresql: Postgresql) -> None:
    asked = (
        "SELECT table_name, column_name FROM information_schema.columns"
        " WHERE table_schema = 'public' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'"
    )
    with postgresql.fresh() as url, snapshot(open_engine(url)) as connection:
        assert connection.execute(text(asked)).all() == []


@pytest.mark.parametrize(
    "url", ["mysql://host/name", "postgresql+asyncpg://host/name", "no address", "postgresql://host:port/x", ""]
)
def test_what_is_no_address_of_a_database_is_refused(url: str) -> None:
    with pytest.raises(InputError) as refused:
        open_engine(url)
    assert refused.value.code == "store.url"


def test_a_server_that_is_not_there_is_told_in_a_sentence(tmp_path: Path) -> None:
    with pytest.raises(StateError) as refused:
        upgrade(open_engine("postgresql://oreprint:s3cret@127.0.0.1:1/oreprint"))
    assert refused.value.code == "store.unreadable"
    assert "Connection refused" in str(refused.value)
    assert "s3cret" not in str(refused.value)


def _write(
    engine: Engine, *, before: Callable[[], None] = lambda: None, before_commit: Callable[[], None] = lambda: None
) -> None:
    with writing(engine) as connection:
        before()
        register_registry(connection, StoredRegistry(REGISTRY, "vkey", "did:web:registry.example#s", bytes(32), 5))
        before_commit()
        connection.commit()


def test_a_commit_whose_outcome_is_not_known_says_so(postgresql: Postgresql) -> None:
    with postgresql.fresh() as url:
        engine = open_engine(url)
        with pytest.raises(StateError) as refused:
            _write(engine, before_commit=postgresql.cut_all)
        assert refused.value.code == "store.in-doubt"
        with pytest.raises(StateError) as refused:
            _write(engine, before=postgresql.cut_all)
        assert refused.value.code == "store.unwritable"
        with snapshot(engine) as connection, pytest.raises(MissingError):
            registry(connection)


def test_a_connection_that_was_cut_while_it_rested_is_replaced_unnoticed(postgresql: Postgresql) -> None:
    with postgresql.fresh() as url:
        engine = open_engine(url)
        watch = Watch(engine)
        for _ in range(3):
            with snapshot(engine) as connection:
                assert not logs.log_started(connection)
            assert watch.token(bytes(32)) is None
            postgresql.cut_all()
