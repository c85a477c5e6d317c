"""Open the public files of a registry, for commands that read all of them: its name, and a reader of its files.

Rules: an address is spoken to as `ledger.remote.client` does, a folder or bucket read as `oreprint publish` left it.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING

from cli import settings
from schemas.problem import InputError, MissingError

if TYPE_CHECKING:
    from ledger.trust.pinned import Trust
    from ledger.trust.registries import TrustedRegistry


def registry_named(trust: Trust, name: str | None) -> TrustedRegistry:
    """Return the registry that was named, or the only one.

    Raises:
        InputError: `monitor.which`, `trust.registry-unknown`.
    """
    if name is not None:
        if name not in trust.registries:
            raise InputError.at("trust.registry-unknown", "--registry", registry=name)
        return trust.registries[name]
    if len(trust.registries) != 1:
        raise InputError.at("monitor.which", names=", ".join(trust.registries))
    return next(iter(trust.registries.values()))


def public_reader(place: str) -> Callable[[str], bytes]:
    """Return a reader of public files at an address or in a folder; what is missing raises `monitor.not-there`."""
    from ledger.remote.client import RemoteServer
    from ledger.remote.objects import MOST_OBJECT_BYTES, ObjectStore

    seconds = settings.remote_seconds()
    if place.startswith(("https://", "http://")):
        remote = RemoteServer.public(place, seconds=seconds, most=MOST_OBJECT_BYTES)
        return lambda path: remote.get(f"/{path}")
    opened = cache(partial(ObjectStore.to_read, place, seconds=seconds))
    if "://" in place:
        opened()  # told now: an address that is none never becomes one, and a folder may come yet

    def read(path: str) -> bytes:
        found = opened().read(path)
        if found is None:
            raise MissingError.at("monitor.not-there", path, where=place)
        return found

    return read
