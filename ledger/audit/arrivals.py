"""Verify the records from other registries again, by the lines that came with them.

Rules: each line is judged once, with the stored head and lists of its registry. Lines of this registry are judged at
their own place in its log. The row of an arrival must be what its certificate and its move say. Nothing is fetched, so
entries that other registries logged since are unknown here.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from dataclasses import dataclass, field

from sqlalchemy import Connection

from ledger.audit.recall import Key, Recalled, Value
from ledger.audit.rows import StatedHolding
from ledger.bundles.imported import Came, arrival_row, came_with, heads_of
from ledger.holdings.mark import commitment
from ledger.seal.sdjwt import open_certificate
from ledger.store.reading import holdings_created, record
from ledger.store.rows import ArrivalRow
from ledger.verify.chain import Chain
from ledger.verify.verify import add_certificate, add_record
from schemas.bundle import CertificateLine
from schemas.problem import CheckError


@dataclass(slots=True)
class Arrivals:
    """The arrivals of the registry `home`, and which lines were judged already."""

    connection: Connection
    home: str
    _heads: set[str] = field(default_factory=set)
    _judged: set[bytes] = field(default_factory=set)

    def judge(self, chain: Chain, came: ArrivalRow) -> tuple[ArrivalRow, list[StatedHolding]]:
        """Judge what came with a move. Return the row that the arrival must have, and the holding that it created here.

        Raises:
            CheckError: `audit.arrival`, where its lines don't show it.
        """
        lines = came_with(self.connection, record(self.connection, came.move), "auditor")
        registries = {each.registry for each in lines} - {self.home} - self._heads
        for head in heads_of(self.connection, registries):
            chain.heads.add(head)
        self._heads |= registries
        for each in lines:
            if each.registry != self.home and each.digest not in self._judged:
                self._judged.add(each.digest)
                _judge(chain, each)
        chain.forget_runs()
        chain.inputs.consumed.clear()
        return self._row(came, lines, chain), self._made(came, chain)

    def _row(self, came: ArrivalRow, lines: list[Came], chain: Chain) -> ArrivalRow:
        shown = [each.line for each in lines if each.digest == came.certificate]
        if not shown or not isinstance(shown[0], CertificateLine):
            raise CheckError.at("audit.arrival", reason="its certificate is not among its lines")
        opened = open_certificate(shown[0].certificate)
        seen = chain.seen.get(opened.digest)
        first = chain.paths.first(seen.issuance) if seen else came.issuance
        return arrival_row(opened.record, came.move, first, (opened.digest_bytes, opened.jws.text), came.transfer)

    def _made(self, came: ArrivalRow, chain: Chain) -> list[StatedHolding]:
        stored = {row.commitment: row for row in holdings_created(self.connection, came.move)}
        found = chain.paths.created.get(came.move, {})
        if not found:
            raise CheckError.at("audit.arrival", reason="its lines don't lead to it")
        return [
            StatedHolding(
                made, held.mass_mg or stored[made].mass_mg, came.issuance, came.output, None, stored[made].steps
            )
            for made, held in found.items()
            if made in stored and commitment(stored[made].text) == made
        ]


def _judge(chain: Chain, came: Came) -> None:
    line = came.line
    if isinstance(line, CertificateLine):
        seen = add_certificate(chain, open_certificate(line.certificate), values=line.values, proof=line.proof)
        _hold(chain.seen, seen.digest)
        _hold(chain.paths.issued, seen.issuance)
    else:
        ending = add_record(chain, line)
        if ending is not None:
            chain.standing.check_endings([ending], chain.seen)


def _hold(judged: MutableMapping[Key, Value], key: Key) -> None:
    """Keep a value that can't be read from this database again."""
    if isinstance(judged, Recalled) and key in judged:
        judged.hold(key)
