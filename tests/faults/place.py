"""A registry to be hurt: its home, its database, its lots; and the records that are issued there while things go
wrong.
"""

from __future__ import annotations

import json
import shutil
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from ledger.admin.init import open_book
from ledger.issuing.issue import issue
from ledger.registry.folder import Home
from tests.support.http.server import ANN, PASSPHRASE, plant, runtime, serve, tables
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.registry.registry import OpenRegistry
    from schemas.record import ProductionRecord
    from tests.support.registries.databases import Postgresql

LOTS: Final = 40
"""Lots of 10 kg that are there to be drawn upon."""
SHARE: Final = "6 kg"
"""What each draw takes of a lot: two of them are more than there is."""


@dataclass(frozen=True)
class Place:
    """A registry in a folder, its database there or at an address."""

    folder: Path
    database: str | None = None

    @property
    def home(self) -> Home:
        return Home(self.folder / "registry", self.database)

    def open(self) -> OpenRegistry:
        """Open the registry as every command does."""
        return open_book(self.home, runtime(), passphrase=PASSPHRASE)

    def environment(self) -> dict[str, str]:
        """Return the settings by which a command finds the registry."""
        url = {} if self.database is None else {"OREPRINT_DATABASE_URL": self.database}
        return {"OREPRINT_HOME": str(self.home.path), "OREPRINT_PASSPHRASE": PASSPHRASE.decode(), **url}


def filled(folder: Path, database: str | None = None, *, lots: int = LOTS) -> Place:
    """Return a registry with its lots."""
    made = serve(folder, database)
    issue(
        made.registry,
        [blend(f"LOT-{n}", "10 kg", producer=ANN, plant=plant(ANN)) for n in range(lots)],
        tables=tables(),
    )
    made.registry.engine.dispose()
    return Place(folder, database)


@dataclass
class Places:
    """Fresh registries of one kind of database, one after the other."""

    folder: Path
    server: Postgresql | None = None
    _made: int = 0

    @contextmanager
    def fresh(self, *, lots: int = LOTS) -> Iterator[Place]:
        """Give a registry with so many lots; it is gone afterwards. What is audited again and again has few."""
        self._made += 1
        folder = self.folder / f"place-{self._made}"
        try:
            if self.server is None:
                yield self._copied(folder, lots)
            else:
                with self.server.fresh() as url:
                    yield filled(folder, url, lots=lots)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def _copied(self, folder: Path, lots: int) -> Place:
        template = self.folder / f"template-{lots}"
        if not template.exists():
            filled(template, lots=lots)
        shutil.copytree(template, folder)
        return Place(folder)


def bought(lot: str) -> dict[str, object]:
    """Return a record that needs nothing, as people write it."""
    return written(lot, "10 kg", producer=ANN, plant=plant(ANN))


def drawing(lot: str, upon: str) -> dict[str, object]:
    """Return a record that takes its share of another lot, as people write it."""
    return written(lot, SHARE, producer=ANN, plant=plant(ANN), inputs={upon: SHARE})


def parsed(records: list[dict[str, object]]) -> list[ProductionRecord]:
    return [read(each) for each in records]


def kept(records: list[dict[str, object]], folder: Path) -> list[str]:
    """Write records into files; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    for number, each in enumerate(records):
        (folder / f"{number}.json").write_text(json.dumps(each))
    return [str(folder / f"{number}.json") for number in range(len(records))]
