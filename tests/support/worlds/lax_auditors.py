"""Honest auditors who each leave out one rule, to show that the rule is needed."""

from __future__ import annotations

from inspect import isfunction, signature
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.auditing import judging
from ledger.auditing.judging import Judge
from ledger.auditing.standing import Standing
from ledger.verify.findings import Outcome
from tests.support.worlds import random_histories as cheat
from tests.support.worlds.audited_histories import HonestAuditor
from tests.support.worlds.random_histories import History

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from ledger.store.judged import Remembered

    Act = Callable[[History], object]


class LeftOut(NamedTuple):
    """What makes an auditor without a rule, the cheats that the rule is there for, and a history that needs it."""

    auditor: Callable[[pytest.MonkeyPatch], HonestAuditor]
    cheats: tuple[Act, ...]
    seed: int


def _judge(**methods: object) -> Callable[[pytest.MonkeyPatch], HonestAuditor]:
    """Return what makes an auditor whose judgement has other methods."""
    return lambda _: HonestAuditor(judge=type("LaxJudge", (Judge,), methods))


def _standing(**methods: object) -> Callable[[pytest.MonkeyPatch], HonestAuditor]:
    """Return what makes an auditor who leaves less out."""
    return lambda _: HonestAuditor(standing=type("LaxStanding", (Standing,), methods))


def _without_memory(monkeypatch: pytest.MonkeyPatch) -> HonestAuditor:
    """Return an auditor who excuses whatever is withheld, and tells the verifier nothing."""
    monkeypatch.setattr(judging, "_excused", lambda found, _: found.outcome is Outcome.WITHHELD)
    monkeypatch.setattr(judging.KnownByMemory, "get", lambda *_: None)
    return HonestAuditor()


def _believes(judge: Judge, step: judging._Step, documents: object) -> object:
    return judge._made(step, documents, refused=False)  # type: ignore[arg-type]


def _forgive(standing: Standing, memory: Remembered) -> None:
    """Take every correction for good."""
    standing._corrected.update({each[1]: True for each in memory.certificates()})


EVERY_CHEAT: Final = tuple(
    act
    for name, act in vars(cheat).items()
    if isfunction(act) and not name.startswith("_") and [*signature(act).parameters] == ["history"]
)
"""All cheats of the random histories."""
CHEATS: Final = (
    *(cheat.overdraw, cheat.split_into_more, cheat.cite_another_batch, cheat.forge_a_holding, cheat.move_more),
    *(cheat.use_while_suspended, cheat.make_from_nothing, cheat.follow_with_more, cheat.undo_for_more),
)
WAYS: Final = (cheat.cite_another_batch, cheat.overdraw, cheat.forge_a_holding, cheat.split_into_more, cheat.move_more)

LEFT_OUT: Final[dict[str, LeftOut]] = {
    "the step is judged": LeftOut(_judge(_judged=_believes), CHEATS, 1),
    "memory tells of roots and masses": LeftOut(_without_memory, WAYS, 2),
    "no batch had ended before it was used": LeftOut(
        _judge(_used_too_late=lambda *_: False), (cheat.use_while_suspended, History.change), 2
    ),
    "what ended upstream is left out": LeftOut(_standing(_holds=lambda *_: True), (History.change,), 5),
    "what ended itself is left out": LeftOut(_standing(_set=lambda *_: False), (History.change,), 5),
    "what stands on a wrong correction is left out": LeftOut(
        _standing(_correct=_forgive),
        (cheat.follow_with_more,),
        1,
    ),
}
"""The rules that a history shows to be needed, beyond those of the verifier (`tests/property/test_search.py`)."""
