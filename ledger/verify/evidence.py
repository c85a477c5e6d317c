"""Evidence against a registry or an auditor, verified: whether what it signed shows the fraud that the file speaks of.

Rules: the registry, its logs and keys are those of the reader's own trust list; both checkpoints of a rebuilt log, and
the one of everything else, are signed by the pinned log key; every entry leads to that root.  Only then is it asked
whether the entries contradict each other.  A file that shows nothing convicts nobody.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple

from ledger.holdings.mark import commitment, split_digest, status_digest
from ledger.holdings.split import SplitRecord
from ledger.log.entry import Entry, EntryKind, PurposeCode, StatusBit, blinded
from ledger.log.head import Head, open_head
from ledger.log.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion, verify_node
from ledger.seal.digest import digest_bytes, digests_bytes, from_base64url
from ledger.trust.pinned import Trust
from ledger.trust.registries import TrustedRegistry
from ledger.trust.status import CODE_OF_PURPOSE, StatusList, open_status_list, rebuild
from ledger.verify.audit_evidence import Judging, auditors_fault
from schemas.bundle import Proof
from schemas.evidence import (
    AuditTwice,
    BrokenSum,
    Cleared,
    Evidence,
    FalseAudit,
    FalseList,
    LoggedSplit,
    Malformed,
    Node,
    OfRegistry,
    Rebuilt,
    Repeat,
)
from schemas.note import Note
from schemas.problem import CheckError, InputError, OreprintError, Problem
from schemas.quantity import kg_text

NEVER_CLEARED = frozenset({PurposeCode.REVOCATION, PurposeCode.REFRESH})


class Conviction(NamedTuple):
    """A proven fault: the registry, its log, the size of its head, and the problem as code and facts.

    It is the registry's fault, or that of the `auditor` (a DID) where there is one.
    """

    registry: str
    origin: str
    size: int
    problem: Problem
    auditor: str | None = None


def convict(evidence: Evidence, trust: Trust, judging: Judging | None = None) -> Conviction:
    """Return what the evidence shows.

    `judging` is by what chains are judged; without it evidence of kind `audit` shows nothing.

    Raises:
        CheckError: `trust.registry-unknown`, `log.*` where a signature or proof doesn't hold, `evidence.shows-nothing`.
        InputError: `log.*`, `seal.*`, `document.*`, where a part of it can't be read.
    """
    registry = trust.registry(evidence.registry)
    head = _head(evidence.checkpoint, registry)
    if isinstance(evidence, FalseAudit | AuditTwice):
        auditor, problem = auditors_fault(evidence, trust, head, judging)
        return Conviction(evidence.registry, head.origin, head.size, problem, auditor)
    return Conviction(evidence.registry, head.origin, head.size, _problem(evidence, head, registry))


def _problem(evidence: OfRegistry, head: Head, registry: TrustedRegistry) -> Problem:
    match evidence:
        case Repeat():
            return _repeat(evidence, head, _earlier(evidence.earlier, head, registry))
        case Cleared():
            return _cleared(evidence, head)
        case Malformed():
            return _malformed(evidence, head)
        case Rebuilt():
            return _rebuilt(evidence, head, _head(evidence.other, registry))
        case FalseList():
            return _false_list(evidence, head, registry)
        case BrokenSum():
            return _broken_sum(evidence, head)


def _head(note: str, registry: TrustedRegistry) -> Head:
    origin = Note.parse(note).text.partition("\n")[0]
    log = registry.logs.get(origin)
    if log is None:
        raise CheckError.at("log.origin", origin=origin, log=registry.listed.id)
    if log.leaked is None:
        return open_head(note, log.key)
    head = open_head(note, log.key, cosigners=registry.cosigners)
    if not registry.counts(head):  # whoever has the key can sign what the registry never did
        raise CheckError.at("log.leaked", origin=origin)
    return head


def _earlier(note: str | None, head: Head, registry: TrustedRegistry) -> Head | None:
    """Return the last head of a log that was closed before that of `head`; None where the evidence has none."""
    if note is None:
        return None
    found, logs = _head(note, registry), list(registry.logs)
    _shown(holds=logs.index(found.origin) < logs.index(head.origin))
    _shown(holds=found.size == registry.logs[found.origin].final_size)
    return found


def _raw(proof: Proof, head: Head) -> bytes:
    """Return the bytes of an entry that leads to the head."""
    raw = from_base64url(proof.entry)
    path = digests_bytes(proof.path)
    verify_inclusion(path, size=head.size, root=head.root, index=proof.index, leaf=leaf_hash(raw))
    return raw


def _shown(*, holds: bool) -> None:
    if not holds:
        raise CheckError.at("evidence.shows-nothing")


def _repeat(evidence: Repeat, head: Head, earlier: Head | None) -> Problem:
    first, second = Entry.parse(_raw(evidence.first, earlier or head)), Entry.parse(_raw(evidence.second, head))
    digest = digest_bytes(evidence.digest)
    there = all(
        digest in entry.marks if evidence.what == "mark" else digest == entry.digest for entry in (first, second)
    )
    _shown(holds=there and (earlier is not None or evidence.first.index != evidence.second.index))
    places = [evidence.first.index, evidence.second.index]
    if earlier is None:
        places.sort()
    code = "evidence.repeat-mark" if evidence.what == "mark" else "evidence.repeat-record"
    return Problem.at(code, first=places[0], second=places[1], digest=evidence.digest)


def _cleared(evidence: Cleared, head: Head) -> Problem:
    entry = Entry.parse(_raw(evidence.entry, head))
    taken_back = [bit for bit in entry.bits if bit.purpose in NEVER_CLEARED and not bit.value]
    _shown(holds=bool(taken_back))
    bit = taken_back[0]
    return Problem.at("evidence.cleared", index=evidence.entry.index, list=bit.list_number, position=bit.position)


def _malformed(evidence: Malformed, head: Head) -> Problem:
    raw = _raw(evidence.entry, head)
    try:
        Entry.parse(raw)
    except InputError as error:
        return Problem.at("evidence.malformed", index=evidence.entry.index, reason=error.problems[0].sentence())
    raise CheckError.at("evidence.shows-nothing")


def _rebuilt(evidence: Rebuilt, head: Head, other: Head) -> Problem:
    parted = evidence.parted
    _shown(holds=head.origin == other.origin)
    if parted is None:
        _shown(holds=head.size == other.size and head.root != other.root)
    else:
        place = (parted.level, parted.index)
        hashes = [_node(node, tree, place) for node, tree in ((parted.node, head), (parted.other, other))]
        _shown(holds=hashes[0] != hashes[1])
    return Problem.at("evidence.rebuilt", size=head.size, other=other.size)


def _node(node: Node, head: Head, place: tuple[int, int]) -> bytes:
    digest = digest_bytes(node.digest)
    verify_node(digests_bytes(node.path), size=head.size, root=head.root, node=place, digest=digest)
    return digest


def _false_list(evidence: FalseList, head: Head, registry: TrustedRegistry) -> Problem:
    entry, text, index = Entry.parse(_raw(evidence.entry, head)), evidence.credential, evidence.entry.index
    listed = entry.listed
    own = entry.kind is EntryKind.STATUS_LIST and listed is not None and listed.digest == sha256(text.encode()).digest()
    _shown(holds=own and entry.digest == blinded(status_digest(text)))
    convicted = Problem.at("evidence.list", index=index)
    try:
        found = open_status_list(text, keys=registry.status_keys)
        found.check_time(entry.time_ms)
    except OreprintError:
        return convicted  # the log commits to a list that can't be one
    if (found.record.registry, found.record.size) != (registry.listed.id, index):
        return convicted
    if evidence.against is not None:
        earlier = _earlier(evidence.earlier, head, registry)
        against = Entry.parse(_raw(evidence.against, earlier or head))
        _shown(holds=(earlier is not None or evidence.against.index < index) and hides(found, against.bits))
        return convicted
    _shown(holds=head.origin == next(iter(registry.logs)))  # else what makes the list stands in closed logs, too
    entries = [from_base64url(raw) for raw in evidence.log or ()]
    tree = Frontier().append(map(leaf_hash, entries)).frontier
    _shown(holds=len(entries) == index)
    if entries:
        proof = digests_bytes(evidence.consistency or ())
        verify_consistency(proof, old_size=index, old_root=tree.root(), new_size=head.size, new_root=head.root)
    _shown(holds=found.bits != rebuilt_bits(found, (bit for raw in entries for bit in Entry.parse(raw).bits)))
    return convicted


def rebuilt_bits(found: StatusList, bits: Iterable[StatusBit]) -> bytes:
    """Return the bits of a list as the log makes them."""
    return rebuild(bits, purpose=found.record.purpose, list_number=found.record.list)


def hides(found: StatusList, bits: Iterable[StatusBit]) -> bool:
    """Return whether a list lacks one of these bits although no later entry can have cleared it."""
    code = CODE_OF_PURPOSE[found.record.purpose]
    return code in NEVER_CLEARED and any(
        bit.value and (bit.list_number, bit.purpose) == (found.record.list, code) and not found.bit(bit.position)
        for bit in bits
    )


def _broken_sum(evidence: BrokenSum, head: Head) -> Problem:
    creator, split = (_split(each, head) for each in (evidence.creator, evidence.split))
    _shown(holds=split.creator == split_digest(evidence.creator.split))
    used = commitment(split.holding)
    masses = [piece.mass_mg for piece in creator.pieces if piece.commitment == used]
    _shown(holds=bool(masses) and sum(piece.mass_mg for piece in split.pieces) not in masses)
    return Problem.at(
        "evidence.sum",
        index=evidence.split.proof.index,
        made=kg_text(sum(piece.mass_mg for piece in split.pieces)),
        used=kg_text(masses[0]),
    )


def _split(logged: LoggedSplit, head: Head) -> SplitRecord:
    entry = Entry.parse(_raw(logged.proof, head))
    _shown(holds=entry.digest == blinded(split_digest(logged.split)))
    return SplitRecord.parse(logged.split)
