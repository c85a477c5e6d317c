"""The page's style, scripts, icon and words, read once.

Rules: only these and the files in ``static`` are served.  Their address holds `VERSION`, a hash of all of them, so a
page and its scripts always belong together.
"""

from __future__ import annotations

import gzip
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

from api.web.spoken import spoken

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


def read_assets(folder: Traversable, prefix: str = "") -> dict[str, Asset]:
    """Return the files of a folder by their paths in it."""
    found: dict[str, Asset] = {}
    for entry in sorted(folder.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            found |= read_assets(entry, f"{prefix}{entry.name}/")
            continue
        plain = entry.read_bytes()
        suffix = entry.name[entry.name.rindex(".") :]
        found[prefix + entry.name] = Asset(plain, _TYPES[suffix])
    return found


ASSETS: Final = read_assets(files("api.web") / "static") | {
    name: Asset(plain, _TYPES[".json"]) for name, plain in spoken().items()
}


def version_of(assets: Mapping[str, Asset]) -> str:
    """Return the hash of files that is part of their address."""
    return sha256(b"".join(name.encode() + asset.plain for name, asset in assets.items())).hexdigest()[:12]


VERSION: Final = version_of(ASSETS)
