"""No flipped bit goes unnoticed in tables beside the log from which answers are made (records: `test_audit.py`)."""

from __future__ import annotations

from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import LargeBinary, insert, select, update

from ledger.admin.init import refresh_status
from ledger.audit.faults import MOST_FAULTS, Faults
from ledger.audit.served import CHECKED, DIGESTS, LINKS, ON_WORD, check_served
from ledger.carrier.seal import make_seal
from ledger.changes.gs1_keys import identify_lot
from ledger.changes.share import create_share
from ledger.registry.notices import notify
from ledger.registry.pinned import trusted
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store import desk_schema as desk
from ledger.store import schema
from ledger.store.engine import reading, writing
from ledger.store.outbox import forget_notices
from ledger.store.reading import certificate_jws
from ledger.store.recipes import recipe_digest
from ledger.store.seals import keep_seals
from schemas.door import validated
from schemas.requests import ShareRequest
from tests.e2e.terminal import Terminal
from tests.support.registries.auditing import EVA, auditor_of, written
from tests.support.registries.lived_in import PASSPHRASE, Life, a_life, copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Column, Table

    from ledger.audit.faults import Fault

WORKING = {desk.OUTBOX.c.number, desk.OUTBOX.c.planned_ms}
"""Columns that count and plan, and are shown to nobody as a fact."""
COLUMNS = [column for table in CHECKED for column in table.columns if column not in WORKING]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A registry whose chains an auditor has judged, with a seal and a notice."""
    folder = tmp_path_factory.mktemp("life")
    life = a_life(folder / "home", **written(EVA))
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    auditor_of(life, EVA, folder / "eva").round()
    with writing(life.registry.engine) as connection:
        text = str(connection.scalar(select(schema.CERTIFICATES.c.jws)))
        opened = open_certificate(f"{text}~")
        seal = make_seal(opened.record, opened.digest, signer=life.registry.signers[opened.record.issuer.did])
        keep_seals(connection, [(certificate_digest_bytes(opened.digest), seal)])
        notify(connection, party=EVA, kind="test", subject="A", facts={"lot": "A"}, now_ms=1)
        connection.commit()
    assert life.faults() == []
    return life


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def flip(life: Life, column: Column[Any]) -> None:
    """Flip a bit in a column of a table's first row."""
    with writing(life.registry.engine) as connection:
        row = connection.execute(select(column.table)).first()
        assert row is not None, f"no row in {column.table.name}"
        here = [each == row._mapping[each.name] for each in column.table.primary_key]
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(
            update(column.table).where(*here).values({column.name: flipped(column, row._mapping[column.name])})
        )
        connection.commit()


def flipped(column: Column[Any], value: Any) -> Any:  # noqa: ANN401 - of the column's type
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1, *value[1:]])
    return value ^ 64 if isinstance(value, int) else chr(ord(value[0]) ^ 1) + value[1:]


def test_each_table_is_checked_or_on_the_registrys_word() -> None:
    """A new table of the desk is checked by `ledger.audit.served`, or named there among the others."""
    assert {table.name for table in CHECKED} | ON_WORD == set(desk.DESK.tables)
    assert ON_WORD.isdisjoint(table.name for table in CHECKED)
    assert {column.table.name for columns, _ in LINKS for column in columns} <= ON_WORD
    assert {column.table.name for column, _, _ in DIGESTS} <= ON_WORD


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_flipped_bit_is_found(column: Column[Any], life: Life) -> None:
    flip(life, column)
    assert life.faults(), f"{column} was changed"


@pytest.mark.parametrize(
    "column",
    [
        desk.AUDIT_TILES.c.hashes,
        desk.OUTBOX.c.facts,
        schema.TILES.c.hashes,
        schema.RECORDS.c.content,
        schema.HEADS.c.note,
    ],
    ids=str,
)
def test_doctor_finds_what_the_audit_finds(
    column: Column[Any], life: Life, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    terminal = Terminal(monkeypatch, capsys)
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    flip(life, column)
    for command in ("audit", "doctor"):
        done = terminal.run(command, "--home", str(life.home.path))
        assert done.code not in {0, None}, command
        assert column.table.name in done.out + done.err


@pytest.mark.parametrize("table", CHECKED[:2], ids=lambda table: str(table.name))
def test_a_row_that_is_gone_is_found(table: Table, life: Life) -> None:
    with writing(life.registry.engine) as connection:
        connection.execute(table.delete())
        connection.commit()
    assert life.faults()


def test_a_notice_that_was_emptied_is_no_fault(life: Life) -> None:
    with writing(life.registry.engine) as connection:
        connection.execute(update(desk.OUTBOX).values(planned_ms=1))
        forget_notices(connection, before_ms=1 << 50)
        connection.commit()
    assert life.faults() == []


LED_BY: Final = [
    *(column for content, digest, _ in DIGESTS for column in (content, digest)),
    *(desk.SHARES.c.party, desk.SHARES.c.certificate, desk.REPLACEMENTS.c.successor, desk.REPLACEMENTS.c.lot),
    *(desk.GS1_PATHS.c.path, desk.GS1_PATHS.c.issuance, desk.GS1_PATHS.c.output),
]
"""Columns of the desk that decide what a link or a page leads to, or that have a digest."""


def test_what_a_link_leads_to_and_what_has_a_digest_is_checked(life: Life) -> None:
    registry = life.registry
    lot, other = list(life.digests)[:2]
    owner = open_certificate(f"{_jws(life, lot)}~").record.issuer.did
    wanted = validated(ShareRequest, {"lot": life.digests[lot], "recipient": "Motor Works", "audience": "customer"})
    create_share(registry, wanted, party=owner, origin="https://one.example")
    identify_lot(registry, life.digests[lot], party=owner, gtin="04006381333931")
    content = '{"recipe":"A","version":1}'
    blank = {"party": EVA, "author": "local", "at_ms": 1, "name": "A"}
    digests = [certificate_digest_bytes(life.digests[each]) for each in (lot, other)]
    rows = (
        (desk.REPLACEMENTS, {"certificate": digests[0], "successor": digests[1], "lot": other, "at_ms": 1}),
        (desk.RECIPES, {**blank, "version": 1, "content": content, "digest": recipe_digest(content), "state": "draft"}),
        (desk.UPLOADS, {**blank, "id": "1", "digest": sha256(b"a").digest(), "content": b"a", "told": "{}"}),
        (desk.APPROVALS, {"id": "1", "party": EVA, "verb": "issue", "author": "a", "subject": "", "series": "", "parts": "{}",
                          "bound": sha256(b"{}").digest(), "asked_ms": 1, "state": "waiting", "note": ""}),
    )  # fmt: skip
    with writing(registry.engine) as connection:
        for table, row in rows:
            connection.execute(insert(table).values(row))
        connection.commit()
    assert served_faults(life) == []
    for column in LED_BY:
        with undone(life, column):
            assert served_faults(life), f"{column} was changed"
    with writing(registry.engine) as connection:
        connection.execute(update(desk.GS1_PATHS).values(path=f"/01/04006381333931/10/{other}"))
        connection.commit()
    assert len(served_faults(life)) == 1


def _jws(life: Life, lot: str) -> str:
    with reading(life.registry.engine) as connection:
        return certificate_jws(connection, certificate_digest_bytes(life.digests[lot]))


def served_faults(life: Life) -> list[Fault]:
    """Return what is wrong beside the log."""
    faults = Faults(MOST_FAULTS)
    with reading(life.registry.engine) as connection:
        check_served(connection, trusted(life.registry), faults)
    return faults.found


@contextmanager
def undone(life: Life, column: Column[Any]) -> Iterator[None]:
    """Flip a bit in a column, and put the row back at the end."""
    with writing(life.registry.engine) as connection:
        row = connection.execute(select(column.table)).first()
    assert row is not None
    flip(life, column)
    yield
    with writing(life.registry.engine) as connection:
        connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
        connection.execute(update(column.table).values(row._asdict()))
        connection.commit()


def test_a_row_that_names_what_is_not_here_is_found(life: Life) -> None:
    row = {"certificate": bytes(32), "successor": bytes(32), "lot": "A", "at_ms": 1}
    with writing(life.registry.engine) as connection:
        connection.execute(insert(desk.REPLACEMENTS).values(row))
        connection.commit()
    assert len(life.faults()) == 2
