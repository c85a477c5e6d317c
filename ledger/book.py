"""A registry that is open: its database, its keys, its last signed head, and the world around it.

Trust, one sentence a store: the database is believed for nothing that a proof can show; the head store is believed for the last head
that this registry signed, so it must not be restored from a backup together with the database.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Engine

    from ledger.log.vkey import VerifierKey
    from ledger.seal.signer import Signer


class HeadStore(Protocol):
    """Where the last signed head is kept, apart from the database.

    Promise: what `advance` returned from is durable, and a head is never replaced by a smaller one.
    """

    def read(self) -> str:
        """Return the last head's checkpoint note; raise StateError `home.head-missing`."""
        ...

    def begin(self, note: str) -> None:
        """Put the first head where there is none; raise StateError `home.behind-head` where there is another."""
        ...

    def advance(self, known: str, note: str) -> None:
        """Replace `known` by `note`; one that another writer has put there since must be larger than `note` and stays.

        Raises:
            StateError: `home.behind-head`; `home.unwritable`, and then either of the two may be there.

        """
        ...

    def check_room(self) -> None:
        """Raise StateError `home.unwritable` where no further head could be kept now."""
        ...


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The world outside: the time in ms since 1970 UTC, and fresh random bytes.

    `drift_ms` tells by how much that time has jumped since the process began, against the machine's own steady count.
    """

    now_ms: Callable[[], int]
    random: Callable[[int], bytes]
    drift_ms: Callable[[], int] = int


@dataclass(frozen=True, slots=True)
class Book:
    """An open registry.  `log` is the key of its one open log, `sign_head` signs with it; `signers` by the DID they sign for."""

    registry: str
    engine: Engine
    heads: HeadStore
    log: VerifierKey
    sign_head: Callable[[bytes], bytes]
    signers: Mapping[str, Signer]
    around: Surroundings
