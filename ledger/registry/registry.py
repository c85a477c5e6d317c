"""A registry that is open: its database, its keys, its last signed head, and the world around it.

Trust, one sentence a store: the database is believed for nothing that a proof can show; the head store is believed for
the last head that this registry signed, so it must not be restored from a backup together with the database.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple, Protocol

from sqlalchemy import Connection, Engine

from ledger.log.vkey import VerifierKey
from ledger.remote.client import ANSWER_SECONDS
from ledger.seal.signer import Signer, SoftwareSigner
from ledger.store.engine import reading
from ledger.store.logs import StoredHead
from ledger.store.parties import StoredKey, keys_of, registry
from schemas.problem import Problem, RefusedError, StateError


class HeadStore(Protocol):
    """The store of the last signed head, apart from the database.

    Promise: what `advance` returned from is durable, and a head is never replaced by a smaller one.
    """

    @property
    def where(self) -> str:
        """The place of the head, as a person finds it."""
        ...

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


Cosigning = Literal["witnessed", "monitored"]
"""The cosigning of a head that reaches the trust list's quorum: by witnesses alone, or by a monitor too."""


_BEST_FIRST: Final[tuple[Cosigning, ...]] = ("monitored", "witnessed")


class CosignedHeads(Protocol):
    """The store of the newest cosigned heads and of the heads that cosigners have. The cosigners can replace lost ones.

    Each raises StateError, `home.unwritable` or `cosign.unreadable`, where it can't be read or kept.
    """

    def read(self, assurance: Cosigning, origin: str) -> StoredHead | None:
        """Return the newest head of a log of which so much can be said."""
        ...

    def keep(self, note: str, assurance: Cosigning) -> None:
        """Keep a head, unless a larger one of its log is kept."""
        ...

    def ahead(self) -> Mapping[str, int]:
        """Return the cosigners of heads that aren't here, with their sizes; nothing is signed meanwhile."""
        ...

    def warn(self, name: str, size: int) -> None:
        """Keep that a cosigner has cosigned `size` entries which aren't here, or are others here."""
        ...

    def forget(self, names: Collection[str]) -> None:
        """Forget what these said of heads that aren't here: they cosign again, or are asked no more."""
        ...

    def hold(self, why: Problem | None) -> None:
        """Keep this process from signing, and say why; None ends that."""
        ...

    def held(self) -> Problem | None:
        """Return why this process must not sign yet, or None."""
        ...


class NoneCosigned:
    """The store of a registry without cosigners. It keeps nothing."""

    def read(self, assurance: Cosigning, origin: str) -> StoredHead | None:
        """Return nothing."""

    def keep(self, note: str, assurance: Cosigning) -> None:
        """Forget it."""

    def ahead(self) -> Mapping[str, int]:
        """Return nobody."""
        return {}

    def warn(self, name: str, size: int) -> None:
        """Forget it."""

    def forget(self, names: Collection[str]) -> None:
        """Do nothing: there is nothing to forget."""

    def hold(self, why: Problem | None) -> None:
        """Do nothing: signing is never blocked."""

    def held(self) -> Problem | None:
        """Return nothing."""


class GuestKeys(Protocol):
    """The store of the keys with which a registry holds for guests. Each raises StateError `home.locked`."""

    def make(self) -> str:
        """Make a key, keep it, and return its ``did:key``."""
        ...

    def signer(self, did: str) -> Signer:
        """Return what signs for a guest; raise StateError `home.key-missing`."""
        ...


class NoGuestKeys:
    """The store of a registry that was opened without its keys."""

    def make(self) -> str:
        """Refuse it."""
        raise StateError.at("home.locked")

    def signer(self, did: str) -> Signer:
        """Refuse it."""
        del did
        raise StateError.at("home.locked")


@dataclass(frozen=True, slots=True)
class Runtime:
    """The world outside: the time in ms since 1970 UTC, and fresh random bytes.

    `drift_ms` tells by how much that time has jumped since the process began, against the machine's own steady count;
    after `settle` it counts anew from when it is next asked.  Other servers have `remote_seconds` for a whole answer.
    `vouched` says that a person vouches for the time, whatever the log and the trust list say.
    """

    now_ms: Callable[[], int]
    random: Callable[[int], bytes]
    drift_ms: Callable[[], int] = int
    settle: Callable[[], None] = lambda: None
    remote_seconds: int = ANSWER_SECONDS
    vouched: bool = False


class Pen(NamedTuple):
    """The signer of a log's heads: its public key, and the function that signs."""

    log: VerifierKey
    sign: Callable[[bytes], bytes]


def _no_later(log: VerifierKey) -> Pen:
    raise StateError.at("home.log-closed", origin=log.name)


def _none_further(_key: StoredKey) -> None:
    """Load no other keys than those that the registry was opened with."""


def _no_status(_kid: str) -> SoftwareSigner:
    raise StateError.at("home.locked")


def _no_vault() -> Sequence[SoftwareSigner]:
    raise StateError.at("home.locked")


@dataclass(frozen=True, slots=True)
class OpenRegistry:
    """An open registry.

    `log` is the key of the log that was open when it was opened, `sign_head` signs by it; `signers` by the DID they
    sign for.

    `cosigned` are the newest heads that witnesses and monitors have cosigned. `later` gives what signs by the key of
    a log that was opened since, by this process or another; `further` what signs by a party's key that was registered
    since, None where that isn't kept here. `expiries` keeps until when the newest trust list is good, by the digest
    of its record. `guests` keeps the keys of guests. `status` signs the registry's word about ended lots by the key
    of its status lists; None if it was opened without its keys. `status_named` gives a status key that followed it.
    `vault` gives the vault keys, the newest first. `served` if people and programs act through it, who must be known by
    name (`ledger.registry.approval`).
    """

    did: str
    engine: Engine
    heads: HeadStore
    log: VerifierKey
    sign_head: Callable[[bytes], bytes]
    signers: Mapping[str, Signer]
    runtime: Runtime
    cosigned: CosignedHeads = field(default_factory=NoneCosigned)
    later: Callable[[VerifierKey], Pen] = _no_later
    further: Callable[[StoredKey], Signer | None] = _none_further
    expiries: dict[bytes, int] = field(default_factory=dict)
    guests: GuestKeys = field(default_factory=NoGuestKeys)
    status: SoftwareSigner | None = None
    status_named: Callable[[str], SoftwareSigner] = _no_status
    vault: Callable[[], Sequence[SoftwareSigner]] = _no_vault
    served: bool = False

    def signer(self, connection: Connection, did: str, place: str = "") -> Signer:
        """Return what signs for a party now: its newest key that has not ended.

        Raises:
            RefusedError: at `place`, `issue.key-ended` when all its keys were; `issue.no-key` when that one isn't kept
                here.
        """
        newest = newest_key(connection, did, place)
        signer = None if newest is None else self.signer_of(newest)
        if signer is None:
            raise RefusedError.at("issue.no-key", place, producer=did)
        return signer

    def status_signer(self, connection: Connection, opened: Signer) -> Signer:
        """Return what signs by the present status key: `opened`, unless another key has followed it since."""
        kid = registry(connection).status_kid
        return opened if opened.kid == kid else self.status_named(kid)

    def signer_of(self, key: StoredKey) -> Signer | None:
        """Return what signs by a key, None where it isn't kept here."""
        opened = self.signers.get(key.party)
        return opened if opened is not None and opened.kid == key.kid else self.further(key)

    def head_for(self, needed: int, latest: StoredHead) -> StoredHead:
        """Return the head of a log to show for what stands below `needed`, counted through all logs.

        It is the best vouched for that holds all of it, else the `latest`.
        """
        kept = ((found, latest.first + found.size) for _, found in self._kept(latest))
        return next((found for found, end in kept if needed <= end <= latest.end), latest)

    def published(self, latest: StoredHead) -> StoredHead:
        """Return the head to publish: the newest that witnesses have cosigned, else the `latest`."""
        kept = [found for _, found in self._kept(latest)]
        return max(kept, key=lambda found: (found.size, len(found.note)), default=latest)

    def state(self, index: int, head: StoredHead) -> Literal["logged", "witnessed", "monitored"]:
        """Return what can be said of the entry `index` of the log that `head` is of."""
        return next((assurance for assurance, found in self._kept(head) if index < found.size), "logged")

    def _kept(self, head: StoredHead) -> Iterator[tuple[Cosigning, StoredHead]]:
        """Yield the newest cosigned heads of the log that `head` is of, the best vouched for first."""
        for assurance in _BEST_FIRST:
            found = self.cosigned.read(assurance, head.origin)
            if found is not None:
                yield assurance, found._replace(first=head.first)


@dataclass(slots=True)
class RegistrySnapshot:
    """A registry as one connection to its database sees it; `now_ms` is the time that is judged by."""

    registry: OpenRegistry
    connection: Connection
    now_ms: int


@contextmanager
def snapshot(registry: OpenRegistry) -> Iterator[RegistrySnapshot]:
    """Give a registry as it is now, to read; raise StateError `store.unreadable`."""
    with reading(registry.engine) as connection:
        yield RegistrySnapshot(registry, connection, registry.runtime.now_ms())


def newest_key(connection: Connection, did: str, place: str = "") -> StoredKey | None:
    """Return a party's newest key that has not ended, None if it has no key at all.

    Raises:
        RefusedError: at `place`, `issue.key-ended` when all its keys were.
    """
    registered = keys_of(connection, did)
    newest = next((key for key in reversed(registered) if key.end_ms is None), None)
    if newest is None and registered:
        raise RefusedError.at("issue.key-ended", place, producer=did, kid=registered[-1].kid)
    return newest
