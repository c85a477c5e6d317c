"""Factor tables on disk: those that ship with Oreprint, and a producer's own in a folder.

Rules:

1. The shipped tables are public.  A producer's own are licensed: their digest is signed, and the auditor sees their
   rows.
2. A table is addressed by name and digest.  A replaced table goes to ``former``, so that old figures can always be
   recomputed.
3. A name belongs to one of both: no folder can change a shipped table.

Only this module reads tables from disk.  It does not parse or interpret them (`ledger.factors`).
"""

from __future__ import annotations

import csv
import io
import re
from functools import cache
from hashlib import sha256
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from types import MappingProxyType
from typing import Final

from ledger.factors.completeness import parse_completeness
from ledger.factors.cutoffs import parse_cutoffs
from ledger.factors.factor import FactorSet, Gwp, Visibility, parse_factor_set, parse_gwp
from ledger.factors.fit import parse_fits
from ledger.factors.fuels import parse_fuels
from ledger.factors.prices import NAME as PRICES
from ledger.factors.prices import PriceTable, parse_prices
from ledger.factors.products import StepWord, parse_products, parse_steps
from ledger.factors.profiles import parse_profiles
from ledger.factors.published import parse_published_ranges
from ledger.factors.sources import FigureUse, parse_sources, rows_of
from ledger.factors.tables import FactorTables, FormerTables
from ledger.files.atomic import make_private_folder, write_durably
from ledger.footprint.versions import ENGINES, JUDGING
from ledger.plausibility.rules import AFTER, BEFORE
from ledger.seal.digest import to_base64url
from schemas.identifier import TABLE_NAME
from schemas.problem import InputError, MissingError

SHIPPED: Final = ("materials", "fuels", "grid", "transport", "methods", "placeholders", "defaults")
"""The shipped factor tables; the GWPs are beside them in ``gwp.csv``."""

_SOURCED: Final = {
    **dict.fromkeys((*SHIPPED, "gwp", "fuel_fit", "price_ranges", "completeness"), "source"),
    "published_ranges": "studies",
}
"""The tables whose rows come from sources, and the column that names them."""


@cache
def shipped_tables() -> FactorTables:
    """Return the shipped tables, which a process reads once."""
    folder = _shipped()
    sets = {name: parse_factor_set((folder / f"{name}.csv").read_bytes(), name) for name in SHIPPED}
    return FactorTables(
        MappingProxyType(sets),
        parse_gwp((folder / "gwp.csv").read_bytes()),
        parse_products((folder / "products.csv").read_bytes()),
        parse_profiles((folder / "profiles.csv").read_bytes()),
        former=Former(folder / "former"),
        completeness=parse_completeness((folder / "completeness.csv").read_bytes()),
        fits=parse_fits((folder / "factor_fit.csv").read_bytes()),
        fuels=parse_fuels((folder / "fuel_fit.csv").read_bytes()),
        prices=parse_prices((folder / "price_ranges.csv").read_bytes()),
        cutoffs=parse_cutoffs((folder / "cutoffs.csv").read_bytes()),
        published=parse_published_ranges((folder / "published_ranges.csv").read_bytes()),
    )


def tables_in(folder: Path) -> FactorTables:
    """Return the shipped tables and those in a folder; a missing folder has none.

    Raises:
        InputError: as `parse_factor_set`, and ``factor.duplicate`` for a table with the name of a shipped one.
    """
    tables = shipped_tables()
    for path in sorted(folder.glob("*.csv")):
        tables = tables.joined(parse_factor_set(path.read_bytes(), path.stem, visibility="withheld"))
    return tables.with_former(Former(folder / "former", "withheld", tables.former))


def keep_table(folder: Path, name: str, content: bytes) -> FactorSet:
    """Store a table in a folder durably; the previous table of that name goes to ``former``.

    Raises:
        InputError: ``factor.name``, ``factor.taken``, and as `parse_factor_set`; then nothing was changed.
    """
    if name in (*SHIPPED, "gwp", PRICES):
        raise InputError.at("factor.taken", name=name)
    if re.fullmatch(TABLE_NAME, name) is None:
        raise InputError.at("factor.name", name=name)
    kept = parse_factor_set(content, name, visibility="withheld")
    make_private_folder(folder)
    path = folder / f"{name}.csv"
    if path.is_file() and (before := path.read_bytes()) != content:
        old = parse_factor_set(before, name)
        make_private_folder(folder / "former")
        write_durably(folder / "former" / f"{name}.{old.digest}.csv", before)
    # After a crash here the old table is in both places, and the next call continues from there.
    write_durably(path, content)
    return kept


def table_bytes(name: str, folder: Path) -> bytes:
    """Return the bytes of a table, shipped or stored, that its digest covers.

    Raises:
        MissingError: ``factor.no-table``.
    """
    place = _shipped() if name in (*SHIPPED, "gwp") else folder
    try:
        return (place / f"{name}.csv").read_bytes()
    except FileNotFoundError as error:
        names = ", ".join((*SHIPPED, "gwp", *(each.stem for each in sorted(folder.glob("*.csv")))))
        raise MissingError.at("factor.no-table", name=name, known=names) from error


@cache
def release_digest() -> str:
    """Return the digest of the rule and factor sets of this release, by which auditors name how they judged.

    It covers the engine versions, `JUDGING`, each plausibility rule with its severity, source and engines, and the
    bytes of every shipped table.
    """
    lines = [f"engines {' '.join(ENGINES)}", f"judging {JUDGING}"]
    lines += [f"rule {rule.id} {rule.severity} {' '.join(rule.engines)}: {rule.source}" for rule in (*BEFORE, *AFTER)]
    tables = (*_shipped().iterdir(), *(files("ledger.claims") / "data").iterdir())
    for table in sorted((each for each in tables if each.name.endswith(".csv")), key=lambda each: each.name):
        lines.append(f"table {table.name} {sha256(table.read_bytes()).hexdigest()}")
    return to_base64url(sha256("\n".join(("oreprint rules v1", *lines, "")).encode()).digest())


@cache
def shipped_sources() -> tuple[FigureUse, ...]:
    """Return each source of the shipped figures, with the rows of current and former tables that come from it.

    A bound that names no source is the project's own: chemistry, or set here.
    """
    sources = parse_sources((_shipped() / "sources.csv").read_bytes())
    now = [cell for name in _SOURCED for cell in _source_cells(_shipped() / f"{name}.csv")]
    former = [cell for path in (_shipped() / "former").iterdir() for cell in _source_cells(path)]
    return tuple(FigureUse(each, rows_of(each, now, sources), rows_of(each, former, sources)) for each in sources)


def _source_cells(path: Traversable) -> list[str]:
    column = _SOURCED[path.name.partition(".")[0]]
    return [cells[column] for cells in csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"), newline=""))]


def shipped_steps() -> tuple[StepWord, ...]:
    """Return the steps with their names for people."""
    return parse_steps((_shipped() / "steps.csv").read_bytes())


def _shipped() -> Traversable:
    return files("ledger.factors") / "data"


class Former:
    """Former tables by name and digest, each read on demand; `others` are searched after the folder."""

    def __init__(
        self, folder: Path | Traversable, visibility: Visibility = "public", others: FormerTables | None = None
    ) -> None:
        self._folder = folder
        self._visibility: Visibility = visibility
        self._others = others
        self._read: dict[tuple[str, str], FactorSet] = {}

    def get(self, key: tuple[str, str]) -> FactorSet | None:
        """Return the table of this name with this digest, or None."""
        if key not in self._read:
            name, digest = key
            path = self._folder / f"{name}.{digest}.csv"
            if not path.is_file():
                return None if self._others is None else self._others.get(key)
            table = parse_factor_set(path.read_bytes(), name, visibility=self._visibility)
            if table.digest != digest:
                return None
            self._read[key] = table
        return self._read[key]

    def gwp(self, digest: str) -> Gwp | None:
        """Return the GWPs with this digest, or None."""
        path = self._folder / f"gwp.{digest}.csv"
        if not path.is_file():
            return None if self._others is None else self._others.gwp(digest)
        weights = parse_gwp(path.read_bytes(), former=True)
        return weights if weights.digest == digest else None

    def prices(self, digest: str) -> PriceTable | None:
        """Return the reference prices with this digest, or None."""
        path = self._folder / f"price_ranges.{digest}.csv"
        if not path.is_file():
            return None if self._others is None else self._others.prices(digest)
        table = parse_prices(path.read_bytes())
        return table if table.digest == digest else None
