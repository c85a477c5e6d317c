"""Signing a run with the producer's own key, from what its registry allotted: nothing is logged here.

Rules: the run is computed here, from upstream certificates whose form is checked and whose figures are taken as published; each
holding that it creates has a text of the producer's own, each certificate the seal for its label.  The bytes are to be kept before
they are sent, and sent again, never signed again (`ledger.client.issue`).  What this module does not do: it asks nobody and judges no upstream record (`oreprint verify` does).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ledger.carrier.seal import make_seal
from ledger.claims.draft import NONE_EARLIER, draft_with_claims
from ledger.drafting.draft import Upstream, piece_of
from ledger.holdings.mark import commitment, holding_text
from ledger.issuing.signing import sealed_input
from ledger.seal.certificate import seal_run
from ledger.seal.digest import to_base64url
from schemas.holding import Holder, Use
from schemas.problem import InputError
from schemas.quantity import kg_text
from schemas.requests import SignedIssuance
from schemas.written import WrittenInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ledger.drafting.draft import Draft
    from ledger.factors.tables import FactorTables
    from ledger.footprint.inventory import PublishedFacts
    from ledger.issuing.signing import Sealing
    from ledger.lots.energy_instruments import StatementDraw
    from ledger.plausibility.rules import Breach
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.seal.signer import Signer
    from schemas.certificate import Facility, Issuer
    from schemas.record import ProductionRecord


class Allotted(NamedTuple):
    """A holding to be used whole by a run, and the certificate of its lot: piece number `piece` of one input."""

    upstream: OpenCertificate
    use: Use
    mass_mg: int
    piece: int = 0


class Producer(NamedTuple):
    """Who signs: how it names itself, the plant, its key."""

    issuer: Issuer
    facility: Facility
    signer: Signer


class SignedRun(NamedTuple):
    """A run that is signed and not logged: what to send, and flags that don't stand in the way."""

    signed: SignedIssuance
    findings: tuple[Breach, ...]


def draft_run(
    record: ProductionRecord,
    allotted: Sequence[Allotted],
    *,
    producer: Producer,
    tables: FactorTables,
    earlier: Mapping[str, PublishedFacts] = NONE_EARLIER,
) -> Draft:
    """Return what is to be signed of a run: each of its certified outputs needs a place in the status lists.

    `earlier` are the certificates that claims are measured from, by digest (`ledger.claims.draft.earlier_of`).

    Raises:
        RefusedError: what `ledger.drafting.draft` refuses.

    """
    return _drafted(record, list(map(_taken, allotted)), producer, tables, earlier)


def foresee_run(
    record: ProductionRecord,
    allotted: Sequence[Allotted],
    entering: Iterable[tuple[StatementDraw, ProductionRecord]],
    *,
    producer: Producer,
    tables: FactorTables,
) -> None:
    """Compute a run that also draws what is wanted of statements that are yet to be entered, each by its record, and let go of it.

    Raises:
        RefusedError: as `draft_run`.

    """
    taken = list(map(_taken, allotted))
    for wanted, entry in entering:
        (made,) = _drafted(entry, (), producer, tables).certified
        taken.append((Upstream(made, made.batch.lot), wanted.mwh))
    _drafted(record, taken, producer, tables)


_Taken = tuple[Upstream, int]


def _taken(each: Allotted) -> _Taken:
    return Upstream(each.upstream.record, piece_of(each.upstream.digest, each.piece)), each.mass_mg


def _drafted(
    record: ProductionRecord,
    taken: Sequence[_Taken],
    producer: Producer,
    tables: FactorTables,
    earlier: Mapping[str, PublishedFacts] = NONE_EARLIER,
) -> Draft:
    """Return the draft of a run that takes so many mg, or mWh, of these."""
    pieces = tuple(WrittenInput.model_construct(mass=kg_text(mass)) for _, mass in taken)
    record = record.model_copy(update={"inputs": pieces})
    upstream = [each for each, _ in taken]
    return draft_with_claims(record, upstream, facility=producer.facility, tables=tables, earlier=earlier)


def sign_run(
    record: ProductionRecord,
    made: Draft,
    allotted: Sequence[Allotted],
    *,
    producer: Producer,
    places: Sequence[tuple[int, int]],
    sealing: Sealing,
) -> SignedRun:
    """Return a run, computed as `draft_run` does, sealed and signed.

    Raises:
        InputError: `issue.no-places`.

    """
    holders = [Holder(owner=each.owner or record.producer, registry=sealing.registry) for each in record.outputs]
    texts = [holding_text(sealing.holding_salt(), each) for each in holders]
    run = seal_run(
        sealing.run_facts(record, made, [to_base64url(commitment(text)) for text in texts]),
        inputs=[sealed_input(each, got.upstream, got.use) for each, got in zip(made.inputs, allotted, strict=True)],
        inventory=made.groups,
        outputs=made.outputs,
        new_salt=sealing.salt,
    )
    if len(places) < len(made.certified):
        raise InputError.at("issue.no-places", needed=len(made.certified), count=len(places))
    certificates = [
        sealing.certificate(
            each, run, place=place, issuer=producer.issuer, signer=producer.signer, valid_until=record.valid_until
        )
        for each, place in zip(made.certified, places, strict=False)
    ]
    signed = SignedIssuance(
        run=run.texts[0],
        disclosures=run.texts[1:],
        certificates=tuple(each.jws for each in certificates),
        holdings=tuple(texts),
        seals=tuple(make_seal(each.record, each.digest, signer=producer.signer) for each in certificates),
    )
    return SignedRun(signed, made.findings)
