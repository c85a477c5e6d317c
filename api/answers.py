"""How answers are written: compact JSON by one writer, what is said of what was made in a round, and how long others may keep them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import orjson
from starlette.responses import Response

from ledger.seal.digest import certificate_digest_text, to_base64url
from schemas.answers import life as answers
from schemas.answers.life import Place, Split, SplitHolding
from schemas.quantity import kg_text

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ledger.allot import Allotted, Places
    from ledger.issue import Issued
    from schemas.bundle import Proof

FOR_EVER: Final = {"cache-control": "public, max-age=31536000, immutable"}
FOR_SECONDS: Final = {"cache-control": "public, max-age=5"}
"""What changes with every commit."""
FOR_A_MINUTE: Final = {"cache-control": "public, max-age=60"}
"""What a withdrawal may take to show through others' caches."""

FOR_EVERY_SITE: Final = {"access-control-allow-origin": "*", "cross-origin-resource-policy": "cross-origin"}
"""What programs in the pages of any site may read: DID documents and contexts (did:web, 2.5.2)."""


def json_answer(value: object, *, status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return `value` as a JSON answer."""
    return Response(orjson.dumps(value), status, headers, "application/json")


def issued(made: Issued, proof: Proof, *, state: str, origin: str) -> bytes:
    """Return what is said of an issuance: its certificates with their place in the log, proven to a signed head."""
    proven = {"checkpoint": made.head.note, "entry": proof.entry, "path": proof.path}
    certificates = [
        {
            "lot": each.lot,
            "digest": each.digest,
            "id": each.id,
            "index": proof.index,
            "certificate": each.text,
            "proof": proven,
            "url": f"{origin}/c/{each.digest}",
        }
        for each in made.certificates
    ]
    notes = [
        {"rule": each.rule.id, "code": each.problem.code, "sentence": each.problem.sentence()} for each in made.findings
    ]
    told = {"state": state, "unchanged": made.unchanged, "certificates": certificates, "notes": notes}
    return orjson.dumps(told)


def allotted(made: Allotted) -> bytes:
    """Return what is said of holdings that were split off."""
    holdings = tuple(
        SplitHolding(creator=to_base64url(each.creator), holding=each.text, mass_kg=kg_text(each.mass_mg))
        for each in made.held
    )
    certificate = certificate_digest_text(made.lot.certificate or b"")
    return Split(lot=made.lot.lot, certificate=certificate, holdings=holdings).to_json()


def places(made: Places) -> bytes:
    """Return what is said of places in the status lists."""
    return answers.Places(entries=tuple(Place(list=number, index=index) for number, index in made.kept)).to_json()
