"""Honest auditors who each leave out one rule, to show that the rule is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ledger.auditing import judging
from ledger.auditing.judging import Judge
from ledger.auditing.standing import Standing
from ledger.store.judged import EdgeKind
from ledger.verify.findings import Outcome
from schemas.document import replace
from tests.support.worlds.audited_histories import HonestAuditor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pytest

    from ledger.verify.certificate import ShownCertificate

Lax = "Callable[[pytest.MonkeyPatch], HonestAuditor]"


def _judge(**methods: object) -> Callable[[pytest.MonkeyPatch], HonestAuditor]:
    """Return what makes an auditor whose judgement has other methods."""
    judge = type("LaxJudge", (Judge,), methods)
    return lambda _: HonestAuditor(judge=judge)


def _believes(judge: Judge, step: judging._Step, documents: object) -> object:
    return judge._made(step, documents, refused=False)  # type: ignore[arg-type]


def _unjudged_upstream(monkeypatch: pytest.MonkeyPatch) -> HonestAuditor:
    """Excuse what is cited without knowing it."""
    monkeypatch.setattr(judging, "_excused", lambda found, _: found.outcome is Outcome.WITHHELD)
    monkeypatch.setattr(judging.Known, "get", lambda *_: None)
    return HonestAuditor()


def _without_gains(monkeypatch: pytest.MonkeyPatch) -> HonestAuditor:
    known = judging.Known.get

    def forgetful(memory: judging.Known, certificate: str) -> object:
        found = known(memory, certificate)
        return found and found._replace(inside=replace(found.inside, gains=()))

    monkeypatch.setattr(judging.Known, "get", forgetful)
    return HonestAuditor()


def _one_certificate(monkeypatch: pytest.MonkeyPatch) -> HonestAuditor:
    """Judge an issuance by its first certificate alone."""
    auditor = HonestAuditor(beside=False)
    whole = judging._Step.lack
    monkeypatch.setattr(judging._Step, "lack", lambda step: (found := whole(step)) and (None if found == "auditor.whole" else found))
    return auditor


def _undone_unseen(monkeypatch: pytest.MonkeyPatch) -> HonestAuditor:
    """Take no heed of the runs that were undone on the way."""
    built_on, edges = judging._Step.built_on, judging._Step.edges

    def some(step: judging._Step) -> Iterator[ShownCertificate]:
        undone = step.chain.paths.undone
        return (each for each in built_on(step) if each.issuance not in undone)

    monkeypatch.setattr(judging._Step, "built_on", some)
    monkeypatch.setattr(judging._Step, "edges", lambda step: (edge for edge in edges(step) if edge[1] is not EdgeKind.UNDONE))
    return HonestAuditor()


def _standing(**methods: object) -> Callable[[pytest.MonkeyPatch], HonestAuditor]:
    standing = type("LaxStanding", (Standing,), methods)
    return lambda _: HonestAuditor(standing=standing)


LEFT_OUT: Final[dict[str, Callable[[pytest.MonkeyPatch], HonestAuditor]]] = {
    "the step is judged": _judge(_judged=_believes),
    "what it builds on was judged": _judge(_upstream=lambda *_: False),
    "memory tells of roots and masses": _unjudged_upstream,
    "no batch had ended before it was used": _judge(_used_too_late=lambda *_: False),
    "lots and instruments are remembered": _judge(_twice=lambda *_: False),
    "gains are remembered": _without_gains,
    "all certificates of the issuance": _one_certificate,
    "what was undone was judged": _undone_unseen,
    "what ended upstream is left out": _standing(_holds=lambda *_: True),
    "what ended itself is left out": _standing(_set=lambda *_: False),
}
