"""No flipped bit goes unnoticed in a table beside the log from which answers are made."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import LargeBinary, select, update

from ledger.admin.init import refresh_status
from ledger.registry.notices import notify
from ledger.store import desk_schema as desk
from ledger.store.engine import reading, writing
from tests.support.registries.auditing import EVA, auditor_of, written
from tests.support.registries.lived_in import PASSPHRASE, Life, a_life, copied

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Column, Table

TREES = (desk.AUDITS, desk.AUDIT_TILES, desk.AUDIT_LEAVES, desk.AUDIT_INSIDES)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A registry whose chains an auditor has judged."""
    folder = tmp_path_factory.mktemp("life")
    life = a_life(folder / "home", **written(EVA))
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    auditor_of(life, EVA, folder / "eva").round()
    assert life.faults() == []
    return life


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def change(life: Life, table: Table, column: Column[Any], value: object, key: tuple[object, ...]) -> None:
    with writing(life.registry.engine) as connection:
        here = [each == kept for each, kept in zip(table.primary_key, key, strict=True)]
        connection.execute(update(table).where(*here).values({column.name: value}))
        connection.commit()


def flipped(column: Column[Any], value: Any) -> Any:  # noqa: ANN401 - of the column's type
    if isinstance(column.type, LargeBinary):
        return bytes([value[0] ^ 1, *value[1:]])
    return value ^ 64 if isinstance(value, int) else chr(ord(value[0]) ^ 1) + value[1:]


@pytest.mark.parametrize("column", [column for table in TREES for column in table.columns], ids=str)
def test_a_flipped_bit_in_an_auditors_record_is_found(column: Column[Any], life: Life) -> None:
    with reading(life.registry.engine) as connection:
        row = connection.execute(select(column.table)).first()
    assert row is not None
    kept = row._mapping
    key = tuple(kept[each.name] for each in column.table.primary_key)
    change(life, column.table, column, flipped(column, kept[column.name]), key)
    assert life.faults(), f"{column} was changed"


@pytest.mark.parametrize("table", TREES[:2], ids=lambda table: str(table.name))
def test_a_row_that_is_gone_is_found(table: Table, life: Life) -> None:
    with writing(life.registry.engine) as connection:
        connection.execute(table.delete())
        connection.commit()
    assert life.faults()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("party", "ehd:web:auditor"),
        ("kind", "offerfd"),
        ("facts", '{"lot":1}'),
        ("facts", '{"lot" :"A"}'),
        ("at_ms", 0),
    ],
)
def test_a_notice_that_nobody_wrote_is_found(life: Life, name: str, value: object) -> None:
    with writing(life.registry.engine) as connection:
        notify(connection, party=EVA, kind="test", subject="A", facts={"lot": "A"}, now_ms=1)
        connection.commit()
    assert life.faults() == []
    with reading(life.registry.engine) as connection:
        number = connection.execute(select(desk.OUTBOX.c.number)).scalars().all()[-1]
    change(life, desk.OUTBOX, desk.OUTBOX.c[name], value, (number,))
    assert life.faults()
