"""State of the walk over records: holdings, issuances and endings that later records and the report need."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from ledger.seal.digest import digest_bytes
from ledger.seal.disclosure import open_value
from ledger.verify.certificate import ShownCertificate
from ledger.verify.heads import ProvenEntry
from schemas.frozen import Frozen
from schemas.holding import Holder
from schemas.quantity import milligrams
from schemas.run import Run
from schemas.statement import StatusChange

Root = tuple[bytes, int | None]
"""The batch a holding is of: record digest of the first issuance, and the output's number (None: not shown)."""


class CreatedHolding(Frozen):
    """A holding some record created: mass in mg, the batch it is of, and what its text must say where that is fixed.

    Mass and batch are None where the run that tells them is withheld.
    """

    mass_mg: int | None
    root: Root | None
    logged: ProvenEntry
    owner: str | None = None
    registry: str | None = None


class Used(Frozen):
    """A used holding: its owner, the holdings created from it, and the mark."""

    holder: Holder
    held: CreatedHolding
    mark: bytes


class ShownIssuance(Frozen):
    """The facts of an issuance that later records need.

    `first` is the issuance whose holdings stand at the root of paths (its own, unless it follows another); `values` are
    its outputs'; `holdings` commitment and mass in mg of each output; `inputs` mass in mg and root of each input.  The
    run is kept as the text of its disclosure, a fifth of what its documents take: only a correction of it asks what
    else it says.
    """

    digest: bytes
    first: bytes
    producer: str
    registry: str
    text: str
    values: tuple[bytes, ...]
    holdings: tuple[tuple[bytes, int], ...]
    inputs: tuple[tuple[int | None, Root | None], ...]

    @classmethod
    def of(
        cls, run: Run, text: str, seen: ShownCertificate, inputs: Sequence[tuple[int | None, Root | None]]
    ) -> ShownIssuance:
        """Return the facts of an issuance, from a certificate that shows the run."""
        return cls(
            digest=seen.issuance,
            first=seen.issuance,
            producer=run.producer,
            registry=run.registry,
            text=text,
            values=seen.values,
            holdings=tuple([(digest_bytes(made.holding), milligrams(made.net_mass_kg)) for made in run.made]),
            inputs=tuple(inputs),
        )

    @property
    def run(self) -> Run:
        """The run, read once more."""
        return open_value(self.text, Run)


class WithheldIssuance(NamedTuple):
    """The known facts of an issuance whose run is withheld: from a certificate, and of each holding (`held`).

    `marks` are those that its first issuance left in the log, none where that is not here.
    """

    producer: str
    registry: str
    values: tuple[bytes, ...]
    held: CreatedHolding
    marks: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Ending:
    """A statement about the status of a certificate: its content, its signer (a DID), and its log entry."""

    said: StatusChange
    signer: str
    logged: ProvenEntry
