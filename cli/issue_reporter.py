"""Report the outcome of production records: line by line, or as one document at the end."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from contextlib import redirect_stdout
from dataclasses import KW_ONLY, dataclass, field
from pathlib import Path
from shutil import copyfileobj
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final, NamedTuple, TextIO, TypeAlias, cast

from cli.claims import row_lines
from cli.output import as_document, print_json, warn
from cli.progress import cleared, counted
from cli.terminal import tell
from ledger.plausibility.flags import by_kind
from ledger.registry.registry import OpenRegistry
from ledger.transfers.ship import stranger
from schemas.problem import OreprintError
from schemas.struct import plain

if TYPE_CHECKING:
    from ledger.desk.upload_shipping import ShownShip
    from ledger.issuing.dry_run import Foreseen
    from ledger.issuing.issue import IssuedRun
    from ledger.plausibility.rules import Breach

Refusals: TypeAlias = "list[OreprintError]"

MOST_IN_MEMORY: Final = 2**20
"""Bytes of what a dry run will print; more waits on disk."""


class DryRunCounts(NamedTuple):
    """Counts of a dry run: records that could be issued, records issued already, and the refusals of the others."""

    could: int
    unchanged: int
    refused: Refusals


@dataclass
class IssueReporter:
    """Reports the outcome of `whole` records as it happens, or as one document at the end."""

    out: Path
    whole: int
    to: str | None = None
    _: KW_ONLY
    as_json: bool
    issued: int = 0
    unchanged: int = 0
    failed: int = 0
    _done: int = 0
    _documents: dict[str, list[object]] = field(
        default_factory=lambda: {"issued": [], "refused": [], "warnings": [], "notes": []}
    )
    _possible: list[object] = field(default_factory=list)
    _foreseen: SpooledTemporaryFile[str] = field(
        default_factory=lambda: SpooledTemporaryFile(MOST_IN_MEMORY, "w+", encoding="utf-8")  # noqa: SIM115 - see `close`
    )

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._progress = counted("records")

    def close(self) -> None:
        """Drop what a dry run kept to print."""
        self._foreseen.close()

    def offering(self, registry: OpenRegistry) -> None:
        """Warn where the lots are offered to somebody who is no party of the registry."""
        unknown = None if self.to is None else stranger(registry, self.to, place="--to")
        self._documents["warnings"] += warn([] if unknown is None else [unknown])

    def could_be(self, made: Foreseen) -> None:
        """Keep the claims and notes of a record that could be issued, for `rehearsed` to print."""
        with redirect_stdout(cast("TextIO", self._foreseen)):
            self._tell_foreseen(made)

    def _tell_foreseen(self, made: Foreseen) -> None:
        certified = made.draft.certified
        for each in certified:
            if self.as_json:
                claims = [plain(row) for row in each.claims]
                self._possible.append({"lot": each.batch.lot, "claims": claims})
            elif each.claims:
                print(f"{each.batch.lot}, claims:")
                tell(row_lines(each.claims))
        lots = [each.batch.lot for each in certified]
        if made.findings and not self.as_json:
            print(f"{', '.join(lots)}:")
        self._note(lots, made.findings)

    def rehearsed(self, found: DryRunCounts) -> None:
        """Report the records that could be issued, and those that could not."""
        self.refused(found.refused)
        if self.as_json:
            print_json({"could_be_issued": self._possible, "unchanged": found.unchanged, **self._documents})
            return
        self._foreseen.seek(0)
        copyfileobj(self._foreseen, sys.stdout)
        before = f", issued already: {found.unchanged}" if found.unchanged else ""
        wrong = f", refused: {len(found.refused)}" if found.refused else ""
        print(f"could be issued: {found.could}{before}{wrong}. Nothing was changed")

    def became(self, outcomes: Sequence[IssuedRun | OreprintError]) -> None:
        """Report the outcome of records. All of them are on disk."""
        cleared()
        for outcome in outcomes:
            if isinstance(outcome, OreprintError):
                self.refused([outcome])
            else:
                self._issued(outcome)
        sys.stdout.flush()  # whoever reads it knows how far this came, also where it ends here
        self._done += len(outcomes)
        self._progress(self._done, self.whole)

    def refused(self, refused: Refusals) -> None:
        """Report the faults of records."""
        self.failed += len(refused)
        for problem in (problem for error in refused for problem in error.problems):
            if self.as_json:
                self._documents["refused"].append(as_document(problem))
            else:
                print(f"refused: {problem.sentence()} [{problem.code}]")

    def _issued(self, made: IssuedRun) -> None:
        self.issued += not made.unchanged
        self.unchanged += made.unchanged
        if self.as_json:
            self._documents["issued"].append(_document(made))
        word = "unchanged" if made.unchanged else "issued"
        for certificate in made.certificates if not self.as_json else ():
            print(f"{word} {certificate.lot} {certificate.digest}")
        self._note([certificate.lot for certificate in made.certificates], made.findings)

    def would_ship(self, run: str, ship: ShownShip) -> None:
        """Keep what a run would ship to a customer, for `rehearsed` to print."""
        if self.as_json:
            told = {"run": run, "customer": ship.customer, "mass_kg": ship.mass_kg}
            self._documents.setdefault("would_ship", []).append(told)
        else:
            print(f"would ship {run}: {ship.mass_kg} kg to {ship.customer}", file=self._foreseen)

    def shipped(self, run: str, ship: ShownShip) -> None:
        """Report what a run shipped to a customer, unless it could not be shipped."""
        if ship.shipment is None:
            return
        if self.as_json:
            self._documents.setdefault("shipped", []).append(
                {"run": run, "customer": ship.customer, "mass_kg": ship.mass_kg, "shipment": ship.shipment}
            )
        else:
            print(f"shipped {run}: {ship.mass_kg} kg to {ship.customer}, shipment {ship.shipment}")

    def _note(self, lots: Sequence[str], findings: Iterable[Breach]) -> None:
        """Report the flags of a record, which do not prevent its issuance."""
        if not self.as_json:
            tell(f"  note: {kind.line} [{kind.rule}]" for kind in by_kind(findings))
            return
        for finding in findings:
            sentence = finding.problem.sentence()
            told = {"rule": finding.rule.id, "code": finding.problem.code, "sentence": sentence}
            self._documents["notes"].append({"lots": [*lots], **told})

    def end(self) -> None:
        """Print the summary."""
        if self.as_json:
            print_json(self._documents)
            return
        where = f"; certificates in {self.out}" if self.issued or self.unchanged else ""
        print(f"issued {self.issued}, unchanged {self.unchanged}, failed {self.failed}{where}")


def _document(made: IssuedRun) -> dict[str, object]:
    return {
        "state": "unchanged" if made.unchanged else "logged",
        "certificates": [
            {"lot": certificate.lot, "digest": certificate.digest, "id": certificate.id}
            for certificate in made.certificates
        ],
    }
