"""The audit: a home with a history is clean, and no value, row or file in it can be changed unseen."""

from __future__ import annotations

import json
import shutil
import sqlite3
import sys
from dataclasses import dataclass
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from sqlalchemy import Boolean

from cli.main import main
from ledger.admin.init import init, refresh_status, status_signer
from ledger.admin.rollover import close_log
from ledger.audit.everything import Audit, audit
from ledger.audit.faults import MOST_FAULTS
from ledger.changes.attest import attest
from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, own_lot, suspend, withdraw
from ledger.issuing.issue import IssuedRun, issue
from ledger.lots.lineage import lineage
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.migrate import REVISION
from ledger.store.reading import certificate
from ledger.tables import shipped_tables
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.door import parse_document, validated
from schemas.parties import Parties
from schemas.requests import AttestationRequest
from tests.support.registries.example import EXAMPLE, chain, issue_all
from tests.support.registries.registry import Clock
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Column, Table

    from ledger.registry.registry import OpenRegistry
    from ledger.seal.signer import SoftwareSigner
    from schemas.door import JsonValue

TABLES = shipped_tables()
PASSPHRASE = b"a passphrase"
LATE, VERIFIER = "did:web:late.example", "did:web:verifier.example"
PLANT_OF_LATE = "https://late.example/plants/1"
SMELTER, MAGNET_MAKER = "did:web:metal-a.example", "did:web:magnet-maker.example"
SEPARATOR = "did:web:separation-a.example"
KG = 10**6

ON_WORD = {
    # which written record a run answered: the record is not kept, so another digest is as good
    ("requests", "digest", "altered"),
    ("requests", "digest", "swapped"),
    ("requests", "issuance", "swapped"),
    # which of its names for a view a consignee sees: no entry says it
    ("grants", "audience", "other"),
    ("offers", "audience", "other"),
    ("offers", "audience", "swapped"),
    ("grants", "audience", "swapped"),
}
"""The changes that nothing stored can show, and the audit says so; a test fails when one of them is seen after all."""


# -- a home with a history -------------------------------------------------------------------------------------------


def a_history(folder: Path, database: str | None = None) -> Home:
    """Make a home in which everything has happened that can happen; its database is there, or at the address `database`."""
    home, runtime = Home(folder, database), world(7)
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    registry = init(home, parties, runtime, passphrase=PASSPHRASE, demo=True)
    issue_all(SimpleNamespace(registry=registry), chain(), TABLES)  # type: ignore[arg-type]
    refresh_status(home, registry, passphrase=PASSPHRASE)
    close_log(home, registry, 1, passphrase=PASSPHRASE)
    registry = init(home, with_one_more(parties), runtime, passphrase=PASSPHRASE)
    blends(registry, parties)
    shipments(registry)
    status = status_signer(home, registry.did, passphrase=PASSPHRASE)
    (hsa,) = (party for party in parties.parties if "hydrogen-alloy" in party.did)
    (magnet,) = (party for party in parties.parties if "magnet" in party.kinds)
    withdraw(registry, "HS-02", issuer=hsa.did, reason="a test", status=status)
    suspend(registry, "MG-88", issuer=magnet.did, reason="a test", status=status)
    lift(registry, "MG-88", issuer=magnet.did, reason="a test", status=status)
    suspend(registry, "MG-88", issuer=magnet.did, reason="another test", status=status)
    close_log(home, registry, 2, passphrase=PASSPHRASE)
    undo(registry, "BL-3", producer=SEPARATOR, status=status)
    attestations(registry, certificate_of(registry, magnet.did, "MG-88"), status)
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
        {"scopes": ["closed-branch"], "level": "reasonable", "branches": [{"input": 0, "certificates": 3}]},
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


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> Home:
    home = a_history(tmp_path_factory.mktemp("audit") / "home")
    with sqlite3.connect(home.database) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home


@pytest.fixture
def copy(history: Home, tmp_path: Path) -> Home:
    """A copy of the history, to be changed."""
    return copied(history, tmp_path / "copy")


def copied(history: Home, folder: Path) -> Home:
    folder.mkdir(parents=True)
    for file in (history.database, history.head, history.trust):
        shutil.copy(file, folder)
    return Home(folder)


def audited(home: Home) -> Audit:
    return audit(home, tables=TABLES, progress=lambda _done, _all: None)


def is_clean(home: Home) -> bool:
    """Tell whether an audit finds nothing; it stops at the first fault."""
    return audit(home, tables=TABLES, progress=lambda _done, _all: None, most=1).faults == ()


def test_a_home_with_a_history_is_clean_and_says_what_is_on_its_word(history: Home) -> None:
    found = audited(history)
    assert found.faults == ()
    assert found.whole
    assert {name for name, rows in found.counts.items() if not rows} == ABROAD
    assert [word.partition(" ")[0] for word in found.on_word] == ["what", "which", "as", "name"]


def test_the_audit_writes_nothing(history: Home) -> None:
    before = {path.name: path.read_bytes() for path in history.path.iterdir() if path.is_file()}
    audited(history)
    after = {path.name: path.read_bytes() for path in history.path.iterdir() if path.is_file()}
    assert {name for name in after if "-wal" not in name and "-shm" not in name} == {
        name for name in before if "-wal" not in name and "-shm" not in name
    }
    assert after["registry.db"] == before["registry.db"]


# -- one value changed -----------------------------------------------------------------------------------------------


class Change(NamedTuple):
    """A change of one column, as SQL with its values."""

    name: str
    statements: tuple[tuple[str, tuple[object, ...]], ...]


@dataclass(frozen=True)
class Cell:
    """A value in a table: the row by its rowid-free key."""

    table: Table
    column: Column[Any]
    row: dict[str, Any]

    @property
    def value(self) -> Any:  # noqa: ANN401 - whatever the column holds
        return self.row[self.column.name]

    def set(self, value: object, *, now: object = None) -> tuple[str, tuple[object, ...]]:
        """Return the statement that puts a value here; `now` is what the key column holds by then, if not what it held."""
        keys = {name: each for name, each in self.row.items() if name in self.table.primary_key.columns}
        if now is not None:
            keys[self.column.name] = now
        where = " AND ".join(f'"{name}" IS ?' for name in keys)
        asked = f'UPDATE "{self.table.name}" SET "{self.column.name}" = ? WHERE {where}'  # noqa: S608 - names of ours
        return asked, (value, *keys.values())


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
    """Yield every kind of change of a column: another value, another row's, none where there is one, one where there is none."""
    cells = [Cell(table, column, row) for row in rows]
    held = [cell for cell in cells if cell.value is not None]
    empty = [cell for cell in cells if cell.value is None]
    for cell in {id(each): each for each in held[:1] + held[-1:]}.values():
        yield Change("altered", (cell.set(altered(column, cell.value)),))
        for word in WORDS.get(column.name, ()):
            if word != cell.value:
                yield Change("other", (cell.set(word),))
    others = [cell for cell in held[1:] if cell.value != held[0].value]
    if others:
        other = max(others, key=lambda cell: sum(cell.row[name] != held[0].row[name] for name in cell.row))
        first, second, between = held[0], other, altered(column, altered(column, altered(column, held[0].value)))
        between = b"between" if isinstance(between, bytes) else -77 if isinstance(between, int) else between + "between"
        keyed = column.name in table.primary_key.columns
        back = second.set(first.value)
        last = first.set(second.value, now=between if keyed else None)
        yield Change("swapped", (first.set(between), back, last))
    if column.nullable:
        sample = held[0].value if held else 1_790_000_000_000
        yield from (Change("emptied", (cell.set(None),)) for cell in held[:1])
        yield from (Change("filled", (cell.set(sample),)) for cell in empty[:1])


ABROAD = {"arrivals", "arrived_lines", "abroad_heads", "abroad_lists", "abroad_trust"}
"""Of other registries: test_two_registries has those."""
FILLED = [table for table in schema.METADATA.sorted_tables if table.name not in ABROAD]
COLUMNS = [(table, column) for table in FILLED for column in table.columns]


@pytest.mark.parametrize(("table", "column"), COLUMNS, ids=[str(column) for _, column in COLUMNS])
def test_no_value_can_be_changed_unseen(history: Home, tmp_path: Path, table: Table, column: Column[Any]) -> None:
    with sqlite3.connect(history.database) as database:
        rows = rows_of(database, table)
    seen = set()
    for number, change in enumerate(changes(table, column, rows)):
        home = copied(history, tmp_path / str(number))
        if not tampered(home, *change.statements):
            continue  # the database itself refuses such a value
        on_word = (table.name, column.name, change.name) in ON_WORD
        assert is_clean(home) == on_word, change
        seen.add(change.name)
    assert seen, "a column that nothing changes"


def tampered(home: Home, *statements: tuple[str, tuple[object, ...]]) -> bool:
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


def test_what_is_on_word_is_of_columns_that_exist() -> None:
    assert {(table, column) for table, column, _ in ON_WORD} <= {(table.name, column.name) for table, column in COLUMNS}


# -- rows taken out and put in ---------------------------------------------------------------------------------------

TABLES_OF = {table.name: table for table in FILLED}


@pytest.mark.parametrize("which", ["first", "middle", "last"])
@pytest.mark.parametrize("name", TABLES_OF)
def test_no_row_can_be_taken_out_unseen(copy: Home, name: str, which: str) -> None:
    table = TABLES_OF[name]
    with sqlite3.connect(copy.database) as database:
        rows = rows_of(database, table)
    row = rows[{"first": 0, "middle": len(rows) // 2, "last": -1}[which]]
    keys = {key.name: row[key.name] for key in table.primary_key.columns}
    where = " AND ".join(f'"{key}" = ?' for key in keys)
    assert tampered(copy, (f'DELETE FROM "{name}" WHERE {where}', tuple(keys.values())))  # noqa: S608
    # an answer that was given, and an offer that waits, leave nothing else behind; the audit says so
    assert is_clean(copy) == (name in {"requests", "offers"})


@pytest.mark.parametrize("name", TABLES_OF)
def test_no_row_can_be_put_in_unseen(copy: Home, name: str) -> None:
    table = TABLES_OF[name]
    with sqlite3.connect(copy.database) as database:
        rows = rows_of(database, table)
    put = 0
    for column in (*table.primary_key.columns, *table.columns):
        fresh = {**rows[-1], column.name: altered(column, rows[-1][column.name])}
        for other in table.columns:  # what must be unique is made so
            if other.name != column.name and any(other.name in each.columns for each in unique(table)):
                value = fresh[other.name]
                fresh[other.name] = value + 100_000 if isinstance(value, int) else altered(other, value)
        names = ", ".join(f'"{each}"' for each in fresh)
        marks = ", ".join("?" * len(fresh))
        put = tampered(copy, (f'INSERT INTO "{name}" ({names}) VALUES ({marks})', tuple(fresh.values())))  # noqa: S608
        if put:
            break
    assert put, "no row could be put in"
    assert not is_clean(copy)


def unique(table: Table) -> list[Any]:
    from sqlalchemy import UniqueConstraint

    return [rule for rule in table.constraints if isinstance(rule, UniqueConstraint)]


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("marks.entry", "'x'"),
        ("holdings.text", "x'ff'"),
        ("holdings.mass_mg", "'x'"),
        ("records.content", "'text'"),
        ("records.entry", "0.5"),
        ("disclosures.texts", "x'ff'"),
        ("certificates.jws", "x'07'"),
        ("parties.profile", "x'ff'"),
        ("offers.expires_ms", "'soon'"),
        ("heads.note", "x'ff'"),
        ("tiles.hashes", "'text'"),
    ],
)
def test_a_value_of_another_type_is_named_and_breaks_nothing(copy: Home, column: str, value: str) -> None:
    table, _, name = column.partition(".")
    with sqlite3.connect(copy.database) as database:
        database.execute("PRAGMA foreign_keys=OFF")
        key = TABLES_OF[table].primary_key.columns[0].name
        where = f'"{key}" = (SELECT max("{key}") FROM "{table}")'  # noqa: S608
        database.execute(f'UPDATE "{table}" SET "{name}" = {value} WHERE {where}')  # noqa: S608
    found = audited(copy)
    assert column in [fault.place.partition("[")[0] for fault in found.faults] or table in found.faults[0].place


@pytest.mark.parametrize(
    "statement", ["UPDATE alembic_version SET version_num = '0000'", "DELETE FROM alembic_version"]
)
def test_the_form_of_the_database_is_audited(copy: Home, statement: str) -> None:
    assert tampered(copy, (statement, ()))
    assert [fault.place for fault in audited(copy).faults] == ["alembic_version.version_num"]
    assert REVISION not in statement


# -- the files beside the database -----------------------------------------------------------------------------------


def heads(home: Home) -> list[str]:
    with sqlite3.connect(home.database) as database:
        return [row[0] for row in database.execute("SELECT note FROM heads ORDER BY size")]


@pytest.mark.parametrize("change", ["gone", "older", "flipped", "not text", "of the empty log"])
def test_the_head_kept_apart_is_audited(copy: Home, change: str) -> None:
    note = copy.head.read_text()
    match change:
        case "gone":
            copy.head.unlink()
        case "older":
            copy.head.write_text(heads(copy)[-3])
        case "of the empty log":
            copy.head.write_text(heads(copy)[0])
        case "flipped":
            copy.head.write_text(note.replace("\n", "1\n", 1))
        case _:
            copy.head.write_bytes(b"\xff" + note.encode())
    assert [fault.code for fault in audited(copy).faults] == ["audit.head-file"]


def test_a_crash_between_commit_and_head_store_is_no_fault(copy: Home) -> None:
    copy.head.write_text(heads(copy)[-2])
    assert audited(copy).faults == ()


@pytest.mark.parametrize("change", ["gone", "older", "flipped", "not text", "empty"])
def test_the_trust_list_in_the_home_is_audited(copy: Home, change: str) -> None:
    text = copy.trust.read_text(encoding="utf-8")
    match change:
        case "gone":
            copy.trust.unlink()
        case "older":
            with sqlite3.connect(copy.database) as database:
                asked = "SELECT content FROM records WHERE kind = 'trust' ORDER BY entry LIMIT 1"
                note = database.execute(asked).fetchone()[0].decode()
            copy.trust.write_text(json.dumps({"note": note}, ensure_ascii=False, separators=(",", ":")) + "\n")
        case "flipped":
            copy.trust.write_text(text.replace("Late Ltd", "Late Inc"), encoding="utf-8")
        case "empty":
            copy.trust.write_text("")
        case _:
            copy.trust.write_bytes(b"\xff")
    assert audited(copy).faults != ()


# -- a longer log ----------------------------------------------------------------------------------------------------


def test_a_log_of_more_than_one_tile_is_clean_and_each_tile_is_audited(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    registry = init(home, parties, world(8), passphrase=PASSPHRASE)
    blends(registry, parties)
    maker = SEPARATOR
    for _ in range(130):
        ship(registry, Dispatch("BL-1", maker, SMELTER, KG // 1000))
        accept(registry, consignee=SMELTER)
    registry.engine.dispose()
    assert audited(home).faults == ()
    with sqlite3.connect(home.database) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        tiles = database.execute("SELECT level, position, hashes FROM tiles").fetchall()
    assert [tile[:2] for tile in tiles] == [(0, 0), (0, 1), (1, 0)]
    for level, position, hashes in tiles:
        for number, changed in enumerate((hashes[:-1] + bytes([hashes[-1] ^ 1]), hashes[:-32], hashes + bytes(32))):
            other = copied(home, tmp_path / f"{level}-{position}-{number}")
            asked = "UPDATE tiles SET hashes = ? WHERE level = ? AND position = ?"
            assert tampered(other, (asked, (changed, level, position)))
            assert audited(other).faults[0][:2] == ("audit.tile", f"tiles[level={level}, position={position}].hashes")


def test_an_audit_of_ruins_stops_in_time(copy: Home) -> None:
    with sqlite3.connect(copy.database) as database:
        database.execute("PRAGMA foreign_keys=OFF")
        database.execute("DELETE FROM records")
    found = audited(copy)
    assert len(found.faults) == MOST_FAULTS
    assert not found.whole


# -- the command -----------------------------------------------------------------------------------------------------


def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    monkeypatch.setattr(sys, "argv", ["oreprint", "audit", *words])
    capsys.readouterr()
    code = main()
    return code, *capsys.readouterr()


def test_the_command_says_that_everything_holds(
    history: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("OREPRINT_PASSPHRASE", raising=False)
    code, out, err = run(monkeypatch, capsys, "--home", str(history.path))
    assert (code, err) == (0, "")
    assert out.startswith("Everything holds in the registry registry.oreprint.example")
    assert " ".join(out.split()).count("Taken on the registry's word: ") == 4
    code, out, _ = run(monkeypatch, capsys, "--home", str(history.path), "--json")
    found = json.loads(out)
    assert (code, found["holds"], found["faults"], found["whole"]) == (0, True, [], True)


def test_the_command_names_the_first_thing_that_does_not_hold(
    copy: Home, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with sqlite3.connect(copy.database) as database:
        asked = "SELECT commitment, mass_mg FROM holdings WHERE used IS NULL ORDER BY commitment LIMIT 1"
        commitment, mass = database.execute(asked).fetchone()
    assert tampered(copy, ("UPDATE holdings SET mass_mg = mass_mg + 1 WHERE commitment = ?", (commitment,)))
    code, out, _ = run(monkeypatch, capsys, "--home", str(copy.path))
    place = f"holdings[commitment=x'{commitment.hex()}'].mass_mg"
    assert code == 1
    assert out.splitlines()[:3] == [
        "DOES NOT HOLD",
        f"  {place}",
        f"  It is {mass + 1} in the database, and must be {mass}. [audit.value]",
    ]
    code, out, _ = run(monkeypatch, capsys, "--home", str(copy.path), "--json")
    assert code == 1
    assert [(each["code"], each["place"]) for each in json.loads(out)["faults"]] == [("audit.value", place)]


def test_a_home_that_is_none_is_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, err = run(monkeypatch, capsys, "--home", str(tmp_path / "nowhere"))
    assert (code, "home.missing" in err) == (3, True)
    assert not (tmp_path / "nowhere").exists()
    (tmp_path / "registry.db").write_bytes(b"not a database" * 100)
    code, _, err = run(monkeypatch, capsys, "--home", str(tmp_path))
    assert (code, "store.unreadable" in err) == (3, True)
