"""Lies in the clear part of a certificate, or of a run of which everything else is withheld."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.factors.figures import Pair
from ledger.footprint.lines import OwnLines, own_lines
from schemas.bundle import StatusLine
from schemas.certificate import Coating, StatusPlace
from schemas.document import replace
from schemas.figures import CountryShare
from schemas.inventory import ElectricityLine, Instrument, MaterialLine
from schemas.name import Name
from schemas.vocabulary import STAGE_OF_STEP
from tests.support.worlds import drafts as draft
from tests.support.worlds.broken_histories import drawn, mined
from tests.support.worlds.drafts import Cheat, Draft
from tests.support.worlds.handmade_bundles import failed, seen_as, showing
from tests.support.worlds.recipe import GRID, Make, inventory
from tests.support.worlds.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.factors.tables import FactorTables
    from ledger.footprint.engine import AllocationBasis
    from ledger.footprint.quality import Site
    from schemas.bundle import BundleLine
    from schemas.certificate import CertificateFacts
    from schemas.inventory import InventoryGroup
    from schemas.run import InputFacts, Made, Source
    from schemas.vocabulary import GwpSet
    from tests.support.worlds.drafts import Issuance


def facts(**change: object) -> Cheat:
    return Cheat(facts=lambda said: replace(said, **change))


def of_batch(said: CertificateFacts, **change: object) -> CertificateFacts:
    return replace(said, batch=replace(said.batch, **change))


def partly(batch: Issuance) -> Callable[[str], str]:
    """Return what shows a batch as partners see it, and everything of all others."""
    return lambda digest: "partner" if digest == batch.certificate.digest else "auditor"


# -- who, where, in whose custody -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [{"names": (Name(lang="en", text="Another Company Ltd"),)}, {"registration": "LEI:213800HAHRBRYBGSSN33"}],
    ids=["name", "registration"],
)
def test_an_issuer_bears_nobody_else_s_name(change: dict[str, object]) -> None:
    world = World()
    other = Cheat(facts=lambda said: replace(said, issuer=replace(said.issuer, **change)))
    found = seen_as(world, mined(world, cheat=other))
    assert "issuer.names" in failed(found)
    assert found.certificate is not None
    assert found.certificate.issuer_name == "Ann"


def test_custody_is_no_stronger_than_that_of_what_was_used() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=facts(custody="identity-preserved"))
    assert "inputs.custody" in failed(seen_as(world, batch))


def test_a_co_product_is_of_the_country_that_its_origin_names() -> None:
    def abroad(said: CertificateFacts) -> CertificateFacts:
        plant = replace(said.batch.facility, country="AU", region=None)
        return of_batch(said, facility=plant) if said.output else said

    world = World()
    batch = world.issue("ann", makes=[Make(600_000), Make(400_000)], cheat=Cheat(facts=abroad))
    one, two = batch.certificates
    found = seen_as(world, batch, change=showing(two, ["run/outputs/1"], before=one, after=True))
    assert "inputs.origin" in failed(found)


def test_an_input_is_called_what_its_certificate_calls_it() -> None:
    def scrap(inputs: list[tuple[InputFacts, Source]]) -> list[tuple[InputFacts, Source]]:
        return [(replace(said, kind="scrap", material="Old magnets"), source) for said, source in inputs]

    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)], cheat=Cheat(inputs=scrap))
    assert "inputs.as-cited" in failed(seen_as(world, batch))


# -- what cannot be -------------------------------------------------------------------------------------------------


def _twice(said: CertificateFacts) -> CertificateFacts:
    composition = tuple(replace(share, pre="1", post="1") for share in said.composition)
    return replace(said, composition=composition)


def _in_two_countries(said: CertificateFacts) -> CertificateFacts:
    both = (CountryShare(country="AU", share="1"), CountryShare(country="US", share="1"))
    composition = tuple(replace(share, extracted=both if share.extracted else ()) for share in said.composition)
    return replace(said, composition=composition)


def _recycled_in(china: str, elsewhere: str | None) -> Callable[[CertificateFacts], CertificateFacts]:
    """Return the lie that half of an element is recycled, with parts of its countries that do not make a half."""
    told = (
        CountryShare(country="CN", share="0.5", recycled=china),
        CountryShare(country="US", share="0.5", recycled=elsewhere),
    )

    def lie(said: CertificateFacts) -> CertificateFacts:
        composition = tuple(
            replace(share, pre="0.5", post="0", extracted=told) if share.extracted else share
            for share in said.composition
        )
        return replace(said, composition=composition)

    return lie


def _recycled_alone(said: CertificateFacts) -> CertificateFacts:
    one = (CountryShare(country="CN", share="1", recycled="0"),)
    composition = tuple(replace(share, extracted=one) if share.extracted else share for share in said.composition)
    return replace(said, composition=composition)


@pytest.mark.parametrize(
    "lie",
    [
        _twice,
        _in_two_countries,
        _recycled_in("1", "0.1"),
        _recycled_in("0", "0.9"),
        _recycled_in("1", "1"),
        _recycled_alone,
        lambda said: of_batch(said, treo="0.5"),
        lambda said: of_batch(said, loss_on_ignition="1"),
        lambda said: of_batch(said, moisture="1"),
        lambda said: of_batch(said, coating=Coating(kind="Ni", mass_kg="99")),
    ],
    ids=[
        "recycled twice",
        "extracted twice",
        "recycled more",
        "recycled less",
        "recycled both",
        "recycled one",
        "treo",
        "loss on ignition",
        "moisture",
        "coating",
    ],
)
def test_what_cannot_be_is_found_by_everybody(lie: Callable[[CertificateFacts], CertificateFacts]) -> None:
    world = World()
    assert "mass.possible" in failed(seen_as(world, mined(world, cheat=Cheat(facts=lie)), "public"))


@pytest.mark.parametrize(
    "change",
    [
        {"issued": "2001-01-01T00:00:00Z"},
        {"issued": "2099-01-01T00:00:00Z"},
        {"not_logged_after": "2199-01-01T00:00:00Z"},
    ],
)
def test_a_certificate_is_logged_within_days_of_its_date(change: dict[str, object]) -> None:
    world = World()
    assert "log.issued" in failed(seen_as(world, mined(world, cheat=facts(**change)), "public"))


def test_scopes_make_up_the_total() -> None:
    def less(said: CertificateFacts) -> CertificateFacts:
        return replace(said, footprint=replace(said.footprint, scope_1="-500"))

    world = World()
    assert "footprint.clear" in failed(seen_as(world, mined(world, cheat=Cheat(facts=less)), "public"))


# -- the terms of a run ---------------------------------------------------------------------------------------------


def test_a_stage_is_that_of_its_step(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    with monkeypatch.context() as patch:
        patch.setattr("tests.support.worlds.drafts.STAGE_OF_STEP", {**STAGE_OF_STEP, "mining": "recycling"})
        batch = mined(world)
    assert "footprint.terms" in failed(seen_as(world, batch))


@pytest.mark.parametrize("show", ["auditor", "public"])
def test_an_engine_is_a_known_one(show: str) -> None:
    world = World()
    engine = {"engine": "999"}
    other = Cheat(
        run=lambda said: replace(said, **engine),
        facts=lambda said: replace(said, footprint=replace(said.footprint, **engine)),
    )
    assert "footprint.terms" in failed(seen_as(world, mined(world, cheat=other), show))


def test_a_run_names_the_tables_that_it_uses() -> None:
    world = World()
    none: dict[str, object] = {"factor_sets": ()}
    other = Cheat(
        run=lambda said: replace(said, **none),
        facts=lambda said: replace(said, footprint=replace(said.footprint, **none)),
    )
    assert "footprint.factors" in failed(seen_as(world, mined(world, cheat=other)))


# -- no footprint at all --------------------------------------------------------------------------------------------


def _weighing(
    monkeypatch: pytest.MonkeyPatch,
    share: Callable[[AllocationBasis], AllocationBasis],
    made: Callable[[Made], Made],
    of_mg: int,
) -> None:
    """Let the output of this mass be weighed otherwise."""
    shares, makes = draft._share, draft._made
    monkeypatch.setattr(
        draft,
        "_share",
        lambda make, price, *, allocated: (
            share(shares(make, price, allocated=allocated))
            if make.mass_mg == of_mg
            else shares(make, price, allocated=allocated)
        ),
    )
    monkeypatch.setattr(
        draft,
        "_made",
        lambda make, figures, text, price, *, allocated: (
            made(makes(make, figures, text, price, allocated=allocated))
            if make.mass_mg == of_mg
            else makes(make, figures, text, price, allocated=allocated)
        ),
    )


def test_an_output_with_rare_earths_takes_its_share(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lump = world.split(mined(world).lumps[0], 600_100)[0]
    with monkeypatch.context() as patch:
        _weighing(
            patch,
            lambda it: replace(it, allocated=False),
            lambda it: replace(it, allocated=False),
            600_000,
        )
        batch = world.issue("ann", [lump], [Make(600_000), Make(100, certified=False)])
    assert "footprint.allocation" in failed(seen_as(world, batch, partly(batch)))


def test_an_output_that_shares_has_a_price(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    with monkeypatch.context() as patch:
        _weighing(patch, lambda it: replace(it, price=0), lambda it: replace(it, price="0"), 600_000)
        batch = world.issue("ann", makes=[Make(600_000), Make(400_000)])
    assert "footprint.allocation" in failed(seen_as(world, batch, "customer"))


def test_a_hidden_gram_holds_no_tonnes(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    lump = world.split(mined(world).lumps[0], 600_100)[0]
    tonnes = 10**12 * 99_999_999
    with monkeypatch.context() as patch:
        _weighing(
            patch,
            lambda it: replace(it, elements={"Nd": tonnes}),
            lambda it: replace(it, elements=(("Nd", "99999999"),)),
            1,
        )
        batch = world.issue("ann", [lump], [Make(600_000), Make(1, certified=False)])
    assert "mass.composition" in failed(seen_as(world, batch, partly(batch)))


def test_hidden_lines_give_nothing_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def less(
        groups: tuple[InventoryGroup, ...], *, tables: FactorTables, gwp: GwpSet, site: Site, engine: str
    ) -> OwnLines:
        own = own_lines(groups, tables=tables, gwp=gwp, site=site, engine=engine)
        return replace(own, rows={("electricity", "CO2-fossil"): Pair(-(10**13), -(10**13))})

    world = World()
    lump = world.split(mined(world).lumps[0], 600_000)[0]
    with monkeypatch.context() as patch:
        patch.setattr("ledger.footprint.engine.own_lines", less)
        batch = world.issue("ann", [lump], [Make(600_000)])
    assert "footprint.negative" in failed(seen_as(world, batch, partly(batch)))


# -- what there is once ---------------------------------------------------------------------------------------------


def test_an_electricity_instrument_is_used_once(monkeypatch: pytest.MonkeyPatch) -> None:
    factor = "methods/electricity-wind-direct.glo"
    once = Instrument(scheme="GEC", statement="0001", kwh="100", grid="CN-NM", year="2026", factor=factor)
    power = ElectricityLine(
        name="F",
        basis="metered",
        meter="M-1",
        amount_kwh="125.5",
        grid="CN-NM",
        factor=GRID,
        uncovered=GRID,
        instruments=(once,),
    )

    def green(groups: tuple[InventoryGroup, ...]) -> tuple[InventoryGroup, ...]:
        return (*groups[:2], replace(groups[2], lines=(power,)), *groups[3:])

    world = World()
    with monkeypatch.context() as patch:
        patch.setattr("tests.support.worlds.drafts.inventory", lambda feed, *, full: green(inventory(feed, full=full)))
        batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    assert "footprint.instruments" in failed(seen_as(world, batch))


def test_a_lot_of_a_plant_is_certified_once(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    with monkeypatch.context() as patch:
        patch.setattr(Draft, "_lot", lambda _, __: "OX-1")
        first, second = (world.split(mined(world).lumps[0], 400_000)[0] for _ in range(2))
    batch = world.issue("ann", [first, second], [Make(700_000)])
    assert "record.lot" in failed(seen_as(world, batch))


def test_a_status_place_is_that_of_one_certificate() -> None:
    world = World()
    batch = world.issue("ann", makes=[Make(600_000), Make(400_000)], cheat=facts(status=StatusPlace(list=0, index=5)))
    one, two = batch.certificates
    assert "status.place" in failed(seen_as(world, batch, change=showing(two, ["run/outputs/1"], before=one)))


# -- endings that are shown -----------------------------------------------------------------------------------------


def _with_lists(world: World, lists: list[tuple[int, str]]) -> Callable[[list[BundleLine]], list[BundleLine]]:
    """Return what puts other status lists into a bundle."""

    def change(lines: list[BundleLine]) -> list[BundleLine]:
        todo, log = list(lists), "one.example"
        for number, line in enumerate(lines):
            if isinstance(line, StatusLine):
                index, jws = todo.pop(0)
                proof = world._proof(log, index, world.logs[log][index])
                lines[number] = replace(line, credential=jws, proof=proof)
        return lines

    return change


@pytest.mark.parametrize(("kind", "verdict"), [("withdraw", "withdrawn"), ("suspend", "withdrawn")])
def test_an_ending_that_is_shown_counts_though_the_list_is_older(kind: str, verdict: str) -> None:
    world = World()
    batch = mined(world)
    lists = world.publish_list("one.example")
    world.change(kind, batch.certificate)  # type: ignore[arg-type]
    assert seen_as(world, batch, change=_with_lists(world, lists)).verdict == verdict


def test_a_suspension_that_is_lifted_after_the_list_counts_no_more() -> None:
    world = World()
    batch = mined(world)
    world.change("suspend", batch.certificate)
    lists = world.publish_list("one.example")
    world.change("lift", batch.certificate)
    assert seen_as(world, batch, change=_with_lists(world, lists)).verdict == "genuine"


def test_a_correction_that_is_shown_counts_though_the_list_is_older() -> None:
    world = World()
    batch = mined(world)
    lists = world.publish_list("one.example")
    world.issue("ann", makes=[Make(1_000_000)], follows=batch)
    assert seen_as(world, batch, change=_with_lists(world, lists)).verdict == "superseded"


def test_an_undo_that_is_shown_counts_though_the_list_is_older() -> None:
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    lists = world.publish_list("one.example")
    (back,) = world.undo(batch)
    assert seen_as(world, batch, also=[back.creator], change=_with_lists(world, lists)).verdict == "withdrawn"


def test_a_list_that_covers_a_withdrawal_and_lacks_it_lies() -> None:
    world = World()
    batch = mined(world)
    hidden = Cheat(entry=lambda entry: replace(entry, bits=()))
    world.change("withdraw", batch.certificate)
    bits = [entry.bits for entry in world.logs["one.example"]]
    log = world.logs["one.example"]
    withdrawn = log[-1]
    log[-1] = hidden.entry(withdrawn)
    lists = world.publish_list("one.example")
    log[len(bits) - 1] = withdrawn
    assert "status.list" in failed(seen_as(world, batch, change=_with_lists(world, lists)))


# -- no crash -------------------------------------------------------------------------------------------------------


def test_an_element_of_which_nothing_is_left_has_gained_nothing() -> None:
    world = World()
    lump = drawn(world)
    richer = world.issue("ben", [lump], [Make(lump.mass_mg, (("Nd", "0.602"), ("Pr", "0.25"), ("O", "0.148")))])
    batch = world.issue("ben", [richer.lumps[0]], [Make(300_000, (("Nd", "0"), ("Pr", "0.25"), ("O", "0.75")))])
    assert seen_as(world, batch).verdict


def test_masses_that_cannot_be_told_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    world = World()
    huge, little = 999_999_999_999_000_000, (("Nd", "0.000001"), ("O", "0.999999"))
    line = MaterialLine(
        name="Ore",
        basis="weighed",
        meter="W-1",
        mass_kg="999999999999",
        factor="methods/no-burden.glo",
        composition=(("Nd", "0.000001"),),
        extracted_in="CN",
    )
    with monkeypatch.context() as patch:
        patch.setattr(
            "tests.support.worlds.drafts.inventory",
            lambda feed, *, full: _fed(inventory(feed, full=full), (line, line)),
        )
        batch = world.issue("ann", makes=[Make(huge, little), Make(huge, little)], feed_mg=1)
    assert "mass.size" in failed(seen_as(world, batch))


def _fed(groups: tuple[InventoryGroup, ...], lines: tuple[MaterialLine, ...]) -> tuple[InventoryGroup, ...]:
    return (replace(groups[0], lines=lines), *groups[1:])
