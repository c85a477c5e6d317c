"""Compute the effect of a withdrawal upstream: the affected share of each element in the lot, and its path.

Rules: the share of an element that a run owes to a lot is the element's mass drawn from inputs that owe it to that lot,
over all of the element drawn by the run, certified and uncertified; losses are proportional, every output of a run has
the run's share, and shares are carried along the chain.  The share of mass is that of the elements, each weighted by
its fraction of the batch. Where an input or the materials of a run on the way are withheld, the share is unknown and
never guessed. Only lots that have ended are followed, so a chain in which nothing has ended costs nothing here. Who
knows more than it may show (`ledger.bundles.recall`) tells the share in tenths of a percent, and the issuer's reason
and day: neither lot nor way.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ledger.chemistry.elements import TRACKED
from ledger.chemistry.exact import SCALE, divide
from ledger.seal.sdjwt import OpenRun
from ledger.verify.certificate import ShownCertificate
from ledger.verify.mass import fractions
from schemas.certificate import CertificateRecord
from schemas.figures import ElementFraction
from schemas.instant import instant_text, whole_second
from schemas.inventory import Materials
from schemas.quantity import kg_text, milligrams, trillionths, trillionths_text
from schemas.report import Affected, Ended

MILLION: Final = 10**6
PERCENT: Final = 100
_TENTH: Final = SCALE // 10
_TRACKED: Final = frozenset(TRACKED)

Shares = dict[str, int]
"""Of each element the scaled share that is owed to a lot; an element that is not named owes nothing."""


@dataclass(frozen=True, slots=True)
class Owed:
    """The part of a run that stems from an ended lot: `shares`, or None if unknown, and its main input."""

    shares: Shares | None
    by_way_of: str


class Said(NamedTuple):
    """An issuer's statement that its lot has ended: the reason in words, and the time of its entry in ms."""

    reason: str
    time_ms: int


@dataclass(slots=True)
class Recall:
    """The ended lots by certificate, and the part of each run that stems from them.

    Parts are kept by run digest, then by certificate of the lot.

    `known` is what the registry knows of its own about the subject, beyond what was shown; `said` are the statements of
    issuers, by certificate.
    """

    seen: Mapping[str, ShownCertificate]
    ended: dict[str, Ended] = field(default_factory=dict)
    owed: dict[str, dict[str, Owed]] = field(default_factory=dict)
    known: tuple[Affected, ...] = ()
    said: Mapping[str, Said] = field(default_factory=dict)

    def take(self, run: OpenRun, seen: ShownCertificate, named: Mapping[str, ShownCertificate]) -> None:
        """Add a run, and compute its shares from ended lots."""
        if not self.ended:
            return
        cited = [named.get(each.source.certificate) if each and each.source else None for each in run.inputs]
        lots = {lot for each in cited if each is not None for lot in self._owing(each)}
        if not lots:
            return
        drawn = [
            _elements(fractions(upstream.record.composition), milligrams(shown.value.mass_kg))
            for shown, upstream in zip(run.inputs, cited, strict=True)
            if shown is not None and upstream is not None
        ]
        known = [upstream for upstream in cited if upstream is not None]
        total = _total(run, drawn) if len(drawn) == len(run.inputs) else None
        self.owed[seen.run_digest] = {lot: self._owed(lot, known, drawn, total) for lot in sorted(lots)}

    def affected(self, subject: ShownCertificate, *, shown: Container[str] | None = None) -> tuple[Affected, ...]:
        """Return what the subject owes to each lot that has ended upstream, most first.

        Only certificates `shown` are named.
        """
        owed = self.owed.get(subject.run_digest, {})
        found = [self._affected(subject, lot, each, shown) for lot, each in owed.items() if lot != subject.digest]
        told = {each.digest for each in found if each.mass_percent is not None}
        known = [each for each in self.known if each.digest is None or each.digest not in told]
        better = {each.digest for each in known}
        found = [*(each for each in found if each.digest not in better), *known]
        return tuple(sorted(found, key=lambda each: -trillionths(each.mass_percent or "0")))

    def _owing(self, cited: ShownCertificate) -> dict[str, Shares | None]:
        """Return what a batch owes, by lot: all of itself to itself, if it has ended."""
        owed = {lot: each.shares for lot, each in self.owed.get(cited.run_digest, {}).items()}
        if cited.digest in self.ended:
            owed[cited.digest] = dict.fromkeys((share.element for share in cited.record.composition), SCALE)
        return owed

    def _owed(self, lot: str, known: list[ShownCertificate], drawn: list[Shares], total: Shares | None) -> Owed:
        """Add up what the inputs bring of a lot that has ended."""
        brought: Shares = {}
        most, way, complete = -1, "", total is not None
        for upstream, masses in zip(known, drawn, strict=True):
            owing = self._owing(upstream)
            if lot not in owing:
                continue
            shares = owing[lot]
            complete = complete and shares is not None
            parts = {
                element: mass * share for element, share in (shares or {}).items() if (mass := masses.get(element, 0))
            }
            for element, part in parts.items():
                brought[element] = brought.get(element, 0) + part
            if sum(parts.values()) > most:
                most, way = sum(parts.values()), upstream.digest
        if total is None or not complete:
            return Owed(None, way)
        return Owed({element: divide(part, total[element]) for element, part in brought.items()}, way)

    def _affected(self, subject: ShownCertificate, lot: str, owed: Owed, shown: Container[str] | None) -> Affected:
        """Return the affected shares in percent of the subject, with the path that brings most."""
        way = [subject.digest]
        digest = owed.by_way_of
        while digest != lot:
            way.append(digest)
            digest = self.owed[self.seen[digest].run_digest][lot].by_way_of
        way.append(lot)
        named = [self.seen[each].place for each in reversed(way) if shown is None or each in shown]
        open_, shares = shown is None or lot in shown, owed.shares
        percent = _percent if shown is None else _tenths
        part = None if shares is None else percent(_of_mass(subject.record, shares))
        said = self.said.get(lot)
        return Affected(
            lot=self.seen[lot].place if open_ else None,
            digest=lot if open_ else None,
            state=self.ended[lot],
            mass_percent=part,
            elements={
                share.element: percent(shares[share.element])
                for share in subject.record.composition
                if share.element in _TRACKED and shares is not None and shares.get(share.element)
            },
            path=tuple(named) if len(named) > 1 else (),
            mass_kg=None if part is None else part_of(subject.record.batch.net_mass_kg, part),
            reason=said.reason if said else None,
            since=_told_since(said.time_ms, open_=open_) if said else None,
        )


def _total(run: OpenRun, drawn: Iterable[Shares]) -> Shares | None:
    """Return the scaled kg of each element that a run draws from all its inputs, None where materials are withheld."""
    materials = run.inventory[0]
    if not isinstance(materials, Materials):
        return None
    total: Shares = {}
    for masses in (*drawn, *(_elements(line.composition, milligrams(line.mass_kg)) for line in materials.lines)):
        for element, mass in masses.items():
            total[element] = total.get(element, 0) + mass
    return total


def _elements(composition: Iterable[ElementFraction], mass_mg: int) -> Shares:
    """Return the scaled kg of each element in a dry mass."""
    return {element: divide(trillionths(fraction) * mass_mg, MILLION) for element, fraction in composition}


def _of_mass(record: CertificateRecord, shares: Shares) -> int:
    """Return the scaled share of a batch's mass: of each element its share, weighted by its fraction."""
    weights = {element: trillionths(fraction) for element, fraction in fractions(record.composition)}
    whole = sum(weights.values())
    return divide(sum(weight * shares.get(element, 0) for element, weight in weights.items()), whole) if whole else 0


def _percent(share: int) -> str:
    """Return a scaled share in percent, with as many decimals as it has."""
    return trillionths_text(share * PERCENT)


def part_of(mass_kg: str, percent: str) -> str:
    """Return a part of a mass, in kg to the milligram."""
    return kg_text(divide(milligrams(mass_kg) * trillionths(percent), PERCENT * SCALE))


def _told_since(time_ms: int, *, open_: bool) -> str:
    """Return the instant of a statement, or its day alone to whom its lot is not shown."""
    told = instant_text(whole_second(time_ms))
    return told if open_ else told[:10]


def _tenths(share: int) -> str:
    """Return a scaled share in percent, rounded to tenths. A share above zero never rounds to zero."""
    return trillionths_text(max(divide(share * PERCENT, _TENTH), 1 if share else 0) * _TENTH)
