"""Answers of the ledger as documents, and how long others may keep them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from starlette.requests import Request
from starlette.responses import Response

from api.request_body import JSON
from ledger.desk.rehearse import Rehearsed
from ledger.drafting.draft import CertifiedDraft
from ledger.issuing.accept import Accepted
from ledger.issuing.dry_run import Foreseen
from ledger.issuing.issue import IssuedRun
from ledger.issuing.reserve import Reservation, StatusSlots
from ledger.lots.issuance import Certified
from ledger.plausibility.rules import Breach
from ledger.registry.idempotency import Answer
from ledger.seal.digest import certificate_digest_text, to_base64url
from schemas.answers import AnswerDocument
from schemas.answers import certificates as answers
from schemas.answers.life import SplitAnswer, SplitHolding, StatusEntries, StatusEntry
from schemas.answers.others import ProblemEntry
from schemas.bundle import Proof
from schemas.problem import Problem
from schemas.quantity import kg_text
from schemas.vocabulary import unit_of

FOR_EVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
FOR_SECONDS: Final = {"cache-control": "public, max-age=5"}
"""For answers that change with every commit."""
FOR_A_MINUTE: Final = {"cache-control": "public, max-age=60"}
"""For answers about a status: caches of others may hide a withdrawal this long."""


ETAG: Final[dict[str, Any]] = {
    "ETag": {"description": "Tag of the answer, for `If-None-Match`.", "schema": {"type": "string"}}
}
"""The header of an answer that can be asked for conditionally, for OpenAPI."""
UNCHANGED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "The answer with this tag is still right.", "headers": ETAG}
}
"""The answer to who has it already, for OpenAPI."""


def has_answer(request: Request, tag: str) -> bool:
    """Return whether the caller has the answer with this tag already, by the weak comparison (RFC 9110, 13.1.2)."""
    given = ",".join(request.headers.getlist("if-none-match")).split(",")
    return any(each.strip() == "*" or each.strip().removeprefix("W/") == tag.removeprefix("W/") for each in given)


def tag_headers(tag: str, *, public: bool) -> dict[str, str]:
    """Return the headers of an answer with a tag: a public one may be kept if its keeper asks each time."""
    return {"etag": tag, "vary": "Authorization", "cache-control": "no-cache" if public else "no-store"}


def json_response(
    document: AnswerDocument, *, status: int = 200, headers: Mapping[str, str] | None = None, media_type: str = JSON
) -> Response:
    """Return a document of `schemas.answers` as an answer."""
    return Response(document.to_json(), status, headers, media_type)


def created(document: AnswerDocument) -> Answer:
    """Return a document as the answer, 201, to a write."""
    return Answer(201, document.to_json())


def done(document: AnswerDocument) -> Answer:
    """Return a document as the answer, 200, to a write that creates nothing with an address."""
    return Answer(200, document.to_json())


def issued(
    made: IssuedRun, proof: Proof, *, state: answers.LogState, origin: str, warnings: Iterable[Problem] | None = None
) -> answers.IssueAnswer:
    """Return the answer to an issuance: its certificates with their place in the log, proven to a signed head.

    `warnings` are those of the recipe, None without one.
    """
    proven = answers.EntryProof(checkpoint=made.head.note, entry=proof.entry, path=proof.path)
    certificates = tuple(
        answers.CertificateAnswer(
            lot=each.lot,
            digest=each.digest,
            id=each.id,
            index=proof.index,
            certificate=each.text,
            proof=proven,
            url=f"{origin}/c/{each.digest}",
        )
        for each in made.certificates
    )
    return answers.IssueAnswer(
        state=state,
        unchanged=made.unchanged,
        certificates=certificates,
        notes=_notes(made.findings),
        warnings=None if warnings is None else told(warnings),
    )


def foreseen(would: Foreseen | Accepted | None) -> answers.DryRun:
    """Return the answer to a dry run; None stands for a record that is issued already."""
    if would is None:
        return answers.DryRun(state="unchanged", certificates=(), notes=())
    certificates = would.draft.certified if isinstance(would, Foreseen) else would.submission.certificates.values()
    return answers.DryRun(
        state="could-be-issued", certificates=tuple(map(_possible, certificates)), notes=_notes(would.findings)
    )


def rehearsed(found: Rehearsed) -> answers.RehearsedRun:
    """Return the answer to a rehearsal."""
    would = foreseen(found.foreseen)
    return answers.RehearsedRun(
        state=found.state,
        certificates=would.certificates,
        notes=_notes(found.findings),
        warnings=told(found.warnings),
        problems=told(found.problems),
    )


def told(problems: Iterable[Problem]) -> tuple[ProblemEntry, ...]:
    """Return problems as an answer lists them."""
    return tuple(
        ProblemEntry(code=each.code, place=each.place, sentence=each.sentence(), facts=dict(each.facts))
        for each in problems
    )


def _possible(would: CertifiedDraft | Certified) -> answers.PossibleCertificate:
    said = would if isinstance(would, CertifiedDraft) else would.record
    return answers.PossibleCertificate(
        lot=said.batch.lot,
        kind=said.batch.kind,
        amount=said.batch.net_mass_kg,
        unit=unit_of(said.batch.kind),
        kg_co2e_per_unit=said.footprint.per_kg.location,
        kg_co2e_per_unit_market=said.footprint.per_kg.market,
        claims=said.claims,
        digest=None if isinstance(would, CertifiedDraft) else would.digest_text,
    )


def _notes(findings: Iterable[Breach]) -> tuple[answers.RuleFlag, ...]:
    return tuple(
        answers.RuleFlag(rule=each.rule.id, code=each.problem.code, sentence=each.problem.sentence())
        for each in findings
    )


def allotted(made: Reservation) -> SplitAnswer:
    """Return the answer about holdings that were split off."""
    holdings = tuple(
        SplitHolding(creator=to_base64url(each.creator), holding=each.text, mass_kg=kg_text(each.mass_mg))
        for each in made.held
    )
    certificate = certificate_digest_text(made.lot.certificate or b"")
    return SplitAnswer(lot=made.lot.lot, certificate=certificate, holdings=holdings)


def places(made: StatusSlots) -> StatusEntries:
    """Return the answer about places in the status lists."""
    return StatusEntries(entries=tuple(StatusEntry(list=number, index=index) for number, index in made.kept))
