"""What assays have gained along a chain, before one more run is added to it (rule M-ELEM).

Rules: a run that makes no more of any element than it took adds nothing, and asks nothing.  One that does, within the tolerance of its
own assay, asks of each certified input which part of the element its chain already holds beyond what was put in; together they
stay within 0.5 % of the element, as verification has it (`ledger.verify.mass`).  Of a chain that came from another registry nothing is known here:
who is shown all of it holds it to the rule.

What this module does not do: the balance of the run itself (`ledger.footprint.physics`).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.chemistry.elements import TRACKED
from ledger.chemistry.exact import SCALE, divide
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.reading import certificates
from ledger.verify.mass import TOLERANCE, Amount, fractions, is_trace, share_gained, tracked_masses
from schemas.inventory import Materials
from schemas.problem import Problem, RefusedError
from schemas.quantity import milligrams, trillionths, trillionths_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from sqlalchemy import Connection

    from ledger.footprint.inventory import Inventory
    from ledger.seal.sdjwt import OpenCertificate, OpenRun

_PERCENT: Final = 100
_TRACKED: Final = frozenset(TRACKED)


class Drawn(NamedTuple):
    """What a run takes of a certified batch: element masses (scaled kg), and the digest of its certificate."""

    masses: Mapping[str, int]
    certificate: str


@dataclass(frozen=True, slots=True)
class Gains:
    """The parts of elements that are gains, by certificate, as far as they were asked for in one transaction."""

    connection: Connection
    known: dict[str, Mapping[str, int]] = field(default_factory=dict)

    def check(self, run: Inventory, certificates_: Iterable[str]) -> None:
        """Refuse a run with which the gains of its chain become more than assays explain; error ``rule.m-elem-chain``."""
        given = run.elements_in
        over = [
            element
            for element, mass in run.product_elements.items()
            if element in _TRACKED and mass > given.get(element, mass)
        ]
        if over and run.incoming:
            drawn = [
                Drawn(tracked_masses(_written(item.fractions), item.mass_mg), digest)
                for item, digest in zip(run.incoming, certificates_, strict=True)
            ]
            problems = list(self._problems(run, over, drawn))
            if problems:
                raise RefusedError(*problems)

    def _problems(self, run: Inventory, over: list[str], drawn: list[Drawn]) -> Iterator[Problem]:
        made_mg = sum(item.net_mass_mg for item in run.outgoing)
        for element in over:
            mass = run.product_elements[element]
            amount = Amount(run.elements_in[element], sum(self._gained(each, element) for each in drawn))
            gained = share_gained(mass, amount)
            if gained > TOLERANCE and not is_trace(mass, made_mg):
                yield Problem.at(
                    "rule.m-elem-chain", "outputs", element=element, found=_told(gained), possible=_told(TOLERANCE)
                )

    def _gained(self, drawn: Drawn, element: str) -> int:
        mass = drawn.masses.get(element, 0)
        return divide(mass * self.parts(drawn.certificate).get(element, 0), SCALE) if mass else 0

    def parts(self, certificate: str) -> Mapping[str, int]:
        """Return which part (scaled) of each element of a batch is gain; upstream first, since chains are long."""
        waiting = [certificate]
        while waiting:
            last = waiting[-1]
            opened = None if last in self.known else self._opened(last)
            run = opened.run if opened else None
            before = [each for each in _sources(run) if each not in self.known] if run else []
            if before:
                waiting += before
                continue
            if last not in self.known:
                self.known[last] = self._of_run(run) if run else {}
            waiting.pop()
        return self.known[certificate]

    def _opened(self, certificate: str) -> OpenCertificate | None:
        digest = certificate_digest_bytes(certificate)
        found = certificates(self.connection, [digest]).get(digest)
        return open_certificate(found.text) if found else None

    def _of_run(self, run: OpenRun) -> dict[str, int]:
        taken: dict[str, Amount] = {}
        for shown in run.inputs:
            cited = self._opened(shown.source.certificate) if shown and shown.source else None
            if shown and cited:
                masses = tracked_masses(fractions(cited.record.composition), milligrams(shown.value.mass_kg))
                for element, mass in masses.items():
                    amount = taken.setdefault(element, Amount())
                    amount.mass += mass
                    amount.gained += self._gained(Drawn(masses, cited.digest), element)
        materials = run.inventory[0]
        for line in materials.lines if isinstance(materials, Materials) else ():
            for element, brought in tracked_masses(line.composition, milligrams(line.mass_kg)).items():
                taken.setdefault(element, Amount()).mass += brought
        made: dict[str, int] = {}
        for output in run.value.made:
            for element, each in output.elements:
                made[element] = made.get(element, 0) + trillionths(each)
        return {element: share_gained(mass, taken.get(element, Amount())) for element, mass in made.items()}


def _sources(run: OpenRun) -> list[str]:
    return [shown.source.certificate for shown in run.inputs if shown and shown.source]


def _written(fractions_: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    return ((element, trillionths_text(fraction)) for element, fraction in fractions_.items())


def _told(part: int) -> str:
    return f"{trillionths_text(divide(part * _PERCENT, SCALE // 10**4) * (SCALE // 10**4))} %"
