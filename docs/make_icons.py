"""Draw the icons of the installed page from its one icon, `api/web/static/icon.svg`.

Usage: python docs/make_icons.py [--check]

A maskable icon has no round corners, and keeps the ring within the middle four fifths (W3C, Web Application Manifest,
"maskable"). With --check nothing is written: it fails if a picture is not that of the icon.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Final

import resvg_py
from PIL import Image, ImageChops

STATIC: Final = Path(__file__).resolve().parent.parent / "api" / "web" / "static"
CORNERS: Final = ' rx="7"'
COLOURS: Final = 32


def drawn(svg: str, side: int) -> Image.Image:
    """Return an icon as a picture of `side` pixels."""
    png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=side, height=side))
    return Image.open(io.BytesIO(png)).convert("RGBA")


def icons() -> dict[str, Image.Image]:
    """Return the pictures, by the names of their files."""
    svg = (STATIC / "icon.svg").read_text("utf-8")
    full = svg.replace(CORNERS, "")
    return {
        "icon-192.png": drawn(svg, 192),
        "icon-512.png": drawn(svg, 512),
        "icon-maskable-512.png": drawn(full, 512),
    }


def main() -> int:
    """Write the pictures, or with ``--check`` return 1 where one differs."""
    made = {STATIC / name: picture.quantize(COLOURS) for name, picture in icons().items()}
    if "--check" in sys.argv[1:]:
        return int(not all(path.exists() and same(Image.open(path), picture) for path, picture in made.items()))
    for path, picture in made.items():
        picture.save(path, optimize=True)
    return 0


def same(one: Image.Image, other: Image.Image) -> bool:
    """Return whether two pictures show the same."""
    return (
        one.size == other.size and ImageChops.difference(one.convert("RGBA"), other.convert("RGBA")).getbbox() is None
    )


if __name__ == "__main__":
    sys.exit(main())
