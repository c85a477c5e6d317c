"""Make the golden copies of the JSON Schemas: what `oreprint schema NAME` printed when they were last agreed.

Run ``python tests/golden/make_schemas.py`` after a wanted change of a document; with ``--check`` it names what is
stale.
"""

from __future__ import annotations

import sys
from pathlib import Path

FOLDER = Path(__file__).parent / "schemas"
sys.path.insert(0, str(Path(__file__).parent.parent.parent))

from cli.commands.schema import DOCUMENTS, schema_text  # noqa: E402 - the checkout goes before whatever is installed


def stale() -> dict[Path, str]:
    """Return the text of every copy that is missing or differs, and an empty text for one that is no longer wanted."""
    wanted = {FOLDER / f"{name}.json": f"{schema_text(name)}\n" for name in DOCUMENTS}
    unwanted = {path: "" for path in FOLDER.glob("*.json") if path not in wanted}
    differing = {path: text for path, text in wanted.items() if not path.exists() or path.read_text() != text}
    return {**differing, **unwanted}


def main() -> int:
    """Write the copies, or with ``--check`` name the stale ones and return 1."""
    check = "--check" in sys.argv[1:]
    found = stale()
    for path, text in found.items():
        sys.stdout.write(f"{path.name} {'is stale' if check else 'written' if text else 'removed'}\n")
        if not check:
            path.write_text(text) if text else path.unlink()
    return 1 if check and found else 0


if __name__ == "__main__":
    sys.exit(main())
