"""The Bayan Obo example as values: its records as written, and each run drafted on the runs before it."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import yaml

from ledger.claims.draft import draft_with_claims
from ledger.drafting.draft import Draft, Upstream
from ledger.tables import shipped_tables
from schemas.certificate import Facility
from schemas.door import parse_document, parse_value
from schemas.record import ProductionRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ledger.factors.tables import FactorTables

FOLDER = Path(__file__).parents[3] / "examples" / "bayan-obo"

Written = dict[str, Any]


@cache
def tables() -> FactorTables:
    return shipped_tables()


@cache
def facilities() -> dict[str, Facility]:
    parties = yaml.safe_load((FOLDER / "parties.yaml").read_text(encoding="utf-8"))["parties"]
    plants = [plant for party in parties for plant in party["facilities"]]
    return {
        plant["id"]: Facility(**{name: plant[name] for name in plant if name in Facility.__struct_fields__})
        for plant in plants
    }


@cache
def _written() -> dict[str, Written]:
    records = {}
    for path in sorted(FOLDER.glob("[0-9]*.yaml")):
        value: Any = parse_value(path.read_bytes(), media="yaml")
        records[value["run"]] = value
    return records


def written(run: str) -> Written:
    """Return a record as written, to be changed freely."""
    return copy.deepcopy(_written()[run])


def runs() -> list[str]:
    return list(_written())


def read(value: Mapping[str, Any]) -> ProductionRecord:
    return parse_document(ProductionRecord, orjson.dumps(value))


@cache
def drafts() -> dict[str, Draft]:
    """Return all runs of the example, drafted in order."""
    done: dict[str, Draft] = {}
    lots: dict[str, Upstream] = {}
    for run in runs():
        record = read(written(run))
        upstream = [lots[item.lot or ""] for item in record.inputs]
        done[run] = draft_with_claims(record, upstream, facility=facilities()[record.facility], tables=tables())
        lots |= certificates(done[run])
    return done


def certificates(done: Draft) -> dict[str, Upstream]:
    """Return what the certificates of a drafted run will say, by lot."""
    return {each.batch.lot: Upstream(each, each.batch.lot) for each in done.certified}


@cache
def lots() -> dict[str, Upstream]:
    return {lot: each for done in drafts().values() for lot, each in certificates(done).items()}


def drafted(
    value: Mapping[str, Any], *, upstream: Mapping[str, Upstream] | None = None, other: FactorTables | None = None
) -> Draft:
    """Return the draft of a changed record on the certificates of the example, by the shipped tables or `other`."""
    record = read(value)
    sources = [(upstream or lots())[item.lot or ""] for item in record.inputs]
    return draft_with_claims(record, sources, facility=facilities()[record.facility], tables=other or tables())


def changed(run: str, change: Callable[[Written], object]) -> Written:
    value = written(run)
    change(value)
    return value
