"""What assays gain along a chain: within 0.5 % of an element in total, at issue as in verification (M-ELEM)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.chemistry.exact import SCALE
from ledger.client.issue import issue_at
from ledger.issuing.issue import issue
from ledger.lots import assay_gains as gains
from ledger.store import schema
from ledger.store.engine import reading
from ledger.store.reading import certificates
from ledger.store.whole import count
from ledger.tables import shipped_tables
from ledger.verify.mass import Amount, share_gained
from schemas.problem import OreprintError, RefusedError
from tests.support.http.server import CID, plant, serve
from tests.support.registries.example import admit_everybody
from tests.support.registries.own_key import office
from tests.support.registries.registry import Registry, open_registry
from tests.support.registries.two_homes import ANN, BEN, two_shops
from tests.support.worlds.metal_blends import blended

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection

    from schemas.record import ProductionRecord

TABLES = shipped_tables()


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    opened = open_registry(tmp_path / "home")
    admit_everybody(opened)
    return opened


def signed(run: str, mass: str, drawn: str | None = None, *, kg: str = "") -> ProductionRecord:
    """Return such a run of the producer that signs for itself."""
    record = blended(run, mass, drawn, kg=kg)
    outputs = (record.outputs[0].model_copy(update={"kind": "oxide"}),)
    return record.model_copy(update={"producer": CID, "facility": plant(CID), "outputs": outputs})


def refused(registry: Registry, record: ProductionRecord) -> str:
    """Return what keeps a record from being issued, which can only be its gains, or nothing."""
    (outcome,) = issue(registry.opened, [record], tables=TABLES)
    if not isinstance(outcome, OreprintError):
        return ""
    assert {each.code for each in outcome.problems} == {"rule.m-elem-chain"}
    return str(outcome)


def test_gains_of_one_run_after_another_are_refused(registry: Registry) -> None:
    assert not refused(registry, blended("A", "100.3 kg"))
    said = refused(registry, blended("B", "100.6 kg", "A-1", kg="100.3 kg"))
    assert "0.5964 % of the Nd has no source along the chain" in said
    assert "Assays may gain 0.5 % in total" in said


def test_gains_that_stay_within_the_assay_are_issued(registry: Registry) -> None:
    assert not refused(registry, blended("A", "100.3 kg"))
    assert not refused(registry, blended("B", "100.45 kg", "A-1", kg="100.3 kg"))


def test_a_loss_takes_its_part_of_a_gain_with_it(registry: Registry) -> None:
    assert not refused(registry, blended("A", "100.4 kg"))
    assert not refused(registry, blended("B", "60 kg", "A-1", kg="100.4 kg"))
    assert not refused(registry, blended("C", "60.05 kg", "B-1", kg="60 kg"))
    assert "0.5145 %" in refused(registry, blended("D", "60.07 kg", "C-1", kg="60.05 kg"))


def test_a_run_that_its_producer_signed_is_refused_in_the_same_words(tmp_path: Path) -> None:
    served = serve(tmp_path)
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        issue_at(desk, signed("A", "100.3 kg"))
        with pytest.raises(RefusedError) as refusal:
            issue_at(desk, signed("B", "100.6 kg", "A-1", kg="100.3 kg"))
        issue_at(desk, signed("C", "100.45 kg", "A-1", kg="100.3 kg"))
    said = str(refusal.value)
    assert refusal.value.problems[0].facts["theirs"] == "rule.m-elem-chain"
    assert "0.5964 % of the Nd has no source along the chain" in said
    with reading(served.registry.engine) as connection:
        assert count(connection, schema.BATCHES) == 2


def test_what_came_from_another_registry_is_not_taken_for_a_gain(tmp_path: Path) -> None:
    one, two = two_shops(tmp_path)
    one.blend("OX-1", "100 kg", by=ANN)
    two.take(one.send("OX-1", ANN, BEN, two), BEN)
    two.blend("OX-2", "100 kg", by=BEN, inputs={"OX-1": "100 kg"})
    digest = two.blend("OX-3", "100.1 kg", by=BEN, inputs={"OX-2": "100 kg"})
    assert two.judge(two.bundle(digest)).verdict == "genuine"
    with pytest.raises(OreprintError, match="has no source along the chain"):
        two.blend("OX-4", "100.55 kg", by=BEN, inputs={"OX-3": "100.1 kg"})


def test_each_certificate_of_a_chain_is_read_once(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not refused(registry, blended("A", "100 kg"))
    assert not refused(registry, blended("B", "60 kg", "A-1", kg="60 kg"))
    assert not refused(registry, blended("C", "50 kg", "B-1", kg="50 kg"))
    asked: list[bytes] = []

    def noted(connection: Connection, digests: list[bytes]) -> object:
        asked.extend(digests)
        return certificates(connection, digests)

    monkeypatch.setattr(gains, "certificates", noted)
    assert not refused(registry, blended("D", "50.1 kg", "C-1", kg="50 kg"))
    assert len(asked) == len(set(asked)) == 3


@pytest.mark.parametrize(
    ("made", "taken", "gained", "part"),
    [
        (100, 100, 0, 0),
        (99, 100, 0, 0),
        (100, 100, 1, SCALE // 100),
        (50, 100, 1, SCALE // 100),
        (200, 100, 0, SCALE // 2),
        (200, 100, 50, SCALE * 3 // 4),
        (0, 100, 50, 0),
        (10, 0, 0, SCALE),
    ],
)
def test_the_part_that_no_input_held(made: int, taken: int, gained: int, part: int) -> None:
    kg = 10**9
    assert share_gained(made * kg, Amount(taken * kg, gained * kg)) == part
