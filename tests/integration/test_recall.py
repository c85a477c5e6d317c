"""The share of a recall, worked out a second time: in fractions, by recursion, from the certificates alone."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import pytest

import ledger.bundles.recall
from ledger.admin.init import refresh_status
from ledger.bundles.build import bundle_lines
from ledger.bundles.gather import BundleView
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.chemistry.elements import TRACKED
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificate
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.inventory import Materials
from schemas.trust import TrustFile
from tests.support.registries.lived_in import (
    MAGNET_MAKER,
    PASSPHRASE,
    SEPARATION,
    SMELTER,
    TABLES,
    Life,
    a_life,
    copied,
)

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from ledger.seal.sdjwt import OpenCertificate
    from schemas.report import Report
    from schemas.vocabulary import Audience

CLOSE = Fraction(1, 10**9)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def opened(life: Life, digest: str) -> OpenCertificate:
    with reading(life.registry.engine) as connection:
        return _opened(certificate(connection, certificate_digest_bytes(digest)).text)


_opened = cache(open_certificate)
"""A recursion comes by each certificate dozens of times."""


def masses(composition: Iterable[tuple[str, str]], mass_kg: str) -> dict[str, Fraction]:
    return {element: Fraction(fraction) * Fraction(mass_kg) for element, fraction in composition}


def share(life: Life, digest: str, ended: str, element: str) -> Fraction:
    """Return which share of an element in a batch stems from the lot that has ended."""
    if digest == ended:
        return Fraction(1)
    run = opened(life, digest).run
    assert run is not None
    total = owed = Fraction(0)
    for shown in run.inputs:
        assert shown is not None
        assert shown.source is not None
        upstream = opened(life, shown.source.certificate).record
        parts = ((each.element, each.fraction) for each in upstream.composition)
        mass = masses(parts, shown.value.mass_kg).get(element, Fraction(0))
        total += mass
        owed += mass * share(life, shown.source.certificate, ended, element) if mass else 0
    materials = run.inventory[0]
    assert isinstance(materials, Materials)
    total += sum(masses(line.composition, line.mass_kg).get(element, Fraction(0)) for line in materials.lines)
    return owed / total if total else Fraction(0)


@pytest.mark.parametrize("lot", ["OX-16", "RC-11", "CON-07", "SC-21", "DY-06", "ME-31", "AL-40"])
def test_shares_are_those_of_a_second_computation(life: Life, lot: str) -> None:
    subject = opened(life, life.digests["MG-88"])
    issuer = opened(life, life.digests[lot]).record.issuer.did
    withdraw(life.registry, lot, issuer=issuer, reason="a test", status=life.status)
    (found,) = life.verify("MG-88").affected
    due: dict[str, Fraction] = {
        each.element: share(life, life.digests["MG-88"], life.digests[lot], each.element) * 100
        for each in subject.record.composition
    }
    for element, percent in found.elements.items():
        assert abs(Fraction(percent) - due[element]) < CLOSE
    assert set(found.elements) == {element for element, percent in due.items() if percent and element in TRACKED}
    weights = {each.element: Fraction(each.fraction) for each in subject.record.composition}
    of_mass = sum((weights[each] * percent for each, percent in due.items()), Fraction()) / sum(weights.values())
    assert found.mass_percent is not None
    assert abs(Fraction(found.mass_percent) - of_mass) < CLOSE


def test_the_share_of_the_demo_is_the_one_that_was_set_beforehand(life: Life, shared: Path) -> None:
    told = json.loads((shared / "data" / "example_chain.json").read_text("utf-8"))["demo"]["recall"]
    withdraw(life.registry, told["withdraw"], issuer=SEPARATION, reason="a test", status=life.status)
    (found,) = life.verify("MG-88").affected
    assert round(Fraction(found.elements["Nd"]), 4) == Fraction(told["affected_Nd_percent_of_MG_88"])


def test_two_lots_are_each_told_and_one_inside_the_other_too(life: Life) -> None:
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    suspend(life.registry, "ME-31", issuer=SMELTER, reason="a test", status=life.status)
    found = life.verify("MG-88")
    assert {(each.lot, each.state) for each in found.affected} == {("OX-16", "withdrawn"), ("ME-31", "suspended")}
    assert next(each for each in found.affected if each.lot == "OX-16").elements["Nd"] == "12.3183021731"


def test_every_output_of_a_run_has_the_runs_share(life: Life) -> None:
    withdraw(
        life.registry,
        "RC-11",
        issuer=opened(life, life.digests["RC-11"]).record.issuer.did,
        reason="x",
        status=life.status,
    )
    for lot in ("OX-17", "LC-09"):
        (found,) = life.verify(lot).affected
        assert found.path == ("RC-11", lot)
        assert {percent for element, percent in found.elements.items() if element in {"Nd", "Pr", "La"}} == {"100"}


@pytest.mark.parametrize(
    ("audience", "word", "known"), [("auditor", False, True), ("partner", False, False), ("partner", True, True)]
)
def test_what_is_withheld_leaves_the_share_unknown_but_for_the_registrys_word(
    life: Life, audience: Audience, word: bool, known: bool
) -> None:
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    registry = life.registry if word else replace(life.registry, status=None)
    found = life.judge(list(bundle_lines(registry, life.digests["MG-88"], audience=audience)))
    assert found.verdict == "withdrawn"
    (affected,) = found.affected
    assert affected.path == ("OX-16", "ME-31", "AL-40", "MG-88")
    assert (affected.mass_percent is not None, bool(affected.elements)) == (known, known)
    assert found.headline.endswith(
        "12.3 % of its Nd is affected." if known else "How much of it is affected is not shown."
    )


def test_what_is_below_or_beside_a_lot_that_ended_leaves_it_alone(life: Life) -> None:
    withdraw(life.registry, "MG-88", issuer=MAGNET_MAKER, reason="a test", status=life.status)
    assert [(each, life.verify(each).verdict, life.verify(each).affected) for each in ("AL-40", "HS-02")] == [
        ("AL-40", "genuine", ()),
        ("HS-02", "genuine", ()),
    ]
    assert life.verify("MG-88").affected == ()


# -- what a registry tells of a chain that it doesn't show -------------------------------------------------------------


def served(life: Life, lot: str, audience: Audience = "public") -> Report:
    """Return the report that the registry itself gives on a lot."""
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    trust = open_trust(TrustFile.from_text(life.home.trust.read_bytes().rstrip(b"\n")).note)
    lines = bundle_lines(life.registry, life.digests[lot], audience=BundleView(audience, as_granted=True))
    chain = verify_bundle(lines, trust=trust, tables=TABLES, policy=Policy(at_ms=life.clock.now))
    ledger.bundles.recall.learn(life.registry, chain)
    return report(chain)


def test_the_public_is_told_the_share_and_neither_lot_nor_supplier_nor_way(life: Life) -> None:
    assert (served(life, "MG-88").verdict, served(life, "MG-88").affected) == ("genuine", ())
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    found = served(life, "MG-88")
    assert found.headline == (
        "Withdrawn: An issuer withdrew a batch in the chain. This copy does not show which one. 12.3 % of its Nd is affected."
    )
    (told,) = found.affected
    assert (told.lot, told.digest, told.path) == (None, None, ())
    (exact,) = life.verify("MG-88").affected
    assert told.mass_percent == str(round(Fraction(exact.mass_percent or "0") * 10) / 10)
    assert {each: Fraction(percent) for each, percent in told.elements.items()} == {
        each: Fraction(round(Fraction(percent) * 10), 10) for each, percent in exact.elements.items()
    }
    (check,) = [each for each in found.checks if each.code.startswith("inputs.upstream")]
    assert (check.step, check.result, check.place, check.facts) == (7, "failed", "", {})
    text = found.to_bytes().decode()
    hidden = [name for lot, digest in life.digests.items() if lot != "MG-88" for name in (f'"{lot}"', digest)]
    assert not [name for name in (*hidden, SEPARATION, SMELTER) if name in text]


def test_who_sees_a_part_of_the_way_is_told_that_part(life: Life) -> None:
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    found = {
        audience: served(life, "MG-88", audience).affected for audience in ("public", "customer", "partner", "auditor")
    }
    assert {audience: [each.path for each in told] for audience, told in found.items()} == {
        "public": [()],
        "customer": [()],
        "partner": [("OX-16", "ME-31", "AL-40", "MG-88")],
        "auditor": [("OX-16", "ME-31", "AL-40", "MG-88")],
    }
    # the materials of other producers' runs are shown to none of these, so the share is the registry's word
    assert [told[0].elements["Nd"] for told in found.values()] == ["12.3"] * 4


def test_every_output_of_every_run_below_and_nothing_beside_is_told(life: Life) -> None:
    withdraw(
        life.registry,
        "RC-11",
        issuer=opened(life, life.digests["RC-11"]).record.issuer.did,
        reason="x",
        status=life.status,
    )
    for lot in life.digests:
        below = [each.lot for each in life.verify(lot).affected]
        assert [each.state for each in served(life, lot).affected] == ["withdrawn"] * len(below), lot


def test_a_suspension_is_told_until_it_is_lifted(life: Life) -> None:
    suspend(life.registry, "ME-31", issuer=SMELTER, reason="a test", status=life.status)
    found = served(life, "MG-88")
    assert (found.verdict, [each.state for each in found.affected]) == ("withdrawn", ["suspended"])
    lift(life.registry, "ME-31", issuer=SMELTER, reason="a test", status=life.status)
    assert (served(life, "MG-88").verdict, served(life, "MG-88").affected) == ("genuine", ())


def test_a_chain_too_large_to_open_is_still_withdrawn(life: Life, monkeypatch: pytest.MonkeyPatch) -> None:
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="a test", status=life.status)
    monkeypatch.setattr(ledger.bundles.recall, "MOST_OPENED", 2)
    found = served(life, "MG-88")
    assert found.verdict == "withdrawn"
    assert found.headline.endswith("How much of it is affected is not shown.")
