"""Where elements come from, when what a source says of it is no whole: such a batch fails by itself, and what is
made of it is judged.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.chemistry.exact import SCALE
from ledger.footprint.origin import UNKNOWN, ElementSource, shares_of


@pytest.mark.parametrize("extracted", [{}, {"AU": 0, "CN": 0}])
def test_what_is_of_no_country_is_of_an_unknown_one(extracted: dict[str, int]) -> None:
    (share,) = shares_of({"Nd": "0.5"}, [{"Nd": ElementSource(SCALE, 0, 0, extracted)}])
    assert share.extracted == ((UNKNOWN, "1"),)


def test_countries_of_several_sources_are_weighed_by_what_they_bring() -> None:
    sources = [
        {"Nd": ElementSource(2 * SCALE, 0, 0, {"CN": SCALE})},
        {},
        {"Nd": ElementSource(SCALE, 0, 0, {"AU": SCALE})},
    ]
    (share,) = shares_of({"Nd": "0.5"}, sources)
    assert [country for country, _ in share.extracted] == ["AU", "CN"]
    assert sum(Fraction(part) for _, part in share.extracted) == 1
