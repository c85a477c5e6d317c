"""Claims of the worked example as a buyer finds them, and a fall of energy measured from the certificate of the year
before.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import refresh_status, status_signer
from ledger.bundles.build import bundle_lines
from ledger.claims.rules import by_records
from ledger.issuing.correct import correct
from ledger.seal.digest import certificate_digest_text
from ledger.seal.sdjwt import open_certificate
from schemas.problem import RefusedError
from tests.support.registries.lived_in import PASSPHRASE, Life, a_life, copied
from tests.support.worlds import worked_example as example
from tests.support.worlds.years import year

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.report import ClaimAnswer


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def zero(answers: tuple[ClaimAnswer, ...]) -> dict[str, ClaimAnswer]:
    return {each.scope: each for each in answers if each.id == "zero-discharge"}


def test_a_buyer_finds_the_answers_that_the_facts_expect(made: Life, shared: Path) -> None:
    facts = json.loads((shared / "data" / "example_chain.json").read_text(encoding="utf-8"))["demo"]["zero_discharge"]
    found = {lot: zero(made.verify(lot).claims) for lot in facts["chain"]}
    due = {lot: by_records("zero-discharge", answer) for lot, answer in facts["chain"].items()}
    assert {lot: each["chain"].answer for lot, each in found.items()} == due
    evidence = {lot for lot, answer in facts["chain"].items() if answer == "proven"}
    assert {lot for lot, each in found.items() if each["chain"].attested_by == ()} == evidence
    assert all(each["chain"].answer == each["chain"].said for each in found.values())


def test_the_way_leads_to_the_run_that_decides(made: Life) -> None:
    chain = zero(made.verify("AL-40").claims)["chain"]
    assert (chain.path, chain.reason, chain.facts) == (("AL-40", "ME-31", "RX-04"), "discharged", {"found": "6.57351"})
    chain = zero(made.verify("HS-02").claims)["chain"]
    assert (chain.path, chain.reason) == (("HS-02",), "meters")


def test_the_public_is_told_no_more_than_it_is_shown(made: Life) -> None:
    refresh_status(made.home, made.registry, passphrase=PASSPHRASE)
    found = made.judge(list(bundle_lines(made.registry, made.digests["OX-17"], audience="public")))
    both = zero(found.claims)
    assert found.verdict == "genuine"
    assert [(each.said, each.answer) for each in both.values()] == [("declared", "declared"), ("declared", "unknown")]


def test_energy_falls_against_the_certificate_of_the_year_before(life: Life) -> None:
    life.issue(year(2025, kwh="5400 kWh", claim={}))
    (first,) = life.verify("CON-2025").claims  # 5400 x 0.1229 kgce over 10 t of 54.9986 % REO
    assert (first.answer, first.reason, first.value, first.threshold) == (
        "unknown", "no-baseline", "0.120666779018", "0.9218",
    )  # fmt: skip
    before = {"figure": first.value, "certificate": life.digests["CON-2025"]}
    life.issue(year(2026, kwh="4970 kWh", claim={"baseline": before}))
    (second,) = life.verify("CON-2026").claims
    assert (second.said, second.answer, second.reason) == (
        "declared",
        "declared",
        "baseline-said",
    )  # that certificate is no part of this lot's chain
    assert life.verify("CON-2026").verdict == "genuine"
    assert life.faults() == []


def test_a_certificate_of_the_year_before_that_is_not_here_is_refused(life: Life) -> None:
    claim = {"baseline": {"figure": "1", "certificate": certificate_digest_text(bytes(32))}}
    with pytest.raises(RefusedError) as caught:
        life.issue(year(2026, kwh="4970 kWh", claim=claim))
    assert [(problem.code, problem.place) for problem in caught.value.problems] == [
        ("claim.baseline", "claims[0].baseline")
    ]


def test_a_correction_is_measured_from_the_certificate_of_the_year_before_too(life: Life) -> None:
    life.issue(year(2025, kwh="5400 kWh", claim={}))
    (first,) = life.verify("CON-2025").claims
    second = year(
        2026, kwh="4970 kWh", claim={"baseline": {"figure": first.value, "certificate": life.digests["CON-2025"]}}
    )
    life.issue(second)
    status = status_signer(life.home, life.registry.did, passphrase=PASSPHRASE)
    better = second.model_copy(update={"note": "read again"})
    made = correct(life.registry, better, tables=example.tables(), status=status)
    (row,) = open_certificate(made.certificates[0].text).record.claims
    assert (row.answer, row.value) == ("declared", "0.111058128096"), "what meters read is not proven"
