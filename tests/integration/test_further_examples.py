"""The examples beside Bayan Obo: what the builder makes, issued, verified, and told in each README.

And `oreprint example`: a record for every step and product, with comments that change nothing, which
`oreprint footprint` computes as it is.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING, get_args

import pytest

from cli.commands.example import command, commented
from cli.commands.footprint import command as footprint
from ledger.desk.examples import ExampleRecord, chosen, shipped
from ledger.tables import shipped_tables
from schemas.door import parse_document, parse_value, validated
from schemas.problem import MissingError
from schemas.record import ProductionRecord
from schemas.vocabulary import CANCELLATION, Step
from tests.golden.make_plants import differences
from tests.golden.plants.every_product import FLAGS
from tests.support.registries.lived_in import Life, a_birth
from tests.support.worlds.further_examples import EXAMPLES, drafted, parsed

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.report import Report

ROUTES = ("bastnaesite-us", "every-product", "further-steps", "ion-clay-magnesium", "nimh-recycled", "smco-calcium")
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


@pytest.fixture(scope="module")
def reports(life: Life) -> dict[str, Report]:
    """What a verifier says of each lot."""
    return {lot: life.verify(lot) for lot in life.digests}


def test_the_records_are_what_the_plants_make() -> None:
    assert differences() == []


def test_each_lot_verifies_with_all_that_it_discloses(reports: dict[str, Report]) -> None:
    for lot, found in reports.items():
        assert found.verdict == "genuine", lot
        assert found.chain.withheld == 0
        assert found.footprint is not None
        assert (found.footprint.recomputed, found.footprint.difference) == (found.footprint.kg_co2e_per_kg, "0")


def test_the_readme_prints_each_figure(route: str, reports: dict[str, Report]) -> None:
    printed = dict(FIGURE.findall((EXAMPLES / route / "README.md").read_text(encoding="utf-8")))
    assert printed.keys() == reports.keys()
    for lot, figure in printed.items():
        found = reports[lot].footprint
        assert found is not None
        exact = Decimal(found.kg_co2e_per_kg)
        assert exact.quantize(Decimal(figure)) == Decimal(figure), lot


def test_every_amount_of_a_record_has_a_source(route: str) -> None:
    page = (EXAMPLES / route / "SOURCES.md").read_text(encoding="utf-8")
    for path in sorted((EXAMPLES / route).glob("[0-9]*.yaml")):
        record = parse_document(ProductionRecord, path.read_bytes(), media="yaml")
        for line in (*record.materials, *record.fuels, *record.electricity, *record.direct, *record.transport):
            assert line.note, (path.name, line.name)
            assert f"| {line.name} |" in page


# -- oreprint example --------------------------------------------------------------------------------------------------


def all_examples() -> list[ExampleRecord]:
    by_step = [chosen(step, None) for step in get_args(Step)]
    return by_step + [chosen(each.step, product) for each in shipped() for product in each.products]


def test_there_is_an_example_of_every_step_and_the_rules_accept_it() -> None:
    steps = [chosen(step, None).step for step in get_args(Step)]
    assert steps == list(get_args(Step))
    for example in {each.path: each for each in all_examples()}.values():
        text = commented(example)
        assert parsed(text) == parsed(example.text)
        assert drafted(text).certified, example.path


def pairs() -> list[tuple[Step, str]]:
    """Return every step and product that the vocabulary puts together."""
    return [(step, each.id) for each in shipped_tables().products.values() for step in each.steps]


@pytest.mark.parametrize(("step", "product"), pairs())
def test_every_step_and_product_has_an_example_that_the_command_computes_as_it_is(
    step: Step, product: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    record = tmp_path / "record.yaml"
    command(step, product, record)
    capsys.readouterr()
    footprint(record, as_json=True)
    figures = {each["lot"]: each["footprint"] for each in json.loads(capsys.readouterr().out)["outputs"]}
    text = record.read_text(encoding="utf-8")
    made = validated(ProductionRecord, parsed(text))
    lot = next(each.lot for each in made.outputs if each.product == product and each.lot in figures)
    assert made.step == step
    assert Decimal(figures[lot]["total_kg_co2e"]["location"]) > 0
    head = text.partition("oreprint: ")[0]
    flags = {finding.problem.code for finding in drafted(text).findings}
    if "every-product" in str(chosen(step, product).path):
        assert {code for code in flags if FLAGS[code] not in head} == set()


def test_an_example_says_what_each_part_is_and_where_its_inputs_come_from() -> None:
    text = commented(chosen("machining", None))
    assert "# Electricity used by the run. Read it from: the meter of the plant" in text
    cut = next(each for each in shipped() if each.path.stem == "03-MCH-2026-03")
    assert "# It takes lot SM-2026-02, which examples/smco-calcium/02-MAG-2026-02.yaml makes." in commented(cut)
    assert "scheme that cancelled" in commented(chosen(CANCELLATION, None))


def test_a_product_that_the_step_does_not_make_is_refused_with_the_steps_that_do() -> None:
    with pytest.raises(MissingError, match="It is made by: magnet-production, machining, coating"):
        chosen("hydrogen-recycling", "smco5-magnet")
    with pytest.raises(MissingError, match="No product of the vocabulary is called iron"):
        chosen("hydrogen-recycling", "iron")


def test_the_command_writes_the_record_with_comments_or_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    command("machining", as_json=True)
    as_json = json.loads(capsys.readouterr().out)
    command("machining")
    with_comments = capsys.readouterr().out
    assert with_comments.startswith("# An example of the step machining.")
    assert as_json == parse_value(with_comments.encode(), media="yaml")
    assert as_json["run"] == "PARTS-SN"
