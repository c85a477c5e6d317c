"""What a party holds, in files named after its lots, whatever these are called."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from tests.support.registries.example import EXAMPLE

if TYPE_CHECKING:
    from tests.e2e.terminal import Terminal


def test_a_lot_with_a_slash_is_no_folder(by_hand: Terminal, tmp_path: Path) -> None:
    """Hard use 21: a lot's name never becomes a path."""
    record = (EXAMPLE / "01-BEN-2026-01.yaml").read_text("utf-8").replace("CON-07", "../CON/07")
    Path("record.yaml").write_text(record.replace("BEN-2026-01", "BEN-2026-02"), "utf-8")
    assert by_hand.run("issue", "record.yaml", "--out", "out").code == 0
    producer = next(line.split()[1] for line in record.splitlines() if line.startswith("producer:"))
    done = by_hand.run("export", "holdings", "--as", producer, "-o", "held")
    assert done.code == 0, done.err
    assert sorted(path.name for path in (tmp_path / "held").iterdir()) == [
        "0001-con-7.oreprint",
        "0002-%2E.%2Fcon%2F7.oreprint",
    ]
