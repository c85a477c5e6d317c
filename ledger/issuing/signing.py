"""Drafting and signing a run or a correction, whoever keeps the producer's key; nothing is logged here.

Rules: a run is computed from upstream certificates whose figures are taken as published; each holding that it creates
has a new text, each certificate a place of its own in the status lists.  Signed bytes are to be kept before they are
sent, and sent again, never signed again (`ledger.client.issue`).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.carrier.seal import make_seal
from ledger.claims.draft import NONE_EARLIER, draft_with_claims
from ledger.drafting.draft import CertifiedDraft, Draft, InputDraft, Upstream, piece_of
from ledger.factors.tables import FactorTables
from ledger.footprint.inventory import PublishedFacts
from ledger.holdings.mark import commitment, holding_text, mark
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.issuing.submission import Submission
from ledger.lots.energy_instruments import StatementDraw
from ledger.lots.issuance import certified
from ledger.plausibility.rules import Breach
from ledger.seal.certificate import SealedCertificate, SealedRun, seal_certificate, seal_run
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.disclosure import HOLDING_SALT_BYTES, SALT_BYTES
from ledger.seal.sdjwt import OpenCertificate
from ledger.seal.signer import Signer
from schemas.certificate import CertificateFacts, Counts, Facility, Follows, Issuer, StatusPlace
from schemas.holding import Holder, Use
from schemas.instant import instant_text, whole_second
from schemas.problem import InputError
from schemas.quantity import kg_text
from schemas.record import ProductionRecord
from schemas.requests import SignedIssuance
from schemas.run import InputFacts, RunFacts, RunFollows, Source
from schemas.vocabulary import STAGE_OF_STEP
from schemas.written import WrittenInput


class InputHolding(NamedTuple):
    """A reserved holding that a run uses whole, and the certificate of its lot: piece number `piece` of one input."""

    upstream: OpenCertificate
    use: Use
    mass_mg: int
    piece: int = 0

    @property
    def identity(self) -> str:
        """The key that identifies an input."""
        return piece_of(self.upstream.digest, self.piece)


class Producer(NamedTuple):
    """The signer: its names, its plant and its key."""

    issuer: Issuer
    facility: Facility
    signer: Signer


@dataclass(frozen=True, slots=True)
class Sealing:
    """The registry, time and salts of a seal. `random` returns the given number of fresh random bytes."""

    registry: str
    now_ms: int
    random: Callable[[int], bytes]

    def salt(self) -> bytes:
        """Return a fresh salt of a disclosure."""
        return self.random(SALT_BYTES)

    def holding_salt(self) -> bytes:
        """Return a fresh salt of a holding."""
        return self.random(HOLDING_SALT_BYTES)

    def run_facts(
        self, record: ProductionRecord, made: Draft, holdings: Sequence[str], follows: RunFollows | None = None
    ) -> RunFacts:
        """Return what is seen of a run whose outputs' holdings have these SHA-256, in base64url."""
        return RunFacts(
            oreprint="run/1",
            run=record.run,
            producer=record.producer,
            registry=self.registry,
            facility=record.facility,
            step=record.step,
            stage=STAGE_OF_STEP[record.step],
            period=record.period,
            gwp=record.gwp,
            electricity=record.electricity_set,
            factor_sets=made.factor_sets,
            engine=made.engine,
            profile=record.profile,
            allocation=made.allocation,
            own=made.own,
            upstream=made.upstream,
            upstream_alternative=made.upstream_alternative,
            upstream_reference=made.upstream_reference,
            upstream_left_out=made.upstream_left_out,
            own_indicators=made.own_indicators,
            upstream_indicators=made.upstream_indicators,
            partial=made.partial,
            quality=made.quality,
            beside=made.beside,
            made=tuple(each(holding=holding) for each, holding in zip(made.made, holdings, strict=True)),
            excluded=made.excluded,
            untracked=made.untracked,
            absent=made.absent or None,
            follows=follows,
        )

    def certificate(
        self,
        made: CertifiedDraft,
        run: SealedRun,
        *,
        place: tuple[int, int],
        producer: Producer,
        valid_until: str | None,
        follows: Follows | None = None,
    ) -> SealedCertificate:
        """Return the signed certificate of one output, at the status place `(list, index)`."""
        status_list, index = place
        facts = CertificateFacts(
            oreprint="certificate/1",
            id=uuid.UUID(bytes=self.random(16), version=4).urn,
            issuer=producer.issuer,
            registry=self.registry,
            issued=instant_text(whole_second(self.now_ms)),
            valid_until=valid_until,
            not_logged_after=instant_text(whole_second(self.now_ms + TIME_TO_LOG_MS)),
            status=StatusPlace(list=status_list, index=index),
            batch=made.batch,
            composition=made.composition,
            footprint=made.footprint,
            indicators=made.indicators,
            claims=made.claims,
            origin=made.origin,
            custody=made.custody,
            output=made.index,
            counts=Counts(
                inputs=len(run.run.inputs), holdings=len(run.run.inputs), lines=run.lines, outputs=len(run.run.outputs)
            ),
            follows=follows,
            instrument=made.instrument,
        )
        return seal_certificate(facts, run=run, signer=producer.signer, new_salt=self.salt)


@dataclass(frozen=True, slots=True)
class SignedRun:
    """A run that is signed and not logged. `findings` are flags that do not prevent logging."""

    submission: Submission
    findings: tuple[Breach, ...]
    signer: Signer

    @property
    def signed(self) -> SignedIssuance:
        """The signed issuance to send, with a label seal for each certificate."""
        made = self.submission
        return SignedIssuance(
            run=made.texts[0],
            disclosures=made.texts[1:],
            certificates=tuple(each.jws for each in made.certificates.values()),
            holdings=made.holdings,
            seals=tuple(
                make_seal(each.record, each.digest_text, signer=self.signer) for each in made.certificates.values()
            ),
        )


def draft_run(
    record: ProductionRecord,
    holdings: Sequence[InputHolding],
    *,
    facility: Facility,
    tables: FactorTables,
    earlier: Mapping[str, PublishedFacts] = NONE_EARLIER,
) -> Draft:
    """Return the parts of a run to sign. Each certified output needs a place in the status lists.

    `earlier` are the certificates that claims are measured from, by digest
    (`ledger.claims.draft.earlier_certificates`).

    Raises:
        RefusedError: what `ledger.drafting.draft` refuses.
    """
    return _drafted(record, list(map(_taken, holdings)), facility, tables, earlier)


def foresee_run(
    record: ProductionRecord,
    holdings: Sequence[InputHolding],
    entering: Iterable[tuple[StatementDraw, ProductionRecord]],
    *,
    facility: Facility,
    tables: FactorTables,
) -> None:
    """Compute a run that also draws on statements yet to be entered, each by its record, and forget the result.

    Raises:
        RefusedError: as `draft_run`.
    """
    taken = list(map(_taken, holdings))
    for wanted, entry in entering:
        (made,) = _drafted(entry, (), facility, tables).certified
        taken.append((Upstream(made, made.batch.lot), wanted.mwh))
    _drafted(record, taken, facility, tables)


_Taken = tuple[Upstream, int]


def _taken(each: InputHolding) -> _Taken:
    return Upstream(each.upstream.record, each.identity), each.mass_mg


def _drafted(
    record: ProductionRecord,
    taken: Sequence[_Taken],
    facility: Facility,
    tables: FactorTables,
    earlier: Mapping[str, PublishedFacts] = NONE_EARLIER,
) -> Draft:
    """Return the draft of a run that takes so many mg, or mWh, of these."""
    if len(taken) != len(record.inputs):  # else each input is one piece, of the mass that is written
        pieces = tuple(WrittenInput.model_construct(mass=kg_text(mass)) for _, mass in taken)
        record = record.model_copy(update={"inputs": pieces})
    upstream = [each for each, _ in taken]
    return draft_with_claims(record, upstream, facility=facility, tables=tables, earlier=earlier)


def sign_run(
    record: ProductionRecord,
    draft: Draft,
    holdings: Sequence[InputHolding],
    *,
    producer: Producer,
    places: Sequence[tuple[int, int]],
    sealing: Sealing,
) -> SignedRun:
    """Return a run, computed as `draft_run` does, sealed and signed.

    Raises:
        InputError: `issue.no-places`.
    """
    if len(places) < len(draft.certified):
        raise InputError.at("issue.no-places", needed=len(draft.certified), count=len(places))
    holders = [Holder(owner=each.owner or record.producer, registry=sealing.registry) for each in record.outputs]
    texts = tuple(holding_text(sealing.holding_salt(), each) for each in holders)
    inputs = tuple(_sealed_input(each, got.upstream, got.use) for each, got in zip(draft.inputs, holdings, strict=True))
    run = seal_run(
        sealing.run_facts(record, draft, [to_base64url(commitment(text)) for text in texts]),
        inputs=inputs,
        inventory=draft.groups,
        outputs=draft.outputs,
        new_salt=sealing.salt,
    )
    certificates = {
        each.index: sealing.certificate(each, run, place=place, producer=producer, valid_until=record.valid_until)
        for each, place in zip(draft.certified, places, strict=False)
    }
    submission = Submission(
        run.run,
        digest_bytes(run.digest),
        run.texts,
        certified(certificates, producer.signer.kid),
        inputs,
        tuple(draft.groups),
        tuple(draft.outputs),
        texts,
    )
    return SignedRun(submission, draft.findings, producer.signer)


def _sealed_input(made: InputDraft, upstream: OpenCertificate, use: Use) -> tuple[InputFacts, Source]:
    """Return an input as it is sealed, with the holding it uses."""
    record = upstream.record
    left = mark(digest_bytes(use.creator), use.holding)
    facts = InputFacts(material=made.material, kind=made.kind, mass_kg=made.mass_kg, mark=to_base64url(left))
    source = Source(
        certificate=upstream.digest,
        run=record.run[0].digest,
        output=record.output,
        registry=record.registry,
        supplier=record.issuer.did,
        creator=use.creator,
        holding=use.holding,
        rows=made.rows,
        alternative=made.alternative,
        indicators=made.indicators,
        quality=made.quality,
        reference=made.reference,
        left_out=made.left_out,
        beside=made.beside,
    )
    return facts, source
