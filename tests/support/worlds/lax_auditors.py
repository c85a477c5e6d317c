"""Honest auditors, and verifiers, who each leave out one rule, to show that the rule is needed."""

from __future__ import annotations

from inspect import isfunction, signature
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.auditing import judging, others, standing
from ledger.auditing.judging import Judge
from ledger.auditing.standing import Standing
from ledger.seal.digest import digest_bytes
from ledger.seal.disclosure import open_value
from ledger.store.judged import EdgeKind, Remembered
from ledger.verify import audits
from ledger.verify.audits import counted_leaves
from ledger.verify.findings import Outcome
from ledger.verify.memory import KnownCertificate
from ledger.verify.paths import Paths
from ledger.verify.rule import Rule
from ledger.verify.walk_state import CreatedHolding
from schemas.audit import AuditState, Inside
from schemas.document import replace
from tests.support.worlds import audited_cheats as audited
from tests.support.worlds import random_histories as cheat
from tests.support.worlds.audited_histories import OLD_RULES, STRUCK, text_bytes
from tests.support.worlds.honest_auditors import HonestAuditor, WorldLogs
from tests.support.worlds.parties import did
from tests.support.worlds.random_histories import LOGS, History

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from ledger.verify.chain import Chain
    from schemas.audit import AuditLeaf
    from tests.support.worlds.audited_histories import Watched

    Act = Callable[[Watched], object]
    Patch = Callable[[pytest.MonkeyPatch], object]


class LeftOut(NamedTuple):
    """What leaves out a rule, the cheats that the rule is there for, and a history that needs it.

    `how` are members of the honest auditors, `patch` changes the real code.
    """

    cheats: tuple[Act, ...]
    seed: int
    patch: Patch = lambda _: None
    how: dict[str, Any] = {}  # noqa: RUF012 - nothing changes it

    def auditors(self) -> list[HonestAuditor]:
        """Return the honest auditors of both registries, without the rule."""
        return [HonestAuditor(registry, **self.how) for registry in LOGS]


def _judge(**methods: object) -> dict[str, Any]:
    """Return what makes an auditor whose judgement has other methods."""
    return {"judge": type("LaxJudge", (Judge,), methods)}


def _standing(**methods: object) -> dict[str, Any]:
    """Return what makes an auditor who leaves less out."""
    return {"standing": type("LaxStanding", (Standing,), methods)}


def _put(target: object, name: str, value: object) -> Patch:
    return lambda patched: patched.setattr(target, name, value)


def _excuses(*rules: Rule) -> frozenset[str]:
    return judging.EXCUSED | {rule.code for rule in rules}


def _believes(judge: Judge, step: judging._Step, documents: object) -> object:
    return judge._made(step, documents, refused=False)  # type: ignore[arg-type]


def _forgive(lax: Standing, memory: Remembered) -> None:
    """Take every correction for good."""
    lax._corrected.update({each[1]: True for each in memory.certificates()})


def _without_sisters(patched: pytest.MonkeyPatch) -> None:
    whole = judging._Step.lack
    patched.setattr(judging._Step, "lack", lambda step: None if whole(step) == "auditor.whole" else whole(step))


def _holds_input(lax: Standing, certificate: bytes, kind: int) -> bool:
    """Ask only of inputs whether they hold."""
    return kind != EdgeKind.INPUT or lax.usable.get(certificate, False)


def _recalls(*, root: bool, mass: bool, rules: tuple[Rule, ...]) -> Patch:
    """Let the memory tell the verifier less of a holding, and excuse what it can't check then."""
    whole = Paths.recall

    def recall(paths: Paths, seen: Any, logged: Any, inside: Inside) -> None:  # noqa: ANN401
        whole(paths, seen, logged, inside)
        made = paths.created[digest_bytes(inside.first)]
        held = digest_bytes(inside.holding)
        kept = made[held]
        made[held] = CreatedHolding(kept.mass_mg if mass else None, kept.root if root else None, logged)

    def patch(patched: pytest.MonkeyPatch) -> None:
        patched.setattr(Paths, "recall", recall)
        patched.setattr(judging, "_excused", lambda found, _: found.code in _excuses(*rules))

    return patch


def _without_gains(patched: pytest.MonkeyPatch) -> None:
    whole = judging.KnownByMemory.get

    def get(memory: judging.KnownByMemory, certificate: str, /) -> KnownCertificate | None:
        known = whole(memory, certificate)
        return known and known._replace(inside=replace(known.inside, gains=()))

    patched.setattr(judging.KnownByMemory, "get", get)


def _without_undone(patched: pytest.MonkeyPatch) -> None:
    patched.setattr(judging, "_excused", lambda found, _: found.outcome is Outcome.WITHHELD)


def _relies(*, least: int | None = None, same: bool = True, unrefused: bool = True) -> Patch:
    """Let an auditor rely on others with less than all of what it takes."""

    def relied(chain: Chain, digest: str, text: str, *, least: int = least or 2) -> KnownCertificate | None:
        needed = relied_least or least
        _, leaves = counted_leaves(chain, chain.seen[digest])
        good = {name: leaf for name, leaf in leaves.items() if leaf.state is not AuditState.REFUSED}
        if (unrefused and good != leaves) or len(good) < needed:
            return None
        digests = {leaf.inside for leaf in good.values()}
        own = text_bytes(text)
        if own not in digests or (same and digests != {own}):
            return None
        return KnownCertificate(open_value(text, Inside), next(iter(good.values())).answers)

    relied_least = least
    return _put(others, "relied", relied)


def _counts(change: Callable[[Any], None]) -> Patch:
    """Let the verifier's step 11 begin with something changed."""

    def patch(patched: pytest.MonkeyPatch) -> None:
        whole = audits._Audits._latest

        def latest(these: audits._Audits, said: Any) -> list[audits._Said]:  # noqa: ANN401
            change(these)
            return whole(these, said)

        patched.setattr(audits._Audits, "_latest", latest)

    return patch


def _names_the_struck(these: Any) -> None:  # noqa: ANN401
    these.parties = (*these.parties, did(STRUCK))


def _accepts_old_rules(these: Any) -> None:  # noqa: ANN401
    these.rules |= {OLD_RULES}


def _needs_one(these: Any) -> None:  # noqa: ANN401
    these.required = 1


def _any_list(patched: pytest.MonkeyPatch) -> None:
    def check(these: audits._Audits, record: Any) -> None:  # noqa: ANN401
        if not these.rules.issuperset(record.rules):
            raise audits._NotCountedError("rules")

    patched.setattr(audits._Audits, "_check_basis", check)


def _state_2_as_1(patched: pytest.MonkeyPatch) -> None:
    whole = audits._Audits._leaf

    def leaf(these: audits._Audits, said: audits._Said) -> AuditLeaf:
        found = whole(these, said)
        return replace(found, state=AuditState.RIGHT) if found.state is AuditState.RELIED else found

    patched.setattr(audits._Audits, "_leaf", leaf)


EVERY_CHEAT: Final[tuple[Act, ...]] = (
    *(
        act
        for name, act in vars(cheat).items()
        if isfunction(act) and not name.startswith("_") and [*signature(act).parameters] == ["history"]
    ),
    *audited.AUDITED_CHEATS,
)
"""All cheats of the random histories, and those that play with auditors."""
CHEATS: Final = (
    *(cheat.overdraw, cheat.split_into_more, cheat.cite_another_batch, cheat.forge_a_holding, cheat.move_more),
    *(cheat.use_while_suspended, cheat.make_from_nothing, cheat.follow_with_more, cheat.undo_for_more),
)
TWICE: Final = (cheat.enter_elsewhere, cheat.claim_alone, cheat.claim_more, cheat.name_a_lot_twice, cheat.enter_twice)
NAMED: Final = (cheat.name_a_statement_twice,)

LEFT_OUT: Final[dict[str, LeftOut]] = {
    "the step is judged": LeftOut(CHEATS, 6, how=_judge(_judged=_believes)),
    "memory tells of roots": LeftOut(
        (cheat.cite_another_batch,), 25, _recalls(root=False, mass=True, rules=(Rule.ROOT,))
    ),
    "memory tells of masses": LeftOut(
        (cheat.overdraw, cheat.split_into_more),
        14,
        _recalls(root=True, mass=False, rules=(Rule.TAKEN, Rule.SPLIT_SUM, Rule.MOVE_MASS)),
    ),
    "memory tells of gains": LeftOut((cheat.gain_a_little,), 1, _without_gains),
    "runs undone on a way are shown whole": LeftOut(
        (audited.undo_a_part_for_more,), 1, _without_undone, {"undone": False}
    ),
    "what is corrected was right": LeftOut(
        (audited.correct_a_second_naming,),
        4,
        _put(judging._Step, "shown", lambda _: []),
        _standing(_holds=_holds_input),
    ),
    # no chain of one certificate shows the other: it is the oracle that adds up what a run certifies
    "all certificates of an issuance are shown": LeftOut(
        (audited.say_more_of_one,), 1, _without_sisters, {"beside": False}
    ),
    "no batch had ended before it was used": LeftOut(
        (cheat.use_while_suspended, History.change), 29, how=_judge(_used_too_late=lambda *_: False)
    ),
    "a lift is judged by its statement": LeftOut((cheat.lift_for_another,), 7, _put(WorldLogs, "lifts", lambda *_: [])),
    "no lot stands twice": LeftOut((cheat.name_a_lot_twice,), 15, _put(Remembered, "other_lots", lambda *_: False)),
    "no instrument stands twice": LeftOut(NAMED, 7, _put(Remembered, "others_naming", lambda *_: [])),
    "what ended upstream is left out": LeftOut((History.change,), 6, how=_standing(_holds=lambda *_: True)),
    "what has ended is read in the logs": LeftOut((History.change,), 6, how=_standing(_set=lambda *_: False)),
    "what stands on a wrong correction is left out": LeftOut(
        (cheat.follow_with_more,), 6, how=_standing(_correct=_forgive)
    ),
    "keys are good by the list of now": LeftOut(
        (audited.end_the_key_of_a_supplier,), 20, how=_standing(_is_good=lambda *_: True)
    ),
    "as many others as both registries require": LeftOut(CHEATS, 20, _relies(least=1, unrefused=False)),
    "others say the same": LeftOut((audited.cite_what_a_liar_backs,), 1, _relies(same=False)),
    "others are asked again": LeftOut(
        (audited.sell_to_the_other_registry,), 7, _put(others.OtherAuditors, "still", lambda *_: True)
    ),
    "state 2 is inherited": LeftOut(NAMED, 1, _put(standing, "_relying", lambda leaf: leaf)),
    "state 2 is not state 1": LeftOut(NAMED, 7, _state_2_as_1),
    "one who was struck off does not count": LeftOut(CHEATS, 6, _counts(_names_the_struck)),
    "only accepted rules count": LeftOut(CHEATS, 32, _counts(_accepts_old_rules)),
    "a record counts for a day": LeftOut(
        (audited.withdraw_after_a_record,), 29, _put(audits._Audits, "_check_time", lambda *_: None)
    ),
    "a record of an older list does not count": LeftOut((audited.end_the_key_of_a_supplier,), 26, _any_list),
    "as many as the list requires": LeftOut(CHEATS, 6, _counts(_needs_one)),
}
"""The rules that a history shows to be needed, beyond those of the verifier (`tests/property/test_search.py`)."""
