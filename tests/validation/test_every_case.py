"""No public case is left out: each is named by a test of this folder, or belongs to stoichiometry, which the golden
tests hold.
"""

from __future__ import annotations

from pathlib import Path

from tests.validation.records import names


def test_every_public_case_is_named_by_a_test() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in sorted(Path(__file__).parent.glob("*.py")))
    apart = ("STO-", "FUEL-EF-")  # run by their family, not by their names
    missing = [name for name in names() if not name.startswith(apart) and f'"{name}"' not in tests]
    assert not missing
