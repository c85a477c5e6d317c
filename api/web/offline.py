"""An installable page that is useful without a connection: the service worker, and the empty check page.

Rules: the worker keeps the files that the empty check page needs, found by following the imports of `offline.js`, and
that page in each language. A file of more than `MOST_AT_ONCE` bytes is kept when a reader first needs it. The worker's
text holds a digest of all of them, so a browser takes a new worker whenever any of them changes.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import sha256
from posixpath import dirname, join, normpath
from typing import Final

from api.web.assets import ASSETS, VERSION
from api.web.template import template
from api.web.words import LANGUAGES
from schemas.sentences import ACTIONS, REPLIES

MOST_AT_ONCE: Final = 256 * 1024
"""Bytes of a file that a browser keeps before anybody needs it; the readers of PDF files are larger."""
_BEGINNINGS: Final = ("offline.js", "page.css", "icon.svg")
_NAMED: Final = re.compile(r"""(?:\bfrom|\bimport|\bimport\(|\bURL\()\s*["'](\./[\w./-]+)["']""")
"""A module, or a worker, that a module names by a relative address."""


def render_offline(tag: str) -> bytes:
    """Return the empty check page in the language `tag`."""
    html: str = template("offline.html", tag).render(replies=REPLIES, actions=ACTIONS)
    return html.encode()


def needed() -> list[str]:
    """Return the names of the files that the empty check page needs, in order."""
    found, waiting = set[str](), [*_BEGINNINGS]
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        if name.endswith(("js", "mjs")):
            named = _NAMED.findall(ASSETS[name].plain.decode())
            beside = (normpath(join(dirname(name), each)) for each in named)
            waiting += [each for each in beside if each in ASSETS]
    return sorted(found)


@lru_cache(maxsize=1)
def worker_script() -> bytes:
    """Return the service worker of this release."""
    pages = {tag: f"/offline?lang={tag}" for tag in LANGUAGES}
    now = [name for name in needed() if len(ASSETS[name].plain) <= MOST_AT_ONCE]
    later = [name for name in needed() if name not in now]
    version = sha256(b"".join((VERSION.encode(), *map(render_offline, pages)))).hexdigest()[:12]
    told = {"VERSION": version, "NOW": _addresses(now), "LATER": _addresses(later), "PAGES": pages}
    head = "".join(f"const {name} = {json.dumps(value)};\n" for name, value in told.items())
    return head.encode() + ASSETS["worker.js"].plain


def _addresses(names: list[str]) -> list[str]:
    return [f"/static/{VERSION}/{name}" for name in names]
