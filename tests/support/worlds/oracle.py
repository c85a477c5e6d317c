"""What must never be: over everything that verifiers believe of one history, something sold twice, lost or stolen.

It judges by what the world knows of its own records, with arithmetic of its own, and asks no rule of verification.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from ledger.holdings.mark import open_holding
from ledger.verify.chain import Policy
from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from ledger.verify.verify import verify_bundle
from schemas.inventory import instrument_key
from schemas.quantity import milligrams
from tests.support.worlds.drafts import Issuance, name_of
from tests.support.worlds.parties import did
from tests.support.worlds.random_histories import GUEST, VICTIM, History
from tests.support.worlds.recipe import SCHEME, tables
from tests.support.worlds.world import opened_once

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ledger.seal.certificate import SealedCertificate
    from ledger.verify.chain import Chain
    from schemas.certificate import CertificateRecord
    from schemas.figures import FigureRow
    from schemas.vocabulary import Audience

Batch = tuple[bytes, int]
"""The first issuance of a batch, and the output."""
ROUNDING = Decimal("0.000001")
ASSAY = Decimal("1.005")


@dataclass
class Believed:
    """What verifiers believe of a history: subjects found genuine, and what they stand on."""

    history: History
    subjects: list[SealedCertificate] = field(default_factory=list)
    issuances: dict[str, Issuance] = field(default_factory=dict)
    """By certificate: what the subjects are and stand on."""
    records: set[bytes] = field(default_factory=set)
    unrooted: set[tuple[bytes, int]] = field(default_factory=set)
    """Inputs, by first issuance and number, whose way goes through a run that is withheld."""
    whole: bool = True
    """Whether every line of every run was shown."""
    takes: int = 0
    apart: bool = False
    """Whether nobody compared the statements of instruments across all of it."""

    @property
    def from_guests(self) -> int:
        """Moves out of guests that something believed stands on."""
        return sum(owner == GUEST and digest in self.records for digest, owner in self.history.handed.items())


def believe(history: History, *, off: frozenset[Rule], subjects: int, whole: bool = True) -> Believed:
    """Show verifiers the bundles of some certificates, the last ones first; a check that is `off` is not made.

    Unless the views are `whole`, some runs are shown without their lines, and some upstream ones not at all.
    """
    believed = Believed(history, whole=whole)
    made_by = {each.digest: made for made in history.issuances for each in made.certificates if each}
    shown = [each for made in reversed(history.issuances) for each in made.certificates if each]
    for certificate in shown[:subjects]:
        views: dict[str, Audience] = dict.fromkeys(made_by, "auditor")
        if not whole:
            views = {digest: history.random.choice(("auditor", "partner", "partner", "public")) for digest in made_by}
            views[certificate.digest] = "partner"
        lines = history.world.bundle(certificate, views.__getitem__)
        findings = Findings(off=off)
        policy = Policy(history.world.now_ms + 60_000)
        chain = verify_bundle(
            lines,
            trust=history.world.people.trust,
            tables=tables(),
            policy=policy,
            findings=findings,
            opening=opened_once,
        )
        if all(found.outcome in {Outcome.WITHHELD, Outcome.WARNING} for found in chain.findings.all):
            believed.subjects.append(certificate)
            believed.records |= history.world._needed(certificate, [])[0]
            hidden = {digest for digest, view in views.items() if view == "public"}
            for digest in _stands_on(certificate.digest, made_by, hidden):
                believed.issuances[digest] = made_by[digest]
            believed.unrooted |= set(_unrooted(chain, made_by))
    return believed


def _unrooted(chain: Chain, made_by: dict[str, Issuance]) -> Iterator[tuple[bytes, int]]:
    """Yield the inputs whose batch could not be told, because something on their way is withheld."""
    first_of = {each.record.batch.lot: made.first for made in made_by.values() for each in made.certificates if each}
    for found in chain.findings.all:
        if found.code == Rule.ROOT.value and found.outcome is Outcome.WITHHELD:
            lot, _, place = found.place.partition(" inputs[")
            yield first_of[lot], int(place.rstrip("]"))


def _stands_on(subject: str, made_by: dict[str, Issuance], hidden: set[str]) -> set[str]:
    """Return the certificates that a subject stands on, as far as their runs are shown."""
    found: set[str] = set()
    waiting = [subject]
    while waiting:
        digest = waiting.pop()
        if digest in found or digest in hidden or digest not in made_by:
            continue
        found.add(digest)
        made = made_by[digest]
        waiting += [source.certificate for _, source in made.inputs]
        follows = next(each for each in made.certificates if each and each.digest == digest).record.follows
        waiting += [follows.certificate] if follows else []
    return found


def violation(believed: Believed) -> str | None:
    """Return what is wrong with all that is believed together, or nothing."""
    checks = (
        _sold_twice,
        _two_truths,
        _ended,
        _stolen,
        _made_by_a_guest,
        *((_elements, _figures) if believed.whole else ()),
        *((_claimed_twice,) if believed.whole and not believed.apart else ()),
    )
    return next((found for check in checks if (found := check(believed))), None)


def _batch(believed: Believed, certificate: str) -> Batch | None:
    made = believed.issuances.get(certificate)
    if made is None:
        return None
    number = next(n for n, each in enumerate(made.certificates) if each and each.digest == certificate)
    return made.first, number


def _produced(believed: Believed, batch: Batch) -> int:
    first = next(made for made in believed.history.issuances if made.digest == batch[0])
    return milligrams(first.run.run.made[batch[1]].net_mass_kg)


def _sold_twice(believed: Believed) -> str | None:
    """Add up what was taken of each batch: never more than was made of it."""
    takes: set[tuple[bytes, int, Batch, int]] = set()
    for made in believed.issuances.values():
        for number, (facts, source) in enumerate(made.inputs):
            batch = _batch(believed, source.certificate)
            if batch is not None and (made.first, number) not in believed.unrooted:
                takes.add((made.first, number, batch, milligrams(facts.mass_kg)))
    believed.takes = len(takes)
    taken: dict[Batch, int] = defaultdict(int)
    for _, _, batch, mass in takes:
        taken[batch] += mass
    for batch, mass in taken.items():
        if mass > _produced(believed, batch):
            return f"{mass} mg taken of {_produced(believed, batch)} mg"
    return None


def _claimed_twice(believed: Believed) -> str | None:
    """Add up the kWh that lines name of each scheme's statement: never more than it was entered for, once."""
    entered: dict[tuple[str, str], int] = defaultdict(int)
    for made in believed.history.issuances:
        for lump in made.lumps if made.first == made.digest else ():
            if lump.statement is not None and lump.creator == made.digest:
                entered[lump.statement.key] = max(entered[lump.statement.key], lump.mass_mg)
    named: dict[bytes, tuple[tuple[tuple[str, str], int], ...]] = {}
    for made in believed.issuances.values():
        named[made.first] = made.claims
    claimed: dict[tuple[str, str], int] = defaultdict(int)
    for claims in named.values():
        for key, mwh in claims:
            claimed[key] += mwh
    home = instrument_key(SCHEME, "")[0]
    for key, mwh in claimed.items():
        # without a home, nobody enters it: one run may name it
        if key[0] != home and sum(key in dict(claims) for claims in named.values()) > 1:
            return f"two runs name statement {key}"
        if key[0] == home and mwh > entered[key]:
            return f"{mwh} mWh named of statement {key}, which is for {entered[key]} mWh"
    return None


def _two_truths(believed: Believed) -> str | None:
    """Hold that of one run one issuance is genuine at a time, and of one output one certificate."""
    genuine: dict[Batch, str] = {}
    issued: dict[bytes, bytes] = {}
    for certificate in believed.subjects:
        made, batch = believed.issuances[certificate.digest], _batch(believed, certificate.digest)
        if issued.setdefault(made.first, made.digest) != made.digest:
            return "a run is genuine, and so is its correction"
        if batch is not None and genuine.setdefault(batch, certificate.digest) != certificate.digest:
            return "two certificates of one batch are genuine"
    return None


def _ended(believed: Believed) -> str | None:
    if believed.issuances.keys() & (believed.history.withdrawn | believed.history.suspended):
        return "what was withdrawn or suspended is genuine"
    if any(made.digest in believed.history.used_while_suspended for made in believed.issuances.values()):
        return "it was used while it was suspended"
    return None


def _stolen(believed: Believed) -> str | None:
    history = believed.history
    for digest, owner in history.handed.items():
        if owner == VICTIM and digest in believed.records and digest not in history.spoken:
            return "somebody else moved or undid what is hers"
    for made in believed.issuances.values():
        if made.digest in history.spoken:
            continue
        owners = {name_of(open_holding(source.holding).owner) for _, source in made.inputs}
        signed = {each.record.issuer.did for each in made.certificates if each}
        stolen = {source.holding for _, source in made.inputs} & history.tainted
        if stolen or VICTIM in owners or did(VICTIM) in signed:
            return "somebody else used what is hers, or spoke for her"
    return None


def _made_by_a_guest(believed: Believed) -> str | None:
    issuers = {each.record.issuer.did for made in believed.issuances.values() for each in made.certificates if each}
    return "a guest, who may only hold, made something" if did(GUEST) in issuers else None


def _elements(believed: Believed) -> str | None:
    """Hold that no run certifies more of an element than its certified inputs and its ore have."""
    for made in believed.issuances.values():
        given, certified = _given(believed, made), _certified(made)
        for element in ("Nd", "Pr"):
            if certified[element] > given[element] * ASSAY:
                return f"{certified[element]} kg of {element} out of {given[element]} kg"
    return None


def _given(believed: Believed, made: Issuance) -> dict[str, Decimal]:
    """Return the element masses that went into a run, by the compositions that are certified."""
    given: dict[str, Decimal] = defaultdict(Decimal)
    for facts, source in made.inputs:
        for share in _cited(believed, source.certificate).composition:
            given[share.element] += Decimal(share.fraction) * Decimal(facts.mass_kg)
    for ore in made.feed:
        for element, fraction in ore.composition:
            given[element] += Decimal(fraction) * ore.mass_mg / 10**6
    return given


def _certified(made: Issuance) -> dict[str, Decimal]:
    """Return the element masses in the certified outputs of a run."""
    masses: dict[str, Decimal] = defaultdict(Decimal)
    for each in filter(None, made.certificates):
        for share in each.record.composition:
            masses[share.element] += Decimal(share.fraction) * Decimal(each.record.batch.net_mass_kg)
    return masses


def _cited(believed: Believed, certificate: str) -> CertificateRecord:
    made = believed.issuances[certificate]
    return next(each for each in made.certificates if each and each.digest == certificate).record


def _kg(rows: Iterable[FigureRow]) -> Decimal:
    """Return rows in kg CO2e, location-based."""
    weights = tables().gwp.weights["AR6"]
    return sum((Decimal(row[2]) * weights[row[1]] / 10**12 for row in rows), Decimal(0))


def _figures(believed: Believed) -> str | None:
    """Hold that what a run's outputs carry is what its inputs, by the share taken, and its own lines bring."""
    for digest, made in believed.issuances.items():
        run = made.run.run
        lines = [("", gas, pair.location) for (_, gas), pair in made.result.own.items()]
        weights = tables().gwp.weights["AR6"]
        due = sum((Decimal(scaled) * weights[gas] / 10**24 for _, gas, scaled in lines), Decimal(0))
        for facts, source in made.inputs:
            batch = _batch(believed, source.certificate)
            assert batch is not None
            part = Decimal(milligrams(facts.mass_kg)) / _produced(believed, batch)
            due += _kg(_cited(believed, source.certificate).footprint.rows) * part
        carried = sum((_kg(one.rows) for one in run.made), Decimal(0))
        if carried < due - ROUNDING * (1 + due):
            return f"{carried} kg CO2e carried of {due}, by {digest}"
    return None
