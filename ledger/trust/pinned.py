"""The pinned trust list: opened once, then queried.

Rules, in this order:

1. The note is well formed, and its text is one trust list in one spelling, ended by a newline.
2. At least `threshold` different keys of its own list have signed it.  A next version is also signed by the threshold
   of the version before it, and has a greater number (`succeed`).
3. Each public key is a sound Ed25519 key with one role and one owner (`ledger.trust.roles`).  No key, party, registry
   or origin is listed twice. Each quorum can be reached.  Auditors are independent (`ledger.trust.auditors`).
4. A party's key is good for a record *logged* from `since` until `until`, and before `compromised`.

This module reads no clock and fetches nothing; the caller gives the time to ask whether a list has expired.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final, TypeVar

from ledger.log.head import Head
from ledger.log.vkey import KeyType, VerifierKey, open_note, sign_note
from ledger.seal.digest import from_base64url
from ledger.seal.keys import check_public_key
from ledger.trust.auditors import Roster, check_auditors
from ledger.trust.roles import Role, check_distinct, check_quorum, key_uses
from schemas.door import parse_value, validated
from schemas.door.limits import MAX_BYTES
from schemas.instant import MILLISECONDS, epoch_ms
from schemas.lot import normal_lot
from schemas.name import Name
from schemas.note import Note, Signature
from schemas.problem import CheckError, InputError
from schemas.trust import Party, PartyKey, Plant, Quorum, Registry, Scheme, TrustFile, TrustList

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
class TrustedLog:
    """One log of a registry: `key` signs its checkpoints; `final_size` is None while it is open."""

    key: VerifierKey
    final_size: int | None
    voided: frozenset[int]


@dataclass(frozen=True, slots=True)
class TrustedRegistry:
    """A registry: its logs by origin, its status keys by id with the present one first, and its heads' cosigners."""

    listed: Registry
    logs: Mapping[str, TrustedLog]
    status_keys: tuple[tuple[str, bytes], ...]
    witnesses: tuple[VerifierKey, ...]
    monitors: tuple[VerifierKey, ...]

    def status_public(self, kid: str, *, logged: int) -> bytes:
        """Return the status key named `kid`, which must have been good at `logged` ms.

        Raises:
            CheckError: `trust.key-unknown`, `trust.key-time`.
        """
        key = next((each for each in self.listed.all_status_keys() if each.kid == kid), None)
        if key is None:
            raise CheckError.at("trust.key-unknown", kid=kid)
        ends = [epoch_ms(end) for end in (key.until, key.compromised) if end is not None]
        if logged < epoch_ms(key.since) or any(logged >= end for end in ends):
            raise CheckError.at("trust.key-time", kid=key.kid)
        return dict(self.status_keys)[kid]

    def vouched(self, head: Head, *, since_ms: int = 0, until_ms: int | None = None) -> tuple[bool, bool]:
        """Return whether enough witnesses, and whether enough monitors, cosigned a head; a pilot needs none.

        A cosignature counts if its time is from `since_ms` to `until_ms`.  Each key counts once, whatever its names.
        """
        times = ((found.key.public, (found.time_s or 0) * MILLISECONDS) for found in head.cosignatures)
        signed = {public for public, at in times if since_ms <= at and (until_ms is None or at <= until_ms)}
        quorums = ((self.listed.witnesses, self.witnesses), (self.listed.monitors, self.monitors))
        witnessed, monitored = (len(signed & {key.public for key in keys}) >= asked.least for asked, keys in quorums)
        return witnessed, monitored


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


def note_in(content: bytes) -> str:
    """Return the signed note in the file of a trust list; raise InputError `json.*`, `document.*`."""
    return validated(TrustFile, parse_value(content, media="json", max_string=MAX_BYTES)).note


@lru_cache(maxsize=OPENED_KEPT)
def open_trust(note_text: str) -> Trust:
    """Open a trust list that the caller trusts already; check rules 1 to 3 (the threshold of its own keys).

    Raises:
        InputError: `trust.form`, `trust.twice`, `trust.key-shared`, `trust.quorum`, `trust.auditor*`, `log.note-*`,
            `document.*`, `seal.key*`.
        CheckError: `trust.threshold`, `log.signature`, `log.unsigned`.
    """
    note = Note.parse(note_text)
    if not note.text.endswith("\n") or note.text.count("\n") != 1:
        raise InputError.at("trust.form")
    listed = TrustList.from_text(note.text[:-1])
    _check_threshold(note, listed)
    return _indexed(listed, note_text)


def succeed(pinned: Trust, note_text: str) -> Trust:
    """Open the next version of a pinned list: newer, and also signed by the threshold of the pinned one (rule 2).

    Raises:
        InputError: as `open_trust`.
        CheckError: `trust.rollback`, `trust.threshold`, `log.signature`, `log.unsigned`.
    """
    following = open_trust(note_text)
    if following.listed.number <= pinned.listed.number:
        raise CheckError.at("trust.rollback", number=following.listed.number, seen=pinned.listed.number)
    _check_threshold(Note.parse(note_text), pinned.listed)
    return following


def sign_trust(listed: TrustList, signers: Sequence[tuple[VerifierKey, Callable[[bytes], bytes]]]) -> str:
    """Return the note of `listed` signed by each signer (key and its signing function)."""
    text = listed.to_text() + "\n"
    signatures: list[Signature] = []
    for key, sign in signers:
        signatures += sign_note(text, key, sign).signatures
    return Note(text, tuple(signatures)).to_text()


def _check_threshold(note: Note, listed: TrustList) -> None:
    """Check that the threshold of different keys of `listed` have signed a note, or raise."""
    endorsed = open_note(note, map(VerifierKey.parse, listed.keys))
    if len({found.key.public for found in endorsed}) < listed.threshold:
        raise CheckError.at("trust.threshold", signed=len(endorsed), needed=listed.threshold)


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
        logs[log.origin] = TrustedLog(key, log.final_size, voided)
    witnesses, monitors = _cosigners("witness", found.witnesses), _cosigners("monitor", found.monitors)
    status = _unique(((key.kid, _public(key.public)) for key in found.all_status_keys()), "registries.status_key")
    return TrustedRegistry(found, logs, tuple(status.items()), witnesses, monitors)


def _cosigners(role: Role, asked: Quorum) -> tuple[VerifierKey, ...]:
    """Return the sound keys of a quorum that can be reached."""
    keys = tuple(map(cosigner_key, asked.keys))
    check_quorum(role, asked.least, keys, place=f"registries.{role}")
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
