"""The examples beside Bayan Obo: what the builder makes, issued and verified in a fresh registry, with README's figures.

And `oreprint example`: a record for every step, with comments that change nothing, judged by every rule of issuance.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import pytest

from cli.commands.example import FOLDERS, Shipped, chosen, commented, shipped
from ledger.claims.draft import draft_with_claims
from ledger.drafting.draft import Upstream
from ledger.tables import shipped_tables
from schemas.certificate import Facility
from schemas.door import parse_document, parse_value
from schemas.parties import Parties
from schemas.problem import MissingError
from schemas.record import ProductionRecord, written_run
from schemas.vocabulary import CANCELLATION, Step
from tests.golden.make_plants import differences
from tests.support.registries.lived_in import Life, a_birth

if TYPE_CHECKING:
    from ledger.drafting.draft import Draft

EXAMPLES = Path(__file__).parents[2] / "examples"
ROUTES = ("bastnaesite-us", "further-steps", "ion-clay-magnesium", "nimh-recycled", "smco-calcium")
FIGURE = re.compile(r"^\| ([A-Z]{2,3}-2026-[0-9]{2}) \|.*\| ([0-9.]+) \|$", re.MULTILINE)


@pytest.fixture(scope="module", params=ROUTES)
def route(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def life(route: str, tmp_path_factory: pytest.TempPathFactory) -> Life:
    """A registry in which the records of one folder were issued, one after another."""
    made = a_birth(tmp_path_factory.mktemp(route) / "home", EXAMPLES / route)
    for path in sorted((EXAMPLES / route).glob("[0-9]*.yaml")):
        made.issue(parse_document(ProductionRecord, path.read_bytes(), media="yaml"))
    return made


def test_the_records_are_what_the_plants_make() -> None:
    assert differences() == []


def test_each_lot_verifies_with_all_that_it_discloses(life: Life) -> None:
    for lot in life.digests:
        found = life.verify(lot)
        assert found.verdict == "genuine", lot
        assert found.chain.state == "complete"
        assert found.footprint is not None
        assert (found.footprint.recomputed, found.footprint.difference) == (True, "0")


def test_the_readme_prints_each_figure(route: str, life: Life) -> None:
    printed = dict(FIGURE.findall((EXAMPLES / route / "README.md").read_text(encoding="utf-8")))
    assert printed.keys() == life.digests.keys()
    for lot, figure in printed.items():
        found = life.verify(lot).footprint
        assert found is not None
        exact = Decimal(found.kg_co2e_per_kg["location"])
        assert exact.quantize(Decimal(figure)) == Decimal(figure), lot


def test_every_amount_of_a_record_has_a_source(route: str) -> None:
    page = (EXAMPLES / route / "SOURCES.md").read_text(encoding="utf-8")
    for path in sorted((EXAMPLES / route).glob("[0-9]*.yaml")):
        record = parse_document(ProductionRecord, path.read_bytes(), media="yaml")
        for line in (*record.materials, *record.fuels, *record.electricity, *record.direct, *record.transport):
            assert line.note, (path.name, line.name)
            assert f"| {line.name} |" in page


# -- oreprint example --------------------------------------------------------------------------------------------------


@cache
def plants() -> dict[str, Facility]:
    """The plants of all examples."""
    found = {}
    for folder in FOLDERS:
        parties = parse_document(Parties, (EXAMPLES / folder / "parties.yaml").read_bytes(), media="yaml")
        for party in parties.parties:
            for plant in party.facilities:
                found[plant.id] = Facility(**plant.model_dump(include=set(Facility.__struct_fields__)))
    return found


@cache
def lots() -> dict[str, Upstream]:
    """The certificates that all examples make, by lot."""
    made: dict[str, Upstream] = {}
    for each in shipped():
        for certified in drafted(each.text, made).certified:
            made[certified.batch.lot] = Upstream(certified, certified.batch.lot)
    return made


def drafted(text: str, known: dict[str, Upstream]) -> Draft:
    """Draft a record; a rule that rejects it raises."""
    record = written_run(parse_value(text.encode(), media="yaml"))
    upstream = [known[item.lot or ""] for item in record.inputs]
    return draft_with_claims(record, upstream, facility=plants()[record.facility], tables=shipped_tables())


def all_examples() -> list[Shipped]:
    by_step = [chosen(step, None) for step in get_args(Step)]
    return by_step + [chosen(each.step, product) for each in shipped() for product in each.products]


def test_there_is_an_example_of_every_step_and_the_rules_accept_it() -> None:
    steps = [chosen(step, None).step for step in get_args(Step)]
    assert steps == list(get_args(Step))
    for example in {each.path: each for each in all_examples()}.values():
        text = commented(example)
        assert parse_value(text.encode(), media="yaml") == parse_value(example.text.encode(), media="yaml")
        assert drafted(text, lots()).certified, example.path


def test_an_example_says_what_each_part_is_and_where_its_inputs_come_from() -> None:
    text = commented(chosen("machining", None))
    assert "# Electricity used by the run. Read it from: the meter of the plant" in text
    assert "# It takes lot SM-2026-02, which examples/smco-calcium/02-MAG-2026-02.yaml makes." in text
    assert "scheme that cancelled" in commented(chosen(CANCELLATION, None))


def test_a_product_without_an_example_is_refused_with_those_that_have_one() -> None:
    with pytest.raises(MissingError, match="There are examples of ndfeb-powder"):
        chosen("hydrogen-recycling", "smco5-magnet")
