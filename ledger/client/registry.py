"""Ask a registry over HTTP, and keep signed bytes until the registry has them.

Rules:

1. Signed bytes are on disk before they are sent. In any doubt the same bytes are sent again; nothing is signed twice.
   The bytes are dropped once the registry has answered or refused: it did not log what it refused.
2. No answer, and an answer of 429 or of 500 and above, leave a doubt. Every other refusal is final.
3. Each answer of a registry is compared with the request or with what was signed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlencode

from ledger.remote.client import RemoteServer
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from schemas.answers.certificates import CertificateList, ListedCertificate
from schemas.answers.life import Holdings, LotLeft, Membership, StatusEntries
from schemas.answers.notices import NoticeAnswer, NoticeList
from schemas.certificate import CertificateRecord
from schemas.door import JsonValue, parse_document, validated
from schemas.problem import AccessError, CheckError, MissingError, RefusedError
from schemas.requests import StatusEntriesRequest

if TYPE_CHECKING:
    from ledger.registry.registry import Runtime

NOT_FOUND: Final = "404"
ACCEPTED: Final = 202
"""The status of an answer about an act that waits for the approval of a second person."""
TOO_MANY: Final = 429
SERVER_ERRORS: Final = 500


@dataclass(frozen=True, slots=True)
class RegistryClient:
    """A party's registry, and the store of requests that are not settled yet.

    `keep(name, bytes)` is durable on return, `kept(name)` finds it again, and `forget(name)` lets go of it.
    """

    remote: RemoteServer
    runtime: Runtime
    keep: Callable[[str, bytes], None]
    kept: Callable[[str], bytes | None]
    forget: Callable[[str], None]

    def name_of(self, asked: bytes, kind: str) -> str:
        """Return the name under which a request to this registry is stored. Equal requests have equal names."""
        told = b"\n".join((f"{self.remote.host}:{self.remote.port}".encode(), asked))
        return f"{sha256(told).hexdigest()[:16]}.{kind}"

    def deliver(self, name: str, path: str, body: bytes, *, key: str, media: str = "application/json") -> JsonValue:
        """Send the request stored as `name`, or its next step, and return the answer.

        What is refused for good is let go of.

        Raises:
            RefusedError: `remote.refused`; StateError: `remote.unreachable`: send again, same bytes.
        """
        try:
            return self.remote.post(path, body, key=key, media=media)
        except RefusedError as refusal:
            if not in_doubt(refusal):
                self.forget(name)
            raise

    def member(self, did: str) -> Membership:
        """Return what the registry knows of the party `did`, for which the token acts.

        Raises:
            AccessError: `remote.tenant`; RefusedError: `remote.refused`; StateError: `remote.unreachable`.
        """
        found = member_at(self.remote)
        if found.issuer.did != did:
            raise AccessError.at("remote.tenant", tenant=found.issuer.did, did=did)
        return found

    def holdings(self, lot: str | None = None) -> Iterator[LotLeft]:
        """Yield the unused mass of each lot of the token's party, or of one lot."""
        asked = "" if lot is None else f"?lot={quote(lot, safe='')}"
        while True:
            page = parse_document(Holdings, self.remote.get(f"/v1/holdings{asked}"))
            yield from page.holdings
            if page.next is None:
                return
            asked = f"?after={page.next}"


def in_doubt(refusal: RefusedError) -> bool:
    """Return whether a refusal leaves the fate of the request open (rule 2)."""
    statuses = [each.facts["status"] for each in refusal.problems if "status" in each.facts]
    return any(int(each) in {ACCEPTED, TOO_MANY} or int(each) >= SERVER_ERRORS for each in statuses)


def is_missing(refusal: RefusedError) -> bool:
    """Return whether a registry answers that it does not have the requested record."""
    return refusal.problems[0].facts["status"] == NOT_FOUND


def theirs(refusal: RefusedError) -> list[str]:
    """Return the codes of a registry's refusal."""
    return [each.facts["theirs"] for each in refusal.problems if "theirs" in each.facts]


def certificates_at(remote: RemoteServer, wanted: Mapping[str, object]) -> Iterator[ListedCertificate]:
    """Yield the certificates of the token's party, narrowed as `GET /v1/certificates` allows."""
    asked = {name: str(value).lower() if isinstance(value, bool) else value for name, value in wanted.items()}
    cursor: str | None = None
    while True:
        query = urlencode(asked if cursor is None else {**asked, "cursor": cursor})
        page = parse_document(CertificateList, remote.get(f"/v1/certificates?{query}"))
        yield from page.certificates
        cursor = page.next
        if cursor is None:
            return


def notices_at(remote: RemoteServer, after: int) -> Iterator[NoticeAnswer]:
    """Yield the notices of the token's party after the one with this number, the oldest first."""
    following: int | None = after
    while following is not None:
        page = parse_document(NoticeList, remote.get(f"/v1/notices?after={following}"))
        yield from page.notices
        following = page.next


def member_at(remote: RemoteServer) -> Membership:
    """Return the party that a token acts for."""
    return parse_document(Membership, remote.get("/v1/party"))


def places_at(remote: RemoteServer, count: int, *, key: str) -> list[tuple[int, int]]:
    """Return places in the status lists that a registry keeps, `(list, index)`: the same for the same key."""
    body = StatusEntriesRequest(count=count).model_dump_json().encode()
    kept = validated(StatusEntries, remote.post("/v1/status-entries", body, key=key))
    return [(each.list, each.index) for each in kept.entries]


def certificate_at(remote: RemoteServer, digest: str, place: str = "") -> OpenCertificate:
    """Return a certificate as the public sees it.

    Raises:
        CheckError: `remote.otherwise` at `place`, when the registry answers with another one.
    """
    return _opened(remote, digest, f"{_text_at(remote, digest).partition('~')[0]}~", place)


def own_certificate_at(remote: RemoteServer, digest: str) -> OpenCertificate:
    """Return a certificate as far as the token's party may see it: its issuer all of it; raise as `certificate_at`."""
    return _opened(remote, digest, _text_at(remote, digest), "")


def record_at(remote: RemoteServer, digest: str) -> CertificateRecord:
    """Return what a certificate says; raise MissingError `store.record-missing` where the registry doesn't have it."""
    try:
        return certificate_at(remote, digest).record
    except RefusedError as refusal:
        if is_missing(refusal):
            raise MissingError.at("store.record-missing") from refusal
        raise


def _text_at(remote: RemoteServer, digest: str) -> str:
    return remote.get(f"/v1/certificates/{quote(digest)}").decode("ascii")


def _opened(remote: RemoteServer, digest: str, text: str, place: str) -> OpenCertificate:
    opened = open_certificate(text)
    if opened.digest != digest:
        raise CheckError.at("remote.otherwise", place, host=remote.host)
    return opened
