"""Check the gains of assays along a chain before one more run is added to it (rule M-ELEM).

Rules: a run that makes no more of any element than it took adds nothing, and asks nothing.  One that does, within the
tolerance of its own assay, asks of each certified input which part of the element its chain already holds beyond what
was put in; together they stay within 0.5 % of the element, as verification has it (`ledger.verify.mass`).  Of a chain
that came from another registry nothing is known here: who is shown all of it holds it to the rule.

A run that its producer signed itself is asked the same, since its chain is shown to nobody here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from sqlalchemy import Connection

from ledger.chemistry.elements import TRACKED
from ledger.chemistry.exact import SCALE, divide
from ledger.footprint.inventory import Inventory
from ledger.footprint.masses import added_masses
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import OpenCertificate, OpenRun, open_certificate
from ledger.store.reading import certificates
from ledger.verify.mass import TOLERANCE, Amount, batch_masses, fractions, share_gained, tracked_masses, within_assays
from schemas.certificate import CertificateRecord
from schemas.figures import ElementFraction
from schemas.inventory import InventoryGroup, Materials
from schemas.problem import Problem, RefusedError
from schemas.quantity import milligrams, trillionths, trillionths_text
from schemas.run import InputFacts, RunFacts, Source

_PERCENT: Final = 100
_TRACKED: Final = frozenset(TRACKED)


class DrawnMass(NamedTuple):
    """The input of a run from a certified batch: element masses (scaled kg), and the digest of its certificate."""

    masses: Mapping[str, int]
    certificate: str


@dataclass(frozen=True, slots=True)
class Gains:
    """The parts of elements that are gains, by certificate, as far as they were asked for in one transaction."""

    connection: Connection
    known: dict[str, Mapping[str, int]] = field(default_factory=dict)
    _batches: dict[str, _Batch | None] = field(default_factory=dict)

    def check(self, run: Inventory, certificates_: Iterable[str]) -> None:
        """Refuse a run that gains more along its chain than assays explain; error ``rule.m-elem-chain``."""
        if run.incoming:
            made_mg = sum(item.net_mass_mg for item in run.outgoing)
            drawn = (
                DrawnMass(tracked_masses(_written(item.fractions), item.mass_mg), digest)
                for item, digest in zip(run.incoming, certificates_, strict=True)
            )
            self._check(run.product_elements, run.elements_in, drawn, made_mg)

    def check_signed(
        self,
        run: RunFacts,
        inputs: Iterable[tuple[InputFacts, Source]],
        inventory: Sequence[InventoryGroup | None],
        cited: Mapping[str, CertificateRecord],
    ) -> None:
        """Refuse such a run of a producer that signed it itself.

        `cited` are the certificates of its inputs; error ``rule.m-elem-chain``.
        """
        made_mg = sum(milligrams(output.net_mass_kg) for output in run.made)
        digests = ((source.certificate, milligrams(facts.mass_kg)) for facts, source in inputs)
        drawn = [DrawnMass(batch_masses(cited[digest].composition, mass_mg), digest) for digest, mass_mg in digests]
        taken = added_masses([*_brought(inventory), *(part for each in drawn for part in each.masses.items())])
        if drawn:
            self._check(_made(run), taken, drawn, made_mg)

    def _check(
        self, made: Mapping[str, int], taken: Mapping[str, int], drawn: Iterable[DrawnMass], made_mg: int
    ) -> None:
        over = [each for each, mass in made.items() if each in _TRACKED and mass > taken.get(each, mass)]
        known = list(drawn) if over else []
        gained = {
            e: share_gained(made[e], Amount(taken[e], sum(self._gained(each, e) for each in known))) for e in over
        }
        problems = [_too_much(e, part) for e, part in gained.items() if not within_assays(part, made[e], made_mg)]
        if problems:
            raise RefusedError(*problems)

    def _gained(self, drawn: DrawnMass, element: str) -> int:
        mass = drawn.masses.get(element, 0)
        return divide(mass * self.parts(drawn.certificate).get(element, 0), SCALE) if mass else 0

    def put(self, opened: OpenCertificate) -> None:
        """Register a certificate that shows everything and is not stored yet."""
        self._batches[opened.digest] = _Batch.of(opened)

    def parts(self, certificate: str) -> Mapping[str, int]:
        """Return which part (scaled) of each element of a batch is gain; upstream first, since chains are long."""
        waiting = [certificate]
        while waiting:
            batch = self._batch(waiting[-1])
            before = [each for each, _ in batch.inputs if each not in self.known] if batch else []
            if before:
                waiting += before
                continue
            last = waiting.pop()
            if last not in self.known:
                self.known[last] = self._of_run(batch) if batch else {}
        return self.known[certificate]

    def _batch(self, certificate: str) -> _Batch | None:
        """Return what a batch's certificate and run say, which is read once; None where they are not here."""
        if certificate not in self._batches:
            digest = certificate_digest_bytes(certificate)
            found = certificates(self.connection, [digest]).get(digest)
            self._batches[certificate] = _Batch.of(open_certificate(found.text)) if found else None
        return self._batches[certificate]

    def _of_run(self, batch: _Batch) -> dict[str, int]:
        taken = dict(batch.brought)
        gained: dict[str, int] = {}
        whole = True
        for certificate, mass_mg in batch.inputs:
            cited = self._batch(certificate)
            if cited is None:
                whole = False
                continue
            masses = tracked_masses(cited.composition, mass_mg)
            for element, mass in masses.items():
                taken[element] = taken.get(element, 0) + mass
                gained[element] = gained.get(element, 0) + self._gained(DrawnMass(masses, certificate), element)
        # of an input that is not here may be what is more than was seen to go in
        return {
            element: share_gained(mass, Amount(taken.get(element, 0), gained.get(element, 0)))
            for element, mass in batch.made.items()
            if whole or mass <= taken.get(element, 0)
        }


class _Batch(NamedTuple):
    """A certified batch and its run: inputs (certificate, mg), and per element masses brought and made."""

    composition: tuple[ElementFraction, ...]
    inputs: tuple[tuple[str, int], ...]
    brought: Mapping[str, int]
    made: Mapping[str, int]

    @classmethod
    def of(cls, opened: OpenCertificate) -> _Batch:
        """Take it from a certificate that shows everything."""
        composition, run = tuple(fractions(opened.record.composition)), opened.run
        if run is None:
            return cls(composition, (), {}, {})
        return cls(composition, tuple(_taken(run)), added_masses(_brought(run.inventory)), _made(run.value))


def _taken(run: OpenRun) -> Iterator[tuple[str, int]]:
    """Yield certificate and mg of each input."""
    return (
        (shown.source.certificate, milligrams(shown.value.mass_kg)) for shown in run.inputs if shown and shown.source
    )


def _brought(inventory: Sequence[InventoryGroup | None]) -> Iterator[tuple[str, int]]:
    """Yield what each material brings of each element."""
    materials = inventory[0]
    for line in materials.lines if isinstance(materials, Materials) else ():
        yield from tracked_masses(line.composition, milligrams(line.mass_kg)).items()


def _made(run: RunFacts) -> dict[str, int]:
    """Return how much of each element all outputs have."""
    return added_masses((element, trillionths(mass)) for output in run.made for element, mass in output.elements)


def _too_much(element: str, gained: int) -> Problem:
    return Problem.at("rule.m-elem-chain", "outputs", element=element, found=_told(gained), possible=_told(TOLERANCE))


def _written(fractions_: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    return ((element, trillionths_text(fraction)) for element, fraction in fractions_.items())


def _told(part: int) -> str:
    return f"{trillionths_text(divide(part * _PERCENT, SCALE // 10**4) * (SCALE // 10**4))} %"
