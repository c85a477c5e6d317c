"""The certificates that an auditor judged and that are still valid: the leaves of its next record.

Rules: a step stands while its keys are good by the trust list of now, no entry of it is voided, and everything that it
builds on stands, by its edges.  A batch that was withdrawn or suspended ends what was made of it; one that was
corrected ends nothing but itself, if the correction was found right: who is shown the whole chain sees it, too, and
would refuse.  Of a run that was undone on the way it counts only that it was right.  Bits are
those of the logs; a log that can't be read counts as all bits set, and a suspension as not lifted while the statement
that lifted it was not judged.  What other auditors closed stands while they still
say so; whatever is made of it says *relied*, and so does what is made of that.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import Final, Generic, TypeVar

from ledger.auditing.logs import ReadLogs
from ledger.log.entry import PurposeCode
from ledger.store.followed import Bits
from ledger.store.judged import EdgeKind, KnownStep, ReliedOn, Remembered, UsedKey
from ledger.trust.pinned import Trust
from schemas.audit import AuditLeaf, AuditState
from schemas.document import replace

_Row = TypeVar("_Row", bound=tuple[object, ...])
_ENDS: Final = (PurposeCode.REVOCATION, PurposeCode.SUSPENSION)


@dataclass(slots=True)
class Standing:
    """The judgement of what stands at a time (ms); `usable` tells it of every certificate, by digest.

    `still` asks whether other auditors still say what closed a step; `relies` are certificates that rest on such.
    """

    trust: Trust
    logs: Mapping[str, ReadLogs]
    at_ms: int
    still: Callable[[ReliedOn], bool] = field(default=lambda _: False)
    usable: dict[bytes, bool] = field(default_factory=dict)
    relies: set[bytes] = field(default_factory=set)
    right: dict[bytes, bool] = field(default_factory=dict)
    _corrected: dict[bytes, bool] = field(default_factory=dict)
    _bits: dict[str, Bits] = field(default_factory=dict)
    _lifts: dict[str, set[tuple[int, int]]] = field(default_factory=dict)
    _voided: dict[str, set[int]] = field(default_factory=dict)

    def leaves(self, memory: Remembered, registry: str, *, end: int) -> Iterator[bytes]:
        """Yield the leaves of a registry's certificates that were logged before `end`: what stands, and refused."""
        for name in memory.registries():
            if name in self.logs:
                self._bits[name], self._voided[name] = self.logs[name].bits(), self.logs[name].voided()
                self._lifts[name] = {*self.logs[name].lifts(memory.lifted(name))}
        self._correct(memory)
        self._ask(memory)
        edges, keys = _Grouped(memory.edges()), _Grouped(memory.keys())
        certificates = _Grouped(memory.certificates())
        for step in memory.steps():
            used = edges.of(step.seq)
            good = self._good(step, [key for _, key in keys.of(step.seq)])
            stands = good and all(self._holds(digest, kind) for _, digest, kind in used)
            right = good and all(self.right.get(digest, False) for _, digest, _ in used)
            relies = not self.relies.isdisjoint(digest for _, digest, _ in used)
            for _, digest, number, place, until_ms, leaf in certificates.of(step.seq):
                lifted = (number, place) in self._lifts.get(step.registry, ())
                gone = lifted or self._set(step.registry, number, place, _ENDS)
                replaced = self._set(step.registry, number, place, (PurposeCode.REFRESH,))
                mended = not replaced or self._corrected.get(digest, False)
                self.usable[digest], self.right[digest] = stands and mended and not gone, right
                if relies:
                    self.relies.add(digest)
                in_time = until_ms is None or self.at_ms <= until_ms
                shown = step.refused or (stands and in_time and not replaced)
                if shown and not gone and step.registry == registry and step.position < end:
                    yield _relying(leaf) if relies and not step.refused else leaf

    def _ask(self, memory: Remembered) -> None:
        """Ask other auditors again about what they closed; what this one refused itself they can't close."""
        for relied in memory.relied():
            own = memory.step_with(relied.digest)
            said = not (own is not None and own.refused) and self.still(relied)
            gone = self._set(relied.registry, relied.list_number, relied.place, _ENDS)
            self.usable[relied.digest], self.right[relied.digest] = said and not gone, said
            self.relies.add(relied.digest)

    def _holds(self, certificate: bytes, kind: int) -> bool:
        known = self.right if kind == EdgeKind.UNDONE else self.usable
        return known.get(certificate, False)

    def _good(self, step: KnownStep, keys: Collection[UsedKey]) -> bool:
        voided = step.position in self._voided.get(step.registry, ())
        return not (step.refused or voided) and all(map(self._is_good, keys))

    def _is_good(self, used: UsedKey) -> bool:
        """Return whether a key was good when it signed, for the plant and the kind of product."""
        key = self.trust.keys.get(used.kid)
        if key is None or used.time_ms < key.since or (key.until is not None and used.time_ms >= key.until):
            return False
        return not used.plant or key.may_certify(used.plant, used.kind)

    def _correct(self, memory: Remembered) -> None:
        """Find out of each certificate that was corrected whether all corrections of it that are known are good.

        The last ones come first, since a correction that was itself corrected wrongly is not good.
        """
        for step, followed in memory.corrections():
            good = self._good(step, memory.keys_of(step.seq))
            for digest, number, place in memory.places_of(step.seq):
                if self._set(step.registry, number, place, (PurposeCode.REFRESH,)):
                    good = good and self._corrected.get(digest, False)
            for digest in followed:
                self._corrected[digest] = good and self._corrected.get(digest, True)

    def _set(self, registry: str, number: int, place: int, purposes: Collection[PurposeCode]) -> bool:
        """Return whether any of these bits is set, by the registry's own log."""
        bits = self._bits.get(registry)
        if bits is None:
            return True
        for purpose in purposes:  # noqa: SIM110 - `any` would make a generator for each of a million certificates
            if place in bits.get((number, purpose), ()):
                return True
        return False


def _relying(leaf: bytes) -> bytes:
    return replace(AuditLeaf.parse(leaf), state=AuditState.RELIED).to_bytes()


class _Grouped(Generic[_Row]):
    """Rows that come step by step, taken for the steps in their order; a row begins with its step."""

    def __init__(self, rows: Iterator[_Row]) -> None:
        self._groups = groupby(rows, key=itemgetter(0))
        self._next = next(self._groups, None)

    def of(self, step: int) -> list[_Row]:
        """Return the rows of a step."""
        if self._next is None or self._next[0] != step:
            return []
        rows = list(self._next[1])
        self._next = next(self._groups, None)
        return rows
