"""A lot that is moved to another registry, as people type it: two homes, a file between them, and a reader with both trust lists."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tests.blending import written
from tests.homes import ANN, BEN, ONE, TWO, party, plant

if TYPE_CHECKING:
    from collections.abc import Sequence

ROOT = Path(__file__).resolve().parents[2]


def run(folder: Path, home: str, *words: str, code: int = 0) -> str:
    """Run `oreprint` on a home in a folder, which must end with `code`; return what it printed."""
    done = subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "OREPRINT_HOME": home, "OREPRINT_PASSPHRASE": "a passphrase"},
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout + done.stderr


def a_home(folder: Path, registry: str, parties: Sequence[str]) -> None:
    named = {"oreprint": "parties/1", "registry": registry, "parties": [party(did) for did in parties]}
    (folder / f"{registry}.json").write_text(json.dumps(named))
    run(folder, registry, "init", f"{registry}.json")


def test_a_lot_is_moved_taken_in_used_and_verified_with_both_lists(tmp_path: Path) -> None:
    a_home(tmp_path, ONE, [ANN])
    a_home(tmp_path, TWO, [BEN])
    run(tmp_path, TWO, "pin", f"{ONE}/trust.json")
    (tmp_path / "bought.json").write_text(json.dumps(written("OX-1", "100 kg", producer=ANN, plant=plant(ANN))))
    run(tmp_path, ONE, "issue", "bought.json")
    assert "belong together" in run(tmp_path, ONE, "ship", "OX-1", "--as", ANN, "--to", BEN, "--registry", TWO, code=3)
    move = ("ship", "OX-1", "--as", ANN, "--to", BEN, "--mass", "40 kg", "--registry", TWO, "-o", "transfer.oreprint")
    assert "Moved 40 kg of OX-1" in run(tmp_path, ONE, *move)
    assert "Took in 40 kg of OX-1" in run(tmp_path, TWO, "accept", "--from", "transfer.oreprint", "--as", BEN)
    run(tmp_path, ONE, "publish", "public")
    assert "is proven to its head" in run(tmp_path, TWO, "renew", ONE, "public")
    made = written("AL-1", "30 kg", producer=BEN, plant=plant(BEN), inputs={"OX-1": "30 kg"})
    (tmp_path / "blend.json").write_text(json.dumps(made))
    run(tmp_path, TWO, "issue", "blend.json")
    run(tmp_path, TWO, "export", "holdings", "--as", BEN, "-o", "leaving")
    left = sorted(path.name for path in (tmp_path / "leaving").iterdir())
    assert len(left) == 2
    trust = ("--trust", f"{TWO}/trust.json", "--trust", f"{ONE}/trust.json")
    for name in left:
        run(tmp_path, TWO, "verify", f"leaving/{name}", *trust)
    run(tmp_path, TWO, "verify", f"leaving/{left[0]}", "--trust", f"{TWO}/trust.json", code=1)
    run(tmp_path, TWO, "audit")
