"""Certificates of every version verify in this release, to the very same figures, with the tables of their own day."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from ledger.claims.rules import by_records
from ledger.factors.factor import parse_factor_set
from ledger.factors.prices import PriceTable
from ledger.tables import shipped_tables, table_bytes
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.instant import epoch_ms
from schemas.struct import plain
from schemas.trust import TrustFile
from tests.golden.make_certificates import FOLDER

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.factors.factor import FactorSet, Gwp
    from ledger.factors.tables import FactorTables
    from schemas.report import Report

SETS = sorted(FOLDER.iterdir())


def judged(folder: Path, tables: FactorTables) -> tuple[Report, dict[str, Any]]:
    expected = json.loads((folder / "expected.json").read_text("utf-8"))
    for claim in expected["claims"]:  # its own words and figures stay; the report no longer calls readings proven
        claim["answer"] = by_records(claim["id"], claim["answer"])
        del claim["sentence"]
    lines = gzip.decompress((folder / "bundle.oreprint.gz").read_bytes()).splitlines(keepends=True)
    trust = open_trust(TrustFile.from_text((folder / "trust.json").read_bytes().rstrip(b"\n")).note)
    policy = Policy(at_ms=epoch_ms(expected.pop("at")))
    return report(verify_bundle(lines, trust=trust, tables=tables, policy=policy)), expected


def _stated(found: Report, expected: dict[str, Any]) -> dict[str, Any]:
    """Return what a report states of the members of `expected`, with null for those of its figures that it leaves
    out.
    """
    stated = plain(found)
    return {name: _with_nulls(stated.get(name), each) for name, each in expected.items()}


def _with_nulls(stated: object, expected: object) -> object:
    match stated, expected:
        case dict(), dict():
            absent = {name: None for name, each in expected.items() if each is None and name not in stated}
            named = {name: each for name, each in stated.items() if name in expected}  # later members are new
            return absent | {name: _with_nulls(each, expected[name]) for name, each in named.items()}
        case list() | tuple(), list():
            return [_with_nulls(*each) for each in zip(stated, expected, strict=True)]
        case _:
            return stated


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
def test_an_old_certificate_verifies_to_the_same_figures(folder: Path) -> None:
    found, expected = judged(folder, shipped_tables())
    assert _stated(found, expected) == expected
    assert expected["verdict"] == "genuine"
    assert expected["footprint"]["difference"] == "0"


class Kept:
    """The tables of a release and those of its past, as later releases keep them; all versions of `lost` are gone."""

    def __init__(self, tables: FactorTables, lost: str | None = None) -> None:
        self.tables = tables
        self.lost = lost

    def get(self, key: tuple[str, str]) -> FactorSet | None:
        name, digest = key
        if name == self.lost or name not in self.tables.sets:
            return None
        table = self.tables.sets[name]
        if table.digest == digest:
            return table
        return None if self.tables.former is None else self.tables.former.get(key)

    def gwp(self, digest: str) -> Gwp | None:
        return None if self.tables.former is None else self.tables.former.gwp(digest)

    def prices(self, _digest: str) -> PriceTable | None:
        return None


def later(tables: FactorTables, name: str, tmp_path: Path) -> FactorTables:
    """Return the tables of a later release, in which one has other values."""
    content = table_bytes(name, tmp_path).replace(b"=0.", b"=1.")
    return tables.replaced(parse_factor_set(content, name))


@pytest.mark.parametrize("folder", SETS, ids=lambda folder: folder.name)
@pytest.mark.parametrize("name", ["grid", "materials"])
def test_a_release_with_other_tables_recomputes_with_those_of_their_day(
    folder: Path, name: str, tmp_path: Path
) -> None:
    today = shipped_tables()
    tables = later(today, name, tmp_path)
    assert tables.sets[name].digest != today.sets[name].digest
    lost, _ = judged(folder, replace(tables, former=Kept(today, lost=name)))
    assert {each.result for each in lost.checks if each.code == "footprint.factors"} == {"failed"}
    kept, expected = judged(folder, replace(tables, former=Kept(today)))
    assert _stated(kept, expected) == expected
