"""What an approval of a run binds: the record, what it resolves to, and all that would be certified.

A lot that a record names stands for its latest certificate, so a correction upstream changes what is bound, though the
record stays the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256
from typing import Final

from msgspec.json import encode

from ledger.drafting.draft import CertifiedDraft, Draft
from ledger.issuing.accept import Accepted
from ledger.issuing.submission import Submission
from ledger.lots.issuance import lots_made
from ledger.plausibility.rules import Breach
from ledger.registry.approval import NO_RECIPE, ByRecipe, RequestedAct
from ledger.seal.digest import certificate_digest_text, to_base64url
from schemas.certificate import CertificateRecord
from schemas.door import JsonValue
from schemas.record import ProductionRecord

_SAID: Final = ("batch", "composition", "footprint", "indicators", "origin", "custody", "claims", "instrument")
"""What a certificate says of a batch; ids, times and places differ at each signing."""


def asked_run(
    record: ProductionRecord, draft: Draft, accepted: Accepted, *, recipe: ByRecipe = NO_RECIPE
) -> RequestedAct:
    """Return what is asked for by a record that the registry signs, and by the recipe that it was made by."""
    submission = accepted.submission
    # the certificate of a statement that is entered with the run is signed anew each time; its lines are in the record
    made = (each.lot.certificate for each, _ in lots_made(accepted.postings))
    entered = {certificate_digest_text(each) for each in made if each is not None}
    parts: dict[str, JsonValue] = {
        "record": record.model_dump(mode="json", exclude_none=True),
        "recipe": recipe.called,
        "inputs": {
            place: "entered with the run" if digest in entered else digest for place, digest in _inputs(submission)
        },
        "tables": {each.name: each.digest for each in draft.factor_sets},
        "engine": draft.engine,
        "figures": _figures(draft.certified),
        "findings": {**_findings(accepted.findings), **recipe.findings},
    }
    return RequestedAct(", ".join(submission.lots), parts, recipe.called.rpartition(" ")[0] or _series(submission))


def asked_signed(accepted: Accepted) -> RequestedAct:
    """Return what is asked for by a run that its producer signed: its digest binds all that it says."""
    submission = accepted.submission
    records = [each.record for each in submission.certificates.values()]
    parts: dict[str, JsonValue] = {
        "run": to_base64url(submission.issuance),
        "inputs": dict(_inputs(submission)),
        "figures": _figures(records),
        "findings": _findings(accepted.findings),
    }
    return RequestedAct(", ".join(submission.lots), parts, _series(submission))


def _inputs(submission: Submission) -> Iterator[tuple[str, str]]:
    """Yield each input and the certificate that it resolves to."""
    for number, (facts, source) in enumerate(submission.inputs):
        yield f"{number} {facts.material}", source.certificate


def _figures(made: Iterable[CertificateRecord | CertifiedDraft]) -> list[JsonValue]:
    """Return the footprint of each lot, and the SHA-256 of all that its certificate says of it."""
    return [
        {
            "lot": each.batch.lot,
            "kg_co2e_per_kg": each.footprint.per_kg.location,
            "digest": sha256(encode([getattr(each, name) for name in _SAID])).hexdigest(),
        }
        for each in made
    ]


def _findings(findings: Iterable[Breach]) -> dict[str, JsonValue]:
    """Return the sentence of each finding by rule and place."""
    return {f"{each.rule.id} {each.problem.place}".strip(): each.problem.words() for each in findings}


def _series(submission: Submission) -> str:
    """Return what a run is compared with: runs of the same plant, step and products."""
    run = submission.run
    products = sorted({output.product or output.kind for output in submission.outputs})
    return f"{run.facility} {run.step} {' '.join(products)}"
