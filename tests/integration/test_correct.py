"""Correct on a real home: what may change, what may not, who still sees the old figure, and what is drawn
afterwards.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

import pytest

from ledger.changes.undo import undo
from ledger.changes.withdraw import suspend, withdraw
from ledger.issuing.correct import correct
from ledger.issuing.issue import issue
from ledger.seal.sdjwt import open_certificate
from ledger.transfers.ship import Dispatch, accept, ship
from schemas.instant import Period
from schemas.problem import OreprintError, RefusedError
from tests.support.registries.example import record
from tests.support.registries.lived_in import (
    BUYER,
    HYDROGEN,
    MAGNET_MAKER,
    SEPARATION,
    SMELTER,
    TABLES,
    Life,
    a_life,
    code_of,
    copied,
    described,
    warnings,
)
from tests.support.worlds.blends import read, written

if TYPE_CHECKING:
    from pathlib import Path

    from schemas.record import ProductionRecord

KG = 10**6
OXIDE_RUN, ALLOY_RUN = "03-SEP-2026-02", "12-SC-2026-05"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Life:
    return a_life(tmp_path_factory.mktemp("life") / "home")


@pytest.fixture
def life(made: Life, tmp_path: Path) -> Life:
    return copied(made, tmp_path / "home")


def changed(name: str, **lines: object) -> ProductionRecord:
    """Return a record of the example with other members at the top."""
    return record(name).model_copy(update=lines)


def reworded(name: str, word: str = "corrected") -> ProductionRecord:
    outputs = tuple(
        each.model_copy(update={"description": f"{each.description}, {word}", "hs_code": "284690"})
        for each in record(name).outputs
    )
    return changed(name, outputs=outputs)


def metered(name: str, more: int) -> ProductionRecord:
    """Return a record in which the first meter reads some kWh more."""
    first, *others = record(name).electricity
    return changed(name, electricity=(first.model_copy(update={"amount": str(Decimal(first.amount) + more)}), *others))


def with_output(name: str, **members: object) -> ProductionRecord:
    first, *others = record(name).outputs
    return changed(name, outputs=(first.model_copy(update=members), *others))


def corrected(life: Life, wanted: ProductionRecord) -> str:
    return code_of(lambda: life.keep(correct(life.registry, wanted, tables=TABLES, status=life.status)))


def test_words_are_corrected_and_the_old_certificate_is_superseded(life: Life) -> None:
    old = life.digests["AL-40"]
    done = correct(life.registry, reworded(ALLOY_RUN), tables=TABLES, status=life.status)
    life.keep(done)
    assert not done.unchanged
    (certificate,) = done.certificates
    assert described(certificate.text).endswith(", corrected")
    assert open_certificate(certificate.text).record.batch.hs_code == "284690"
    before, now = life.verify(old), life.verify("AL-40")
    assert (before.verdict, before.superseded_by) == ("superseded", certificate.digest)
    assert certificate.digest in before.headline
    assert (now.verdict, now.superseded_by, warnings(now)) == ("genuine", None, [])
    assert now.chain == before.chain
    assert now.footprint == before.footprint
    assert life.faults() == []


def test_a_corrected_reading_changes_the_figure_and_downstream_is_warned_with_it(life: Life) -> None:
    before = life.verify("MG-88")
    assert corrected(life, metered(OXIDE_RUN, 500)) == "it was done"
    now, magnet = life.verify("OX-16"), life.verify("MG-88")
    assert now.verdict == "genuine"
    assert now.footprint is not None
    assert now.footprint.difference == "0"
    assert (magnet.verdict, magnet.footprint, magnet.chain) == ("genuine", before.footprint, before.chain)
    assert warnings(magnet) == [("status.corrected", "OX-16")]
    (told,) = [check.sentence for check in magnet.checks if check.code == "status.corrected"]
    assert f"{Decimal(now.footprint.kg_co2e_per_kg):.6g} kg" in told
    assert life.digests["OX-16"] in told
    assert life.faults() == []


def test_what_is_drawn_afterwards_cites_the_latest_certificate(life: Life) -> None:
    old = life.digests["OX-17"]
    assert corrected(life, metered("04-SEP-2026-03", 10)) == "it was done"
    between = life.digests["OX-17"]
    assert corrected(life, metered("04-SEP-2026-03", 20)) == "it was done"
    done = life.issue(record("magnet-metal/ME-32"))
    run = open_certificate(done.certificates[0].text).run
    assert run is not None
    cited = [each.source.certificate for each in run.inputs if each is not None and each.source is not None]
    assert cited == [life.digests["OX-17"]]
    found = life.verify("ME-32")
    assert (found.verdict, warnings(found)) == ("genuine", [])
    assert [life.verify(each).superseded_by for each in (old, between)] == [life.digests["OX-17"]] * 2
    assert warnings(life.verify("ME-31")) == [("status.corrected", "OX-17")]
    assert life.faults() == []


def test_a_lot_is_found_by_any_of_its_certificates(life: Life) -> None:
    old = life.digests["HS-02"]
    assert corrected(life, reworded("14-HSA-2026-05")) == "it was done"
    new = life.digests["HS-02"]
    for digest in (old, new):
        ship(life.registry, Dispatch(digest, HYDROGEN, BUYER, KG))
    assert len(accept(life.registry, consignee=BUYER, lot=new)) == 1
    assert life.judge(life.lines("HS-02", holder=BUYER)).verdict == "genuine"
    withdraw(life.registry, old, issuer=HYDROGEN, reason="wrong", status=life.status)
    assert {life.verify(digest).verdict for digest in (old, new)} == {"withdrawn"}
    assert life.faults() == []


def test_a_withdrawal_after_a_correction_shows_below_old_and_new(life: Life) -> None:
    assert corrected(life, reworded("04-SEP-2026-03")) == "it was done"
    life.issue(record("magnet-metal/ME-32"))
    made = withdraw(life.registry, "OX-17", issuer=SEPARATION, reason="wrong assay", status=life.status)
    assert len(made.certificates) == 2
    above, below = life.verify("ME-31"), life.verify("ME-32")
    assert [above.verdict, below.verdict] == ["withdrawn"] * 2
    assert [each.lot for each in above.affected] == ["OX-17"]
    assert below.affected[0].elements["Nd"] == "100"
    assert life.faults() == []


def test_the_same_correction_again_changes_nothing(life: Life) -> None:
    wanted = reworded(ALLOY_RUN)
    assert corrected(life, wanted) == "it was done"
    digest = life.digests["AL-40"]
    for _ in range(2):
        again = correct(life.registry, wanted, tables=TABLES, status=life.status)
        assert (again.unchanged, again.certificates[0].digest) == (True, digest)
    (issued,) = issue(life.registry, [wanted], tables=TABLES)
    assert not isinstance(issued, OreprintError)
    assert (issued.unchanged, issued.certificates[0].digest) == (True, digest)


def test_one_can_go_back_and_forth_and_each_step_follows_the_one_before(life: Life) -> None:
    first = life.digests["AL-40"]
    steps = [reworded(ALLOY_RUN), record(ALLOY_RUN), reworded(ALLOY_RUN), record(ALLOY_RUN)]
    digests = []
    for wanted in steps:
        assert corrected(life, wanted) == "it was done"
        digests.append(life.digests["AL-40"])
    assert len({first, *digests}) == 5
    assert correct(life.registry, steps[-1], tables=TABLES, status=life.status).unchanged
    assert life.verify(first).superseded_by == digests[-1]
    assert life.verify("AL-40").verdict == "genuine"
    assert life.faults() == []


def test_a_changed_record_is_sent_to_correct_and_an_old_one_is_told_of_its_correction(life: Life) -> None:
    (refused,) = issue(life.registry, [reworded(ALLOY_RUN)], tables=TABLES)
    assert isinstance(refused, RefusedError)
    assert refused.code == "issue.lot-taken"
    assert "oreprint correct" in str(refused)
    assert corrected(life, reworded(ALLOY_RUN)) == "it was done"
    (refused,) = issue(life.registry, [record(ALLOY_RUN)], tables=TABLES)
    assert isinstance(refused, RefusedError)
    assert refused.code == "issue.corrected"
    assert life.digests["AL-40"] in str(refused)


FIXED = {
    "mass": (with_output(ALLOY_RUN, mass="661"), "outputs[0].mass"),
    "kind": (with_output(ALLOY_RUN, kind="metal"), "outputs[0].kind"),
    "lot": (with_output(ALLOY_RUN, lot="AL-040"), "outputs[0].lot"),
    "certify": (with_output(ALLOY_RUN, certify=False), "outputs[0].certify"),
    "composition": (
        with_output(
            ALLOY_RUN, composition=dict(reversed(record(ALLOY_RUN).outputs[0].composition.items())) | {"Fe": "0.6"}
        ),
        "outputs[0].composition",
    ),
    "run": (changed(ALLOY_RUN, run="SC-2026-06"), "run"),
    "period": (changed(ALLOY_RUN, period=Period(start="2026-05-01", end="2026-05-02")), "period"),
    "gwp": (changed(ALLOY_RUN, gwp="AR5"), "gwp"),
    "method": (
        changed(OXIDE_RUN, allocation=record(OXIDE_RUN).allocation.model_copy(update={"method": "mass"})),
        "allocation.method",
    ),
}


@pytest.mark.parametrize(("wanted", "place"), FIXED.values(), ids=FIXED)
def test_what_may_not_be_corrected_is_refused_with_its_place(made: Life, wanted: ProductionRecord, place: str) -> None:
    with pytest.raises(RefusedError) as refused:
        correct(made.registry, wanted, tables=TABLES, status=made.status)
    assert {(each.code, each.place) for each in refused.value.problems} == {("life.correct-fixed", place)}


def test_prices_may_not_be_corrected(made: Life) -> None:
    first, *others = record(OXIDE_RUN).outputs
    assert first.price is not None
    dearer = first.model_copy(update={"price": first.price._replace(amount="1000")})
    wanted = changed(OXIDE_RUN, outputs=(dearer, *others))
    with pytest.raises(RefusedError) as refused:
        correct(made.registry, wanted, tables=TABLES, status=made.status)
    assert ("life.correct-fixed", "allocation") in {(each.code, each.place) for each in refused.value.problems}


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ((), "life.correct-inputs"),
        (("ME-31", "1"), "life.correct-inputs"),
        (("DF-05", None), "life.correct-inputs"),
    ],
)
def test_inputs_may_not_be_corrected(made: Life, inputs: tuple[str, str | None], code: str) -> None:
    written = [each for each in record(ALLOY_RUN).inputs if each.lot in inputs]
    other = tuple(each.model_copy(update={"mass": inputs[1]}) if inputs[1] else each for each in written)
    assert (
        code_of(partial(correct, made.registry, changed(ALLOY_RUN, inputs=other), tables=TABLES, status=made.status))
        == code
    )


def test_inputs_may_be_named_by_their_certificates(life: Life) -> None:
    inputs = tuple(
        each.model_copy(update={"lot": None, "certificate": life.digests[each.lot or ""]})
        for each in record(ALLOY_RUN).inputs
    )
    assert corrected(life, changed(ALLOY_RUN, inputs=inputs, outputs=reworded(ALLOY_RUN).outputs)) == "it was done"


def test_outputs_are_those_of_one_run_all_of_them(made: Life) -> None:
    lots = record(OXIDE_RUN).outputs
    act = partial(correct, made.registry, tables=TABLES, status=made.status)
    for outputs in (lots[:2], tuple(reversed(lots)), record("04-SEP-2026-03").outputs[:1] + lots[1:]):
        assert code_of(partial(act, changed(OXIDE_RUN, outputs=outputs))) == "life.correct-lots"
    assert code_of(partial(act, with_output(OXIDE_RUN, lot="OX-99"))) == "life.correct-lots"


def test_only_the_producer_corrects_and_only_with_its_key(life: Life) -> None:
    assert corrected(life, changed(ALLOY_RUN, producer=SMELTER)) == "issue.not-your-plant"
    assert corrected(life, changed(ALLOY_RUN, producer="did:web:nobody.example")) == "issue.unknown-producer"
    life.lose_key(record(ALLOY_RUN).producer)
    assert corrected(life, reworded(ALLOY_RUN)) == "issue.no-key"


def test_what_has_ended_is_not_corrected(life: Life) -> None:
    suspend(life.registry, "OX-16", issuer=SEPARATION, reason="under review", status=life.status)
    assert corrected(life, reworded(OXIDE_RUN)) == "life.suspended"
    withdraw(life.registry, "OX-16", issuer=SEPARATION, reason="wrong", status=life.status)
    assert corrected(life, reworded(OXIDE_RUN)) == "life.withdrawn"
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    assert corrected(life, reworded("13-MAG-2026-06")) == "life.undone"


def test_a_correction_of_a_lot_whose_input_was_withdrawn_since_blames_nobody(life: Life) -> None:
    withdraw(life.registry, "ME-31", issuer=SMELTER, reason="wrong", status=life.status)
    assert corrected(life, reworded(ALLOY_RUN)) == "it was done"
    found = life.verify("AL-40")
    assert (found.verdict, [each.lot for each in found.affected]) == ("withdrawn", ["ME-31"])
    assert life.faults() == []


def test_an_instrument_is_kept_by_the_correction_and_free_for_nobody_else(life: Life) -> None:
    plant = record(OXIDE_RUN).facility
    first = powered("BL-1", "S-1", plant)
    life.issue(first)
    assert (
        corrected(
            life, first.model_copy(update={"outputs": (first.outputs[0].model_copy(update={"hs_code": "284690"}),)})
        )
        == "it was done"
    )
    (refused,) = issue(life.registry, [powered("BL-2", "S-1", plant)], tables=TABLES)
    assert isinstance(refused, RefusedError)
    assert refused.code == "holding.less-power"
    life.issue(powered("BL-3", "S-3", plant))
    assert corrected(life, powered("BL-1", "S-3", plant)) == "life.correct-inputs"
    assert life.faults() == []
    undo(life.registry, "BL-1", producer=SEPARATION, status=life.status)
    life.issue(powered("BL-4", "S-1", plant))
    assert life.faults() == []


def powered(lot: str, statement: str, plant: str) -> ProductionRecord:
    """Return a lot bought, with an electricity instrument."""
    instrument = {
        "scheme": "an invented scheme",
        "statement": statement,
        "amount": "10 kWh",
        "grid": "CN-NM",
        "year": "2026",
        "factor": "methods/electricity-wind-direct.glo",
    }
    power = {
        "name": "mixing",
        "amount": "10 kWh",
        "grid": "CN-NM",
        "factor": "grid/location.cn-nm.2023",
        "uncovered": "grid/location.cn-nm.2023",
        "instruments": [instrument],
    }
    return read({**written(lot, "100 kg", producer=SEPARATION, plant=plant), "electricity": [power]})
