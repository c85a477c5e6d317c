"""A registry as a trust list names it, ready for verification: its logs, the keys of its status lists, its watchers.

Rules: what a key signed within its dates counts (`ledger.trust.terms`).  A log ends by its size.  A head of a log whose
key leaked counts only if the watchers had cosigned it before, or if it is the last one that the list states.

This module opens no list (`ledger.trust.pinned` does).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.log.head import Head
from ledger.log.vkey import VerifierKey
from ledger.trust.terms import KeyTerm
from schemas.instant import MILLISECONDS, epoch_ms
from schemas.problem import CheckError
from schemas.trust import Registry


@dataclass(frozen=True, slots=True)
class TrustedLog:
    """One log of a registry: `key` signs its checkpoints; `final_size` is None while it is open.

    `final_root` is None where the list doesn't state it, and `leaked` (ms since 1970 UTC) where the key never did.
    """

    key: VerifierKey
    final_size: int | None
    voided: frozenset[int]
    final_root: bytes | None = None
    leaked: int | None = None


@dataclass(frozen=True, slots=True)
class TrustedRegistry:
    """A registry: its logs by origin, its status keys by id with the present one first, and its heads' cosigners."""

    listed: Registry
    logs: Mapping[str, TrustedLog]
    status_keys: tuple[tuple[str, bytes], ...]
    witnesses: tuple[VerifierKey, ...]
    monitors: tuple[VerifierKey, ...]
    terms: tuple[Mapping[bytes, KeyTerm], Mapping[bytes, KeyTerm]]
    """When witnesses and monitors count, ended ones too, by their public bytes."""

    @property
    def cosigners(self) -> tuple[VerifierKey, ...]:
        """The keys of all witnesses and monitors, ended ones too."""
        return tuple(term.key for terms in self.terms for term in terms.values())

    def check_head(self, head: Head) -> None:
        """Check that a head is within its log, and of a closed log the listed last one, or raise.

        Raises:
            CheckError: `log.closed`, `log.other-end`.
        """
        log = self.logs[head.origin]
        if log.final_size is not None and head.size > log.final_size:
            raise CheckError.at("log.closed", origin=head.origin, size=head.size, final=log.final_size)
        if head.size == log.final_size and log.final_root not in {None, head.root}:
            raise CheckError.at("log.other-end", origin=head.origin)

    def counts(self, head: Head) -> bool:
        """Return whether a head, opened with `cosigners`, was signed by a good key.

        If the log's key leaked, it is one that enough watchers cosigned before, or the listed last one.
        """
        log = self.logs[head.origin]
        if log.leaked is None or (head.size == log.final_size and log.final_root == head.root):
            return True
        watched = self.listed.witnesses.least or self.listed.monitors.least
        return bool(watched) and all(self.vouched(head, until_ms=log.leaked - 1))

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

        A cosignature counts if its time is from `since_ms` to `until_ms`, and within the dates of its key.  Each key
        counts once, whatever its names.
        """
        times = [(found.key.public, (found.time_s or 0) * MILLISECONDS) for found in head.cosignatures]
        timely = [(public, at) for public, at in times if since_ms <= at and (until_ms is None or at <= until_ms)]
        witnessed, monitored = (
            len({public for public, at in timely if public in terms and terms[public].holds(at)}) >= asked.least
            for asked, terms in zip((self.listed.witnesses, self.listed.monitors), self.terms, strict=True)
        )
        return witnessed, monitored
