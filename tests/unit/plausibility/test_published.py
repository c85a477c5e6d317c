"""A figure beside published ranges: by product and route, a mark that refuses nothing."""

from __future__ import annotations

from dataclasses import replace as replaced
from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING, cast

import pytest

from ledger.factors.published import COLUMNS, parse_published_ranges
from ledger.plausibility.published import compare, compare_step, routes_of
from ledger.plausibility.worth import Known, alone, told
from schemas.certificate import OpenFlags
from schemas.document import replace
from schemas.figures import Co2e, OriginStep
from schemas.problem import InputError
from tests.support.worlds import worked_example as example
from tests.support.worlds.record_changes import both
from tests.support.worlds.small_cheats import ALL_SMALL_CHEATS, JUST_UNNOTICED, MOST_BY_DAY, a_roof_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.drafting.draft import CertifiedDraft
    from schemas.figures import ElementShare
    from schemas.report import Plausibility, PublishedComparison, StepComparison
    from schemas.vocabulary import Step


@cache
def certified(lot: str) -> CertifiedDraft:
    (found,) = [each for done in example.drafts().values() for each in done.certified if each.batch.lot == lot]
    return found


def at(lot: str, kg: str) -> CertifiedDraft:
    """Return a lot of the example with another figure."""
    facts = certified(lot)
    figures = replace(facts.footprint, per_kg=Co2e(location=kg, market=kg))
    return replace(facts, footprint=figures)


def found(facts: CertifiedDraft) -> PublishedComparison:
    told = compare(facts, example.tables())
    assert told is not None
    return told


@pytest.mark.parametrize(
    ("kg", "word"),
    [
        ("4.46", "far-below"),
        ("4.465", "below"),
        ("8.92", "below"),
        ("8.93", "within"),
        ("77", "within"),
        ("78", "above"),
    ],
)
def test_the_word_follows_from_the_range(kg: str, word: str) -> None:
    assert found(at("OX-17", kg)).word == word


def test_the_studies_are_named_and_counted() -> None:
    range_ = found(certified("OX-17"))
    assert (range_.read, range_.low, range_.high, range_.route) == (3, "8.93", "77", "bastnaesite")
    assert len(range_.studies) == 3
    assert "BLEECAM" in range_.studies[1]
    assert alone(at("OX-17", "3"), example.tables()).sentence.startswith("far below the published range of 3 studies; ")


def test_the_route_follows_from_the_steps_of_the_chain() -> None:
    assert routes_of(certified("IC-03")) == ("ion-clay", "any-primary")
    assert found(certified("IC-03")).word == "within"
    assert routes_of(certified("CON-07")) == ("any-primary",)
    caustic = replace(certified("OX-17"), origin=(step("mining"), step("alkaline-cracking"), step("separation")))
    assert routes_of(caustic) == ("monazite", "any-primary")


def step(name: Step) -> OriginStep:
    return OriginStep(step=name, country="CN")


def recycled(lot: str, share: str) -> CertifiedDraft:
    """Return a lot whose rare earths are recycled to this part."""
    facts = certified(lot)
    return replace(facts, composition=tuple(replace(part, pre="0", post=share) for part in facts.composition))


def test_half_recycled_rare_earths_are_compared_with_recycled_goods() -> None:
    """2.35 kg, as a recycled magnet has, lies far below every virgin study, and within those of recycled magnets."""
    low = {"footprint": at("MG-88", "2.35").footprint}
    assert found(replace(recycled("MG-88", "0.49"), **low)).word == "far-below"
    told = found(replace(recycled("MG-88", "0.5"), **low))
    assert (told.word, told.route, told.read) == ("within", "recycled-short-loop", 2)


def test_one_study_alone_is_said_to_be_one() -> None:
    told = found(certified("MG-88"))
    assert (told.read, told.other) == (1, 1)
    assert "of one study only" in alone(certified("MG-88"), example.tables()).sentence


def test_a_range_composed_of_others_is_said_to_be_composed() -> None:
    told = found(certified("ME-31"))
    assert (told.word, told.read, told.studies) == ("within", 0, ())
    assert "composed of published ones" in alone(certified("ME-31"), example.tables()).sentence


@pytest.mark.parametrize("lot", ["DY-06", "CON-07", "LM-12", "HS-02"])
def test_where_nobody_published_a_value_that_is_said(lot: str) -> None:
    assert found(certified(lot)).word == "none"
    assert "no published range" in alone(certified(lot), example.tables()).sentence


def test_a_batch_without_a_product_counts_as_the_product_that_its_composition_fits() -> None:
    """Leaving the product's name away does not leave the range."""
    unnamed = replace(certified("MG-88"), batch=replace(certified("MG-88").batch, product=None))
    assert found(unnamed) == found(certified("MG-88"))
    assert words_of_none(replace(unnamed, composition=only(unnamed, "Pr")))


def test_a_batch_that_may_be_several_products_has_no_range_and_the_reader_is_told_why() -> None:
    """An oxide of lanthanum and cerium is neither of the two that were studied."""
    named = certified("LC-09")
    unnamed = replace(named, batch=replace(named.batch, product=None))
    assert words_of_none(unnamed)
    assert not words_of_none(named)
    assert found(named).word == "none"


def only(facts: CertifiedDraft, element: str) -> tuple[ElementShare, ...]:
    return tuple(part for part in facts.composition if part.element == element)


def words_of_none(facts: CertifiedDraft) -> bool:
    """Return whether there is no range because no product is named."""
    none = (found(facts).word, found(facts).product, found(facts).low) == ("none", None, None)
    told = alone(facts, example.tables()).sentence
    assert none == told.startswith("no published range, because the record names no product; ")
    return none


def test_electricity_has_no_published_range() -> None:
    power = replace(certified("OX-17"), batch=replace(certified("OX-17").batch, kind="electricity"))
    assert compare(power, example.tables()) is None


def test_a_mark_refuses_nothing_and_is_no_flag() -> None:
    tables = example.tables()
    low = alone(at("OX-17", "0.01"), tables)
    same = alone(certified("OX-17"), tables)
    assert (low.flags, low.upstream_flags) == (same.flags, same.upstream_flags)
    assert low.qualified, "far below qualifies a figure"


@pytest.mark.parametrize(
    ("by", "words"),
    [
        (None, ""),
        ((), "no accredited attestor has examined the figure; "),
        (("Dot",), "the figure is attested by Dot; "),
    ],
)
def test_a_figure_far_below_asks_for_an_attestation(by: tuple[str, ...] | None, words: str) -> None:
    record = at("OX-17", "3")
    clean = replace(record, footprint=replace(record.footprint, placeholders=0, flags=OpenFlags(own=0, inputs=0)))
    known = Known(figure_attested_by=by)
    judged = told(clean, example.tables(), own=0, upstream=0, run=None, known=known)
    assert judged.sentence.startswith(f"far below the published range of 3 studies; {words}no flags")
    assert judged.qualified == (not by)
    within = replace(certified("OX-17"), footprint=replace(certified("OX-17").footprint, placeholders=0))
    assert "attest" not in told(within, example.tables(), own=0, upstream=0, run=None, known=known).sentence


def test_without_a_table_there_is_no_range() -> None:
    assert found_in_empty_tables("OX-17").word == "none"


def found_in_empty_tables(lot: str) -> PublishedComparison:
    told = compare(certified(lot), replaced(example.tables(), published=()))
    assert told is not None
    return told


ROW = {
    "product": "p", "step": "", "route": "any-primary", "boundary": "cradle-to-gate", "indicator": "ghg", "unit": "kg CO2e/kg",
    "low": "1", "typical_low": "1", "typical_high": "2", "high": "2", "n_read": "1", "n_other": "0", "studies": "A; B",
    "status": "read", "note": "",
}  # fmt: skip


def table(**changed: str) -> bytes:
    return (",".join(COLUMNS) + "\n" + ",".join((ROW | changed).values()) + "\n").encode()


def test_a_new_range_is_a_row() -> None:
    (row,) = parse_published_ranges(table())
    assert (row.low, row.high, row.studies) == (10**12, 2 * 10**12, ("A", "B"))


@pytest.mark.parametrize(
    "changed",
    [{"low": "3"}, {"low": ""}, {"low": "x"}, {"route": "by air"}, {"step": "magic"}, {"n_read": "-1"}, {"boundary": "x"},
     {"status": "sure"}, {"unit": ""}],
)  # fmt: skip
def test_a_row_that_is_wrong_is_refused_with_its_place(changed: dict[str, str]) -> None:
    with pytest.raises(InputError, match="line 2"):
        parse_published_ranges(table(**changed))


def test_every_product_of_the_shipped_table_is_in_the_vocabulary() -> None:
    known = example.tables().products
    assert {name for row in example.tables().published for name in row.products} <= known.keys()


@pytest.mark.parametrize(
    ("own", "word"),
    [("2.2", "far-below"), ("4.444", "below"), ("4.445", "within"), ("20.738", "within"), ("20.739", "above")],
)
def test_the_own_step_alone_lies_in_the_range_of_studies_of_that_step(own: str, word: str) -> None:
    """Separation of bastnaesite: 4.445 and 20.738 kg CO2e per kg of oxide, by mass."""
    assert own_step("OX-17", own).word == word


def own_step(lot: str, own: str | None = None) -> StepComparison:
    facts = certified(lot)
    if own is not None:
        facts = replace(facts, footprint=replace(facts.footprint, own_step=own))
    found = compare_step(facts, example.tables())
    assert found is not None
    return found


@pytest.mark.parametrize("lot", ["CON-07", "RC-11", "IC-03", "LM-12", "AL-40", "RX-04", "HS-02"])
def test_where_nobody_studied_a_step_of_a_product_alike_that_is_said(lot: str) -> None:
    """A study per kg of chloride, or one that leaves out the metals, is none of this step."""
    assert own_step(lot).word == "none"
    assert "No study of this step, route and product was read." in sentences(certified(lot))


def sentences(facts: CertifiedDraft) -> str:
    return " ".join(each.sentence for each in alone(facts, example.tables()).beside)


def test_all_products_of_a_run_have_the_same_own_step_by_mass() -> None:
    """Declared prices move a figure, and leave what studies tell of a step as it is."""
    assert {round(Decimal(own_step(lot).kg_co2e_per_kg), 1) for lot in ("OX-17", "LC-09")} == {Decimal("10.4")}


def test_certificates_of_engine_1_and_electricity_tell_no_own_step() -> None:
    facts = certified("OX-17")
    assert compare_step(replace(facts, footprint=replace(facts.footprint, own_step=None)), example.tables()) is None
    assert compare_step(replace(facts, batch=replace(facts.batch, kind="electricity")), example.tables()) is None


@pytest.mark.parametrize(
    ("sun", "kg", "step", "below"),
    [
        (None, "44.1", ["7.05", "10.4", "3.42", "3.01"], "1 of the 3"),
        (JUST_UNNOTICED, "34.2", ["5.43", "6.98", "2.51", "2.89"], "1 of the 3"),
        (MOST_BY_DAY, "29.0", ["3.36", "5.55", "2.30", "2.74"], "2 of the 3"),
    ],
)
def test_all_small_cheats_at_once_change_what_a_buyer_reads(
    sun: str | None, kg: str, step: list[str], below: str
) -> None:
    """The range says "within" of all three; the steps, and the figure with power of the grid, tell them apart."""
    found = magnet_of(with_small_cheats(sun))
    assert found.published is not None
    assert found.published.word == "within"
    assert [each.kg_co2e_per_kg[:4] for each in found.steps[1:]] == step
    assert f"in {below} shown steps that studies cover, the figure is below theirs" in found.sentence
    assert ("with power of the grid in place of the plants' own, the figure would be 38" in found.sentence) == bool(sun)
    assert ("E-OWN-SHARE" in {each.rule for each in found.open}) == (sun == MOST_BY_DAY)
    assert with_small_cheats(sun)["MG-88"].footprint.per_kg.location.startswith(kg)


CHAIN = ("MG-88", "ME-31", "OX-17", "RC-11", "AL-40")


@cache
def with_small_cheats(sun: str | None) -> dict[str, CertifiedDraft]:
    """Return the chain of the magnet in which each plant did all small cheats at once; None for the honest chain."""
    lots = dict(example.lots())
    for run, change in (ALL_SMALL_CHEATS if sun else {}).items():
        cheat = both(change, a_roof_for(sun or "0"))
        lots |= example.certificates(example.drafted(example.changed(run, cheat), upstream=lots))
    return {lot: cast("CertifiedDraft", lots[lot].facts) for lot in CHAIN}


def magnet_of(chain: Mapping[str, CertifiedDraft]) -> Plausibility:
    """Return what the figure of the magnet is worth, the steps before it being shown."""
    tables = example.tables()
    steps = tuple(step for lot in CHAIN[1:] if (step := compare_step(chain[lot], tables)) is not None)
    own = chain[CHAIN[0]].footprint.flags
    assert own is not None
    return told(chain[CHAIN[0]], tables, own=own.own, upstream=0, run=None, known=Known(steps=steps))
