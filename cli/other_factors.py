"""Other factors than the tables have, for commands that compute and sign nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from schemas.problem import InputError

if TYPE_CHECKING:
    from ledger.factors.tables import FactorTables


def factor_changes(files: Sequence[Path], what_if: Sequence[str]) -> Callable[[FactorTables], FactorTables]:
    """Return the function that changes tables: whole ones from files first, then single values ``table/row=value``.

    A value is a decimal where the factor has one gas, else ``gas=decimal``.

    Raises:
        InputError: ``factor.*``, ``file.*``, ``what-if.form``.
    """
    from cli.files import read_bytes
    from ledger.factors.factor import MOST_BYTES, parse_factor_set

    sets = [parse_factor_set(read_bytes(path, most=MOST_BYTES), path.stem) for path in files]
    values = [_value(text) for text in what_if]

    def change(tables: FactorTables) -> FactorTables:
        for table in sets:
            tables = tables.replaced(table)
        for identifier, gas, value in values:
            tables = tables.with_value(identifier, value, gas=gas)
        return tables

    return change


def _value(text: str) -> tuple[str, str | None, int]:
    """Read ``table/row=value`` or ``table/row=gas=value``."""
    from schemas.quantity import trillionths

    identifier, *rest = text.split("=")
    if len(rest) not in {1, 2} or "/" not in identifier:
        raise InputError.at("what-if.form", "--what-if", value=text)
    try:
        return identifier, rest[0] if len(rest) == len(("gas", "value")) else None, trillionths(rest[-1])
    except InputError as error:
        raise InputError.at("what-if.form", "--what-if", value=text) from error
