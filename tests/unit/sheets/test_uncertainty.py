"""What brings most of a figure's uncertainty."""

from __future__ import annotations

from ledger.chemistry.exact import SCALE
from ledger.sheets.uncertainty import AMOUNTS, causes_words, parameters
from schemas.figures import Quality
from tests.support.worlds import worked_example as example


def test_the_causes_of_the_magnets_uncertainty_are_the_largest_first() -> None:
    (magnet,) = (each for each in example.drafts()["MAG-2026-06"].certified if each.batch.lot == "MG-88")
    told = parameters(magnet.footprint.per_kg.location, magnet.footprint.quality)
    assert (round(float(told.low), 1), round(float(told.high), 1)) == (35.8, 54.3)
    assert told.gsd2.startswith("1.231")
    shares = [share for _, share in told.causes]
    assert shares == sorted(shares, reverse=True)
    assert 0 < sum(shares) <= SCALE
    assert all(key.startswith(("amounts", "materials:", "grid:")) for key, _ in told.causes)
    assert causes_words(told).startswith("; mostly meters and estimates (")
    assert "the factor of hydrochloric acid (" in causes_words(told)


def test_amounts_are_a_cause_and_small_ones_are_none() -> None:
    quality = Quality(
        primary_share="0", rating="5", variance="0.0401", shared=(("fuels:diesel", "0.01"),), amounts="0.04"
    )
    assert [key for key, _ in parameters("10", quality).causes] == [AMOUNTS]
    assert causes_words(parameters("10", quality)) == "; mostly meters and estimates (99 %)"


def test_a_certificate_of_engine_1_tells_no_causes() -> None:
    told = parameters("10", Quality(primary_share="0", rating="5", variance="0.04"))
    assert (told.causes, causes_words(told)) == ((), "")
