"""Refrigerants that are only refilled, GWPs that a former table lacks, samarium magnets, and the rows added."""

from __future__ import annotations

from dataclasses import replace
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import pytest

from ledger.factors.factor import parse_gwp
from ledger.factors.sources import MOST_PART, licence_of, parse_sources, rows_of, sources_of
from ledger.plausibility.rules import judge
from ledger.tables import shipped_sources, shipped_tables
from schemas.problem import InputError, RefusedError
from schemas.quantity import trillionths_text
from schemas.vocabulary import GASES
from tests.support.worlds import worked_example as example
from tests.support.worlds.further_examples import EXAMPLES, drafted

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.drafting.draft import Draft

MAGNET = "MAG-2026-06"
REFILL: dict[str, Any] = {
    "name": "refrigerant of the chiller",
    "substance": "HFC-134a",
    "gas": "HFC-134a",
    "basis": "weighed",
    "meter": "W-1",
    "method": {"by": "refill", "added": "2 kg"},
}


def refilled(*more: Callable[[dict[str, Any]], object], line: dict[str, Any] = REFILL) -> Draft:
    """Return the draft of the magnet run, whose chiller lost refrigerant."""

    def change(record: dict[str, Any]) -> None:
        record["direct"].append(dict(line))
        for each in more:
            each(record)

    return example.drafted(example.changed(MAGNET, change))


def codes(made: Draft, engine: str) -> set[str]:
    """Return the codes that the rules of an engine find."""
    inventory = replace(made.inventory, engine=engine)
    return {finding.problem.code for finding in judge(inventory)}


def test_a_refill_of_refrigerant_needs_no_second_line() -> None:
    made, without = refilled(), example.drafts()[MAGNET]
    more = float(made.certified[0].footprint.total_kg_co2e.location) - float(
        without.certified[0].footprint.total_kg_co2e.location
    )
    assert round(more, 6) == 2 * 1530


def test_engine_1_asks_for_the_second_line_as_it_did() -> None:
    made = refilled()
    assert "rule.m-elem" in codes(made, "1")
    assert "rule.m-elem" not in codes(made, "2")


def test_a_refill_told_as_a_material_too_is_balanced_by_it() -> None:
    def bought(record: dict[str, Any]) -> None:
        record["materials"].append({
            "name": "R-134a", "mass": "2 kg", "factor": "materials/refrigerant-production.cn.2022", "basis": "weighed", "meter": "W-1",
            "composition": {"F": "0.744862", "C": "0.235428", "H": "0.01971"},
        })  # fmt: skip

    assert refilled(bought).certified


def test_a_blend_is_told_by_its_gases() -> None:
    method = {"by": "default", "factor": "materials/refrigerant-r-410a.glo", "mass": "3 kg"}
    line = REFILL | {"name": "R-410A, its HFC-32", "substance": "HFC-32", "gas": "HFC-32", "method": method}
    (found,) = (each for each in refilled(line=line).inventory.direct.lines if each.gas == "HFC-32")
    assert found.mass_kg == "1.5"


def test_fluorine_of_the_process_is_balanced_as_before() -> None:
    gas = {"name": "CF4", "substance": "CF4", "gas": "CF4", "mass": "5 kg", "basis": "metered", "meter": "M-1"}
    with pytest.raises(RefusedError, match="F"):
        refilled(line=gas)


def test_every_gas_has_a_gwp_and_a_former_table_refuses_what_it_lacks() -> None:
    now = shipped_tables().gwp.weights["AR6"]
    assert {"HCFC-22": "1960", "HFC-245fa": "962", "c-C4F8": "10200"}.items() <= {
        gas: trillionths_text(now[gas]) for gas in GASES
    }.items()
    (path,) = (each for each in (files("ledger.factors") / "data" / "former").iterdir() if each.name.startswith("gwp."))
    with pytest.raises(InputError):
        parse_gwp(path.read_bytes())
    former = parse_gwp(path.read_bytes(), former=True)
    assert path.name == f"gwp.{former.digest}.csv"
    assert former.weights["AR6"]["CF4"] == now["CF4"]
    with pytest.raises(InputError, match="does not have HCFC-22"):
        former.weights["AR6"]["HCFC-22"]


def test_former_tables_are_those_that_old_certificates_name() -> None:
    tables = shipped_tables()
    assert tables.former is not None
    for path in (files("ledger.factors") / "data" / "former").iterdir():
        name, digest, _ = path.name.split(".")
        found = tables.former.gwp(digest) if name == "gwp" else tables.former.get((name, digest))
        assert found is not None
        assert found.digest == digest


TOO_OLD = {f"grid/location.us-grid-{region}.2018" for region in ("camx", "erct", "nwpp", "rfce", "srso")}
"""Rows of 2018, which no run since 2024 may use: a former table alone has them."""


def test_no_value_of_a_former_table_changed() -> None:
    tables = shipped_tables()
    assert tables.former is not None
    gone = set()
    for path in (files("ledger.factors") / "data" / "former").iterdir():
        name, digest, _ = path.name.split(".")
        former = None if name == "gwp" else tables.former.get((name, digest))
        for row, factor in former.rows.items() if former else ():
            if row in tables.by_id:
                assert tables.factor(row).values == factor.values
            else:
                gone.add(row)
    assert gone == TOO_OLD


def test_every_shipped_row_has_a_source_and_the_narrowest_licence_of_its_sources() -> None:
    sources = [use.source for use in shipped_sources()]
    for factor in shipped_tables().by_id.values():
        assert sources_of(factor.source, sources), factor.id
        assert factor.licence == licence_of(factor.source, sources), factor.id


def test_no_catalogue_ships_but_single_rows_of_it() -> None:
    for use in shipped_sources():
        assert use.rows or use.former, use.source.name
        if use.source.size is not None:
            assert use.rows <= MOST_PART * use.source.size


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("A,a,free,,none", "licence"),
        ("A,a,single facts,many,none", "size"),
        ("A,,single facts,,none", "marks"),
        ("A,a,single facts,,", "terms"),
    ],
)
def test_a_source_without_rights_is_refused(row: str, column: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_sources(f"source,marks,licence,size,terms\n{row}\n".encode())
    (problem,) = refused.value.problems
    assert problem.place == f"sources, line 2, column {column}"


def test_a_row_counts_for_each_source_and_one_without_is_the_projects_own() -> None:
    text = (
        b"source,marks,licence,size,terms\nA,aa | bb,single facts,,-\nB,cc,CC BY 4.0,,-\nOwn,set here,none needed,,-\n"
    )
    sources = parse_sources(text)
    cells = ["aa 1; cc 2", "bb", "set here", "3 OH for each RE"]
    assert [rows_of(each, cells, sources) for each in sources] == [2, 1, 2]
    assert licence_of("aa 1; cc 2", sources) == "single facts"


def test_a_samarium_magnet_is_no_neodymium_magnet() -> None:
    made = drafted((EXAMPLES / "smco-calcium" / "02-MAG-2026-02.yaml").read_text(encoding="utf-8"))
    assert "rule.m-tre" in codes(made, "1")
    assert "rule.m-tre" not in codes(made, "2")


def test_a_neodymium_magnet_outside_its_window_is_still_flagged() -> None:
    made = example.drafts()[MAGNET]
    outgoing = made.inventory.outgoing[0]
    poor = replace(outgoing, fractions={**outgoing.fractions, "B": outgoing.fractions["B"] // 2})
    found = judge(replace(made.inventory, outgoing=[poor]))
    assert "rule.m-tre" in {each.problem.code for each in found}
