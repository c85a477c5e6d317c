"""From a draft to what is sealed: the facts of a run and of its certificates, with ids, times and salts.

Rules: the same for a registry that signs for its producers (`ledger.issuing.prepare`) and for a producer that signs for itself
(`ledger.issuing.signing`), so that nobody can tell the two apart.  Time and randomness are arguments.  What this module does not do: it
draws no holding and knows no database.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ledger.holdings.mark import mark
from ledger.holdings.move import TIME_TO_LOG_MS
from ledger.seal.certificate import seal_certificate
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.disclosure import HOLDING_SALT_BYTES, SALT_BYTES
from schemas.certificate import CertificateFacts, Counts, StatusPlace
from schemas.document import known
from schemas.instant import instant_text, whole_second
from schemas.run import InputFacts, RunFacts, Source
from schemas.vocabulary import STAGE_OF_STEP

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.drafting.draft import CertifiedDraft, Draft, InputDraft
    from ledger.seal.certificate import SealedCertificate, SealedRun
    from ledger.seal.sdjwt import OpenCertificate
    from ledger.seal.signer import Signer
    from schemas.certificate import Follows, Issuer
    from schemas.holding import Use
    from schemas.record import ProductionRecord
    from schemas.run import RunFollows

_run_facts, _certificate_facts, _input_facts = known(RunFacts), known(CertificateFacts), known(InputFacts)
_source = known(Source)


@dataclass(frozen=True, slots=True)
class Sealing:
    """Where, when and with what salts something is sealed; `random` gives so many fresh random bytes."""

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
        return _run_facts(
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
            own_indicators=made.own_indicators,
            upstream_indicators=made.upstream_indicators,
            partial=made.partial,
            quality=made.quality,
            made=tuple(each(holding=holding) for each, holding in zip(made.made, holdings, strict=True)),
            excluded=made.excluded,
            untracked=made.untracked,
            follows=follows,
        )

    def certificate(
        self,
        made: CertifiedDraft,
        run: SealedRun,
        *,
        place: tuple[int, int],
        issuer: Issuer,
        signer: Signer,
        valid_until: str | None = None,
        follows: Follows | None = None,
    ) -> SealedCertificate:
        """Return the signed certificate of one output, at the status place `(list, index)`."""
        status_list, index = place
        facts = _certificate_facts(
            oreprint="certificate/1",
            id=uuid.UUID(bytes=self.random(16), version=4).urn,
            issuer=issuer,
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
        return seal_certificate(facts, run=run, signer=signer, new_salt=self.salt)


def sealed_input(made: InputDraft, upstream: OpenCertificate, use: Use) -> tuple[InputFacts, Source]:
    """Return an input as it is sealed, with the holding it uses."""
    record = upstream.record
    left = mark(digest_bytes(use.creator), use.holding)
    facts = _input_facts(material=made.material, kind=made.kind, mass_kg=made.mass_kg, mark=to_base64url(left))
    source = _source(
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
    )
    return facts, source
