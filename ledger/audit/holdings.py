"""The rows of the holdings that a record creates, as they follow from the record and its run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Table

from ledger.audit.faults import Faults, place_of
from ledger.audit.rows import StatedHolding
from ledger.holdings.mark import commitment, mark, open_holding
from ledger.seal.sdjwt import open_certificate
from ledger.store import schema
from ledger.store.reading import StoredRecord, certificates_of
from ledger.store.rows import HoldingRow
from ledger.store.whole import Values, entries_of_marks, holdings_at
from ledger.verify.walk_state import CreatedHolding


@dataclass(frozen=True, slots=True)
class HoldingRows:
    """The holdings that records create; `created` has those of each verified split, move and undo, by its digest."""

    connection: Connection
    created: Mapping[bytes, Mapping[bytes, CreatedHolding]]
    faults: Faults

    def parts(self, record: StoredRecord, used: bytes) -> list[StatedHolding]:
        """Return the holdings that a split or move creates out of the holding of commitment `used`."""
        before = holdings_at(self.connection, [used]).get(used)
        steps = 0 if before is None else before.steps + 1
        return [
            StatedHolding(made, held.mass_mg, *(held.root or (b"", None)), used, steps, held.owner)
            for made, held in self.created.get(record.digest, {}).items()
        ]

    def returned(self, record: StoredRecord, undone: bytes) -> list[StatedHolding]:
        """Return the holdings that the undo of an issuance gives back.

        The parent of each is the holding that the undone run had used as input.
        """
        first = next(iter(certificates_of(self.connection, undone)), None)
        used = [commitment(source.holding) for source in open_certificate(first.text).sources] if first else []
        before = holdings_at(self.connection, used)
        created = self.created.get(record.digest, {})
        return [
            StatedHolding(
                made, held.mass_mg, *(held.root or (b"", None)), parent, before[parent].steps + 1, before[parent].owner
            )
            for (made, held), parent in zip(created.items(), used, strict=False)
            if parent in before
        ]

    def rows(
        self, record: StoredRecord, made: Sequence[StatedHolding], stored: Mapping[Table, list[Values]]
    ) -> list[Sequence[object]]:
        """Return the rows of the holdings that a record creates.

        Their text is the stored one, if its commitment is the record's.
        """
        kept = {row[0]: HoldingRow(*row) for row in stored[schema.HOLDINGS]}
        marks = {each: mark(record.digest, row.text) for each, row in kept.items()}
        used = entries_of_marks(self.connection, list(marks.values())) if marks else {}
        return [
            self._row(record, each, kept.get(each.commitment), used.get(marks.get(each.commitment, b"")))
            for each in made
        ]

    def _row(self, record: StoredRecord, made: StatedHolding, row: HoldingRow | None, used: int | None) -> HoldingRow:
        """Return the row that a holding must have. Its text is that of the stored row, if the commitment fits."""
        text, owner, registry = "", made.owner or "", ""
        if row is not None:
            place = f"{place_of(schema.HOLDINGS, row)}.text"
            text, registry = row.text, row.registry
            if self.faults.require("audit.holding-text", place, holds=commitment(text) == made.commitment):
                holder = open_holding(text)
                owner, registry = made.owner or holder.owner, holder.registry
                self.faults.require("audit.holding-text", place, holds=owner == holder.owner)
        mass, output = made.mass_mg or 0, made.output or 0
        return HoldingRow(
            made.commitment,
            text,
            record.digest,
            made.parent,
            mass,
            owner,
            registry,
            made.issuance,
            output,
            made.steps,
            used,
        )
