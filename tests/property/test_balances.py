"""A registry does what a model of a few lines does: masses, balances and refusals, on either database, also where
two come at once.
"""
# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from ledger.changes.undo import undo
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.issuing.correct import correct
from ledger.lots.balance import balances_of
from ledger.store.engine import reading
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.problem import OreprintError
from schemas.quantity import kg_text
from tests.support.registries.registry import Clock
from tests.support.registries.two_homes import ANN, CAT, KG, ONE, TABLES, Shop, a_shop, plant
from tests.support.worlds.blends import read, written
from tests.support.worlds.model import Model

if TYPE_CHECKING:
    from collections.abc import Callable

    from ledger.changes.withdraw import LoggedChange
    from tests.support.registries.databases import Postgresql

WHO = st.sampled_from([ANN, CAT])
MAKER = {f"{letter}-{number}": who for letter, who in (("A", ANN), ("C", CAT)) for number in range(1, 4)}
NAMES = list(MAKER)
LOT = st.sampled_from(NAMES)
MASS = st.sampled_from([1, 999, KG, 3 * KG, 10 * KG, 40 * KG])


BECOMES: dict[Callable[..., LoggedChange], tuple[str | None, str]] = {
    suspend: ("standing", "suspended"),
    lift: ("suspended", "standing"),
    withdraw: (None, "withdrawn"),
}
"""What a statement makes of a lot, and of which; a withdrawal of any that has not ended."""


def answer(act: Callable[[], object]) -> str | None:
    """Return the code that something is refused with, or None."""
    try:
        act()
    except OreprintError as refusal:
        return refusal.code
    return None


class Balances(RuleBasedStateMachine):
    """A registry and the model, step by step."""

    server: ClassVar[Postgresql | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.open = ExitStack()
        self.model = Model()
        self.corrections = 0

    @initialize()
    def begin(self) -> None:
        """Open a registry in which each of two producers has bought a lot."""
        folder = Path(self.open.enter_context(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        url = None if self.server is None else self.open.enter_context(self.server.fresh())
        self.shop: Shop = a_shop(folder, ONE, [ANN, CAT], Clock(), seed=1, database=url)
        self.open.callback(self.shop.registry.engine.dispose)
        for who, lot in ((ANN, "A-1"), (CAT, "C-1")):
            assert self._issue(who, lot, 40 * KG, {}) == self.model.issue(who, lot, 40 * KG, {}) is None

    def teardown(self) -> None:
        """Let go of the registry."""
        self.open.close()

    def _issue(self, who: str, lot: str, mass: int, inputs: dict[str, int]) -> str | None:
        taken = {name: f"{kg_text(each)} kg" for name, each in inputs.items()}
        return answer(lambda: self.shop.blend(lot, f"{kg_text(mass)} kg", by=who, inputs=taken))

    @rule(lot=LOT, of=st.dictionaries(LOT, MASS, min_size=1, max_size=2))
    def blend(self, lot: str, of: dict[str, int]) -> None:
        who, mass = MAKER[lot], sum(of.values())
        if lot not in of:
            assert self._issue(who, lot, mass, of) == self.model.issue(who, lot, mass, of)

    @rule(who=WHO, to=WHO, lot=LOT, mass=MASS)
    def ship(self, who: str, to: str, lot: str, mass: int) -> None:
        found = answer(lambda: ship(self.shop.registry, Dispatch(lot, who, to, mass)))
        assert found == self.model.ship(who, to, lot, mass)

    @rule(who=WHO, lot=LOT)
    def accept(self, who: str, lot: str) -> None:
        assert answer(lambda: accept(self.shop.registry, consignee=who, lot=lot)) == self.model.settle(lot, to=who)

    @rule(who=WHO, lot=LOT)
    def cancel(self, who: str, lot: str) -> None:
        assert answer(lambda: cancel(self.shop.registry, sender=who, lot=lot)) == self.model.settle(lot, sender=who)

    @rule(lot=LOT, act=st.sampled_from([suspend, lift, lift, withdraw]))
    def say(self, lot: str, act: Callable[..., LoggedChange]) -> None:
        run = self.model.runs.get(lot)
        if run is None:
            return
        found = answer(
            lambda: act(self.shop.registry, lot, issuer=run.maker, reason="a reason", status=self.shop.status)
        )
        before, after = BECOMES[act]
        may = run.state == before if before else run.state in {"standing", "suspended"}
        assert (found is None) == may
        run.state = after if may else run.state

    @rule(lot=LOT)
    def undo(self, lot: str) -> None:
        run = self.model.runs.get(lot)
        if run is not None:
            found = answer(lambda: undo(self.shop.registry, lot, producer=run.maker, status=self.shop.status))
            assert (found is None) == self.model.undo(lot)

    @rule(lot=LOT)
    def correct(self, lot: str) -> None:
        """Better words change no balance."""
        run = self.model.runs.get(lot)
        if run is None:
            return
        inputs = {name: f"{kg_text(mass)} kg" for name, mass in run.inputs.items()}
        better = written(lot, f"{kg_text(run.mass)} kg", producer=run.maker, plant=plant(run.maker), inputs=inputs)
        self.corrections += 1
        better["outputs"][0]["description"] = f"neodymium oxide, {self.corrections}"
        found = answer(lambda: correct(self.shop.registry, read(better), tables=TABLES, status=self.shop.status))
        assert (found is None) == (run.state == "standing")

    @rule(who=WHO, lot=LOT)
    def contest(self, who: str, lot: str) -> None:
        """Two at once offer more than half of what is left: one of them does."""
        left, to = self.model.left[who, lot], CAT if who == ANN else ANN
        mass = left // 2 + 1
        if left < 2 or self.model.refusal(who, lot, mass):
            return
        with ThreadPoolExecutor(2) as both:
            acts = [
                both.submit(answer, lambda: ship(self.shop.registry, Dispatch(lot, who, to, mass))) for _ in range(2)
            ]
            found = [act.result() for act in acts]
        assert self.model.ship(who, to, lot, mass) is None
        assert sorted(map(str, found)) == ["None", str(self.model.ship(who, to, lot, mass))]

    @invariant()
    def balances_agree(self) -> None:
        """Hold that each holder has what the model says, and that nothing came into being or was lost."""
        if not hasattr(self, "shop"):
            return
        for who in (ANN, CAT):
            with reading(self.shop.registry.engine) as connection:
                found = balances_of(connection, ONE, owner=who, now_ms=self.shop.clock.now)
            assert {each.lot.lot: (each.left_mg, each.offered_mg) for each in found} == {
                lot: (
                    self.model.left[who, lot],
                    sum(m for (w, _, x), m in self.model.offers.items() if (w, x) == (who, lot)),
                )
                for holder, lot in self.model.seen
                if holder == who
            }
        used = {
            name: sum(run.inputs[name] for run in self.model.runs.values() if run.state != "undone") for name in NAMES
        }
        for lot, run in self.model.runs.items():
            unused = sum(self.model.left[who, lot] for who in (ANN, CAT))
            unused += sum(mass for (_, _, of), mass in self.model.offers.items() if of == lot)
            assert unused + used[lot] == (0 if run.state == "undone" else run.mass)


def _run(machine: type[Balances], *, examples: int, steps: int) -> None:
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate],
        ),
    )


@pytest.fixture(params=["sqlite", "postgresql"])
def machine(request: pytest.FixtureRequest) -> type[Balances]:
    """The machine on each database in turn."""
    server = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    return type("OnOne", (Balances,), {"server": server})


def test_masses_and_refusals_are_those_of_the_model(machine: type[Balances]) -> None:
    _run(machine, examples=8, steps=25)


@pytest.mark.soak
def test_masses_and_refusals_are_those_of_the_model_at_length(machine: type[Balances]) -> None:
    _run(machine, examples=200, steps=60)
