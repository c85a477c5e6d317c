"""Programs in JavaScript that check ours: each reads a document on stdin and answers with one on stdout
(`tests/conformance/npm`).
"""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def node(script: str, given: Mapping[str, Any], folder: Path, **environment: str) -> Any:  # noqa: ANN401 - whatever the script answers
    """Return what a script answers to `given`."""
    done = subprocess.run(
        ["node", script],
        cwd=folder,
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
