"""The head of a log: a checkpoint that the log's own key has signed.

Rules, in this order:

1. The note is well formed and signed by the pinned log key; each signature by a pinned key verifies.
2. Its text is a checkpoint of the log with the key's name: the origin is the name of the key.
3. A tree without entries has the root of no entries.

This module does not keep heads or compare them with earlier ones (a consistency proof does, `ledger.log.merkle`).  It
judges neither age nor quorum (the verifier's policy does).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from ledger.log.merkle import EMPTY_ROOT
from ledger.log.vkey import Endorsement, VerifierKey, open_note, sign_note
from schemas.checkpoint import Checkpoint
from schemas.note import Note
from schemas.problem import CheckError

OPENED_KEPT: Final = 256
"""Opened heads in the cache, by text and keys: those of a log with as many commits, audited again, too."""


@dataclass(frozen=True, slots=True)
class Head:
    """A verified tree head: `origin` (the log's name), `size` in entries, `root` hash, and its cosignatures."""

    origin: str
    size: int
    root: bytes
    cosignatures: tuple[Endorsement, ...] = ()


def sign_head(key: VerifierKey, *, size: int, root: bytes, sign: Callable[[bytes], bytes]) -> str:
    """Return the checkpoint note of the log named as `key`, signed by `sign` (bytes to 64 bytes of Ed25519 signature).

    The caller must never sign two heads of which neither is the beginning of the other.

    Raises:
        InputError: `log.checkpoint-size`, `log.checkpoint-root`, `log.vkey`.
    """
    return sign_note(Checkpoint(key.name, size, root).to_text(), key, sign).to_text()


def open_head(text: str | bytes, log: VerifierKey, *, cosigners: Iterable[VerifierKey] = ()) -> Head:
    """Open a checkpoint note that `log` must have signed, and return the head with those of `cosigners` that signed it.

    Raises:
        InputError: `log.note-*`, `log.checkpoint-*`, `log.key-name` if it is not a checkpoint note.
        CheckError: `log.unsigned`, `log.signature`, `log.origin`, `log.empty-root`.
    """
    return _opened(text, log, tuple(cosigners))


@lru_cache(maxsize=OPENED_KEPT)
def _opened(text: str | bytes, log: VerifierKey, cosigners: tuple[VerifierKey, ...]) -> Head:
    """Open a head; cached, since all bundles of one moment lead to the same head."""
    note = Note.parse(text)
    open_note(note, [log])
    checkpoint = Checkpoint.parse(note.text)
    if checkpoint.origin != log.name:
        raise CheckError.at("log.origin", origin=checkpoint.origin, log=log.name)
    if checkpoint.size == 0 and checkpoint.root != EMPTY_ROOT:
        raise CheckError.at("log.empty-root")
    present = [key for key in cosigners if any(note.signed_by(key.name, key.key_id))]
    return Head(checkpoint.origin, checkpoint.size, checkpoint.root, open_note(note, present) if present else ())
