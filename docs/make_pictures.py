"""Make the pictures in `docs/images` from a demo's own files: ``python docs/make_pictures.py build/demo`` after ``make demo``.

What it does not do: it paints nothing; every picture is what a command gives.
"""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
LABELLED = "MG-88"

sys.path.insert(0, str(ROOT))


def main() -> int:
    """Write the pictures of the demo in the folder named first."""
    if len(sys.argv) != 2:
        print(__doc__)
        return 3
    label(Path(sys.argv[1]))
    return 0


def label(home: Path) -> None:
    """Write the label of the demo's magnet, with its seal."""
    from cli.application import run

    certificate = home / "certificates" / f"{LABELLED}.sdjwt"
    words = ["label", str(certificate), "--home", str(home), "--format", "png", "--seal", "--out", str(IMAGES)]
    if run(words, usage_error=3):
        raise SystemExit(3)
    (IMAGES / f"{LABELLED}.png").replace(IMAGES / "label.png")


if __name__ == "__main__":
    sys.exit(main())
