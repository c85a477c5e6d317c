"""What a colluding producer would have a reader believe of claims and shares, and what a curious one would learn of
others.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from ledger.admin.init import refresh_status
from ledger.bundles.build import bundle_lines
from ledger.bundles.recall import learn
from ledger.changes.withdraw import withdraw
from ledger.chemistry.exact import SCALE
from ledger.claims.answer import finding
from ledger.claims.chain import chain_finding
from ledger.claims.evidence import Evidence, Obstacles, UncertifiedInputs, input_branch, rare_earth_in
from ledger.claims.rules import by_records
from ledger.claims.stated import claim_faults
from ledger.factors.factor import parse_factor_set
from ledger.footprint.origin import drawn_from_batch
from ledger.footprint.scrap import Process
from ledger.plausibility.wastes import waste_classes
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.claim import Baseline, Claim, Stated
from schemas.document import replace
from schemas.figures import FactorSetRef
from schemas.inventory import Electricity
from schemas.problem import RefusedError
from schemas.quantity import milligrams, trillionths
from schemas.trust import TrustFile
from tests.support.registries.lived_in import PASSPHRASE, SEPARATION, TABLES, a_life
from tests.support.worlds import worked_example as example
from tests.support.worlds.drafts import Cheat
from tests.support.worlds.recipe import Make, inventory, tables
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.claims.answer import ClaimFinding
    from ledger.drafting.draft import CertifiedDraft
    from schemas.certificate import CertificateFacts
    from schemas.inventory import InventoryGroup
    from schemas.report import Report
    from tests.support.worlds.drafts import Issuance

CRK, SEP, MAG = "CRK-2026-02", "SEP-2026-03", "MAG-2026-06"
NOWHERE_ELSE = UncertifiedInputs((), frozenset())


def stating(*rows: Claim) -> Cheat:
    return Cheat(facts=lambda facts: replace(facts, claims=rows))


def below(limit: str) -> Cheat:
    """State a footprint below a limit, with the figure that the certificate has."""

    def stated(facts: CertificateFacts) -> CertificateFacts:
        each = facts.footprint.per_kg
        value = max(each.location, each.market, key=trillionths)
        row = Claim(id="footprint-below", scope="chain", threshold=limit, answer="proven", value=value)
        return replace(facts, claims=(row,))

    return Cheat(facts=stated)


def three(world: World, last: Cheat) -> tuple[Issuance, Issuance, Issuance]:
    """Let ann mine, ben make something of a part of it that states nothing, and cyn something of that."""
    mined = world.issue("ann", makes=[Make(1_000_000_000)])
    part, _ = world.split(mined.lumps[0], 400_000_000)
    made = world.issue("ben", [part], [Make(300_000_000)])
    return mined, made, world.issue("ann", [made.lumps[0]], [Make(200_000_000)], cheat=last)


def judged(world: World, subject: Issuance, hidden: Issuance | None = None) -> Report:
    """Judge a bundle in which the run of one issuance is withheld."""
    digest = hidden.certificate.digest if hidden else ""
    lines = world.bundle(subject.certificate, lambda each: "customer" if each == digest else "auditor")
    policy = Policy(world.now_ms + 60_000)
    return report(verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy))


# -- what is withheld further up -----------------------------------------------------------------------------------


OUTSIDE = (
    Claim(id="origin-outside", scope="run", answer="proven", countries=("US",)),
    Claim(id="origin-outside", scope="chain", answer="proven", countries=("US",)),
)


@pytest.mark.parametrize(
    "last", [stating(*OUTSIDE), below("500")], ids=["no step in a country", "a footprint below a figure"]
)
def test_what_rests_on_a_run_hidden_further_up_is_not_proven(last: Cheat) -> None:
    world = World()
    mined, _, made = three(world, last)
    (*_, whole) = judged(world, made).claims
    (*_, partly) = judged(world, made, hidden=mined).claims
    assert (whole.answer, whole.said) == (by_records(whole.id, "proven"), "proven")
    assert whole.reason != "run-withheld"
    assert (partly.answer, partly.reason, partly.said) == ("declared", "run-withheld", "proven")
    assert partly.path[-1] == mined.certificate.record.batch.lot


# -- primary material called scrap ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("run", "recovered"), [(SEP, False), (CRK, False), (MAG, True)])
def test_what_was_never_metal_is_not_recycled_by_being_called_scrap(run: str, recovered: bool) -> None:
    made = example.drafts()[run].certified[0]
    scrap = replace(made, batch=replace(made.batch, kind="scrap"))
    before = {part.element: trillionths(part.pre) for part in made.composition}
    drawn = drawn_from_batch(
        scrap, milligrams("1"), into=Process("did:web:friend.example", "hydrometallurgical-recycling")
    )
    assert any(drawn[element].pre != share for element, share in before.items()) is recovered


# -- what certificates that state nothing bring ---------------------------------------------------------------------


def magnet() -> CertifiedDraft:
    return example.drafts()[MAG].certified[0]


def of(stated: Stated, *, behind: Obstacles | None = None, roots: UncertifiedInputs = NOWHERE_ELSE) -> ClaimFinding:
    """Return what is said of a batch that is made of another one like it, behind which lies something."""
    batch = magnet()
    above = [input_branch(batch, rare_earth_in(batch, milligrams("1")), {}, behind)] if behind else []
    own = finding("proven", "renewable", SCALE, found="100 %")
    return chain_finding(stated, own, Evidence(batch, roots, above))


def test_scrap_without_a_certificate_is_not_washed_by_a_recycler_that_states_nothing() -> None:
    recycled = Stated(id="recycled-content", element="Nd", threshold="0.2")
    said = finding("declared", "recycled-said", found="22 %", element="Nd")
    assert of(recycled, behind=Obstacles()).answer == "proven"
    washed = of(recycled, behind=Obstacles(scrap={"Nd": said}))
    assert (washed.answer, washed.reason, washed.path) == ("declared", "recycled-said", (magnet().batch.lot,))
    assert of(recycled, behind=Obstacles(scrap={"Dy": said})).answer == "proven"


def test_renewable_electricity_is_not_proven_of_rare_earth_from_nowhere() -> None:
    renewable = Stated(id="renewable-electricity", threshold="1")
    assert of(renewable).answer == "proven"
    bought = of(renewable, roots=UncertifiedInputs(("Neodymium of a trader",), frozenset()))
    assert (bought.answer, bought.reason) == ("unknown", "open-branch")


# -- thresholds that any plant meets ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "stated",
    [
        Stated(id="recycled-content", element="Nd", threshold="0"),
        Stated(id="renewable-electricity", threshold="0"),
        Stated(id="energy-intensity-fall", threshold="1", baseline=Baseline(figure="1")),
        Stated(id="energy-intensity-fall", threshold="1.5", baseline=Baseline(figure="1")),
    ],
    ids=["no recycled content", "no renewable electricity", "no fall", "a rise"],
)
def test_a_claim_that_holds_whatever_was_done_is_none(stated: Stated) -> None:
    assert [(fault.code, fault.place) for fault in claim_faults([stated], "separation")] == [
        ("claim.lacks", "claims[0].threshold")
    ]


def test_a_certificate_with_a_claim_of_nothing_is_not_genuine() -> None:
    world = World()
    row = Claim(id="recycled-content", element="Nd", threshold="0", scope="chain", answer="proven", value="0")
    made = world.issue("ann", makes=[Make(1_000_000)], cheat=stating(row))
    failed = {check.code for check in judged(world, made).checks if check.result == "failed"}
    assert failed == {"claims.stated"}


# -- what a registry tells the curious -------------------------------------------------------------------------------


def beside(lines: list[bytes], others: list[bytes], digest: str) -> list[bytes]:
    """Return a bundle with the certificate of another one put in, which it has nothing to do with as far as it
    shows.
    """
    documents: list[dict[str, Any]] = [json.loads(line) for line in lines]
    foreign = next(each for each in map(json.loads, others) if each["t"] == "certificate")
    documents[0]["records"] += 1
    first = next(number for number, each in enumerate(documents) if each["t"] == "certificate")
    documents.insert(first, foreign)
    documents[-1]["lines"] += 1
    assert json.loads(others[0])["subject"] == digest
    return [json.dumps(each, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for each in documents]


def test_a_certificate_laid_beside_another_does_not_make_the_registry_say_that_it_is_upstream(tmp_path: Path) -> None:
    life = a_life(tmp_path / "home")
    oxide, magnet = life.digests["OX-16"], life.digests["MG-88"]
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    lines, others = (list(bundle_lines(life.registry, each, audience="public")) for each in (magnet, oxide))
    note = TrustFile.from_text(life.home.trust.read_bytes().rstrip(b"\n")).note
    bundle = beside(lines, others, oxide)
    chain = verify_bundle(bundle, trust=open_trust(note), tables=TABLES, policy=Policy(at_ms=life.clock.now))
    learn(life.registry, chain)
    assert {magnet, oxide} <= chain.seen.keys()
    assert [(each.lot, each.digest, each.path) for each in report(chain).affected] == [(None, None, ())]


# -- emissions and wastes that are not what the lines show -------------------------------------------------------------


def of_rules(run: str, change: Callable[[dict[str, Any]], object]) -> set[tuple[str, str]]:
    """Return code and place of what refuses a run of the example that was changed."""
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, change))
    return {(problem.code, problem.place) for problem in caught.value.problems}


def carbon_dioxide(value: dict[str, Any]) -> dict[str, Any]:
    """Return the largest line of carbon dioxide, of which no method is told."""
    lines = [line for line in value["direct"] if line.get("gas") == "CO2-fossil"]
    line: dict[str, Any] = max(lines, key=lambda each: float(each["mass"].split()[0]))
    line.pop("method", None)
    return line


def test_an_emission_holds_the_carbon_of_its_mass_whatever_elements_it_names() -> None:
    def light(value: dict[str, Any]) -> None:
        line = carbon_dioxide(value)
        kg = float(line["mass"].split()[0])
        line |= {"mass": "0.001 kg", "elements": {"C": f"{kg * 12.011 / 44.009:.6f} kg"}}

    finding = of_rules(CRK, light)
    assert ("rule.c-run", "direct") in finding
    assert "rule.m-sum" in {code for code, _ in finding}


def test_carbon_that_leaves_under_no_gas_is_missing() -> None:
    def unnamed(value: dict[str, Any]) -> None:
        line = carbon_dioxide(value)
        kg = float(line["mass"].split()[0])
        line |= {"substance": "vapour", "elements": {"C": f"{kg * 12.011 / 44.009:.6f} kg"}}
        line.pop("gas")

    assert ("rule.c-run", "direct") in of_rules(CRK, unnamed)


def test_a_waste_of_a_kilogram_does_not_hold_a_ton() -> None:
    def light(value: dict[str, Any]) -> None:
        value["wastes"][0]["mass"] = "1 kg"

    assert ("rule.m-sum", "wastes[0].elements") in of_rules(CRK, light)


def test_a_heap_does_not_dissolve_in_a_bucket_of_water() -> None:
    run = example.drafts()[SEP].inventory
    water, heap = run.waste.water, run.waste.lines[0]
    assert water is not None
    assert not list(waste_classes(run))
    dissolved = replace(heap, waste_class="in-water", mass_kg="1000")
    little = replace(water, discharged="0.01")
    waste = replace(run.waste, lines=(dissolved,), water=little)
    bucket = replace(run, groups=[waste if group is run.waste else group for group in run.groups])
    assert [problem.code for problem in waste_classes(bucket)] == ["rule.w-class"]


def test_a_fuel_is_not_burnt_free_of_burden() -> None:
    def free(value: dict[str, Any]) -> None:
        fuel = {
            "name": "Coal",
            "basis": "metered",
            "meter": "M-1",
            "amount": "1000 kg",
            "factor": "methods/no-burden.glo",
        }
        value.setdefault("fuels", []).append(fuel)

    finding = of_rules(CRK, free)
    assert {code for code, _ in finding} == {"rule.f-carbon-fuel", "rule.x-unit"}


def test_a_footprint_of_rare_earth_from_nowhere_is_not_proven_below_a_figure() -> None:
    below_figure = Stated(id="footprint-below", threshold="5000")
    bought = UncertifiedInputs(("Neodymium of a trader",), frozenset())
    batch = magnet()
    clean = replace(batch, footprint=replace(batch.footprint, placeholders=0))
    own = finding("proven", "renewable", SCALE)
    sure, unsure = (chain_finding(below_figure, own, Evidence(clean, roots, [])) for roots in (NOWHERE_ELSE, bought))
    assert (sure.answer, unsure.answer, unsure.reason) == ("proven", "declared", "open-branch")


# -- an honest producer with a table of its own ------------------------------------------------------------------------


OWN_GRID = b"""flow,label,geography,year,per,values,gwp_set,set,boundary,status,quality,licence,source,note
location,Grid of the producer's own table,CN-NM,2024,kWh,CO2-fossil=0.9,,direct,use,read,1,own,own,own
"""


OWN = {"factor": "own/location.cn-nm.2024", "uncovered": "own/location.cn-nm.2024"}


@pytest.mark.parametrize(
    ("known", "verdict"), [(True, "genuine"), (False, "incomplete")], ids=["at hand", "not at hand"]
)
def test_power_by_a_table_of_the_producers_own_is_no_reason_not_to_rely_on_it(
    monkeypatch: pytest.MonkeyPatch, known: bool, verdict: str
) -> None:
    own = tables().joined(parse_factor_set(OWN_GRID, "own", visibility="withheld"))

    def powered(feed: list[Make], *, full: bool) -> tuple[InventoryGroup, ...]:
        return tuple(
            replace(each, lines=tuple(replace(line, **OWN) for line in each.lines))
            if isinstance(each, Electricity)
            else each
            for each in inventory(feed, full=full)
        )

    monkeypatch.setattr("tests.support.worlds.drafts.inventory", powered)
    monkeypatch.setattr("tests.support.worlds.drafts.tables", lambda: own)
    refs = (
        *(FactorSetRef(name=each.name, digest=each.digest) for each in own.sets.values()),
        FactorSetRef(name="gwp", digest=own.gwp.digest),
    )
    monkeypatch.setattr("tests.support.worlds.drafts._factor_sets", lambda _: refs)
    world = World()
    made = world.issue("ann", makes=[Make(1_000_000)])
    lines = world.bundle(made.certificate)
    here = own if known else tables()
    finding = report(verify_bundle(lines, trust=world.people.trust, tables=here, policy=Policy(world.now_ms + 60_000)))
    assert [(check.code, check.sentence) for check in finding.checks if check.result == "failed"] == []
    assert finding.verdict == verdict
