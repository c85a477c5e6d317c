"""Where the outside facts and cases lie; a test that needs them skips, and says so, where they are absent."""

import json
import os
from pathlib import Path
from typing import Any

import pytest

SHARED = Path(os.environ.get("OREPRINT_SHARED", "../shared"))


def shared(name: str) -> Path:
    path = SHARED / name
    if not path.exists():
        pytest.skip(f"{path} is absent: set OREPRINT_SHARED to run the outside cases", allow_module_level=True)
    return path


def cases(*families: str) -> list[dict[str, Any]]:
    """Return the public validation cases of some families."""
    found = json.loads(shared("data/validation_cases_public.json").read_text(encoding="utf-8"))["cases"]
    return [case for case in found if case["family"] in families]
