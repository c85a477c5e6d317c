"""The lines of a bundle on their way through the steps, and what is shown of a certificate's run.

Rules: each place of a run has one digest, so two views of it can't differ; they only show more or less.  What any
certificate of an issuance shows is shown.  A run is checked when it is first shown, and again as a whole whenever a
later certificate shows more of it. All certificates of an issuance are held to what is shown of their run, whichever
showed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Self

from ledger.footprint.inventory import Inventory
from ledger.footprint.shared import Shared
from ledger.holdings.mark import issuance_digest
from ledger.holdings.split import SplitRecord
from ledger.seal.digest import digests_bytes
from ledger.seal.sdjwt import OpenCertificate, OpenInput, OpenRun
from ledger.seal.statement import OpenStatement
from ledger.trust.pinned import TrustedKey
from ledger.verify.findings import Finding, Outcome
from ledger.verify.heads import ProvenEntry
from schemas.bundle import BundleLine, Proof, SplitLine, StatementLine
from schemas.certificate import CertificateRecord
from schemas.document import replace
from schemas.frozen import Frozen
from schemas.problem import OreprintError


class Redone(Frozen):
    """The figures of a run as the verifier computed them; `complete` says that nothing was withheld for them."""

    shared: Shared
    placeholders: int
    complete: bool


@dataclass(slots=True, eq=False)
class RunView:
    """The parts of one run shown so far, the certificates that show them, and the parts found withheld.

    `redone` are its figures as the verifier found them; `inventory` is the run as the plausibility rules see it, once
    it is shown whole.
    """

    run: OpenRun | None = None
    certificates: list[ShownCertificate] = field(default_factory=list)
    withheld: list[Finding] = field(default_factory=list)
    redone: Redone | None = None
    inventory: Inventory | None = None

    def add(self, run: OpenRun | None) -> bool:
        """Add what a certificate shows of the run; return whether that is more than was shown before."""
        before = self.run
        if run is not None:
            self.run = run if before is None else put_together(before, run)
        return self.run != before

    def withhold(self, findings: Iterable[Finding]) -> None:
        """Remember the findings about withheld parts."""
        self.withheld += [finding for finding in findings if finding.outcome is Outcome.WITHHELD]


_NO_VIEW: Final = RunView()


@dataclass(slots=True, eq=False)
class ShownLine:
    """A line of a bundle: its number, the document in it, or the error that reading it gave.

    One that is `refused` takes no further steps.
    """

    number: int
    document: BundleLine | None
    error: OreprintError | None = field(default=None, kw_only=True)
    refused: bool = field(default=False, kw_only=True)


@dataclass(slots=True, eq=False)
class ShownRecord(ShownLine):
    """A split or a statement; `logged` is None where no proof held."""

    document: SplitLine | StatementLine
    digest: bytes
    record: SplitRecord | OpenStatement
    logged: ProvenEntry | None = None

    @property
    def place(self) -> str:
        """The name of its place in findings."""
        return f"{self.document.t} {self.document.proof.index}"


@dataclass(slots=True, eq=False)
class ShownCertificate(ShownLine):
    """A certificate: what the steps ask of it, and what later certificates and the report need of it.

    `issuance` is the record digest of its issuance, `values` are those of its outputs; by `place`, the lot as printed,
    findings name it. Step 1 sets what it builds on: `predecessor`, the certificate that it corrects, and `named`, those
    that its run and claims name, as far as they came before.  Step 2 sets `logged` (None where no proof held), step 3
    `key`, step 4 `signed`.

    What only the steps ask goes when they are done (`release`), most of all its text: `opened`, `proof`, `view` and
    `named`; `beside` are the certificates to check by what is shown of the run, and `grown` says that this one shows
    more of it than was shown before.
    """

    digest: str
    run_digest: str
    issuance: bytes
    values: tuple[bytes, ...]
    place: str
    record: CertificateRecord
    opened: OpenCertificate | None = None
    proof: Proof | None = None
    logged: ProvenEntry | None = None
    key: TrustedKey | None = None
    signed: bool = False
    predecessor: ShownCertificate | None = None
    view: RunView = _NO_VIEW
    named: Mapping[str, ShownCertificate] = field(default_factory=dict)
    beside: tuple[ShownCertificate, ...] = ()
    grown: bool = False

    @classmethod
    def of(
        cls,
        opened: OpenCertificate,
        values: tuple[str, ...] = (),
        proof: Proof | None = None,
        *,
        number: int = 0,
        document: BundleLine | None = None,
    ) -> Self:
        """Return a certificate that is opened, with the `values` of its issuance's outputs."""
        record = opened.record
        run = record.run[0].digest
        raw_run, *raw_values = digests_bytes((run, *values))
        raw = tuple(raw_values)
        issuance = issuance_digest(raw_run, raw)
        return cls(number, document, opened.digest, run, issuance, raw, record.batch.lot, record, opened, proof)

    @classmethod
    def checked_before(
        cls, opened: OpenCertificate, issuance: bytes, values: tuple[bytes, ...], logged: ProvenEntry | None = None
    ) -> Self:
        """Return a certificate that was checked before; that it is signed was checked then."""
        record = opened.record
        run = record.run[0].digest
        place = record.batch.lot
        return cls(0, None, opened.digest, run, issuance, values, place, record, logged=logged, signed=True)

    @property
    def follows(self) -> str | None:
        """The digest of the certificate that this one corrects."""
        return self.record.follows.certificate if self.record.follows else None

    @property
    def run(self) -> OpenRun | None:
        """The parts of the run that this certificate and earlier ones of its issuance show."""
        return self.view.run

    @property
    def status_place(self) -> tuple[str, int, int]:
        """The place of the certificate's status bits: the registry, the number of the list and the index in it."""
        return self.record.registry, self.record.status.list, self.record.status.index

    def release(self) -> None:
        """Let go of what only the steps ask."""
        self.document = self.opened = self.proof = None
        self.view, self.named, self.beside = _NO_VIEW, {}, ()


@dataclass(slots=True)
class Views:
    """The views of the issuances that have more than one certificate."""

    _of: dict[bytes, RunView] = field(default_factory=dict)

    def of(self, certificate: ShownCertificate) -> RunView:
        """Return the view that a certificate's issuance has so far, with the certificate added to it."""
        several = len(certificate.values) > 1 and sum(map(any, certificate.values)) > 1
        view = self._of.setdefault(certificate.issuance, RunView()) if several else RunView()
        view.certificates.append(certificate)
        return view

    def clear(self) -> None:
        """Let go of all."""
        self._of.clear()


def put_together(one: OpenRun, other: OpenRun) -> OpenRun:
    """Return a run with all that either of two views shows of it."""
    return replace(
        one,
        inputs=tuple(map(_input, one.inputs, other.inputs)),
        inventory=tuple(b if a is None else a for a, b in zip(one.inventory, other.inventory, strict=True)),
        outputs=tuple(b if a is None else a for a, b in zip(one.outputs, other.outputs, strict=True)),
    )


def _input(one: OpenInput | None, other: OpenInput | None) -> OpenInput | None:
    return other if one is None or (one.source is None and other is not None) else one
