"""A stored run with everything in it, as the registry reads it to look up what runs say of each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.seal.digest import digest_bytes
from ledger.seal.sdjwt import OpenCertificate
from schemas.certificate import Facility
from schemas.inventory import InventoryGroup, Materials
from schemas.problem import MissingError
from schemas.run import InputFacts, Output, Run, Source


class WholeRun(NamedTuple):
    """A run that withholds nothing. `first` is the first run of its chain of corrections, else its own issuance."""

    issuance: bytes
    first: bytes
    run: Run
    facility: Facility
    inputs: Sequence[tuple[InputFacts, Source]]
    groups: Sequence[InventoryGroup]
    outputs: Sequence[Output]

    @classmethod
    def of(cls, opened_: OpenCertificate, issuance: bytes) -> WholeRun:
        """Return the run of a stored certificate that withholds nothing.

        Raises:
            MissingError: `store.record-missing` if the certificate withholds something.
        """
        run = opened_.run
        if run is None:
            raise MissingError.at("store.record-missing")
        inputs = [(each.value, each.source) for each in run.inputs if each is not None and each.source is not None]
        outputs = [each for each in run.outputs if each is not None]
        follows = run.value.follows
        first = issuance if follows is None else digest_bytes(follows.first_run)
        return cls(issuance, first, run.value, opened_.record.batch.facility, inputs, run.groups, outputs)

    @property
    def materials(self) -> Materials:
        """The materials without a certificate."""
        return next(group for group in self.groups if isinstance(group, Materials))

    @property
    def names_others(self) -> bool:
        """Whether it declares anything of another run."""
        named = any(each.run is not None for each in self.run.absent or ())
        return named or any(each.generated_by is not None for each in self.materials.lines)
