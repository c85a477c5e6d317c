"""A lot that is moved to another registry, as people type it: two homes, a file between them, and a reader with both
trust lists.
"""

from __future__ import annotations

import json
from pathlib import Path

from tests.support.registries.two_homes import ANN, BEN, ONE, TWO, plant
from tests.support.registries.two_homes_cli import AGAIN, a_home, left, run, sending, two_homes
from tests.support.worlds.blends import written

ROOT = Path(__file__).resolve().parents[2]


def test_a_lot_is_moved_taken_in_used_and_verified_with_both_lists(tmp_path: Path) -> None:
    a_home(tmp_path, ONE, [ANN])
    a_home(tmp_path, TWO, [BEN])
    run(tmp_path, TWO, "pin", f"{ONE}/trust.json")
    assert "[abroad.own-list]" in run(tmp_path, TWO, "pin", f"{TWO}/trust.json", code=3), "nothing would be pinned"
    (tmp_path / "bought.json").write_text(json.dumps(written("OX-1", "100 kg", producer=ANN, plant=plant(ANN))))
    run(tmp_path, ONE, "issue", "bought.json")
    assert "Use --registry and --output together" in run(
        tmp_path, ONE, "ship", "OX-1", "--as", ANN, "--to", BEN, "--registry", TWO, code=3
    )
    move = ("ship", "OX-1", "--as", ANN, "--to", BEN, "--mass", "40 kg", "--registry", TWO, "-o", "transfer.oreprint")
    assert "Moved 40 kg of OX-1" in run(tmp_path, ONE, *move)
    assert "Accepted 40 kg of OX-1" in run(tmp_path, TWO, "accept", "--from", "transfer.oreprint", "--as", BEN)
    (tmp_path / "empty").mkdir()
    assert "There is no such file in empty" in run(tmp_path, TWO, "renew", ONE, "empty", code=3)
    again = ("accept", "--from", "transfer.oreprint", "--as", BEN, "--log", "publik")
    for read, code in (("renew", ONE, "publik"), 3), (again, 3), (("audit", "--log", "publik", "--registry", TWO), 2):
        assert "[publish.no-folder]" in run(tmp_path, TWO, *read, code=code)
    assert not (tmp_path / "publik").exists(), "who reads makes no folder"
    run(tmp_path, ONE, "publish", "public")
    assert "is proven to its head" in run(tmp_path, TWO, "renew", ONE, "public")
    made = written("AL-1", "30 kg", producer=BEN, plant=plant(BEN), inputs={"OX-1": "30 kg"})
    (tmp_path / "blend.json").write_text(json.dumps(made))
    run(tmp_path, TWO, "issue", "blend.json")
    run(tmp_path, TWO, "export", "holdings", "--as", BEN, "-o", "holdings")
    headers = [json.loads(path.read_text().partition("\n")[0]) for path in sorted((tmp_path / "holdings").iterdir())]
    assert [each["audience"] for each in headers] == ["auditor", "partner"], "a supplier's lot as its supplier shows it"
    run(tmp_path, TWO, "export", "everything", "--party", BEN, "--out", "away")
    (tmp_path / "away" / "bundles").rename(tmp_path / "leaving")
    left = sorted((path.name for path in (tmp_path / "leaving").iterdir()), key=lambda name: "OX-1" not in name)
    assert len(left) == 2
    assert {path.name for path in (tmp_path / "away" / "trust").iterdir()} == {f"{ONE}.json", f"{TWO}.json"}
    trust = ("--trust", f"{TWO}/trust.json", "--trust", f"{ONE}/trust.json")
    for name in left:
        run(tmp_path, TWO, "verify", f"leaving/{name}", *trust)
    run(tmp_path, TWO, "verify", f"leaving/{left[0]}", "--trust", f"{TWO}/trust.json", code=1)
    run(tmp_path, TWO, "audit")


def files(folder: Path) -> dict[str, int]:
    """Return the names and modes of the files in a folder."""
    return {path.name: path.stat().st_mode & 0o777 for path in sorted(folder.iterdir())}


def test_what_can_not_be_written_is_not_moved(tmp_path: Path) -> None:
    two_homes(tmp_path)
    before = left(tmp_path, ANN)
    (tmp_path / "folder").mkdir()
    for output in ("/dev/null/x.oreprint", "folder", "bought.json/x.oreprint"):
        assert "[file.unwritable]" in run(tmp_path, ONE, *sending(output), code=3)
    assert "[abroad.public]" in run(tmp_path, ONE, *sending("moved.oreprint"), "--for", "public", code=3)
    leaving = ("export", "holdings", "--as", ANN, "--registry", TWO, "-o", "bought.json")
    assert "[file.folder]" in run(tmp_path, ONE, *leaving, code=3)
    assert left(tmp_path, ANN) == before
    assert "[abroad.none-moved]" in run(tmp_path, ONE, *AGAIN, code=3)
    assert files(tmp_path / "folder") == {}


def test_nothing_is_moved_to_a_registry_that_is_none_or_is_this_one(tmp_path: Path) -> None:
    two_homes(tmp_path)
    before = left(tmp_path, ANN)
    ship = ("ship", "OX-1", "--as", ANN, "--to", BEN, "--mass", "40 kg", "-o", "moved.oreprint", "--registry")
    for ask in (
        ship,
        *(("export", what, "--as", ANN, "-o", "leaving", "--registry") for what in ("holdings", "transfers")),
    ):
        assert "--registry: " in run(tmp_path, ONE, *ask, "No domain", code=3)
        assert "[abroad.here]" in run(tmp_path, ONE, *ask, ONE, code=3)
    assert (left(tmp_path, ANN), left(tmp_path, BEN)) == (before, {})
    assert not {"moved.oreprint", "leaving"} & {path.name for path in tmp_path.iterdir()}


def test_a_transfer_file_that_was_lost_is_written_again(tmp_path: Path) -> None:
    two_homes(tmp_path)
    run(tmp_path, ONE, *sending("one.oreprint"))
    assert files(tmp_path)["one.oreprint"] == 0o600
    (tmp_path / "one.oreprint").unlink()
    assert "[abroad.where]" in run(tmp_path, ONE, "export", "transfers", "--as", BEN, "-o", "again", code=3)
    assert "were moved to" in run(tmp_path, ONE, *AGAIN)
    assert files(tmp_path / "again") == {"0001-ox-1.oreprint": 0o600}
    assert left(tmp_path, ANN)["OX-1"] == "60"
    accept = ("accept", "--from", "again/0001-ox-1.oreprint", "--as", BEN)
    assert "Accepted 40 kg of OX-1" in run(tmp_path, TWO, *accept)
    run(tmp_path, ONE, *sending("two.oreprint"))
    run(tmp_path, ONE, "publish", "public")
    run(tmp_path, ONE, *AGAIN[:2], "OX-1", *AGAIN[2:])  # of the one that came and the one that didn't
    for _ in range(2):
        run(tmp_path, TWO, *accept, "--log", "public")
        told = json.loads(run(tmp_path, TWO, "holdings", "--as", BEN, "--json"))
        assert [each["left_kg"] for each in told] == ["80"]
    run(tmp_path, TWO, "audit")


def test_who_leaves_and_is_broken_off_asks_again_and_gets_all_files(tmp_path: Path) -> None:
    two_homes(tmp_path)
    run(tmp_path, ONE, "ship", "OX-2", "--as", ANN, "--to", ANN, "--registry", TWO, "-o", "lost.oreprint")
    leaving = ("export", "holdings", "--as", ANN, "--registry", TWO, "-o", "leaving")
    for _ in range(2):
        run(tmp_path, ONE, *leaving)
        assert files(tmp_path / "leaving") == {"0001-ox-1.oreprint": 0o600, "0002-ox-2.oreprint": 0o600}
        assert left(tmp_path, ANN) == {"OX-1": "0", "OX-2": "0"}
