"""The symbol: a QR code (ISO/IEC 18004:2015) as rows of dark and light squares, with its limits.

Rules: model 2, byte mode, level M or Q, so that about 15 or 25 % of it may be damaged.  At most version 10 for a link
alone and 18 for one with a seal.  A quiet zone of four squares on each side belongs to the symbol in every drawing.
The standard's rules choose version and mask, so a text has one symbol.

This module draws nothing (`ledger.carrier.svg` and its neighbours do).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from qrcode import QRCode
from qrcode.constants import ERROR_CORRECT_M, ERROR_CORRECT_Q
from qrcode.exceptions import DataOverflowError
from qrcode.util import QRData

from schemas.problem import InputError

Level: TypeAlias = Literal["M", "Q"]

QUIET_SQUARES: Final = 4
"""ISO/IEC 18004:2015, 9.1."""
MOST_SHORT_VERSION: Final = 10
"""A symbol of 57 squares: the link alone, for small packages."""
MOST_SEALED_VERSION: Final = 18
"""A symbol of 89 squares: the link with the seal."""

_BYTE_MODE: Final = 4
"""ISO/IEC 18004:2015, table 2."""
_LEVELS: Final = {"M": ERROR_CORRECT_M, "Q": ERROR_CORRECT_Q}


@dataclass(frozen=True, slots=True)
class Symbol:
    """A QR code: its text, version and level, and its rows from the top, True where dark, without quiet zone."""

    text: str
    version: int
    level: Level
    rows: tuple[tuple[bool, ...], ...]

    @property
    def squares(self) -> int:
        """The squares along one side, quiet zone included."""
        return len(self.rows) + 2 * QUIET_SQUARES


def draw_symbol(text: str, *, level: Level, most_version: int) -> Symbol:
    """Return the symbol of an ASCII text.

    Raises:
        InputError: `carrier.symbol-size` if it would be larger than `most_version`.
    """
    code = QRCode(error_correction=_LEVELS[level], border=0)
    code.add_data(QRData(text.encode("ascii"), mode=_BYTE_MODE))
    try:
        version = code.best_fit()
    except (DataOverflowError, ValueError) as error:  # ValueError: version 41
        raise InputError.at("carrier.symbol-size", characters=len(text), level=level, limit=most_version) from error
    if version > most_version:
        raise InputError.at("carrier.symbol-size", characters=len(text), level=level, limit=most_version)
    code.make(fit=False)
    rows = tuple(tuple(bool(dark) for dark in row) for row in code.get_matrix())
    return Symbol(text, version, level, rows)
