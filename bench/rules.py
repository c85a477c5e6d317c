"""What the rules of engine 2 add to a full verification: the example's magnet, with them and with those of engine 1.

The bundle is one file, of runs of engine 2 with everything disclosed, verified in turn with all rules and with those
that judge runs of engine 1.  Everything else is done alike.  Fewer rules find fewer flags, so that in neither is it
checked whether the certificates state their flags as found.
"""

from __future__ import annotations

import time
from functools import lru_cache, partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final, NamedTuple
from unittest.mock import patch

from bench.table import Row, apart, in_turn, ratio
from ledger.footprint.versions import ENGINES
from ledger.plausibility import rules
from ledger.plausibility.relevance import key_of, speaks
from ledger.plausibility.rules import AFTER, BEFORE
from ledger.tables import shipped_tables
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.findings import Findings
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.trust import TrustFile
from schemas.vocabulary import CANCELLATION
from tests.support.registries.lived_in import a_life

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ledger.footprint.inventory import Inventory
    from ledger.plausibility.relevance import Key
    from ledger.plausibility.rules import PlausibilityRule

ROUNDS: Final = 51
MAGNET: Final = "MG-88"
CERTIFICATES: Final = 13


@lru_cache
def _of_engine_1(key: Key, *, figures: bool) -> list[PlausibilityRule]:
    """Return the rules of engine 1 that can say something about a run, with or without those about figures."""
    table = (*BEFORE, *AFTER) if figures else BEFORE
    return [rule for rule in table if ENGINES[0] in rule.engines and speaks(rule.id, rule.judge, key)]


def _called_by_engine_1(run: Inventory, _: object) -> Sequence[PlausibilityRule]:
    """Return the rules that `ledger.plausibility.rules` calls for a run, as if it were of engine 1."""
    return () if run.step == CANCELLATION else _of_engine_1(key_of(run), figures=run.shared is not None)


class Magnet(NamedTuple):
    """The bundle of the magnet and the trust list to judge it by, in files, and the time (ms)."""

    bundle: Path
    trust: Path
    at_ms: int

    @classmethod
    def written(cls, folder: Path) -> Magnet:
        """Make the example's registry, and write the magnet's bundle."""
        life = a_life(folder / "home")
        bundle = folder / "magnet.oreprint"
        bundle.write_bytes(b"".join(life.lines(MAGNET)))
        return cls(bundle, life.home.trust, life.clock.now)

    def verify(self) -> Callable[[], None]:
        """Return an act that verifies the bundle, which must hold."""
        lines = self.bundle.read_bytes().splitlines(keepends=True)
        trust = open_trust(TrustFile.from_text(self.trust.read_bytes().rstrip(b"\n")).note)
        return partial(_verify, lines, {"trust": trust, "tables": shipped_tables(), "policy": Policy(at_ms=self.at_ms)})


def _verify(lines: list[bytes], judged_by: dict[str, object]) -> None:
    findings = Findings(off=frozenset({Rule.FLAGS_STATED}))
    found = report(verify_bundle(lines, findings=findings, **judged_by))  # type: ignore[arg-type] # as above
    if found.verdict != "genuine":
        raise ValueError(found.headline)


def row() -> Row:
    """Measure the magnet in a process that did not make it."""
    with TemporaryDirectory() as folder:
        with_all, with_few = apart(_beside_engine_1, Magnet.written(Path(folder)))
    return Row(
        f"verify the magnet's {CERTIFICATES} certificates with the rules of engine 2",
        f"{median(with_all) * 1000:.1f} ms",
        f"{median(with_few) * 1000:.1f} ms, with those of engine 1",
        f"{ratio(with_all, with_few):.2f}x",
        "<= 1.15x",
        "",
    )


def _beside_engine_1(magnet: Magnet) -> list[list[float]]:
    verify = magnet.verify()

    def as_engine_1() -> None:
        with patch.object(rules, "_called", _called_by_engine_1):
            verify()

    verify()
    as_engine_1()
    return in_turn(ROUNDS, verify, as_engine_1, clock=time.process_time)


if __name__ == "__main__":
    print(row())
