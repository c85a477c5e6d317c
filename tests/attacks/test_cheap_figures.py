"""Figures made cheap in ways that add up: a factor overruled, a credit, somebody else's grid, a step that is only a
word.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace
from schemas.inventory import CreditLine, ElectricityLine, GasMass, MaterialLine
from schemas.problem import RefusedError
from tests.support.worlds import worked_example as example
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import DIDYMIUM, Make, inventory, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from schemas.inventory import InventoryGroup
    from schemas.report import Report
    from schemas.vocabulary import Kind
    from tests.support.worlds.drafts import Issuance

ELY, SEP, MAG = "ELY-2026-04-A", "SEP-2026-03", "MAG-2026-06"
GROUPS = ("materials", "fuels", "electricity", "direct", "transport", "waste", "credits")
LIME = MaterialLine(name="Lime", basis="weighed", meter="W-1", mass_kg="100000", factor="materials/lime-cao.cn.2019")


def judged(world: World, subject: Issuance) -> Report:
    lines = world.bundle(subject.certificate, "auditor")
    policy = Policy(world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def failed(found: Report) -> set[str]:
    return {check.code for check in found.checks if check.result == "failed"}


@pytest.fixture
def lines(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Put lines into every run of a world: ``lines(materials=[...])`` adds, ``electricity`` is replaced."""

    def put(**groups: Iterable[object]) -> None:

        def changed(feed: list[Make], *, full: bool) -> tuple[InventoryGroup, ...]:
            made = list(inventory(feed, full=full))
            for name, extra in groups.items():
                at = GROUPS.index(name)
                kept = () if name == "electricity" else made[at].lines
                made[at] = replace(made[at], lines=(*kept, *extra))
            return tuple(made)

        monkeypatch.setattr("tests.support.worlds.drafts.inventory", changed)

    return put


def refused(run: str, change: Callable[[dict[str, Any]], object]) -> set[str]:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, change))
    assert "<" not in str(caught.value), "a fact of the sentence is missing"
    return {problem.code for problem in caught.value.problems}


# -- a result written over a public factor ----------------------------------------------------------------------------


@pytest.mark.parametrize("value", [(), (GasMass(gas="CO2-fossil", mass_kg="1"),)], ids=["none", "some"])
def test_a_line_does_not_overrule_a_public_factor(lines: Callable[..., None], value: tuple[GasMass, ...]) -> None:
    lines(materials=[replace(LIME, value=value)])
    world = World()
    assert "footprint.factors" in failed(judged(world, mined(world)))


def test_a_line_without_a_public_factor_takes_nothing_off(lines: Callable[..., None]) -> None:
    down = (GasMass(gas="CO2-fossil", mass_kg="-50"),)
    lines(materials=[replace(LIME, factor="own/lime", value=down)])
    world = World()
    assert "footprint.factors" in failed(judged(world, mined(world)))


def test_a_result_without_a_public_factor_is_told(lines: Callable[..., None]) -> None:
    lines(materials=[replace(LIME, factor="own/lime", value=())])
    world = World()
    made = mined(world)
    found = judged(world, made)
    assert made.certificate.record.footprint.placeholders == 1
    assert "footprint.recomputed" in {check.code for check in found.checks if check.result == "not-checked"}


# -- credits stand apart ----------------------------------------------------------------------------------------------


def test_a_credit_takes_nothing_off_the_footprint() -> None:
    credit = {
        "name": "Avoided power",
        "basis": "assumed",
        "amount": "9000000 kWh",
        "factor": "grid/location.cn-nm.2023",
    }
    done = example.drafted(example.changed(MAG, lambda value: value.update(credits=[credit])))
    honest = example.drafts()[MAG]
    assert [each.footprint for each in done.certified] == [each.footprint for each in honest.certified]
    assert [(row[0], row[2][0]) for row in done.own if row not in honest.own] == [("credits", "-")]


def test_a_credit_is_verified_apart(lines: Callable[..., None]) -> None:
    lines(
        credits=[
            CreditLine(name="Power", basis="assumed", amount="900000", unit="kWh", factor="grid/location.cn-nm.2023")
        ]
    )
    world = World()
    made = mined(world)
    assert judged(world, made).verdict == "genuine"
    assert not made.certificate.record.footprint.total_kg_co2e.location.startswith("-")


# -- electricity of elsewhere -----------------------------------------------------------------------------------------


def power(**members: object) -> ElectricityLine:
    line = ElectricityLine(
        name="Furnace",
        basis="metered",
        meter="M-1",
        amount_kwh="125.5",
        grid="CN-NM",
        factor="grid/location.cn-nm.2023",
        uncovered="grid/location.cn-nm.2023",
    )
    return replace(line, **members)


YUNNAN = "grid/location.cn-yn.2023"
WIND = "methods/electricity-wind-direct.glo"
ELSEWHERE = {
    "another province": {"grid": "CN-YN", "factor": YUNNAN, "uncovered": "grid/residual.cn.2023"},
    "a grid in no table": {"grid": "MM-01", "factor": YUNNAN, "uncovered": YUNNAN},
    "wind as a grid": {"grid": "US-CA", "factor": WIND, "uncovered": WIND},
    "wind at home": {"factor": WIND},
}


@pytest.mark.parametrize("members", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_plant_takes_the_average_of_its_own_grid(lines: Callable[..., None], members: dict[str, str]) -> None:
    lines(electricity=[power(**members)])
    world = World()
    assert "mass.physics" in failed(judged(world, mined(world)))


def test_transmission_alone_is_no_average(lines: Callable[..., None]) -> None:
    lines(electricity=[power(factor="grid/transmission.cn.2024", uncovered="grid/life-cycle.cn.2024")])
    said = {"electricity": "life-cycle"}
    cheat = Cheat(
        run=lambda facts: replace(facts, **said),
        facts=lambda facts: replace(facts, footprint=replace(facts.footprint, **said)),
    )
    world = World()
    assert "mass.physics" in failed(judged(world, mined(world, cheat=cheat)))


@pytest.mark.parametrize(
    ("code", "members"),
    [
        ("rule.e-set-plant", {"grid": "CN-YN"}),
        ("rule.e-set-plant", {"grid": "MM-01", "factor": YUNNAN, "uncovered": YUNNAN}),
        ("rule.e-set-average", {"grid": "US-CA", "factor": WIND, "uncovered": WIND}),
        ("rule.e-set-grid", {"factor": WIND}),
    ],
)
def test_power_of_elsewhere_is_refused_at_issue(code: str, members: dict[str, str]) -> None:
    def change(value: dict[str, Any]) -> None:
        for line in value["electricity"]:
            for name in ("factor", "uncovered", "instruments"):
                line.pop(name, None)
            line.update(members)

    assert code in refused(MAG, change)


# -- a step that is only a word ---------------------------------------------------------------------------------------


def kind_of(kind: Kind) -> Cheat:
    return Cheat(outputs=lambda made: [replace(each, kind=kind) for each in made])


def test_no_metal_of_oxide_by_blending() -> None:
    world = World()
    metal = Make(300_000, (("Nd", "0.72"), ("Pr", "0.28")))
    made = world.issue("ben", [drawn(world)], [metal], cheat=kind_of("metal"))
    assert "mass.physics" in failed(judged(world, made))


def test_electrolysis_called_blending_is_refused() -> None:
    def change(value: dict[str, Any]) -> None:
        value["step"] = "blending"

    assert "rule.m-oxmet-step" in refused(ELY, change)


def test_cracking_called_blending_is_refused() -> None:
    def change(value: dict[str, Any]) -> None:
        value["step"] = "blending"

    assert "rule.m-oxmet-ore" in refused("CRK-2026-02", change)


# -- origin and recycled content by word ------------------------------------------------------------------------------


MARKET = {
    "name": "Oxide from the market",
    "basis": "weighed",
    "meter": "W-1",
    "mass": "900 t",
    "factor": "methods/no-burden.glo",
    "composition": {"Nd": "0.857", "O": "0.143"},
}


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("rule.s-int", {"recycled": "post-consumer"}),
        ("rule.s-int", {"recycled": "pre-consumer"}),
        ("rule.b-unc-origin", {"extracted_in": "AU"}),
    ],
)
@pytest.mark.parametrize("run", [MAG, SEP, ELY])
def test_a_market_lot_is_neither_scrap_nor_from_anywhere(code: str, said: dict[str, str], run: str) -> None:
    assert code in refused(run, lambda value: value["materials"].append(MARKET | said))


@pytest.mark.parametrize("said", [{"extracted_in": "AU"}, {"recycled": "post-consumer"}])
def test_uncertified_feed_with_a_country_of_its_own_is_not_genuine(
    lines: Callable[..., None], said: dict[str, str]
) -> None:
    world = World()
    lump = drawn(world, 1)
    bought = MaterialLine(
        name="Oxide", basis="weighed", meter="W-1", mass_kg="1000", factor="methods/no-burden.glo", composition=DIDYMIUM
    )
    lines(materials=[replace(bought, **said)])
    made = world.issue("ben", [lump], [Make(1_000_000_000)])
    assert "mass.physics" in failed(judged(world, made))


# -- factors of other substances --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("breach", "line"),
    [
        ("M-FIT", {"factor": "placeholders/iron.glo", "composition": (("Nd", "1"),)}),
        ("M-FIT", {"factor": "placeholders/iron.glo", "proxy_for": "calcium metal", "composition": (("Ca", "1"),)}),
        ("S-SCRAP", {"factor": "methods/scrap-cut-off.glo", "composition": DIDYMIUM}),
    ],
)
def test_a_factor_of_another_substance_is_not_genuine(
    lines: Callable[..., None], breach: str, line: dict[str, Any]
) -> None:
    lines(materials=[MaterialLine(name="Goods", basis="weighed", meter="W-1", mass_kg="10", **line)])
    world = World()
    made = mined(world, cheat=Cheat(run=lambda facts: replace(facts, engine="2")))
    checks = judged(world, made).checks
    assert breach in {check.facts["breach"] for check in checks if check.code == "mass.physics" and check.facts}


@pytest.mark.parametrize(
    "line",
    [
        {"factor": "placeholders/aluminium.glo", "proxy_for": "calcium metal", "composition": (("Ca", "1"),)},
        {"factor": "defaults/rare-earth-goods.glo", "composition": DIDYMIUM},
        {"factor": "placeholders/iron.glo", "cas": "7439-89-6"},
    ],
)
def test_a_proxy_and_a_default_are_recomputed_from_the_sealed_line(
    lines: Callable[..., None], line: dict[str, Any]
) -> None:
    lines(materials=[MaterialLine(name="Goods", basis="weighed", meter="W-1", mass_kg="10", **line)])
    world = World()
    found = judged(world, mined(world))
    assert failed(found) == set()
    assert "footprint.recomputed" in {check.code for check in found.checks if check.result == "passed"}
