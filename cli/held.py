"""Held runs, as commands use them: signed before their lots are."""

from __future__ import annotations

from typing import TYPE_CHECKING

from cli.parts import open_to_read, open_to_sign, tables_of
from ledger.desk.held import sign_lots
from ledger.desk.held_runs import HeldRuns

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


def sign_held(home: Path | None, party: str, lots: Iterable[str]) -> None:
    """Sign the held runs of a party that are to make lots which are used now."""
    if HeldRuns.of(open_to_read(home), party).runs:
        sign_lots(open_to_sign(home), party, lots, tables=tables_of(home))
