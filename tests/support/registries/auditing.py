"""Auditors of a registry in tests: parties with keys of their own, and records made by hand, right or not."""

from __future__ import annotations

import dataclasses
import itertools
import os
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from ledger.auditing.auditor import Auditor
from ledger.bundles.build import step_lines
from ledger.changes.audited import post_audit
from ledger.footprint.versions import ENGINE
from ledger.holdings.mark import trust_digest
from ledger.log.audit_tree import AuditTree
from ledger.log.head import open_head
from ledger.registry.pinned import trusted
from ledger.seal.audit import seal_audit
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.signer import SoftwareSigner
from ledger.store.engine import reading
from ledger.store.logs import latest_head, log_key
from ledger.store.reading import certificates, newest_certificates
from ledger.tables import release_digest
from ledger.transfers.mirror import public_file
from schemas.audit import AuditedHead, AuditLeaf, AuditRecord, AuditState
from schemas.document import replace
from schemas.instant import instant_text, whole_second
from schemas.sent_audit import SentAudit
from tests.support.registries.lived_in import TABLES, trust_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry
    from tests.support.registries.lived_in import Life

EVA, FAY, GUS = (f"did:web:{name}.example" for name in ("eva-audits", "fay-audits", "gus-audits"))
HOUR_MS = 60 * 60 * 1000


def signer_of(did: str) -> SoftwareSigner:
    """Return the key of an auditor, always the same."""
    return SoftwareSigner.from_raw(f"{did}#key-1", sha256(did.encode()).digest())


def written(*dids: str, least: int = 1, **more: object) -> dict[str, Any]:
    """Return the members of a parties file that name these auditors."""
    attestors = [
        {
            "did": did,
            "names": [{"lang": "en", "text": did.removeprefix("did:web:").partition("-")[0].title()}],
            "public": to_base64url(signer_of(did).public),
            "scopes": ["chain"],
        }
        for did in dids
    ]
    return {"attestors": attestors, "auditors": {"least": least, "parties": [*dids], **more}}


def leaves_of(registry: OpenRegistry, state: AuditState = AuditState.RIGHT) -> list[bytes]:
    """Return leaves of all certificates of a registry, as an auditor who judged nothing would make them."""
    with reading(registry.engine) as connection:
        found = certificates(connection, newest_certificates(connection, 1000))
    return [
        AuditLeaf(each.row.issuance, each.row.output, digest, state, sha256(digest).digest()).to_bytes()
        for digest, each in sorted(found.items())
    ]


def random_leaves(seed: str) -> Iterator[bytes]:
    """Yield leaves of 32 bytes that repeat."""
    yield from (sha256(f"{seed} {number}".encode()).digest() for number in itertools.count())


def record_by_hand(
    registry: OpenRegistry, auditor: str, leaves: Iterable[bytes], number: int = 1, /, **change: object
) -> SentAudit:
    """Return a signed record over these leaves with all that is sent along, with `change` of the record's members."""
    leaves, fill = tuple(leaves), list[bytes]()

    def filling() -> Iterator[bytes]:
        for each in random_leaves(f"{auditor} {number}"):
            fill.append(each)
            yield each

    tree = AuditTree.build(leaves, filling())
    now = registry.runtime.now_ms()
    with reading(registry.engine) as connection:
        stored = latest_head(connection)
        head = open_head(stored.note, log_key(connection, stored.origin))
    made = AuditRecord(
        oreprint="audit/1",
        registry=registry.did,
        auditor=auditor,
        number=number,
        head=AuditedHead(origin=head.origin, size=head.size, root=to_base64url(head.root)),
        depth=tree.depth,
        root=to_base64url(tree.root),
        engine=ENGINE,
        rules=(release_digest(),),
        trust=tuple(to_base64url(trust_digest(note)) for note in trusted(registry).notes),
        made=instant_text(whole_second(now)),
        not_logged_after=instant_text(whole_second(now + HOUR_MS)),
    )
    return SentAudit(seal_audit(replace(made, **change), signer=signer_of(auditor)), leaves, tuple(fill))


def auditor_of(life: Life, did: str, folder: Path, **change: object) -> Auditor:
    """Return an auditor of a home's registry, with what is public of it, step views, and the door for records."""
    registry, trust = life.registry, trust_of(life.home)

    def send(body: bytes) -> None:
        post_audit(registry, SentAudit.parse(body), auditor=did)

    own = Auditor(
        folder,
        signer_of(did),
        trust,
        TABLES,
        trust.registry(registry.did),
        lambda _: partial(public_file, registry),
        lambda after, most: b"".join(step_lines(registry, after, most=most, most_bytes=10**7)),
        send,
        lambda: life.clock.now,
        os.urandom,
    )
    return dataclasses.replace(own, **change)  # type: ignore[arg-type]


def leaf_about(sent: SentAudit, digest: str) -> bytes | None:
    """Return the leaf about a certificate."""
    wanted = certificate_digest_bytes(digest)
    return next((raw for raw in sent.leaves if AuditLeaf.parse(raw).certificate == wanted), None)
