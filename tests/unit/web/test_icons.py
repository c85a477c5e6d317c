"""The icons of the installed page are pictures of the page's one icon."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def test_the_icons_are_drawn_from_the_one_icon(root: Path) -> None:
    done = subprocess.run(
        [sys.executable, root / "docs/make_icons.py", "--check"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{done.stderr}run python docs/make_icons.py"
