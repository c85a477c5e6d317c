"""Verifier keys of signed notes (c2sp.org/signed-note, c2sp.org/tlog-cosignature), and signatures by them.

Rules:

1. A key is a name, a type and the 32 bytes of an Ed25519 public key.  Its id is the first four bytes of SHA-256(name ||
   newline || type || public key).  Its text is ``name+id+base64(type || public key)``, in one spelling.
2. Type 1 signs the note's text.  Type 4 signs a time and the text (a cosigning witness or monitor).  There are no
   others.
3. Signatures by unknown keys are ignored.  A signature that names a known key must verify, or the whole note is
   refused.  A note without a signature by a known key is refused.

This module does not refuse weak public keys (`ledger.seal.keys` does, when a key is registered).  It judges no time and
counts no quorum.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import IntEnum
from hashlib import sha256
from typing import Final, Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from schemas.note import KEY_ID_BYTES, Cosignature, Note, Signature, check_key_name, cosignature_message
from schemas.problem import CheckError, InputError

PUBLIC_KEY_BYTES: Final = 32


class KeyType(IntEnum):
    """The signature types that Oreprint knows, with their C2SP numbers."""

    ED25519 = 1
    COSIGNATURE = 4


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A named public key: a trust list pins it, and a signature line refers to it.  `public` is a raw Ed25519 key."""

    name: str
    public: bytes
    type: KeyType = KeyType.ED25519
    key_id: bytes = field(init=False)

    def __post_init__(self) -> None:
        """Check that a line can refer to the key, and compute its id (rule 1)."""
        check_key_name(self.name)
        if len(self.public) != PUBLIC_KEY_BYTES:
            raise InputError.at("log.vkey", key=self.name)
        named = f"{self.name}\n".encode() + bytes([self.type]) + self.public
        object.__setattr__(self, "key_id", sha256(named).digest()[:KEY_ID_BYTES])

    def to_text(self) -> str:
        """Return the key's text, a *vkey*."""
        encoded = base64.b64encode(bytes([self.type]) + self.public).decode()
        return f"{self.name}+{self.key_id.hex()}+{encoded}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Parse a vkey.

        Raises:
            InputError: `log.vkey`, `log.key-name`.
        """
        name, _, rest = text.partition("+")
        _, _, encoded = rest.partition("+")
        try:
            raw = base64.b64decode(encoded.encode("ascii"), validate=True)
            key = cls(name, raw[1:], KeyType(int.from_bytes(raw[:1], "big")))
        except (binascii.Error, ValueError) as error:  # ValueError: not ASCII, or an unknown type
            raise InputError.at("log.vkey", key=text) from error
        if key.to_text() != text:
            raise InputError.at("log.vkey", key=text)
        return key


@dataclass(frozen=True, slots=True)
class Endorsement:
    """A verified signature by `key`; `time_s` is the POSIX time of a cosignature, None for a plain signature."""

    key: VerifierKey
    time_s: int | None = None


def sign_note(text: str, key: VerifierKey, sign: Callable[[bytes], bytes]) -> Note:
    """Return the note of `text` with one plain signature by `key`, made by `sign` over the text's bytes.

    Raises:
        InputError: `log.vkey` if `key` is a cosigner's.
    """
    if key.type is not KeyType.ED25519:
        raise InputError.at("log.vkey", key=key.name)
    return Note(text, (Signature(key.name, key.key_id, sign(text.encode())),))


def cosign_note(text: str, key: VerifierKey, *, time_s: int, sign: Callable[[bytes], bytes]) -> Signature:
    """Return the signature line by which `key` cosigns the checkpoint `text` at `time_s` (c2sp.org/tlog-cosignature).

    Raises:
        InputError: `log.vkey` if `key` is not a cosigner's; `log.cosignature` for a time that no line can hold.
    """
    if key.type is not KeyType.COSIGNATURE:
        raise InputError.at("log.vkey", key=key.name)
    signature = sign(cosignature_message(text, time_s))
    return Signature(key.name, key.key_id, Cosignature(time_s, signature).to_bytes())


def open_note(note: Note, keys: Iterable[VerifierKey]) -> tuple[Endorsement, ...]:
    """Return the signatures on the note by `keys`, in the order of the keys and then of the lines (rule 3).

    Raises:
        CheckError: `log.signature` if a signature by one of the keys is wrong, `log.unsigned` if there is none.
    """
    endorsements = tuple(
        _endorsement(note.text, line, key) for key in keys for line in note.signed_by(key.name, key.key_id)
    )
    if not endorsements:
        raise CheckError.at("log.unsigned")
    return endorsements


def _endorsement(text: str, line: Signature, key: VerifierKey) -> Endorsement:
    """Verify one signature line against the key that it names."""
    try:
        message, signature, time_s = _signed(text, line.signature, key.type)
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, message)
    except (InvalidSignature, ValueError, InputError) as error:  # ValueError: 32 bytes that are no public key
        raise CheckError.at("log.signature", key=key.name) from error
    return Endorsement(key, time_s)


def _signed(text: str, raw: bytes, key_type: KeyType) -> tuple[bytes, bytes, int | None]:
    """Return the signed message, the Ed25519 signature and, if there is one, the time of signing."""
    match key_type:
        case KeyType.ED25519:
            return text.encode(), raw, None
        case KeyType.COSIGNATURE:
            cosigned = Cosignature.parse(raw)
            return cosigned.message(text), cosigned.signature, cosigned.time_s
