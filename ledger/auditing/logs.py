"""The logs that an auditor has read: the positions of entries, and which bits of the status lists they set, and when.

Rules: an auditor believes what it read itself, up to a head that the quorum and a monitor have cosigned within a day.
What it can't read counts as ended.  The log of another registry is read when something first asks for it.
"""
# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)
from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from ledger.log.entry import Entry, PurposeCode
from ledger.log.head import Head
from ledger.seal.digest import from_base64url
from ledger.store.followed import Bits, FollowedLog
from ledger.trust.registries import TrustedRegistry
from ledger.verify.heads import ProvenEntry
from schemas.bundle import Proof
from schemas.instant import DAY_MS
from schemas.problem import OreprintError

FRESH_MS: Final = DAY_MS
"""How old the cosignatures of a head may be."""


@dataclass(frozen=True, slots=True)
class ReadLogs:
    """The logs of one registry; `first` is the position of each log's first entry, by origin, `head` the newest."""

    registry: TrustedRegistry
    followed: FollowedLog
    first: Mapping[str, int]
    head: Head

    @classmethod
    def of(cls, registry: TrustedRegistry, followed: FollowedLog, head: Head) -> ReadLogs:
        """Return the logs as they were read up to `head`, which is of the last one."""
        finished = {each.origin: each.first for each in followed.finished()}
        end = sum(each.size for each in followed.finished())
        return cls(registry, followed, {head.origin: end, **finished}, head)

    @property
    def end(self) -> int:
        """The position behind the last entry that was read, counted through all logs."""
        return self.first[self.head.origin] + self.head.size

    def position(self, logged: ProvenEntry) -> int | None:
        """Return the position of a proven entry, counted through all logs; None in a log that was not read."""
        first = self.first.get(logged.origin)
        return None if first is None else first + logged.index

    def has(self, entries: Sequence[tuple[bytes, int]]) -> bool:
        """Return whether each of these entries, by blinded digest and index, was read, in whichever of the logs."""
        found = self.followed.entries_of(digest for digest, _ in entries)
        starts = {*self.first.values()}
        return all(digest in found and found[digest] - index in starts for digest, index in entries)

    def position_of(self, proof: Proof) -> int | None:
        """Return where the entry of a proof was read, counted through all logs, None where it was not."""
        digest = Entry.parse(from_base64url(proof.entry)).digest
        return self.followed.entries_of([digest]).get(digest)

    def ended_before(self, list_number: int, place: int, *, position: int | None, time_ms: int) -> bool:
        """Return whether a certificate had ended before an entry of this registry at `position`, or at `time_ms`.

        A suspension that was lifted before that is over.
        """
        suspended = False
        for change in self.followed.changes_at(list_number, place):
            before = change.time_ms < time_ms if position is None else change.entry < position
            if before and change.purpose == PurposeCode.SUSPENSION:
                suspended = bool(change.value)
            elif before:
                return True
        return suspended

    def lifts(self, judged: Collection[int]) -> list[tuple[int, int]]:
        """Return the places of the status lists (list, index) with a lift that was not `judged`, by its entry."""
        return [(number, place) for number, place, entry in self.followed.lifts() if entry not in judged]

    def bits(self) -> Bits:
        """Return all bits that are set now."""
        return self.followed.bits()

    def voided(self) -> set[int]:
        """Return the positions of entries that the trust list voids."""
        logs = self.registry.logs
        return {
            first + index for origin, first in self.first.items() if origin in logs for index in logs[origin].voided
        }


class ReachedLogs(Mapping[str, ReadLogs]):
    """The logs of all registries that are asked for in a round, each read once; what can't be read is missing."""

    def __init__(self, own: ReadLogs, read: Callable[[str], ReadLogs]) -> None:
        self._found: dict[str, ReadLogs | None] = {own.registry.listed.id: own}
        self._read = read

    def __getitem__(self, registry: str) -> ReadLogs:
        if registry not in self._found:
            self._found[registry] = None
            with suppress(OreprintError):
                self._found[registry] = self._read(registry)
        found = self._found[registry]
        if found is None:
            raise KeyError(registry)
        return found

    def __iter__(self) -> Iterator[str]:
        return (name for name, logs in self._found.items() if logs is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)
