"""The page's style, scripts and icon, read once.

Rules: only the files in ``static`` are served.  Their address holds `VERSION`, a hash of all of them, so a page and its
scripts always belong together.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

_TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".webmanifest": "application/manifest+json",
    ".json": "application/json",
    ".LICENSE": "text/plain; charset=utf-8",
}


PACKED: Final = 6
"""Compression level of gzip: level 9 makes the largest file 0.4 % smaller in twice the time."""


@dataclass(frozen=True)
class Asset:
    """A file as it is served: plain, and its media type."""

    plain: bytes
    media_type: str

    @cached_property
    def packed(self) -> bytes:
        """The file as gzip packs it: when it is first asked for, so that a start doesn't wait for what few read."""
        return gzip.compress(self.plain, PACKED, mtime=0)


def _read(folder: Traversable, prefix: str = "") -> dict[str, Asset]:
    found: dict[str, Asset] = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            found |= _read(entry, f"{prefix}{entry.name}/")
            continue
        plain = entry.read_bytes()
        suffix = entry.name[entry.name.rindex(".") :]
        found[prefix + entry.name] = Asset(plain, _TYPES[suffix])
    return found


ASSETS: Final = _read(files("api.web") / "static")
VERSION: Final = sha256(b"".join(name.encode() + asset.plain for name, asset in ASSETS.items())).hexdigest()[:12]
