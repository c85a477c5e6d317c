"""Hand over what was issued: offer the lots to somebody, and write the certificates as files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from cli.files import write_certificate
from ledger.lots.balance import holdings_of
from ledger.registry.registry import OpenRegistry
from ledger.transfers.ship import Dispatch, ship
from schemas.problem import InputError, OreprintError, RefusedError, StateError

if TYPE_CHECKING:
    from ledger.issuing.issue import IssuedRun
    from schemas.record import ProductionRecord


def check_offered(record: ProductionRecord, to: str) -> None:
    """Refuse to offer lots to their own producer, or those that are somebody else's from the first."""
    if record.producer == to:
        raise RefusedError.at("holding.to-yourself", "producer", owner=to)
    for number, each in enumerate(record.outputs):
        if each.certify and each.owner not in {None, record.producer}:
            raise RefusedError.at("holding.not-yours", f"outputs[{number}].owner", lot=each.lot, owner=record.producer)


def deliver(
    registry: OpenRegistry, issued: Sequence[tuple[str, IssuedRun | OreprintError]], *, to: str | None, out: Path
) -> None:
    """Offer the lots of what was issued to `to`, if that was asked, and write the certificates.

    `issued` is the producer of each run, and what became of it.

    Raises:
        StateError: `issue.unwritten`.
    """
    made = [(producer, one) for producer, one in issued if not isinstance(one, OreprintError)]
    if to is not None:
        for producer, one in made:
            for certificate in one.certificates:
                if _due(registry, producer, certificate.digest, unchanged=one.unchanged):
                    ship(registry, Dispatch(certificate.digest, producer, to))
    write_certificates([(each.lot, each.text) for _, one in made for each in one.certificates], out)


def _due(registry: OpenRegistry, producer: str, digest: str, *, unchanged: bool) -> bool:
    """Return whether to offer a lot: a new one with unused mass, or an earlier one that is wholly unused."""
    (left,) = holdings_of(registry, producer, lot=digest)
    return left.state == "standing" and left.left_mg >= (left.lot.net_mass_mg if unchanged else 1)


def write_certificates(certificates: Sequence[tuple[str, str]], out: Path, *, code: str = "issue.unwritten") -> None:
    """Write certificates that were issued, lot and text of each.

    Raise StateError `code` with the lots of those that could not be.
    """
    for number, (lot, text) in enumerate(certificates):
        try:
            write_certificate(out, lot, text, synced=False)  # it is logged, so the disk is not waited for
        except InputError as error:
            lots = ", ".join(lot for lot, _ in certificates[number:])
            problem = error.problems[0]
            raise StateError.at(code, problem.place, lots=lots, **problem.facts) from error
