"""Records of auditors: each is logged as its auditor signed it, and kept with the leaves of its tree, to be shown.

Rules:

1. Only an auditor that the registry's trust list names for it may have a record logged, signed by a key that is good
   now.  The registry may make one itself, signed by its status key, which no verifier counts.
2. Numbers grow from record to record of an auditor; its head is one that this registry signed, and never goes back.
3. The leaves that come with a record make its tree, each certificate at most once.
4. The same record again gets the same answer.
5. What lies inside leaves is told to who knows the text of a holding of that batch: whoever is shown the way of goods
   made of it does, and so the auditors of the registry that they went to.

What an auditor found is its own word; nothing of it is judged here.
"""

from __future__ import annotations

from contextlib import suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.changes.withdraw import check_signed
from ledger.holdings.mark import audit_digest, commitment
from ledger.log.audit_tree import AuditTree
from ledger.log.merkle import Frontier, leaf_hash
from ledger.lots.lineage import lot_of
from ledger.registry.append import LogTransaction, Posting, append
from ledger.registry.pinned import own_trust
from ledger.seal.audit import OpenAudit, open_audit
from ledger.seal.digest import certificate_digest_bytes, digest_bytes, to_base64url
from ledger.seal.disclosure import open_value
from ledger.store.audited import AuditRow, audits_of, insides_of, keep_audit, keep_insides, leaves_about
from ledger.store.engine import reading
from ledger.store.logs import last_heads, tile_hashes
from ledger.store.parties import registry as registered
from ledger.store.reading import holding as stored_holding
from ledger.store.reading import logged_records
from ledger.verify.heads import MOST_AHEAD_MS
from schemas.audit import AuditLeaf, Inside
from schemas.instant import DAY_MS, epoch_ms
from schemas.problem import AccessError, CheckError, InputError, MissingError, RefusedError, StateError
from schemas.sent_audit import SentAudit

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ledger.registry.registry import OpenRegistry

FRESH_MS: Final = DAY_MS
"""How old a record may be when it is logged: as long as it counts."""


class PostedAudit(NamedTuple):
    """A logged record: its digest, auditor and number."""

    digest: str
    auditor: str
    number: int


class _Leaf(NamedTuple):
    """A stored leaf: its certificate, its place in the tree, and its bytes."""

    certificate: bytes
    position: int
    raw: bytes


def post_audit(registry: OpenRegistry, sent: SentAudit, *, auditor: str | None = None) -> PostedAudit:
    """Log a record with the leaves that it stands for; with `auditor`, only a record of that one.

    Raises:
        InputError: `seal.*`, `document.*`, `audit.leaf`, `audit.leaf-twice`, `audit.inside`, `audit.registry`.
        CheckError: `life.not-signed`, `seal.signature`, `audit.tree`, `audit.head`.
        AccessError: `api.tenant`, `audit.not-named`.
        RefusedError: `audit.number`, `audit.head-back`, `life.late`, `issue.not-now`.
    """
    opened = open_audit(sent.text)
    record = opened.record
    if auditor is not None and record.auditor != auditor:
        raise AccessError.at("api.tenant")
    if record.registry != registry.did:
        raise InputError.at("audit.registry", "registry", registry=record.registry, here=registry.did)
    digest = audit_digest(sent.text)
    logged = PostedAudit(to_base64url(digest), record.auditor, record.number)
    tree, leaves = _planted(opened, sent)  # before the write lock: a large tree takes seconds
    insides = _insides(sent)
    with append(registry) as transaction:
        connection = transaction.connection
        _check_signed(transaction, opened)
        if logged_records(connection, [digest]):
            return logged
        _check_named(connection, record.auditor, registry.did)
        _check_times(opened, now_ms=transaction.now_ms)
        _check_after(opened, audits_of(connection, record.auditor))
        _check_head(connection, opened)
        place = transaction.log(Posting("audit", digest, sent.text.encode())).places[digest]
        kept = AuditRow(digest, record.auditor, record.number, place, record.depth, sent.text)
        keep_audit(connection, kept, leaves, tree.levels)
        keep_insides(connection, insides)
    return logged


def _insides(sent: SentAudit) -> dict[bytes, str]:
    """Return the texts of what lies inside leaves by their digests; raise InputError `audit.inside`."""
    told = {text: sha256(text.encode()).digest() for text in sent.insides}
    if told and not {AuditLeaf.parse(raw).inside for raw in sent.leaves}.issuperset(told.values()):
        raise InputError.at("audit.inside")
    for text in told:
        open_value(text, Inside, place="inside")
    return {digest: text for text, digest in told.items()}


def insides(registry: OpenRegistry, certificate: str, holding: str) -> tuple[str, ...]:
    """Return what auditors say lies inside their leaves about a certificate, to who knows a holding of its batch.

    Raises:
        MissingError: `audit.no-inside`, whatever of it is not known.
    """
    digest, found = certificate_digest_bytes(certificate), tuple[str, ...]()
    with reading(registry.engine) as connection, suppress(MissingError):
        held, lot = stored_holding(connection, commitment(holding)), lot_of(connection, digest)
        if lot is not None and (lot.issuance, lot.output) == (held.issuance, held.output):
            wanted = {AuditLeaf.parse(leaf).inside for leaf in leaves_about(connection, digest)}
            found = tuple(sorted(insides_of(connection, wanted).values()))
    if not found:
        raise MissingError.at("audit.no-inside")
    return found


def _planted(opened: OpenAudit, sent: SentAudit) -> tuple[AuditTree, list[_Leaf]]:
    """Return the tree of what was sent, and its leaves by their places; raise as `post_audit` (rule 3)."""
    if len(sent.leaves) + len(sent.fill) != 1 << opened.record.depth:
        raise CheckError.at("audit.tree", leaves=len(sent.leaves) + len(sent.fill), depth=opened.record.depth)
    own = {leaf_hash(raw): raw for raw in sent.leaves}
    hashes = sorted((*own, *map(leaf_hash, sent.fill)))
    certificates = {raw: AuditLeaf.parse(raw).certificate for raw in sent.leaves}
    if len(own) < len(sent.leaves) or len({*certificates.values()}) < len(sent.leaves):
        raise InputError.at("audit.leaf-twice")
    tree = AuditTree.over(b"".join(hashes))
    if tree.root != digest_bytes(opened.record.root):
        raise CheckError.at("audit.tree", leaves=len(hashes), depth=opened.record.depth)
    placed = ((index, own[found]) for index, found in enumerate(hashes) if found in own)
    return tree, [_Leaf(certificates[raw], index, raw) for index, raw in placed]


def _check_signed(transaction: LogTransaction, opened: OpenAudit) -> None:
    """Check that a record is signed by a key of its auditor, or by the registry's own status key, that is good now."""
    connection, jws = transaction.connection, opened.jws
    here = registered(connection)
    if jws.kid == here.status_kid:
        jws.verify(here.status_public)
        return
    check_signed(connection, jws, now_ms=transaction.now_ms)


def check_auditor(registry: OpenRegistry, party: str) -> None:
    """Check that a party may have records logged, before what it sends is read; raise AccessError `audit.not-named`."""
    with reading(registry.engine) as connection:
        _check_named(connection, party, registry.did)


def _check_named(connection: Connection, auditor: str, did: str) -> None:
    """Check rule 1."""
    trust = own_trust(connection)
    if trust is None:
        raise StateError.at("verify.trust-missing")
    named = trust.registry(did).listed.auditors
    if auditor != f"did:web:{did}" and (named is None or auditor not in named.parties):
        raise AccessError.at("audit.not-named", auditor=auditor)


def _check_times(opened: OpenAudit, *, now_ms: int) -> None:
    made, last = epoch_ms(opened.record.made), epoch_ms(opened.record.not_logged_after)
    if last < now_ms:
        raise RefusedError.at("life.late", last=opened.record.not_logged_after)
    if not now_ms - FRESH_MS <= made <= now_ms + MOST_AHEAD_MS:
        raise RefusedError.at("audit.not-now", "made", made=opened.record.made)


def _check_after(opened: OpenAudit, before: list[AuditRow]) -> None:
    """Check rule 2 against the auditor's records before this one, the newest first."""
    if not before:
        return
    record, last = opened.record, open_audit(before[0].jws).record
    if record.number <= last.number:
        raise RefusedError.at("audit.number", "number", number=record.number, last=last.number)
    if record.head.origin == last.head.origin and record.head.size < last.head.size:
        raise RefusedError.at("audit.head-back", "head", size=record.head.size, last=last.head.size)


def _check_head(connection: Connection, opened: OpenAudit) -> None:
    """Check that the head of a record is one of this registry's logs."""
    told = opened.record.head
    head = next((each for each in last_heads(connection) if each.origin == told.origin), None)
    if head is None or told.size > head.size:
        raise CheckError.at("audit.head", "head", origin=told.origin, size=told.size)
    hashes = tile_hashes(connection, head.size, first=head.first)
    if Frontier.read(hashes, told.size).root() != digest_bytes(told.root):
        raise CheckError.at("audit.head", "head", origin=told.origin, size=told.size)
