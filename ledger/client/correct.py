"""Correct at a registry with the producer's own key: ask, compute, sign, keep, send, send again.

Rules:

1. As in issuing (`ledger.client.issue`), the signed bytes are kept before they are sent, and in any doubt the same
   bytes are sent again. A correction is signed anew only where the registry says that the bytes can't be logged any
   more: they ran out (`issue.late`), or the lot was corrected since (`life.superseded`, `issue.corrected`).
2. The registry names the issuance to follow, and the client checks it: it computes the record digest from the run and
   the certificates that came with the answer.
3. A record that changes nothing leads to no signature: the certificates stay.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from typing import Final

from ledger.claims.draft import earlier_certificates
from ledger.client.issue import IssuingClient, Sent, places_for, producer_of, send_kept
from ledger.client.registry import certificate_at, record_at, theirs
from ledger.issuing.correction import (
    CorrectedRun,
    CorrectionContext,
    TakenInput,
    changes_nothing,
    draft_correction,
    sign_correction,
)
from ledger.issuing.signing import SignedRun
from ledger.lots.issuance import certified_by_output, content_of, values_of
from ledger.remote.client import RemoteServer
from ledger.seal.digest import digest_bytes, to_base64url
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from schemas.answers.life import CorrectableRun
from schemas.door import validated
from schemas.problem import CheckError, RefusedError
from schemas.record import ProductionRecord
from schemas.requests import CorrectionRequest

_VOID: Final = frozenset({"issue.late", "life.superseded", "issue.corrected"})
"""Refusals after which what was signed never can be logged."""


def correct_at(office: IssuingClient, record: ProductionRecord) -> Sent:
    """Correct the certificates of a run at its registry, by a record of the same lots.

    Raises:
        RefusedError: `remote.refused`, `life.correct-*`, and what the draft refuses; StateError: `remote.unreachable`:
            send again, same bytes;
        CheckError: `remote.otherwise`, when the answer isn't about what was signed.
    """
    request_id = sha256(record.model_dump_json(exclude_none=True).encode()).hexdigest()
    name = f"{request_id[:16]}.correction.json"
    kept = office.kept(name)
    if kept is not None:
        try:
            return send_kept(office, kept, name, "/v1/corrections")
        except RefusedError as refusal:
            if _VOID.isdisjoint(theirs(refusal)):
                raise
    # A crash from here on: the next try asks for the same and signs it.
    drafted = _signed(office, record, request_id)
    if isinstance(drafted, Sent):
        return drafted
    body = drafted.signed.model_dump_json().encode()
    office.keep(name, body)
    # A crash from here on: the bytes are kept, and the next try sends them again.
    sent = send_kept(office, body, name, "/v1/corrections")
    for each in drafted.findings:
        office.note(each.rule.id, each.problem.sentence())
    return sent


def _signed(office: IssuingClient, record: ProductionRecord, asked: str) -> SignedRun | Sent:
    """Ask for the issuance to follow, compute and sign. If nothing changes, return the present certificates."""
    remote = office.remote
    producer, sealing = producer_of(office, record)
    corrected = _before(remote, record)
    earlier = earlier_certificates(record, partial(record_at, remote))
    context = CorrectionContext(producer, office.tables, earlier, partial(_same, remote))
    drafted = draft_correction(record, corrected, context)
    if changes_nothing(record, corrected, drafted, issuer=producer.issuer, sealing=sealing):
        return Sent(tuple(map(partial(_whole, corrected), corrected.certificates)), unchanged=True)
    key = sha256(f"{corrected.latest}{asked}".encode()).hexdigest()
    places = places_for(remote, len(drafted.certified), key, now_ms=sealing.now_ms)
    return sign_correction(record, corrected, drafted, producer=producer, places=places, sealing=sealing)


def _whole(before: CorrectedRun, opened: OpenCertificate) -> tuple[str, str]:
    """Return lot and text of a certificate, with every disclosure."""
    return opened.record.batch.lot, "~".join((opened.jws.text, *before.texts, ""))


def _before(remote: RemoteServer, record: ProductionRecord) -> CorrectedRun:
    """Return the certificate that a record corrects, as its registry knows it (rule 2)."""
    lots = tuple(output.lot for output in record.outputs)
    request = CorrectionRequest(statement="correct", facility=record.facility, lots=lots)
    correctable = validated(CorrectableRun, remote.post("/v1/drafts", request.model_dump_json().encode()))
    certificates = tuple(open_certificate(f"{jws}~") for jws in correctable.certificates)
    run = open_certificate("~".join((correctable.certificates[0], *correctable.disclosures, ""))).run
    own = run is not None and all(each.record.issuer.did == record.producer for each in certificates)
    if run is None or not own or any(each.record.run[0].digest != run.digest for each in certificates):
        raise CheckError.at("remote.otherwise", host=remote.host)
    _, latest = content_of(digest_bytes(run.digest), values_of(len(run.value.made), certified_by_output(certificates)))
    first = run.value.follows.first_run if run.value.follows else to_base64url(latest)
    if (correctable.issuances[0], correctable.issuances[-1]) != (first, to_base64url(latest)):
        raise CheckError.at("remote.otherwise", host=remote.host)
    taken = tuple(
        TakenInput(each.value, each.source, certificate_at(remote, each.source.certificate).record)
        for each in run.inputs
        if each is not None and each.source is not None
    )
    return CorrectedRun(correctable.issuances, certificates, run, correctable.disclosures, taken)


def _same(remote: RemoteServer, one: str, other: str) -> bool:
    """Return whether two certificates are of one lot: whether both lead to the same first one."""
    return _first(remote, one) == _first(remote, other)


def _first(remote: RemoteServer, digest: str) -> str:
    while (follows := record_at(remote, digest).follows) is not None:
        digest = follows.certificate
    return digest
