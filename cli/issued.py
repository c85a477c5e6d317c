"""What became of production records: told as it happens, or as one document at the end.

What this module does not do: issuing.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from cli.output import print_json
from cli.progress import cleared, counted
from schemas.problem import OreprintError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ledger.issue import Issued

Refusals: TypeAlias = "list[OreprintError]"


@dataclass
class Told:
    """What became of `whole` records, told as it happens, or as one document at the end."""

    out: Path
    whole: int
    as_json: bool
    issued: int = 0
    unchanged: int = 0
    failed: int = 0
    _done: int = 0
    _documents: dict[str, list[object]] = field(default_factory=lambda: {"issued": [], "refused": []})

    def __post_init__(self) -> None:
        """Begin to count the time."""
        self._progress = counted("records")

    def became(self, outcomes: Sequence[Issued | OreprintError]) -> None:
        """Tell what became of records, all of which are on disk."""
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
        """Tell what is wrong with records."""
        self.failed += len(refused)
        for problem in (problem for error in refused for problem in error.problems):
            if self.as_json:
                said = {"code": problem.code, "place": problem.place, "sentence": problem.sentence()}
                self._documents["refused"].append(said)
            else:
                print(f"refused: {problem.sentence()} [{problem.code}]")

    def _issued(self, made: Issued) -> None:
        self.issued += not made.unchanged
        self.unchanged += made.unchanged
        if self.as_json:
            self._documents["issued"].append(_document(made))
            return
        word = "unchanged" if made.unchanged else "issued"
        for certificate in made.certificates:
            print(f"{word} {certificate.lot} {certificate.digest}")
        for finding in made.findings:
            print(f"  note: {finding.problem.sentence()} [{finding.rule.id}]")

    def end(self) -> None:
        """Print the summary."""
        if self.as_json:
            print_json(self._documents)
            return
        where = f"; certificates in {self.out}" if self.issued or self.unchanged else ""
        print(f"issued {self.issued}, unchanged {self.unchanged}, failed {self.failed}{where}")


def _document(made: Issued) -> dict[str, object]:
    return {
        "state": "unchanged" if made.unchanged else "logged",
        "certificates": [
            {"lot": certificate.lot, "digest": certificate.digest, "id": certificate.id}
            for certificate in made.certificates
        ],
    }
