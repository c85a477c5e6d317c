"""The audit: a home with a history is clean, and no value, row or file in it can be changed unseen."""

from __future__ import annotations

import json
import sqlite3
import sys
from typing import TYPE_CHECKING, Any

import pytest

from cli.main import main
from ledger.admin.init import init
from ledger.audit.everything import Audit, audit
from ledger.audit.faults import MOST_FAULTS
from ledger.registry.folder import Home
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.door import parse_document
from schemas.parties import Parties
from schemas.problem import StateError
from tests.support.registries.example import EXAMPLE
from tests.support.registries.history import (
    ABROAD,
    COLUMNS,
    FILLED,
    KG,
    PASSPHRASE,
    SEPARATOR,
    SMELTER,
    TABLES,
    a_history,
    altered,
    blends,
    changes,
    copied,
    rows_of,
    tampered,
    world,
)
from tests.support.registries.tampering import JUDGED_BY, Tampering, judged_wrongly, row_put, row_taken, values_changed

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Table

pytestmark = pytest.mark.no_cover


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


def audited(home: Home, most: int = MOST_FAULTS) -> Audit:
    return audit(home, tables=TABLES, progress=lambda _done, _all: None, most=most)


def test_a_home_with_a_history_is_clean_and_says_what_is_on_its_word(history: Home) -> None:
    found = audited(history)
    assert found.faults == ()
    assert found.whole
    assert {name for name, rows in found.counts.items() if not rows} == ABROAD
    assert [word.partition(" ")[0] for word in found.on_word] == ["people,", "which", "the", "name"]


def test_the_audit_writes_nothing(history: Home) -> None:
    before = {path.name: path.read_bytes() for path in history.path.iterdir() if path.is_file()}
    audited(history)
    after = {path.name: path.read_bytes() for path in history.path.iterdir() if path.is_file()}
    assert {name for name in after if "-wal" not in name and "-shm" not in name} == {
        name for name in before if "-wal" not in name and "-shm" not in name
    }
    assert after["registry.db"] == before["registry.db"]


# -- one value changed -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("judged_by", [False, True])
def test_no_value_can_be_changed_unseen(history: Home, tmp_path: Path, *, judged_by: bool) -> None:
    made: dict[str, list[Tampering]] = {}
    for table, column in [each for each in COLUMNS if (each[0].name in JUDGED_BY) == judged_by]:
        with sqlite3.connect(history.database) as database:
            rows = rows_of(database, table)
        made[str(column)] = [
            values_changed(table, column, change, on_word=(table.name, column.name, change.name) in ON_WORD)
            for change in changes(table, column, rows)
        ]
    wrong, refused = judged_wrongly(history, tmp_path, [each for of_column in made.values() for each in of_column])
    assert wrong == []
    unchanged = [name for name, of_column in made.items() if {each.told for each in of_column} <= set(refused)]
    assert unchanged == [], "columns that nothing changes"


def test_what_is_on_word_is_of_columns_that_exist() -> None:
    assert {(table, column) for table, column, _ in ON_WORD} <= {(table.name, column.name) for table, column in COLUMNS}


# -- rows taken out and put in ---------------------------------------------------------------------------------------

TABLES_OF = {table.name: table for table in FILLED}


def test_no_row_can_be_taken_out_unseen(history: Home, tmp_path: Path) -> None:
    taken: dict[str, Tampering] = {}
    for name, table in TABLES_OF.items():
        with sqlite3.connect(history.database) as database:
            rows = rows_of(database, table)
        # an answer that was given, and an offer that waits, leave nothing else behind; the audit says so
        on_word = name in {"requests", "offers"}
        for row in (rows[0], rows[len(rows) // 2], rows[-1]):
            change = row_taken(table, row, on_word=on_word)
            taken[change.told] = change
    assert judged_wrongly(history, tmp_path, [*taken.values()]) == ([], [])


def test_no_row_can_be_put_in_unseen(history: Home, tmp_path: Path) -> None:
    put = [a_row_more(history, tmp_path / name, table) for name, table in TABLES_OF.items()]
    assert judged_wrongly(history, tmp_path, put) == ([], [])


def a_row_more(history: Home, folder: Path, table: Table) -> Tampering:
    """Return the first row more that the database doesn't refuse."""
    with sqlite3.connect(history.database) as database:
        last = rows_of(database, table)[-1]
    for number, column in enumerate((*table.primary_key.columns, *table.columns)):
        fresh = {**last, column.name: altered(column, last[column.name])}
        for other in table.columns:  # what must be unique is made so
            if other.name != column.name and any(other.name in each.columns for each in unique(table)):
                value = fresh[other.name]
                fresh[other.name] = value + 100_000 if isinstance(value, int) else altered(other, value)
        put = row_put(table, fresh)
        if tampered(copied(history, folder / str(number)), *put.statements):
            return put
    raise AssertionError(f"no row could be put into {table.name}")


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
    with pytest.raises(StateError) as refused:
        audited(copy)
    assert refused.value.code in {"store.unknown-form", "store.unreadable"}


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
            (fault,) = audited(other, most=1).faults
            assert fault[:2] == ("audit.tile", f"tiles[level={level}, position={position}].hashes")


def test_a_certificate_that_is_gone_from_its_run_ends_no_audit(copy: Home) -> None:
    """Its run is one that another names; the audit adds up at its end what was taken of it."""
    asked = "UPDATE certificates SET issuance = ? WHERE issuance = (SELECT on_run FROM leans)"
    with sqlite3.connect(copy.database) as database:
        database.execute("PRAGMA foreign_keys=OFF")
        assert database.execute(asked, (bytes(32),)).rowcount
    found = audited(copy)
    assert found.whole
    assert {fault.place.partition("[")[0] for fault in found.faults} >= {"certificates", "leans"}


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
    assert out.startswith("No fault in the registry registry.oreprint.example")
    assert " ".join(out.split()).count("You rely on the registry alone.") == 4
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
        "FAULT FOUND",
        f"  {place}",
        f"  The database has {mass + 1}. It must be {mass}. [audit.value]",
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
