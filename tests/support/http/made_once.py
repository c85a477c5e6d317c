"""Served registries that are made once a process, and copied for each test that changes them."""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ledger.admin.init import open_book
from ledger.registry.folder import Home
from tests.support.http.server import PASSPHRASE, Served, application, runtime, serve
from tests.support.registries.databases import Template

if TYPE_CHECKING:
    from collections.abc import Callable


class MadeOnce:
    """A registry of three parties in which something was done."""

    def __init__(self, do: Callable[[Served], object]) -> None:
        self._do = do

    @cached_property
    def _template(self) -> Template:
        with tempfile.TemporaryDirectory() as folder:
            served = serve(Path(folder))
            self._do(served)
            return Template.taken(Path(folder), served.registry)

    def copied(self, folder: Path, database: str | None = None) -> Served:
        """Return a copy in a new folder, its database there or at the address `database`."""
        assert self._template.copied(folder, database)
        home = Home(folder / "registry", database)
        registry = open_book(home, runtime(), passphrase=PASSPHRASE)
        return Served(home, registry, application(home, registry), Home(folder / "cid"))
