"""Paths of GS1 Digital Link: what stands after a resolver's domain and names a lot, a piece of it, or a plant.

Rules (GS1 Digital Link URI Syntax 1.6; GS1 General Specifications, 3):

1. ``/01/<GTIN>/10/<lot>``, with ``/21/<serial>`` after it or in the lot's place; ``/414/<GLN>``, with ``/254/<extension>`` after it.
   Other keys, another order or a key twice is no path of these.
2. A GTIN is a real one (`ledger.carrier.link`), with 8, 12, 13 or 14 digits, written as 14; a GLN has a right check digit and a prefix
   that GS1 gave out.  Lot, serial and extension are 1 to 20 characters of CSET 82 and no dots that readers of URLs take away.
3. A value is unescaped once; the path that is looked up is the one spelling, whatever was asked with.

What this module does not do: it looks nothing up and knows no domain.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple, TypeAlias
from urllib.parse import quote, unquote

from ledger.carrier.link import checked_gtin, fits_gs1
from schemas.problem import InputError

_PRODUCT: Final = re.compile(r"/01/([0-9]{8,14})(?:/10/([^/]+))?(?:/21/([^/]+))?")
_PLACE: Final = re.compile(r"/414/([0-9]{13})(?:/254/([^/]+))?")
_ESCAPES: Final = re.compile(r"(?:[^%]|%[0-9A-Fa-f]{2})*")
MOST_PATH_CHARACTERS: Final = 256
"""Two values of 20 characters, all escaped, and the keys: 150."""


class ProductPath(NamedTuple):
    """A lot of a product, or a piece of it: GTIN of 14 digits, and lot or serial number or both."""

    gtin: str
    lot: str | None
    serial: str | None = None

    @property
    def key(self) -> str:
        """The primary key with its identifier."""
        return f"01/{self.gtin}"

    def to_text(self) -> str:
        """Return the one spelling."""
        return f"/{self.key}{_step('10', self.lot)}{_step('21', self.serial)}"

    def above(self) -> ProductPath | None:
        """Return the path that names more than this one: of a piece of a lot, the lot."""
        return ProductPath(self.gtin, self.lot) if self.lot is not None and self.serial is not None else None


class PlacePath(NamedTuple):
    """A plant, or a part of it: GLN of 13 digits, and perhaps its extension."""

    gln: str
    extension: str | None = None

    @property
    def key(self) -> str:
        """The primary key with its identifier."""
        return f"414/{self.gln}"

    def to_text(self) -> str:
        """Return the one spelling."""
        return f"/{self.key}{_step('254', self.extension)}"

    def above(self) -> PlacePath | None:
        """Return the path that names more than this one: of a part of a plant, the plant."""
        return PlacePath(self.gln) if self.extension is not None else None


Gs1Path: TypeAlias = ProductPath | PlacePath


def product_path(gtin: str, *, lot: str | None = None, serial: str | None = None) -> ProductPath:
    """Return the path of a lot or a piece; raise InputError `carrier.gtin`, `carrier.gs1-value`."""
    if lot is None and serial is None:
        raise InputError.at("carrier.gs1-path", value=f"/01/{gtin}")
    return ProductPath(checked_gtin(gtin), _checked(lot), _checked(serial))


def place_path(gln: str, *, extension: str | None = None) -> PlacePath:
    """Return the path of a plant; raise InputError `carrier.gln`, `carrier.gs1-value`."""
    from biip import ParseError  # noqa: PLC0415 - only who has a GLN pays for its tables
    from biip.gln import Gln  # noqa: PLC0415

    try:
        known = Gln.parse(gln)
    except ParseError as error:
        raise InputError.at("carrier.gln", value=gln, reason=str(error)) from error
    if known.value != gln or known.prefix is None:
        raise InputError.at("carrier.gln", value=gln, reason="it has no prefix that GS1 gave out")
    return PlacePath(gln, _checked(extension))


def parse_path(text: str) -> Gs1Path:
    """Read a path as it was sent, escapes and all.

    Raises:
        InputError: `carrier.gs1-path`, `carrier.gs1-value`, `carrier.gtin`, `carrier.gln`.

    """
    if len(text) <= MOST_PATH_CHARACTERS and _ESCAPES.fullmatch(text):
        if found := _PRODUCT.fullmatch(text):
            return product_path(found[1], lot=_unescaped(found[2]), serial=_unescaped(found[3]))
        if found := _PLACE.fullmatch(text):
            return place_path(found[1], extension=_unescaped(found[2]))
    raise InputError.at("carrier.gs1-path", value=text)


def _unescaped(value: str | None) -> str | None:
    return None if value is None else unquote(value)


def _checked(value: str | None) -> str | None:
    if value is not None and not fits_gs1(value):
        raise InputError.at("carrier.gs1-value", value=value)
    return value


def _step(identifier: str, value: str | None) -> str:
    return "" if value is None else f"/{identifier}/{quote(value, safe='')}"
