"""The lists of a log under audit, status lists and trust lists: each must be the next of its name, signed and logged.

A status list must have the bits that the log up to its own entry sets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256

from ledger.audit.faults import Faults
from ledger.log.entry import Entry, ListVersion, StatusBit
from ledger.registry.proofs import Proofs
from ledger.store.reading import StoredRecord
from ledger.trust.pinned import Trust, follow, open_trust
from ledger.trust.registries import TrustedRegistry
from ledger.trust.status import CODE_OF_PURPOSE, StatusList, open_status_list, rebuild
from schemas.instant import instant_text, whole_second


@dataclass(slots=True)
class PublishedLists:
    """The lists that the log has put in force so far, and the status bits that it has set."""

    home: TrustedRegistry
    proofs: Proofs
    faults: Faults
    trusted: Trust | None = None
    _versions: dict[str, int] = field(default_factory=dict)
    _bits: dict[tuple[int, int], list[StatusBit]] = field(default_factory=dict)

    def set_bits(self, entry: Entry) -> None:
        """Keep the bits that an entry sets, for later lists."""
        for bit in entry.bits:
            self._bits.setdefault((bit.list_number, bit.purpose), []).append(bit)

    def status_list(self, record: StoredRecord, entry: Entry, place: str) -> Sequence[object]:
        """Judge a status list; return its row.

        It must be signed, be the next of its name, and have the bits that the log up to its own entry sets.
        """
        opened, name, before = self.next_status(record)
        listed = opened.record
        changes = self._bits.get((listed.list, CODE_OF_PURPOSE[listed.purpose]), ())
        stated = (listed.registry, listed.size, listed.number, opened.issued)
        size, time = record.entry - self.proofs.above(record.entry).first, instant_text(whole_second(entry.time_ms))
        due = (self.home.listed.id, size, before + 1, time)
        self.faults.require(
            "audit.list", place, holds=stated == due, name=name, reason="registry, size, number or time"
        )
        rebuilt = rebuild(changes, purpose=listed.purpose, list_number=listed.list)
        self.faults.require("audit.list", place, holds=opened.bits == rebuilt, name=name, reason="the bits")
        self._listed(record, entry, listed.number, place)
        return ("status", name, listed.number, record.digest)

    def next_status(self, record: StoredRecord) -> tuple[StatusList, str, int]:
        """Return a status list, its name, and the number of the one before; raise unless it is signed."""
        opened = open_status_list(record.text, keys=self.home.status_keys)
        name = f"{opened.record.purpose}/{opened.record.list}"
        before, self._versions[name] = self._versions.get(name, 0), opened.record.number
        return opened, name, before

    def next_trust(self, record: StoredRecord) -> Trust:
        """Return a trust list; raise unless it is signed, also by the one before it."""
        self.trusted = open_trust(record.text) if self.trusted is None else follow(self.trusted, record.text)
        return self.trusted

    def trust_list(self, record: StoredRecord, entry: Entry, place: str) -> Sequence[object]:
        """Judge a trust list; return its row. It must be signed, also by the one before it."""
        opened = self.next_trust(record)
        self._listed(record, entry, opened.listed.number, place)
        return ("trust", "", opened.listed.number, record.digest)

    def _listed(self, record: StoredRecord, entry: Entry, number: int, place: str) -> None:
        """Check that an entry names the list in it, and has no mark and no bit."""
        due = ListVersion(number, sha256(record.content).digest())
        plain = entry.listed == due and not entry.marks and not entry.bits
        self.faults.require("audit.listed", place, holds=plain)
