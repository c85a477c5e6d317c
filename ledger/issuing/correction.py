"""A correction: what it repeats of the run before, what may differ, and how it is sealed; the same whoever signs it.

Rules:

1. Words (description, HS code, issuer's names, notes) and inventory lines with the figures that follow from them may
   change. Producer, registry, run, plant, step, period, methods, inputs, outputs, masses, compositions, prices and
   holdings repeat, inputs and outputs text for text; any other difference is refused, each with what it was and what it
   is now.
2. A correction names every certificate that it supersedes, and creates no holding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.claims.draft import draft_with_claims
from ledger.drafting.draft import CertifiedDraft, Draft, Upstream, piece_of
from ledger.factors.tables import FactorTables
from ledger.footprint.inventory import Inventory, PublishedFacts, is_goods
from ledger.issuing.signing import Producer, Sealing, SignedRun
from ledger.issuing.submission import Submission
from ledger.lots.energy_instruments import Key, named_alone, wanted_of
from ledger.lots.issuance import certified
from ledger.seal.certificate import seal_following_run
from ledger.seal.digest import digest_bytes
from ledger.seal.sdjwt import OpenCertificate, OpenRun
from schemas.certificate import Batch, CertificateRecord, Follows, Issuer
from schemas.document import replace
from schemas.inventory import Cancelled, InventoryGroup
from schemas.lot import normal_lot
from schemas.phrases import FRACTION_OF, REPEATED
from schemas.problem import Problem, RefusedError
from schemas.quantity import kg_text, milligrams, trillionths, trillionths_text
from schemas.record import ProductionRecord
from schemas.run import InputFacts, Run, RunFacts, RunFollows, Source
from schemas.statement import Ended
from schemas.written import WrittenInput


class TakenInput(NamedTuple):
    """An input of the corrected run: the mass, the batch, and that batch's certificate."""

    facts: InputFacts
    source: Source
    upstream: CertificateRecord


class CorrectedRun(NamedTuple):
    """The issuance to correct: the digests of its records, oldest first.

    `certificates` are the latest ones; `run` is the run that they share, fully shown.

    `texts` are the run's disclosures, all of them, in their order; `taken` what its inputs took.
    """

    issuances: tuple[str, ...]
    certificates: tuple[OpenCertificate, ...]
    run: OpenRun
    texts: tuple[str, ...]
    taken: tuple[TakenInput, ...]

    @property
    def latest(self) -> str:
        """The record digest of the issuance that is followed."""
        return self.issuances[-1]

    @property
    def drawn(self) -> list[tuple[Cancelled, int]]:
        """The energy that its lines drew from each statement, in mWh."""
        pairs = ((each.upstream.instrument, milligrams(each.facts.mass_kg)) for each in self.taken)
        return [(said, mwh) for said, mwh in pairs if said is not None]

    def alone_in(self, inventory: Iterable[InventoryGroup | None]) -> list[Key]:
        """Return the statements that lines of a run name and that are drawn from no lot, as old runs have them."""
        return named_alone(inventory, [said for said, _ in self.drawn])


@dataclass(frozen=True, slots=True)
class CorrectionContext:
    """The inputs of the computation of a correction.

    `same` says whether two certificates, by digest, are of one lot; `gains` checks what assays gained along the chain,
    where that is known.
    """

    producer: Producer
    tables: FactorTables
    earlier: Mapping[str, PublishedFacts]
    same: Callable[[str, str], bool]
    gains: Callable[[Inventory, Iterable[str]], None] = lambda _inventory, _certificates: None


_SAID: Final = ("batch", "composition", "footprint", "indicators", "claims", "origin", "custody", "instrument")
"""The members of a certificate that describe its batch. A draft and a signed record have the same names for them."""

_Pair = tuple[str, str, object, object]
"""Something that must repeat: its place, what it is, how it was, how it is now."""


# -- what is the same ----------------------------------------------------------------------------------------------


def draft_correction(record: ProductionRecord, before: CorrectedRun, known: CorrectionContext) -> Draft:
    """Compute the corrected run on the inputs as they were, and hold that nothing else differs (rule 1).

    Raises:
        RefusedError: `life.correct-fixed`, `life.correct-inputs`, and what `ledger.drafting.draft` refuses.
    """
    _check_repeated(_written_differences(record, before))
    goods, power = ([one for one in before.taken if is_goods(one.upstream) is kind] for kind in (True, False))
    pieces, upstream = _as_taken(record.inputs, goods, known.same)
    _check_instruments(record, before)
    pieces += tuple(WrittenInput.model_construct(mass=one.facts.mass_kg) for one in power)
    upstream += [Upstream(one.upstream, f"{one.source.certificate}#{piece}") for piece, one in enumerate(power)]
    record = record.model_copy(update={"inputs": pieces})
    drafted = draft_with_claims(
        record, upstream, facility=known.producer.facility, tables=known.tables, earlier=known.earlier
    )
    known.gains(drafted.inventory, (each.identity.partition("#")[0] for each in upstream if is_goods(each.facts)))
    _check_repeated(_differences(drafted, before))
    return drafted._replace(certified=tuple(map(_as_before, drafted.certified, before.certificates)))


def changes_nothing(
    record: ProductionRecord, before: CorrectedRun, drafted: Draft, *, issuer: Issuer, sealing: Sealing
) -> bool:
    """Return whether a corrected run says all that it said before, and nothing else."""
    run = before.run.value
    facts = sealing.run_facts(record, drafted, [made.holding for made in run.made], run.follows)
    if tuple(drafted.groups) != before.run.inventory:
        return False
    if any(getattr(run, name) != getattr(facts, name) for name in RunFacts.__struct_fields__):
        return False
    return all(
        (old.record.issuer, old.record.valid_until) == (issuer, record.valid_until)
        and all(getattr(old.record, name) == getattr(new, name) for name in _SAID)
        for old, new in zip(before.certificates, drafted.certified, strict=True)
    )


def check_repeats(before: CorrectedRun, run: Run, certificates: Iterable[CertificateRecord]) -> None:
    """Check that a signed correction repeats electricity set, custody and batch (rule 1), as verification does not.

    Raises:
        RefusedError: `life.correct-fixed`.
    """
    sets = ("electricity_set", "the electricity set", before.run.value.electricity, run.electricity)
    # a run with another number of certificates repeats nothing, which verification tells
    pairs = zip((each.record for each in before.certificates), certificates, strict=False)
    _check_repeated(
        [sets, *(pair for old, new in pairs for pair in _batch_differences(old, new, f"outputs[{new.output}]"))]
    )


def _as_before(made: CertifiedDraft, old: OpenCertificate) -> CertifiedDraft:
    """Return the draft of a certificate with its statement as it was entered, and the undo that had freed it."""
    return replace(made, instrument=old.record.instrument)


def _check_instruments(record: ProductionRecord, before: CorrectedRun) -> None:
    """Check that the lines draw on the same statements as before, just as much; old lines keep theirs."""
    drawn: dict[Key, int] = {}
    for said, mwh in before.drawn:
        drawn[said.key] = drawn.get(said.key, 0) + mwh
    alone = before.alone_in(before.run.inventory)
    wanted = {each.key: each for each in wanted_of(record) if each.key not in alone}
    if {key: each.mwh for key, each in wanted.items()} != drawn:
        told = ", ".join(f"{kg_text(mwh)} kWh of {said.statement}" for said, mwh in before.drawn)
        raise RefusedError.at("life.correct-inputs", "electricity", reason=told or "it draws from no statement")
    for one in before.taken:
        if one.upstream.instrument is not None:
            wanted[one.upstream.instrument.key].check_said(
                one.upstream.instrument, milligrams(one.upstream.batch.net_mass_kg)
            )


def _check_repeated(pairs: Iterable[_Pair]) -> None:
    """Refuse everything that differs and may not, all of it at once."""
    problems = [
        Problem.at("life.correct-fixed", place, what=what, was=was, found=now)
        for place, what, was, now in pairs
        if was != now
    ]
    if problems:
        raise RefusedError(*problems)


def _as_taken(
    written: Sequence[WrittenInput], taken: Sequence[TakenInput], same: Callable[[str, str], bool]
) -> tuple[tuple[WrittenInput, ...], list[Upstream]]:
    """Return the inputs as they were drawn, one a holding, if those written are the same."""
    pieces: list[WrittenInput] = []
    upstream: list[Upstream] = []
    left = list(taken)
    for index, item in enumerate(written):
        wanted, piece = milligrams(item.mass), 0
        while wanted > 0 and left and _is_named(item, left[0], same):
            one = left.pop(0)
            mass = milligrams(one.facts.mass_kg)
            wanted -= mass
            digest = one.source.certificate
            pieces.append(item.model_copy(update={"mass": kg_text(mass)}))
            upstream.append(Upstream(one.upstream, piece_of(digest, piece)))
            piece += 1
        if wanted:
            raise RefusedError.at("life.correct-inputs", f"inputs[{index}]", reason=_were(taken))
    if left:
        raise RefusedError.at("life.correct-inputs", "inputs", reason=_were(taken))
    return tuple(pieces), upstream


def _is_named(item: WrittenInput, taken: TakenInput, same: Callable[[str, str], bool]) -> bool:
    """Return whether a written input names the batch that was taken, by its lot or by one of its certificates."""
    if item.certificate is None:
        return normal_lot(item.lot or "") == normal_lot(taken.upstream.batch.lot)
    return item.certificate == taken.source.certificate or same(item.certificate, taken.source.certificate)


def _were(taken: Sequence[TakenInput]) -> str:
    return ", ".join(f"{one.facts.mass_kg} kg of {one.upstream.batch.lot}" for one in taken) or "the run has none"


def _written_differences(record: ProductionRecord, before: CorrectedRun) -> Iterator[_Pair]:
    """Yield the written members that must repeat, as pairs, so that they are compared before any computation."""
    run = before.run.value
    yield "run", REPEATED["run"], run.run, record.run
    yield "producer", REPEATED["producer"], run.producer, record.producer
    yield "step", REPEATED["step"], run.step, record.step
    yield "period", REPEATED["period"], run.period, record.period
    yield "gwp", REPEATED["gwp"], run.gwp, record.gwp
    yield "electricity_set", REPEATED["electricity_set"], run.electricity, record.electricity_set
    yield "allocation.method", REPEATED["allocation"], run.allocation.method, record.allocation.method
    for index, (was, shown, output) in enumerate(zip(run.made, before.run.outputs, record.outputs, strict=True)):
        place = f"outputs[{index}]"
        yield f"{place}.mass", REPEATED["mass"], was.net_mass_kg, output.mass
        yield f"{place}.certify", REPEATED["certify"], was.certified, output.certify
        yield f"{place}.allocate", REPEATED["allocate"], was.allocated, output.allocate
        if shown is not None:
            yield f"{place}.lot", REPEATED["lot"], shown.lot, output.lot
            yield f"{place}.kind", REPEATED["kind"], shown.kind, output.kind
            shares = {share.element: trillionths(share.fraction) for share in shown.composition}
            now = {element: trillionths(share) for element, share in output.composition.items()}
            for element in sorted(shares.keys() | now.keys()):
                was_share, share = (trillionths_text(known.get(element, 0)) for known in (shares, now))
                yield f"{place}.composition", FRACTION_OF.format(known=element), was_share, share


def _differences(drafted: Draft, before: CorrectedRun) -> Iterator[_Pair]:
    """Yield everything that must repeat once the run is computed again."""
    run = before.run.value
    yield "allocation", REPEATED["allocation"], run.allocation, drafted.allocation
    for index, (was, made) in enumerate(zip(run.made, drafted.made, strict=True)):
        now, place = made(holding=was.holding), f"outputs[{index}]"
        for name in ("elements", "price"):
            yield place, REPEATED[name], getattr(was, name), getattr(now, name)
    for index, (shown, output) in enumerate(zip(before.run.outputs, drafted.outputs, strict=True)):
        for name in ("composition", "origin"):
            yield f"outputs[{index}]", REPEATED[name], getattr(shown, name, None), getattr(output, name)
    for stored, new in zip(before.certificates, drafted.certified, strict=True):
        old = stored.record
        place = f"outputs[{new.index}]"
        was_said = replace(old.instrument, after=None) if old.instrument else None
        yield place, "what the statement says", was_said, new.instrument
        yield from _batch_differences(old, new, place)


def _batch_differences(old: CertificateRecord, new: CertificateRecord | CertifiedDraft, place: str) -> Iterator[_Pair]:
    """Yield what must repeat of a batch and is no part of the run."""
    yield place, "the chain of custody", old.custody, new.custody
    for name in ("moisture", "loss_on_ignition", "coating"):
        yield place, f"the {name.replace('_', ' ')}", _of(old.batch, name), _of(new.batch, name)


def _of(batch: Batch, name: str) -> object:
    return getattr(batch, name)


# -- what follows --------------------------------------------------------------------------------------------------


def sign_correction(
    record: ProductionRecord,
    before: CorrectedRun,
    drafted: Draft,
    *,
    producer: Producer,
    places: Iterable[tuple[int, int]],
    sealing: Sealing,
) -> SignedRun:
    """Return the signed issuance that follows, each certificate at a place of its own (rule 2)."""
    run = before.run.value
    ends = {each.record.output: ended(each) for each in before.certificates}
    follows = RunFollows(
        record=before.latest,
        first_run=before.issuances[0],
        ends=tuple(ends.get(output) for output in range(len(run.made))),
    )
    facts = sealing.run_facts(record, drafted, [made.holding for made in run.made], follows)
    sealed = seal_following_run(facts, before=run, texts=before.texts, inventory=drafted.groups, new_salt=sealing.salt)
    certificates = {
        each.index: sealing.certificate(
            each,
            sealed,
            place=place,
            producer=producer,
            valid_until=record.valid_until,
            follows=Follows(record=follows.record, certificate=ends[each.index].certificate),
        )
        for each, place in zip(drafted.certified, places, strict=True)
    }
    submission = Submission(
        sealed.run,
        digest_bytes(sealed.digest),
        sealed.texts,
        certified(certificates, producer.signer.kid),
        tuple((each.facts, each.source) for each in before.taken),
        tuple(drafted.groups),
        tuple(each for each in before.run.outputs if each is not None),
    )
    return SignedRun(submission, drafted.findings, producer.signer)


def ended(opened: OpenCertificate) -> Ended:
    """Return how a record names a certificate that it ends."""
    place = opened.record.status
    return Ended(certificate=opened.digest, list=place.list, index=place.index)
