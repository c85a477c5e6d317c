"""Whether a version of a trust list stands in a log that the policy before accepts: all who watch that log see it, too.

Rules: who got the keys of a list could else sign a version for one reader alone.

1. The entry is of a registry that the list before names with witnesses or monitors, in one of its logs.  It says the
   number of the version and the hash of its note; what watchers add to the note later is left out.
2. The head is signed by that log, and a quorum of the watchers of before has cosigned it.  If they have endorsed the
   version itself, which may drop them, it is judged by those of the version.
3. Where no registry of the list before has watchers, there is nobody to see it, and no proof is asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Final, TypeAlias

from ledger.log.entry import Entry, EntryKind, ListVersion
from ledger.log.head import open_head
from ledger.log.merkle import leaf_hash, verify_inclusion
from ledger.log.vkey import VerifierKey
from ledger.seal.digest import digests_bytes, from_base64url
from ledger.trust.following import endorsed
from ledger.trust.registries import TrustedRegistry
from schemas.note import Note
from schemas.problem import CheckError, InputError, Sentence
from schemas.sentences import CAUSES
from schemas.trust import ListProof

Registries: TypeAlias = Mapping[str, TrustedRegistry]
COSIGNATURE_BYTES: Final = 72
"""Bytes of a cosignature with its time; a plain signature has 64."""


def check_logged(
    before: Registries,
    after: Registries,
    proof: ListProof | None,
    signers: Collection[bytes],
    *,
    note: str,
    number: int,
) -> None:
    """Check that a version is logged, or raise: `note` with its `number` follows the list that names `before`.

    `signers` are the public keys of the watchers of before who endorsed it.

    Raises:
        CheckError: `trust.unproven`.
    """
    watched = [each for each in before.values() if is_watched(each)]
    if not watched:
        return
    reason = "list-no-proof" if proof is None else _wrong(watched, after, proof, signers, _versions(note, number))
    if reason is not None:
        names = ", ".join(each.listed.id for each in watched)
        raise CheckError.at("trust.unproven", number=number, registry=names, reason=Sentence(CAUSES[reason]))


def is_watched(registry: TrustedRegistry) -> bool:
    """Return whether a registry has witnesses or monitors."""
    return registry.listed.witnesses.least + registry.listed.monitors.least > 0


def _wrong(
    watched: list[TrustedRegistry],
    after: Registries,
    proof: ListProof,
    signers: Collection[bytes],
    versions: Collection[ListVersion],
) -> str | None:
    """Return the cause for which a proof shows nothing, None where it holds."""
    try:
        origin = Note.parse(proof.checkpoint).text.partition("\n")[0]
        found = next((each for each in watched if origin in _logs(each, after)), None)
        if found is None:
            return "list-other-log"
        judge = after.get(found.listed.id, found) if endorsed(found.listed, signers) else found
        head = open_head(proof.checkpoint, _logs(found, after)[origin], cosigners=judge.cosigners)
        entry = Entry.parse(from_base64url(proof.entry))
        verify_inclusion(
            digests_bytes(proof.path),
            size=head.size,
            root=head.root,
            index=proof.index,
            leaf=leaf_hash(from_base64url(proof.entry)),
        )
        if origin in found.logs:
            found.check_head(head)
    except (CheckError, InputError):
        return "list-no-entry"
    if entry.kind is not EntryKind.TRUST_LIST or entry.listed not in versions:
        return "list-other-entry"
    good = origin not in found.logs or found.counts(head)
    return None if good and all(judge.vouched(head)) else "not-cosigned"


def _logs(registry: TrustedRegistry, after: Registries) -> dict[str, VerifierKey]:
    """Return the keys of a registry's logs: of before, and of those that the version adds."""
    later = after.get(registry.listed.id)
    return {origin: log.key for each in (later, registry) if each is not None for origin, log in each.logs.items()}


def _versions(text: str, number: int) -> set[ListVersion]:
    """Return how an entry may name a list: by its note as it is, or without the signatures of watchers."""
    note = Note.parse(text)
    own = tuple(each for each in note.signatures if len(each.signature) < COSIGNATURE_BYTES)
    texts = (text, Note(note.text, own).to_text()) if own else (text,)
    return {ListVersion(number, sha256(each.encode()).digest()) for each in texts}
