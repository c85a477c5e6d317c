"""A figure by each method in one line, as page, sheet and commands show it."""

from __future__ import annotations

from ledger.sheets.methods import by_methods, left_out_line, methods_line
from schemas.document import replace
from tests.support.worlds import worked_example as example


def test_the_oxide_is_shown_by_each_method() -> None:
    oxide = next(each for each in example.drafts()["SEP-2026-02"].certified if each.batch.lot == "OX-16")
    line = methods_line(oxide.footprint, oxide.batch.net_mass_kg)
    assert line == "74 by declared prices; 73 by reference prices; 17 by mass"


def test_a_figure_by_mass_is_named_first_and_one_without_reference_has_two() -> None:
    oxide = next(each for each in example.drafts()["SEP-2026-02"].certified if each.batch.lot == "OX-16")
    figures = oxide.footprint
    turned = replace(
        figures,
        allocation="mass",
        total_kg_co2e=figures.alternative.total_kg_co2e,
        alternative=replace(figures.alternative, method="economic", total_kg_co2e=figures.total_kg_co2e),
        reference=None,
    )
    assert [each.method for each in by_methods(turned, oxide.batch.net_mass_kg)] == ["mass", "declared-prices"]


def test_what_is_left_out_at_most_stands_beside_the_figure() -> None:
    (magnet,) = example.drafts()["MAG-2026-06"].certified
    line = left_out_line(magnet.footprint, magnet.batch.net_mass_kg)
    bounded, _, unbounded = line.partition("; not in it, since nobody bounded it: ")
    assert bounded == "at most 45 with all that is left out and bounded (1.1 more)"
    assert "indirect N2O from leached ammonium and deposited NH3" in unbounded
    assert left_out_line(replace(magnet.footprint, left_out=None), magnet.batch.net_mass_kg) == ""


def test_a_poor_figure_has_two_digits() -> None:
    oxide = next(each for each in example.drafts()["SEP-2026-02"].certified if each.batch.lot == "OX-16")
    poor = replace(oxide.footprint, quality=replace(oxide.footprint.quality, variance="0.1"))
    assert methods_line(poor, oxide.batch.net_mass_kg) == "74 by declared prices; 73 by reference prices; 17 by mass"
