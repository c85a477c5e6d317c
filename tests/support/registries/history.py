"""A home in which everything has happened that can happen, and every change of a value in its database."""

from __future__ import annotations

import json
import shutil
import sqlite3
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import Boolean, Column, Table

from ledger.admin.init import init, refresh_status, status_signer
from ledger.admin.rollover import close_log
from ledger.changes.attest import attest
from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, own_lot, suspend, withdraw
from ledger.issuing.issue import IssuedRun, issue
from ledger.lots.lineage import lineage
from ledger.registry.folder import Home
from ledger.registry.registry import OpenRegistry, Runtime
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.reading import certificate
from ledger.tables import shipped_tables
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.door import JsonValue, parse_document, validated
from schemas.parties import Parties
from schemas.requests import AttestationRequest
from tests.support.registries.databases import with_tables
from tests.support.registries.example import EXAMPLE, chain, issue_all
from tests.support.registries.registry import Clock
from tests.support.worlds.blends import blend, read, written
from tests.support.worlds.kilns import elsewhere, kiln

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.seal.signer import SoftwareSigner

TABLES = shipped_tables()


PASSPHRASE = b"a passphrase"


LATE, VERIFIER = "did:web:late.example", "did:web:verifier.example"


PLANT_OF_LATE = "https://late.example/plants/1"


SMELTER, MAGNET_MAKER = "did:web:metal-a.example", "did:web:magnet-maker.example"


SEPARATOR = "did:web:separation-a.example"


MINE, RECYCLER = "did:web:north-concentrate.example", "did:web:recycling-a.example"


RUNS = ("BEN-2026-01", "CRK-2026-02", "SCR-2026-02", "REC-2026-03")
"""The runs of the example in the first log: two chains of two."""


KG = 10**6


def a_history(folder: Path, database: str | None = None) -> Home:
    """Make a home in which everything has happened that can happen, with few runs; its database is there, or at the
    address `database`.
    """
    home, runtime = with_tables(Home(folder, database)), world(7)
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    registry = init(home, parties, runtime, passphrase=PASSPHRASE, demo=True)
    issue_all(registry, [each for each in chain() if each.run in RUNS], TABLES)
    refresh_status(home, registry, passphrase=PASSPHRASE)
    close_log(home, registry, 1, passphrase=PASSPHRASE)
    registry = init(home, with_one_more(parties), runtime, passphrase=PASSPHRASE)
    blends(registry, parties)
    shared_heat(registry, parties)
    shipments(registry)
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    withdraw(registry, "RX-04", issuer=RECYCLER, reason="a test", status=status)
    suspend(registry, "RC-11", issuer=MINE, reason="a test", status=status)
    lift(registry, "RC-11", issuer=MINE, reason="a test", status=status)
    suspend(registry, "RC-11", issuer=MINE, reason="another test", status=status)
    close_log(home, registry, 2, passphrase=PASSPHRASE)
    undo(registry, "BL-3", producer=SEPARATOR, status=status)
    attestations(registry, certificate_of(registry, MINE, "RC-11"), status)
    refresh_status(home, registry, passphrase=PASSPHRASE)
    registry.engine.dispose()
    return home


def world(seed: int) -> Runtime:
    """Return a clock and randomness that repeat."""
    return Runtime(Clock(), Random(seed).randbytes)  # noqa: S311 - a test repeats


def with_one_more(parties: Parties) -> Parties:
    """Return the parties with one who makes nothing yet."""
    late = {
        "did": LATE,
        "names": [{"lang": "en", "text": "Late Ltd (invented)"}],
        "facilities": [{"id": PLANT_OF_LATE, "name": "Late plant", "country": "CN", "region": "CN-NM"}],
        "kinds": ["oxide"],
    }
    verifier = {
        "did": VERIFIER,
        "names": [{"lang": "en", "text": "Verifier (invented)"}],
        "scopes": ["figure", "mass-balance", "composition", "closed-branch"],
        "accreditation": "an invented accreditation body, V-1",
    }
    text = json.dumps({**parties.model_dump(exclude_none=True), "parties": [late], "attestors": [verifier]})
    return parse_document(Parties, text.encode(), media="json")


def blends(registry: OpenRegistry, parties: Parties) -> None:
    """Issue a bought lot with an electricity instrument, and two made of it, one of very little: many splits."""
    (maker,) = (party for party in parties.parties if party.did == SEPARATOR)
    plant = maker.facilities[0].id
    power = {
        "name": "mixing",
        "amount": "10 kWh",
        "grid": "CN-NM",
        "factor": "grid/location.cn-nm.2023",
        "uncovered": "grid/location.cn-nm.2023",
        "instruments": [
            {
                "scheme": "an invented scheme",
                "statement": "S-2",
                "amount": "10 kWh",
                "grid": "CN-NM",
                "year": "2026",
                "factor": "methods/electricity-wind-direct.glo",
            }
        ],
    }
    records = [
        read({**written("BL-1", "100 kg", producer=maker.did, plant=plant), "electricity": [power]}),
        blend("BL-2", "0.00007 kg", producer=maker.did, plant=plant, inputs={"BL-1": "0.00007 kg"}),
        blend("BL-3", "3 kg", producer=maker.did, plant=plant, inputs={"BL-1": "3 kg"}),
    ]
    found = issue(registry, records, tables=TABLES)
    assert [each for each in found if not isinstance(each, IssuedRun)] == []


def shared_heat(registry: OpenRegistry, parties: Parties) -> None:
    """Issue a run with a kiln, and one whose heat is in the first."""
    (maker,) = (party for party in parties.parties if party.did == SEPARATOR)
    ours = {"producer": maker.did, "plant": maker.facilities[0].id}
    records = [kiln("K-1", 8000, **ours), kiln("K-2", 0, absent=[elsewhere("RUN-K-1")], **ours)]
    found = issue(registry, records, tables=TABLES)
    assert [each for each in found if not isinstance(each, IssuedRun)] == []


def shipments(registry: OpenRegistry) -> None:
    """Ship, accept, ship on, cancel, and leave two offers open."""
    maker = SEPARATOR
    ship(registry, Dispatch("BL-1", maker, LATE, 20 * KG, audience="customer"))
    accept(registry, consignee=LATE)
    ship(registry, Dispatch("BL-1", LATE, maker, KG))
    accept(registry, consignee=maker)
    ship(registry, Dispatch("BL-1", maker, SMELTER, 3 * KG))
    cancel(registry, sender=maker)
    ship(registry, Dispatch("BL-1", maker, SMELTER, 5 * KG, audience="customer"))
    ship(registry, Dispatch("BL-1", LATE, MAGNET_MAKER, 1))


def attestations(registry: OpenRegistry, digest: str, status: SoftwareSigner) -> None:
    """Attest a certificate and runs, suspend one attestation, and withdraw another."""
    said: list[dict[str, JsonValue]] = [
        {"scopes": ["composition"]},
        {"scopes": ["figure", "mass-balance"], "level": "limited", "of": "run"},
        {"scopes": ["closed-branch"], "level": "reasonable", "branches": [{"input": 0, "certificates": 1}]},
    ]
    with reading(registry.engine) as connection:
        shown = certificate(connection, certificate_digest_bytes(digest)).text
    about: dict[str, JsonValue] = {"certificate": digest, "criteria": ["ISO 14064-3:2019"], "shown": shown}
    made = [attest(registry, validated(AttestationRequest, {**about, **each}), attestor=VERIFIER) for each in said]
    suspend(registry, made[0].digest, issuer=VERIFIER, reason="a test", status=status)
    withdraw(registry, made[1].digest, issuer=VERIFIER, reason="a test", status=status)


def certificate_of(registry: OpenRegistry, issuer: str, lot: str) -> str:
    """Return the digest of a lot's last certificate."""
    with reading(registry.engine) as connection:
        return certificate_digest_text(lineage(connection, own_lot(connection, issuer, lot)).certificates[-1].digest)


def copied(history: Home, folder: Path) -> Home:
    folder.mkdir(mode=0o700, parents=True)
    for file in (history.database, history.head, history.trust):
        shutil.copy(file, folder)
    return Home(folder)


Statement = tuple[str, tuple[object, ...]]
"""SQL with its values."""


@dataclass(frozen=True)
class Cell:
    """A value in a table: the row by its rowid-free key."""

    table: Table
    column: Column[Any]
    row: dict[str, Any]

    @property
    def value(self) -> Any:  # noqa: ANN401 - whatever the column holds
        return self.row[self.column.name]

    def set(self, value: object, *, now: object = None) -> Statement:
        """Return the statement that puts a value here; `now` is what the key column holds by then, if not what it
        held.
        """
        keys = {name: each for name, each in self.row.items() if name in self.table.primary_key.columns}
        if now is not None:
            keys[self.column.name] = now
        where = " AND ".join(f'"{name}" IS ?' for name in keys)
        asked = f'UPDATE "{self.table.name}" SET "{self.column.name}" = ? WHERE {where}'  # noqa: S608 - names of ours
        return asked, (value, *keys.values())


class Change(NamedTuple):
    """A change of one column, and what each cell that it changes holds then."""

    name: str
    statements: tuple[Statement, ...]
    cells: tuple[tuple[Cell, object], ...]


def rows_of(database: sqlite3.Connection, table: Table) -> list[dict[str, Any]]:
    database.row_factory = sqlite3.Row
    order = ", ".join(f'"{column.name}"' for column in table.primary_key.columns)
    return [dict(row) for row in database.execute(f'SELECT * FROM "{table.name}" ORDER BY {order}')]  # noqa: S608


def altered(column: Column[Any], value: Any) -> Any:  # noqa: ANN401 - whatever the column holds
    """Return a plausible other value."""
    if isinstance(column.type, Boolean):
        return int(not value)
    if isinstance(value, bytes):
        return value[:-1] + bytes([value[-1] ^ 1])
    if isinstance(value, int):
        return value + 1
    return value[:-1] + ("x" if value[-1:] != "x" else "y")


WORDS = {"audience": ("auditor", "customer"), "kind": ("move", "metal")}
"""Columns that hold a word of a list: others of it are what a forger would write."""


def changes(table: Table, column: Column[Any], rows: list[dict[str, Any]]) -> Iterator[Change]:
    """Yield every kind of change of a column: another value, another row's, none where there is one, one where there
    is none.
    """
    cells = [Cell(table, column, row) for row in rows]
    held = [cell for cell in cells if cell.value is not None]
    empty = [cell for cell in cells if cell.value is None]
    for cell in {id(each): each for each in held[:1] + held[-1:]}.values():
        yield to("altered", cell, altered(column, cell.value))
        for word in WORDS.get(column.name, ()):
            if word != cell.value:
                yield to("other", cell, word)
    others = [cell for cell in held[1:] if cell.value != held[0].value]
    if others:
        other = max(others, key=lambda cell: sum(cell.row[name] != held[0].row[name] for name in cell.row))
        first, second, between = held[0], other, altered(column, altered(column, altered(column, held[0].value)))
        between = b"between" if isinstance(between, bytes) else -77 if isinstance(between, int) else between + "between"
        keyed = column.name in table.primary_key.columns
        back = second.set(first.value)
        last = first.set(second.value, now=between if keyed else None)
        yield Change("swapped", (first.set(between), back, last), ((first, second.value), (second, first.value)))
    if column.nullable:
        sample = held[0].value if held else 1_790_000_000_000
        yield from (to("emptied", cell, None) for cell in held[:1])
        yield from (to("filled", cell, sample) for cell in empty[:1])


def to(name: str, cell: Cell, value: object) -> Change:
    """Return the change of one cell."""
    return Change(name, (cell.set(value),), ((cell, value),))


ABROAD = {"arrivals", "arrived_lines", "abroad_heads", "abroad_lists", "abroad_trust"}
"""Of other registries: test_two_registries has those."""


FILLED = [table for table in schema.METADATA.sorted_tables if table.name not in ABROAD]


COLUMNS = [(table, column) for table in FILLED for column in table.columns]


def tampered(home: Home, *statements: Statement) -> bool:
    """Run statements on a database without its foreign keys; return whether its own rules let them."""
    database = sqlite3.connect(home.database)
    try:
        database.execute("PRAGMA foreign_keys=OFF")
        for statement, values in statements:
            assert database.execute(statement, values).rowcount == 1, statement
        database.commit()
    except sqlite3.IntegrityError:
        return False
    finally:
        database.close()
    return True
