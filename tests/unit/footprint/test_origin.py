"""Where elements come from, when what a source says of it is no whole: such a batch fails by itself, and what is
made of it is judged.
"""

from __future__ import annotations

from fractions import Fraction

import pytest

from ledger.chemistry.exact import SCALE
from ledger.footprint.origin import UNKNOWN, ElementSource, drawn_from_batch, element_shares, shares_of
from ledger.footprint.scrap import Process
from schemas.document import replace
from schemas.figures import CountryShare
from tests.support.worlds import worked_example as example


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


HALF = SCALE // 2
ORE = {"Nd": ElementSource(3 * SCALE, 0, 0, {"CN": SCALE})}
SCRAP = {"Nd": ElementSource(SCALE, 0, SCALE, {UNKNOWN: SCALE})}


def test_each_country_has_its_own_recycled_part() -> None:
    (share,) = shares_of({"Nd": "0.5"}, [ORE, SCRAP])
    assert (share.pre, share.post) == ("0", "0.25")
    assert (share.extracted, share.recycled) == ((("CN", "0.75"), (UNKNOWN, "0.25")), ("0", "1"))
    mixed = {"Nd": ElementSource(SCALE, HALF, 0, {"CN": SCALE})}
    (share,) = shares_of({"Nd": "0.5"}, [ORE, SCRAP, mixed])
    assert share.recycled == ("0.125", "1")


def test_it_is_stated_only_where_it_differs_from_that_of_the_element() -> None:
    other = {"Nd": ElementSource(SCALE, 0, SCALE, {"JP": SCALE})}
    for sources in ([ORE], [ORE, {"Nd": ElementSource(SCALE, 0, 0, {"AU": SCALE})}], [SCRAP, other]):
        assert shares_of({"Nd": "0.5"}, sources)[0].recycled == ()
    assert shares_of({"Nd": "0.5"}, [ORE, SCRAP], engine="1")[0].recycled == (), "engine 1 states none"
    assert shares_of({"Fe": "0.5"}, [{"Fe": ORE["Nd"]}, {"Fe": SCRAP["Nd"]}])[0].recycled == (), "it has no countries"


def test_what_a_batch_of_engine_1_leaves_open_stays_open_for_its_countries_alone() -> None:
    first = {"Nd": ElementSource(SCALE, HALF, 0, {"CN": HALF, "JP": HALF}, recycled={"CN": None, "JP": None})}
    (share,) = shares_of({"Nd": "0.5"}, [first, SCRAP])
    assert [country for country, _ in share.extracted] == ["CN", "JP", UNKNOWN]
    assert share.recycled == (None, None, "1")
    assert shares_of({"Nd": "0.5"}, [first])[0].recycled == ()


def test_what_a_batch_states_is_handed_on_and_rework_lowers_it_in_proportion() -> None:
    magnet = next(each for done in example.drafts().values() for each in done.certified if each.batch.lot == "MG-88")
    nd = next(part for part in magnet.composition if part.element == "Nd")
    assert [(each.country, each.recycled) for each in nd.extracted] == [("CN", "0"), (UNKNOWN, "1")]
    into = Process("did:web:other.example", "machining")
    countries = (
        CountryShare(country="CN", share="0.5", recycled="0.2"),
        CountryShare(country=UNKNOWN, share="0.5", recycled="0.6"),
    )
    for scrap, expected in ((None, ["0.2", "0.6"]), (((into.pseudonym, "0.1"),), ["0.15", "0.45"])):
        part = replace(nd, pre="0.4", post="0", scrap=scrap, extracted=countries)
        batch = replace(magnet, composition=(part,))
        (made,) = element_shares({"Nd": "0.2"}, [drawn_from_batch(batch, 10**6, into=into)])
        assert [each.recycled for each in made.extracted] == expected
