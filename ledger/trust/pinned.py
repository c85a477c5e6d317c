"""The pinned trust list: opened once, then queried.

Rules, in this order:

1. The note is well formed, and its text is one trust list in one spelling, ended by a newline.
2. At least `threshold` different keys of its own list have signed it.  The next version is also signed by the threshold
   of the version before it, has the next number, and names that version by its digest (`follow`).  A reader takes it
   only if nothing in it can weaken what the reader relies on (`succeed`, `ledger.trust.following`).
3. Each public key is a sound Ed25519 key with one role and one owner (`ledger.trust.roles`).  No key, party, registry
   or origin is listed twice. Each quorum can be reached.  Auditors are independent (`ledger.trust.auditors`).
4. A party's key is good for a record *logged* from `since` until `until`, and before `compromised`.

This module reads no clock and fetches nothing; the caller gives the time to ask whether a list has expired.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache
from hashlib import sha256
from typing import Final, TypeVar

from ledger.log.vkey import KeyType, VerifierKey, open_note, sign_note
from ledger.seal.digest import digest_bytes, from_base64url, to_base64url
from ledger.seal.keys import check_public_key
from ledger.trust.auditors import Roster, check_auditors
from ledger.trust.following import HarmfulChange, harmful_changes
from ledger.trust.logged import check_logged
from ledger.trust.registries import TrustedLog, TrustedRegistry
from ledger.trust.roles import Role, check_distinct, check_quorum, key_uses
from ledger.trust.terms import watching
from schemas.door import parse_value, validated
from schemas.door.limits import MAX_BYTES
from schemas.instant import epoch_ms
from schemas.lot import normal_lot
from schemas.name import Name
from schemas.note import Note, Signature
from schemas.problem import CheckError, InputError, Problem, Sentence
from schemas.sentences import CAUSES, filled
from schemas.trust import ListProof, Party, PartyKey, Plant, Quorum, Registry, Scheme, TrustFile, TrustList

_Value = TypeVar("_Value")

OPENED_KEPT: Final = 8
"""Opened trust lists in the cache."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A party's key, ready for verification: `public` is 32 raw bytes, times are ms since 1970 UTC.

    `registered` is the first day on which the party had a key, this one or an earlier one.
    """

    party: Party
    kid: str
    public: bytes
    since: int
    until: int | None
    registered: str

    def may_certify(self, facility: str, kind: str) -> bool:
        """Return whether its party may certify this kind of product from this plant."""
        return facility in self.party.facilities and kind in {*self.party.kinds, "electricity"}

    def may_be_called(self, names: Sequence[Name], registration: str | None, *, logged: int | None) -> bool:
        """Return whether its party had these names, and has this number, when a record was logged at `logged` ms."""
        party = self.party
        may = [party.names] if party.renamed is None or logged is None or logged >= epoch_ms(party.renamed) else []
        may += [each.names for each in party.former_names or () if logged is None or logged < epoch_ms(each.until)]
        named = any(all(name in known for name in names) for known in may)
        return named and registration in {None, party.registration}

    def check_time(self, logged: int) -> None:
        """Check that this key was good when a record was logged at `logged` ms, or raise.

        Raises:
            CheckError: `trust.key-time`.
        """
        if logged < self.since or (self.until is not None and logged >= self.until):
            raise CheckError.at("trust.key-time", kid=self.kid)


@dataclass(frozen=True, slots=True)
class Trust:
    """A verified trust list with indexes.

    `notes` are the signed notes of the lists that are read as one, the reader's own first.
    """

    listed: TrustList
    parties: Mapping[str, Party]
    keys: Mapping[str, TrustedKey]
    registries: Mapping[str, TrustedRegistry]
    plants: Mapping[str, Plant]
    schemes: Mapping[str, Scheme] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    def home_of(self, scheme: str, *, logged: int) -> Scheme | None:
        """Return the entry of a scheme for a record logged at `logged` ms; None if the list has none."""
        entry = self.schemes.get(normal_lot(scheme))
        return None if entry is None or logged < epoch_ms(entry.since) else entry

    def known_key(self, kid: str) -> TrustedKey:
        """Return the key named `kid`, whether or not it is still good.

        Raises:
            CheckError: `trust.key-unknown`.
        """
        trusted = self.keys.get(kid)
        if trusted is None:
            raise CheckError.at("trust.key-unknown", kid=kid)
        return trusted

    def key(self, kid: str, *, logged: int) -> TrustedKey:
        """Return the key named `kid`, good for a record logged at `logged` ms.

        Raises:
            CheckError: `trust.key-unknown`, `trust.key-time`.
        """
        trusted = self.known_key(kid)
        trusted.check_time(logged)
        return trusted

    def registry(self, name: str) -> TrustedRegistry:
        """Return the registry named `name`.

        Raises:
            CheckError: `trust.registry-unknown`.
        """
        trusted = self.registries.get(name)
        if trusted is None:
            raise CheckError.at("trust.registry-unknown", registry=name)
        return trusted


def file_in(content: bytes) -> TrustFile:
    """Return the file of a trust list, with its note; raise InputError `json.*`, `document.*`."""
    return validated(TrustFile, parse_value(content, media="json", max_string=MAX_BYTES))


def note_in(content: bytes) -> str:
    """Return the signed note in the file of a trust list; raise InputError `json.*`, `document.*`."""
    return file_in(content).note


@lru_cache(maxsize=OPENED_KEPT)
def open_trust(note_text: str) -> Trust:
    """Open a trust list that the caller trusts already; check rules 1 to 3 (the threshold of its own keys).

    Raises:
        InputError: `trust.form`, `trust.twice`, `trust.key-shared`, `trust.quorum`, `trust.auditor*`, `log.note-*`,
            `document.*`, `seal.key*`.
        CheckError: `trust.threshold`, `log.signature`.
    """
    listed = proposed_list(note_text)
    _check_threshold(Note.parse(note_text), listed)
    return _indexed(listed, note_text)


def open_later(pinned: Trust, note_text: str) -> Trust:
    """Open any later version of a pinned list: it has a greater number, and the keys of the pinned one signed it.

    Raises:
        InputError: as `open_trust`.
        CheckError: `trust.rollback`, `trust.two-versions`, `trust.threshold`, `log.signature`.
    """
    later = open_trust(note_text)
    _check_newer(pinned, later.listed)
    _check_threshold(Note.parse(note_text), pinned.listed)
    return later


def follow(pinned: Trust, note_text: str) -> Trust:
    """Open the next version of a list (rule 2), whatever it changes.

    Raises:
        InputError, CheckError: as `open_later`; `trust.skipped`, `trust.previous`.
    """
    following = open_later(pinned, note_text)
    check_next(pinned, following.listed)
    return following


def check_next(pinned: Trust, listed: TrustList) -> None:
    """Check that a list, whoever has signed it, is the next after a pinned one and names that one, or raise.

    Raises:
        CheckError: `trust.rollback`, `trust.two-versions`, `trust.skipped`, `trust.previous`.
    """
    number = pinned.listed.number + 1
    _check_newer(pinned, listed)
    if listed.number != number:
        raise CheckError.at("trust.skipped", number=listed.number, due=number)
    if listed.previous != list_digest(pinned.listed):
        raise CheckError.at("trust.previous", number=number, before=pinned.listed.number)


def _check_newer(pinned: Trust, listed: TrustList) -> None:
    """Check that a list is newer than a pinned one, and not another one of the same number, or raise."""
    if listed.number == pinned.listed.number and listed != pinned.listed:
        raise CheckError.at("trust.two-versions", number=listed.number)
    if listed.number <= pinned.listed.number:
        raise CheckError.at("trust.rollback", number=listed.number, seen=pinned.listed.number)


def proposed_list(note_text: str) -> TrustList:
    """Return what a proposed list says; too few may have signed it yet.

    Raises:
        InputError: `trust.form`, `log.note-*`, `document.*`.
    """
    note = Note.parse(note_text)
    if not note.text.endswith("\n") or note.text.count("\n") != 1:
        raise InputError.at("trust.form")
    return TrustList.from_text(note.text[:-1])


def harm_in(pinned: TrustList, note_text: str) -> list[Problem]:
    """Return each change in a list, signed or proposed, that readers of the pinned one take only on their own word."""
    return harm_of(pinned, proposed_list(note_text), _watchers_on(Note.parse(note_text), pinned))


def harm_of(pinned: TrustList, listed: TrustList, signers: Collection[bytes] = ()) -> list[Problem]:
    """Return `harm_in` a list that the watchers with these keys have signed."""
    return [_harmful(each, listed) for each in harmful_changes(pinned, listed, signers)]


def succeed(pinned: Trust, note_text: str, proof: ListProof | None = None) -> Trust:
    """Open the next version of a list if nothing in it can weaken what the reader of the pinned one relies on.

    `proof` shows that it is logged where the watchers of before see it, too (`ledger.trust.logged`).

    Raises:
        InputError, CheckError: as `follow`; `trust.harmful`, one for each change that only the reader can accept;
            `trust.unproven`.
    """
    following = follow(pinned, note_text)
    if found := harm_in(pinned.listed, note_text):
        raise CheckError(*found)
    watchers = _watchers_on(Note.parse(note_text), pinned.listed)
    check_logged(
        pinned.registries, following.registries, proof, watchers, note=note_text, number=following.listed.number
    )
    return following


def is_signed_by(note_text: str, known: Trust) -> bool:
    """Return whether a key of another list has signed this one: it is of the same keepers."""
    return bool(holders_on(note_text, known.listed))


def holders_on(note_text: str, listed: TrustList) -> set[bytes]:
    """Return the public keys of those who may sign a list and have signed this note."""
    return _signers(Note.parse(note_text), listed.keys)


def list_digest(listed: TrustList) -> str:
    """Return the digest by which the next version names a list: of its text alone, whoever has signed it."""
    return to_base64url(sha256(listed.to_text().encode()).digest())


def _watchers_on(note: Note, listed: TrustList) -> set[bytes]:
    """Return the public keys of those witnesses and monitors of a list who have cosigned a note."""
    return _signers(note, {key for each in listed.registries for key in (*each.witnesses.keys, *each.monitors.keys)})


def _signers(note: Note, keys: Iterable[str]) -> set[bytes]:
    """Return the public keys of those who have signed a note; a wrong signature counts for nothing, nor for others."""
    found: set[bytes] = set()
    for key in map(VerifierKey.parse, keys):
        with suppress(CheckError):
            found |= {each.key.public for each in open_note(note, [key])}
    return found


def _harmful(change: HarmfulChange, listed: TrustList) -> Problem:
    """Return the problem of a change, with the names of the watchers who count no more, and the day."""
    day, dropped = listed.issued.partition("T")[0], Sentence(", ".join(change.dropped))
    reason = filled(CAUSES[f"harmful-{change.what}"], {"dropped": dropped or CAUSES["harmful-nobody"]})
    return Problem.at(
        "trust.harmful",
        change.registry,
        registry=change.registry,
        number=listed.number,
        day=day,
        reason=Sentence(reason),
    )


def sign_trust(listed: TrustList, signers: Sequence[tuple[VerifierKey, Callable[[bytes], bytes]]]) -> str:
    """Return the note of `listed` signed by each signer (key and its signing function)."""
    text = listed.to_text() + "\n"
    signatures: list[Signature] = []
    for key, sign in signers:
        signatures += sign_note(text, key, sign).signatures
    return Note(text, tuple(signatures)).to_text()


def _check_threshold(note: Note, listed: TrustList) -> None:
    """Check that the threshold of different keys of `listed` have signed a note, or raise."""
    keys = [VerifierKey.parse(each) for each in listed.keys]
    there = [key for key in keys if any(note.signed_by(key.name, key.key_id))]
    signed = {found.key.public for found in open_note(note, there)} if there else set()
    if len(signed) < listed.threshold:
        holders = ", ".join(dict.fromkeys(key.name for key in keys))
        raise CheckError.at("trust.threshold", signed=len(signed), needed=listed.threshold, holders=holders)


def _indexed(listed: TrustList, note: str) -> Trust:
    """Return a list with verified signatures as indexes; check rule 3."""
    parties = _unique(((party.did, party) for party in listed.parties), "parties")
    keys = _unique(
        ((key.kid, _trusted_key(party, key)) for party in listed.parties for key in party.keys), "parties.keys"
    )
    registries = _unique(((found.id, _trusted_registry(found)) for found in listed.registries), "registries")
    _unique(((log.origin, log) for found in listed.registries for log in found.logs), "registries.logs")
    plants = _unique(((plant.facility, plant) for plant in listed.plants or ()), "plants")
    schemes = _unique(((normal_lot(each.scheme), each) for each in listed.schemes or ()), "schemes")
    check_distinct(key_uses(listed))
    check_auditors([Roster.of(listed)])
    return Trust(listed, parties, keys, registries, plants, schemes, (note,))


def _trusted_key(party: Party, key: PartyKey) -> TrustedKey:
    """Decode and check one key; its kid must begin with the party's DID."""
    if key.kid.partition("#")[0] != party.did:
        raise InputError.at("trust.key-party", key.kid, did=party.did)
    ends = [epoch_ms(end) for end in (key.until, key.compromised) if end is not None]
    registered = min(each.since for each in party.keys).partition("T")[0]
    return TrustedKey(party, key.kid, _public(key.public), epoch_ms(key.since), min(ends) if ends else None, registered)


def _trusted_registry(found: Registry) -> TrustedRegistry:
    """Decode and check the keys of one registry."""
    logs = {}
    for log in found.logs:
        key = VerifierKey.parse(log.key)
        check_public_key(key.public)
        if key.name != log.origin:
            raise InputError.at("trust.log-name", log.origin, name=key.name)
        voided = frozenset(entry.index for entry in found.voided if entry.origin == log.origin)
        root = None if log.final_root is None else digest_bytes(log.final_root)
        leaked = None if log.compromised is None else epoch_ms(log.compromised)
        logs[log.origin] = TrustedLog(key, log.final_size, voided, root, leaked)
    witnesses, monitors = _cosigners("witness", found.witnesses), _cosigners("monitor", found.monitors)
    status = _unique(((key.kid, _public(key.public)) for key in found.all_status_keys()), "registries.status_key")
    terms = (watching(found.witnesses), watching(found.monitors))
    return TrustedRegistry(found, logs, tuple(status.items()), witnesses, monitors, terms)


def _cosigners(role: Role, asked: Quorum) -> tuple[VerifierKey, ...]:
    """Return the sound keys of a quorum that can be reached."""
    keys = tuple(map(cosigner_key, asked.keys))
    check_quorum(role, asked.least, keys, place=f"registries.{role}")
    for each in asked.dates or ():
        cosigner_key(each.key)
    return keys


def cosigner_key(text: str) -> VerifierKey:
    """Return the sound key of a witness or monitor.

    Raises:
        InputError: `log.vkey`, also for a key that doesn't cosign; `seal.key*`.
    """
    key = VerifierKey.parse(text)
    check_public_key(key.public)
    if key.type is not KeyType.COSIGNATURE:
        raise InputError.at("log.vkey-cosigns", key=key.name)
    return key


def _public(text: str) -> bytes:
    """Return a sound public key's 32 bytes."""
    public = from_base64url(text)
    check_public_key(public)
    return public


def _unique(pairs: Iterable[tuple[str, _Value]], place: str) -> dict[str, _Value]:
    """Return the pairs by name; raise if a name repeats."""
    indexed: dict[str, _Value] = {}
    for name, value in pairs:
        if name in indexed:
            raise InputError.at("trust.twice", place, name=name)
        indexed[name] = value
    return indexed
