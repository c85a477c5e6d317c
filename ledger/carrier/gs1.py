"""GS1 Digital Link paths: the part after a resolver's domain that names a product, a lot, an item, or a plant.

Rules (GS1 Digital Link URI Syntax 1.6; GS1 General Specifications, 3):

1. A path is a primary key with its identifier, then qualifiers in GS1's order, each once: ``/01/<GTIN>`` with ``/22/``
   (variant), ``/10/`` (lot) and ``/21/`` (serial number), or with ``/235/`` (a third party's serial number);
   ``/414/<GLN>`` with ``/254/`` (extension).  Any other path is refused. One slash at the end is ignored.
2. A GTIN is a real one (`ledger.carrier.link`), with 8, 12, 13 or 14 digits, written as 14.  A GLN has a right check
   digit and a prefix that GS1 allocated.  A qualifier has 1 to 20 characters of CSET 82, ``/235/`` up to 28, and is not
   a dot segment.
3. A value is unescaped once; look-ups use the one canonical path.

This module looks nothing up and knows no domain.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import quote, unquote

from ledger.carrier.link import MOST_GS1_CHARACTERS, checked_gtin, fits_gs1
from schemas.problem import InputError

PRODUCT: Final = "01"
PLACE: Final = "414"
_VARIANT, _LOT, _SERIAL, _OTHERS_SERIAL, _EXTENSION = "22", "10", "21", "235", "254"
_SEQUENCES: Final = {PRODUCT: ((_VARIANT, _LOT, _SERIAL), (_OTHERS_SERIAL,)), PLACE: ((_EXTENSION,),)}
"""The qualifiers of each primary key, in order (GS1 Barcode Syntax Dictionary, ``dlpkey``)."""
_LONGER: Final = {_OTHERS_SERIAL: 28}
"""The greater length of some qualifiers."""
_PATH: Final = re.compile(r"/(?:(01)/([0-9]{8,14})|(414)/([0-9]{13}))((?:/[0-9]{2,3}/[^/]+)*)/?")
_QUALIFIER: Final = re.compile(r"/([0-9]{2,3})/([^/]+)")
_ESCAPES: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
MOST_PATH_CHARACTERS: Final = 256
"""Room for three values of 20 characters, all escaped, and the keys: 215."""


class Gs1Path(NamedTuple):
    """A primary key (`PRODUCT`, `PLACE`), its identifier of 14 or 13 digits, and qualifiers with their values."""

    primary: str
    identifier: str
    qualifiers: tuple[tuple[str, str], ...] = ()

    @property
    def key(self) -> str:
        """The primary key with its identifier."""
        return f"{self.primary}/{self.identifier}"

    def to_text(self) -> str:
        """Return the canonical path."""
        return f"/{self.key}" + "".join(f"/{name}/{quote(value, safe='')}" for name, value in self.qualifiers)

    def levels(self) -> tuple[Gs1Path, ...]:
        """Return this path and all above it, up to the primary key alone."""
        counts = range(len(self.qualifiers), -1, -1)
        return tuple(self._replace(qualifiers=self.qualifiers[:count]) for count in counts)


def product_path(gtin: str, *, lot: str | None = None, serial: str | None = None) -> Gs1Path:
    """Return the path of a lot or an item; raise InputError `carrier.gtin`, `carrier.gs1-value`."""
    if lot is None and serial is None:
        raise InputError.at("carrier.gs1-path", value=f"/01/{gtin}")
    return Gs1Path(PRODUCT, checked_gtin(gtin), _checked(((_LOT, lot), (_SERIAL, serial))))


def place_path(gln: str, *, extension: str | None = None) -> Gs1Path:
    """Return the path of a plant; raise InputError `carrier.gln`, `carrier.gs1-value`."""
    return Gs1Path(PLACE, _checked_gln(gln), _checked(((_EXTENSION, extension),)))


def parse_path(text: str) -> Gs1Path:
    """Parse a path as sent, with its escapes.

    Raises:
        InputError: `carrier.gs1-path`, `carrier.gs1-value`, `carrier.gtin`, `carrier.gln`.
    """
    if len(text) <= MOST_PATH_CHARACTERS and _ESCAPES.fullmatch(text) and (found := _PATH.fullmatch(text)):
        product, gtin, _, gln, rest = found.groups()
        named = _QUALIFIER.findall(rest)
        names = [name for name, _ in named]
        if any(names == [each for each in known if each in names] for known in _SEQUENCES[product or PLACE]):
            values = _checked((name, unquote(value)) for name, value in named)
            return (
                Gs1Path(PRODUCT, checked_gtin(gtin), values) if product else Gs1Path(PLACE, _checked_gln(gln), values)
            )
    raise InputError.at("carrier.gs1-path", value=text)


def _checked_gln(text: str) -> str:
    from biip import ParseError  # noqa: PLC0415 - only who has a GLN pays for its tables
    from biip.gln import Gln  # noqa: PLC0415

    try:
        known = Gln.parse(text)
    except ParseError as error:
        raise InputError.at("carrier.gln", value=text, reason=str(error)) from error
    if known.value != text or known.prefix is None:
        raise InputError.at("carrier.gln", value=text, reason="GS1 has not assigned its prefix")
    return text


def _checked(qualifiers: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    """Return the qualifiers with a value, or raise InputError `carrier.gs1-value` (rule 2)."""
    present = [(name, value) for name, value in qualifiers if value is not None]
    for name, value in present:
        most = _LONGER.get(name, MOST_GS1_CHARACTERS)
        if not fits_gs1(value, most=most):
            raise InputError.at("carrier.gs1-value", value=value, limit=most)
    return tuple(present)
