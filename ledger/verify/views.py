"""What is shown of a run, put together from all certificates of its issuance that are shown.

Rules: each place of a run has one digest, so two views of it can't differ, only show more or less; what any of them shows is
shown.  A run is judged when it is first shown, and again as a whole whenever a later certificate shows more of it: a fuller view
adds, a poorer one takes nothing away.  All certificates of an issuance are held to what is shown of their run, whichever showed it.
Where an issuance has one certificate, there is one view, and nothing is kept.

What this module does not do: it judges nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ledger.verify.judge import Outcome
from schemas.document import replace

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ledger.footprint.inventory import Inventory
    from ledger.seal.sdjwt import OpenInput, OpenRun
    from ledger.verify.batch import Seen
    from ledger.verify.figures import Redone
    from ledger.verify.judge import Finding


@dataclass(slots=True)
class View:
    """What is shown so far of one run, by which certificates, and what was found to be withheld of it.

    `redone` are its figures as the verifier found them, and `inventory` is the run as the rules see it, once it is shown whole.
    """

    run: OpenRun | None = None
    certificates: list[Seen] = field(default_factory=list)
    withheld: list[Finding] = field(default_factory=list)
    redone: Redone | None = None
    inventory: Inventory | None = None

    def add(self, run: OpenRun | None) -> bool:
        """Take in what a certificate shows of the run; return whether that is more than was known."""
        known = self.run
        if run is not None:
            self.run = run if known is None else put_together(known, run)
        return self.run != known

    def withhold(self, findings: Iterable[Finding]) -> None:
        """Note which findings are of what is withheld."""
        self.withheld += [found for found in findings if found.outcome is Outcome.WITHHELD]


@dataclass(slots=True)
class Views:
    """The views of the issuances that have more than one certificate."""

    _of: dict[bytes, View] = field(default_factory=dict)

    def of(self, seen: Seen) -> View:
        """Return the view that a certificate's issuance has so far, and note the certificate."""
        several = len(seen.values) > 1 and sum(map(any, seen.values)) > 1
        view = self._of.setdefault(seen.issuance, View()) if several else View()
        view.certificates.append(seen)
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
