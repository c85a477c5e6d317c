"""Claims that are not so: signed answers that the run or the chain does not give, and ways to look greener than
that.
"""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

import pytest

from ledger.chemistry.formula import parse_formula
from ledger.claims.draft import draft_answers
from ledger.claims.energy import renewable_share
from ledger.claims.reagents import LEAST, ammonia_share
from ledger.footprint.versions import ENGINES, GUARDED
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.claim import SCOPES, Claim, Stated
from schemas.document import replace
from schemas.problem import RefusedError
from schemas.quantity import trillionths
from tests.support.worlds import worked_example as example
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.claims.answer import ClaimFinding
    from schemas.claim import Answer
    from schemas.report import Report
    from tests.support.worlds.drafts import Issuance

MAG, SEP, SCR = "MAG-2026-06", "SEP-2026-03", "SCR-2026-02"
ANSWERED = "claims.answered"


def claiming(
    run: Answer, chain: Answer, name: str = "zero-discharge", countries: tuple[str, ...] | None = None
) -> Cheat:
    rows = (
        Claim(id=name, scope="run", answer=run, countries=countries),
        Claim(id=name, scope="chain", answer=chain, countries=countries),
    )
    return claims(*rows)


def claims(*rows: Claim) -> Cheat:
    return Cheat(facts=lambda facts: replace(facts, claims=rows))


def judged(world: World, subject: Issuance, show: str = "auditor") -> Report:
    lines = world.bundle(subject.certificate, show)  # type: ignore[arg-type] # an audience
    policy = Policy(world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


def failed(found: Report) -> set[str]:
    return {check.code for check in found.checks if check.result == "failed"}


def chain_of(world: World, first: Cheat, second: Cheat) -> Issuance:
    """Let ann mine, and ben make something of a part of it."""
    mined = world.issue("ann", makes=[Make(1_000_000_000)], cheat=first)
    part, _ = world.split(mined.lumps[0], 400_000_000)
    return world.issue("ben", [world.move(part, "ben")], [Make(300_000_000)], cheat=second)


# -- signed answers that do not come out ---------------------------------------------------------------------------


def test_an_honest_chain_of_answers_is_genuine_and_told_with_its_way() -> None:
    world = World()
    made = chain_of(world, claiming("declared", "declared"), claiming("declared", "declared"))
    found = judged(world, made)
    assert found.verdict == "genuine"
    assert [(each.scope, each.answer, each.said, each.reason) for each in found.claims] == [
        ("run", "declared", "declared", "no-water"),
        ("chain", "declared", "declared", "no-water"),
    ]


def test_a_chain_is_not_proven_over_an_input_that_only_declares() -> None:
    world = World()
    made = chain_of(world, claiming("declared", "declared"), claiming("declared", "proven"))
    assert failed(judged(world, made)) == {ANSWERED}


def test_an_input_that_does_not_state_it_is_no_declared_branch() -> None:
    world = World()
    made = chain_of(world, Cheat(), claiming("declared", "declared"))
    found = judged(world, made)
    assert failed(found) == {ANSWERED}
    sentence = next(check.sentence for check in found.checks if check.result == "failed")
    assert "unknown" in sentence
    assert "does not make this claim" in sentence


def test_an_input_that_does_not_state_it_is_an_unknown_branch_named_by_its_lot() -> None:
    world = World()
    made = chain_of(world, Cheat(), claiming("declared", "unknown"))
    found = judged(world, made)
    assert found.verdict == "genuine"
    (_, chain) = found.claims
    assert (chain.answer, chain.reason, chain.path) == (
        "unknown",
        "not-stated",
        (made.certificate.record.batch.lot, "L1-0"),
    )


def test_a_lie_of_an_input_is_not_inherited_unseen() -> None:
    world = World()
    made = chain_of(world, claiming("proven", "proven"), claiming("declared", "declared"))
    assert ANSWERED in failed(judged(world, made))


def test_who_understates_is_told_too_since_there_is_one_answer() -> None:
    world = World()
    made = world.issue("ann", makes=[Make(1_000_000)], cheat=claiming("refuted", "refuted"))
    assert failed(judged(world, made)) == {ANSWERED}


@pytest.mark.parametrize(
    "rows",
    [
        (Claim(id="zero-discharge", scope="run", answer="declared"),),
        (Claim(id="zero-discharge", scope="chain", answer="declared"),) * 2,
        (Claim(id="carbon-neutral", scope="run", answer="declared"),),
        (Claim(id="recycled-content", scope="chain", answer="refuted"),),
        (Claim(id="water-reuse", scope="run", answer="declared", element="Nd"),),
        (Claim(id="green-smelting", scope="run", answer="declared"),),
        (Claim(id="energy-intensity-fall", scope="run", answer="unknown"),),
    ],
    ids=[
        "a scope is left out",
        "one scope twice",
        "carbon neutral",
        "of no element",
        "of an element",
        "of another step",
        "without its figure",
    ],
)
def test_a_claim_stands_as_its_rule_has_it_or_not_at_all(rows: tuple[Claim, ...]) -> None:
    world = World()
    made = world.issue("ann", makes=[Make(1_000_000)], cheat=claims(*rows))
    assert failed(judged(world, made)) == {"claims.stated"}


# -- what is withheld proves nothing -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("audience", "run", "chain"), [("public", "declared", "unknown"), ("customer", "declared", "unknown")]
)
def test_what_is_not_shown_is_never_told_as_proven(audience: str, run: Answer, chain: Answer) -> None:
    world = World()
    made = chain_of(world, Cheat(), claiming("proven", "proven"))
    found = judged(world, made, audience)
    assert found.verdict == "genuine"  # nothing shown speaks against it
    assert [each.answer for each in found.claims] == [run, chain]
    assert {each.said for each in found.claims} == {"proven"}
    assert "not-checked" in {check.result for check in found.checks if check.code == ANSWERED}


@pytest.mark.parametrize("engine", ENGINES)
def test_a_newer_certificate_never_says_that_readings_are_proven(engine: str) -> None:
    world, rows = World(), [Claim(id="zero-discharge", scope=scope, answer="proven") for scope in SCOPES]
    said = Cheat(
        facts=lambda facts: replace(facts, claims=tuple(rows), footprint=replace(facts.footprint, engine=engine))
    )
    found = judged(world, chain_of(world, Cheat(), said), "public")
    assert (ANSWERED in failed(found)) == (engine in GUARDED), "its run is hidden, but its rules never let it say that"


def test_of_a_hidden_run_no_more_is_known_than_it_says_itself() -> None:
    world = World()
    made = chain_of(world, Cheat(), claiming("refuted", "refuted"))
    assert [each.answer for each in judged(world, made, "public").claims] == ["refuted", "refuted"]


def test_what_the_clear_part_refutes_is_found_without_the_run() -> None:
    world = World()
    made = world.issue(
        "ann", makes=[Make(1_000_000)], cheat=claiming("proven", "proven", "origin-outside", countries=("CN",))
    )
    assert failed(judged(world, made, "public")) == {ANSWERED}
    recycled = Claim(id="recycled-content", element="Nd", threshold="0.5", scope="chain", answer="proven", value="0.6")
    made = world.issue("ann", makes=[Make(1_000_000)], cheat=claims(recycled))
    assert failed(judged(world, made, "public")) == {ANSWERED}


def test_a_refuting_branch_is_found_where_the_run_is_shown_without_its_lines() -> None:
    world = World()
    made = chain_of(world, claiming("refuted", "refuted"), claiming("declared", "declared"))
    subject = made.certificate.digest
    lines = world.bundle(made.certificate, lambda digest: ["run/inputs/0/source"] if digest == subject else "customer")
    found = report(
        verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=Policy(world.now_ms + 60_000))
    )
    assert failed(found) == {ANSWERED}


# -- claims that a record may not state ----------------------------------------------------------------------------


def refused(run: str, *stated: dict[str, Any]) -> dict[str, str]:
    """Return the codes by place that refuse the claims of a run."""
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, lambda value: value.update(claims=list(stated))))
    return {problem.place: problem.code for problem in caught.value.problems}


def test_carbon_neutral_is_refused_with_the_reason() -> None:
    with pytest.raises(RefusedError, match="offset elsewhere is no part of a product's footprint"):
        example.drafted(example.changed(MAG, lambda value: value.update(claims=[{"id": "carbon-neutral"}])))


def test_everything_that_is_wrong_with_claims_is_told_at_once() -> None:
    found = refused(
        MAG,
        {"id": "climate-positive"},
        {"id": "ammonia-free-separation"},
        {"id": "recycled-content", "threshold": "20 %"},
        {"id": "zero-discharge", "threshold": "1"},
        {"id": "zero-discharge"},
        {"id": "origin-outside"},
    )
    assert found == {
        "claims[0]": "claim.unknown",
        "claims[1]": "claim.step",
        "claims[2].element": "claim.lacks",
        "claims[3].threshold": "claim.too-much",
        "claims[4]": "claim.twice",
        "claims[5].countries": "claim.lacks",
    }


# -- ways to look greener ------------------------------------------------------------------------------------------


def of_run(
    run: str, stated: dict[str, Any], change: Callable[[dict[str, Any]], object] | None = None
) -> list[ClaimFinding]:
    """Return what is found of one claim of a run of the example, in the scopes of its rule."""

    def claimed(value: dict[str, Any]) -> None:
        if change is not None:
            change(value)
        value["claims"] = [stated]

    value = example.changed(run, claimed)
    made = example.drafted(value)
    sources = [example.lots()[item["lot"]] for item in value.get("inputs", [])]
    return [each.finding for each in draft_answers(made, made.certified[0], example.read(value).stated, sources)]


def metered(value: dict[str, Any]) -> None:
    for line in value["electricity"]:
        line |= {"basis": "metered", "meter": "M-1"}


def test_a_renewable_share_is_what_instruments_of_the_own_grid_cover() -> None:
    (own, _) = of_run(MAG, {"id": "renewable-electricity", "threshold": "30 %"}, metered)
    assert (own.answer, own.reason, own.value) == ("proven", "renewable", 309_322_197_734)  # 1200 of 3879.45 kWh
    (own, chain) = of_run(MAG, {"id": "renewable-electricity", "threshold": "31 %"}, metered)
    assert (own.answer, own.reason) == ("refuted", "renewable-low")
    assert (chain.answer, chain.reason) == ("refuted", "renewable-chain-low")


def test_a_renewable_share_of_electricity_that_nobody_metered_is_declared() -> None:
    (own, chain) = of_run(MAG, {"id": "renewable-electricity", "threshold": "30 %"})
    assert (own.answer, own.reason) == ("declared", "not-metered")
    assert (chain.answer, chain.reason) == ("unknown", "renewable-open")  # the alloy states no share


@pytest.mark.parametrize(
    "change", [{"grid": "CN-YN"}, {"year": "2025"}, {"factor": "grid/location.cn-zj.2023"}, {"kind": "supplier"}]
)
def test_an_instrument_of_another_grid_or_year_or_of_a_mix_covers_nothing(change: dict[str, str]) -> None:
    run = example.drafts()[MAG].inventory
    line, *others = run.power.lines
    instruments = tuple(replace(item, **change) for item in line.instruments)
    power = replace(run.power, lines=(replace(line, instruments=instruments), *others))
    changed = replace(run, groups=[power if group is run.power else group for group in run.groups])
    assert renewable_share(run).value != 0
    assert renewable_share(changed).value == 0


SOLAR = "methods/electricity-solar-direct.glo"


@pytest.mark.parametrize(
    ("own", "factor", "share"),
    [
        ("attributes-kept", SOLAR, 10**12),
        ("attributes-sold", SOLAR, 0),
        ("attributes-kept", "methods/electricity-own-fuel-direct.glo", 0),
    ],
)
def test_own_generation_is_renewable_if_it_is_and_its_attributes_are_kept(own: str, factor: str, share: int) -> None:
    run = example.drafts()[MAG].inventory
    change = {"own": own, "factor": factor, "instruments": ()}
    power = replace(run.power, lines=tuple(replace(line, **change) for line in run.power.lines))
    changed = replace(run, groups=[power if group is run.power else group for group in run.groups])
    assert renewable_share(changed).value == share


def test_rework_makes_no_recycled_content() -> None:
    """Scrap that comes back to the process it fell off in has recycled share 0, so a claim of recycled content is
    refuted.
    """

    def rework(value: dict[str, Any]) -> None:
        for line in value["materials"]:
            line.pop("recycled", None)

    (before,) = of_run(SCR, {"id": "recycled-content", "element": "Nd", "threshold": "90 %"})
    (after,) = of_run(SCR, {"id": "recycled-content", "element": "Nd", "threshold": "90 %"}, rework)
    assert (before.answer, after.answer, after.value) == ("proven", "refuted", 0)


def test_scrap_called_recycled_outside_of_recycling_is_refused_before_any_claim() -> None:
    def swarf(value: dict[str, Any]) -> None:
        value["materials"][0]["recycled"] = "pre-consumer"

    with pytest.raises(RefusedError, match=r"internal|recycl"):
        of_run(MAG, {"id": "recycled-content", "element": "Nd", "threshold": "1 %"}, swarf)


def test_recycled_content_is_of_the_element_that_is_named() -> None:
    (nd,) = of_run(MAG, {"id": "recycled-content", "element": "Nd", "threshold": "22.3875 %"})
    (more,) = of_run(MAG, {"id": "recycled-content", "element": "Nd", "threshold": "22.3876 %"})
    (tb,) = of_run(MAG, {"id": "recycled-content", "element": "Tb", "threshold": "1 %"})
    assert (nd.answer, more.answer) == ("proven", "refuted")
    assert nd.facts["found"] == "22.3875 %"
    assert (tb.answer, tb.reason) == ("refuted", "no-element")


def test_post_consumer_is_less_than_recycled() -> None:
    (both,) = of_run(MAG, {"id": "recycled-content", "element": "Nd", "threshold": "1 %"})
    (post,) = of_run(MAG, {"id": "recycled-content-post-consumer", "element": "Nd", "threshold": "1 %"})
    assert 0 < (post.value or 0) < (both.value or 0)


def test_no_step_in_a_country_is_said_of_the_whole_chain() -> None:
    (own, chain) = of_run(MAG, {"id": "origin-dfars"})
    assert (own.answer, chain.answer, chain.reason) == ("refuted", "refuted", "step-in")
    (own, chain) = of_run(MAG, {"id": "origin-outside", "countries": ["AU", "US"]})
    assert (own.answer, chain.answer, chain.reason) == ("proven", "unknown", "step-unknown")


@pytest.mark.parametrize(
    ("threshold", "answer", "reason"),
    [
        ("44.1", "refuted", "footprint-high"),
        ("44.2", "declared", "footprint-close"),
        ("500", "declared", "footprint-placeholders"),
    ],
)
def test_a_footprint_is_below_a_figure_by_more_than_it_may_be_off(threshold: str, answer: str, reason: str) -> None:
    (found,) = of_run(MAG, {"id": "footprint-below", "threshold": threshold})
    assert (found.answer, found.reason) == (answer, reason)


def test_green_smelting_is_no_stronger_than_its_weakest_part() -> None:
    (found,) = of_run(SEP, {"id": "green-smelting", "baseline": {"figure": "99"}})
    assert (found.answer, found.reason) == ("refuted", "ammonia")
    (found,) = of_run("ELY-2026-04-A", {"id": "green-smelting"})
    assert (found.answer, found.reason) == ("unknown", "no-baseline")


def test_the_figure_of_the_rule_stands_in_the_answer_where_the_producer_chose_none() -> None:
    stated = [{"id": "energy-intensity-fall"}, {"id": "footprint-below", "threshold": "60"}]
    made = example.drafted(example.changed(SEP, lambda value: value.update(claims=stated)))
    assert [row.threshold for row in made.certified[0].claims] == ["0.9218", "60"]


def test_a_fall_against_a_figure_alone_is_declared_and_none_is_refuted() -> None:
    (found,) = of_run(SEP, {"id": "energy-intensity-fall", "baseline": {"figure": "99"}})
    assert (found.answer, found.reason) == ("declared", "baseline-said")
    (found,) = of_run(SEP, {"id": "energy-intensity-fall", "baseline": {"figure": "0.1"}})
    assert (found.answer, found.reason) == ("refuted", "intensity-high")


def year_before(figure: str, **batch: object) -> dict[str, Any]:
    """Return the certificate of the same plant a year before, by its digest."""
    now = example.drafts()[SEP].certified[0]
    produced = replace(now.batch.produced, start="2025-03-01", end="2025-03-31")
    row = Claim(id="energy-intensity-fall", scope="run", answer="unknown", value=figure)
    said = replace(now.batch, **{"produced": produced, **batch})
    return {"zQm" + "1" * 44: replace(now, batch=said, claims=(row,))}


@pytest.mark.parametrize(
    ("figure", "batch", "answer", "reason"),
    [
        ("99", {}, "proven", "intensity-fell"),
        ("98", {}, "declared", "baseline-other"),
        ("99", {"step": "acid-roasting"}, "declared", "baseline-other"),
        ("99", {"produced": "this year"}, "declared", "baseline-other"),
    ],
    ids=["the year before", "another figure", "another step", "this year"],
)
def test_a_fall_is_proven_by_the_certificate_of_the_year_before(
    figure: str, batch: dict[str, Any], answer: str, reason: str
) -> None:
    def all_metered(value: dict[str, Any]) -> None:
        for line in (*value["electricity"], *value["fuels"]):
            line |= {"basis": "metered", "meter": "M-1"}

    value = example.changed(SEP, all_metered)
    made = example.drafted(value)
    if "produced" in batch:
        batch = {"produced": example.read(value).period}
    stated = example.read(
        value
        | {"claims": [{"id": "energy-intensity-fall", "baseline": {"figure": "99", "certificate": "zQm" + "1" * 44}}]}
    ).stated
    sources = [example.lots()[item["lot"]] for item in value["inputs"]]
    (own,) = draft_answers(made, made.certified[0], stated, sources, year_before(figure, **batch))
    assert (own.finding.answer, own.finding.reason) == (answer, reason)


@pytest.mark.parametrize(
    ("formula", "share"),
    [
        ("NH3", 1), ("NH4HCO3", 1), ("NH4Cl", 1), ("(NH4)2SO4", 1), ("NH4NO3", "1/2"), ("CO(NH2)2", 1), ("(NH4)2C2O4", 1),
        ("HNO3", 0), ("NaNO3", 0), ("N2", 0), ("C20H43N", 0), ("MgH2C2O6", 0), ("Nd(NO3)3", 0),
    ],
)  # fmt: skip
def test_ammonia_is_told_from_nitrate_by_composition(formula: str, share: int | str) -> None:
    compound = parse_formula(formula)
    fractions = {
        element: round(compound.mass_fraction(element) * 10**12)
        for element in {element for element, _ in compound.atoms}
    }
    found = ammonia_share(fractions)
    assert found is not None
    assert abs(found - Fraction(share)) < Fraction(1, 1000)


def test_what_is_no_element_determines_nothing() -> None:
    """A forged record may name one; the verification answers, as for any other element that it can't count."""
    assert ammonia_share({"N": 10**11, "H": 10**11, "Xq": 10**11}) is None


def test_dissolved_ammonia_and_nitric_acid_are_told_apart() -> None:
    ammonia = {"N": "0.2056", "H": "0.1283", "O": "0.6661"}  # 25 % NH3 in water
    nitric = {"N": "0.1333", "H": "0.0543", "O": "0.8124"}  # 60 % HNO3 in water
    assert (ammonia_share({element: trillionths(part) for element, part in ammonia.items()}) or 0) > LEAST * 99
    assert (ammonia_share({element: trillionths(part) for element, part in nitric.items()}) or 0) < LEAST


def test_ammonia_bought_refutes_it() -> None:
    (found,) = of_run(SEP, {"id": "ammonia-free-separation"})
    assert (found.answer, found.reason) == ("refuted", "ammonia")
    assert "ammon" in found.facts["material"]


def test_water_used_again_is_declared_or_refuted_but_never_proven() -> None:
    (found,) = of_run(SEP, {"id": "water-reuse", "threshold": "80 %"})
    assert (found.answer, found.reason) == ("declared", "reuse-unmetered")
    (found,) = of_run(SEP, {"id": "water-reuse"})
    assert (found.answer, found.reason) == ("refuted", "reuse-low")


def test_a_claim_is_found_again_by_what_it_is_about() -> None:
    assert Stated(id="recycled-content", element="Nd", threshold="0.1") != Stated(id="recycled-content", element="Dy")
