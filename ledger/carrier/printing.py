"""Print the label of a certificate, for commands and for HTTP.

Rules: `ledger.carrier.link` chooses the link; with a seal the symbol may be larger.  The caller gives the seal, from
the issuer or from `ledger.carrier.seal`.  This module does not find out whether the issuer is a demonstration.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal, NamedTuple, TypeAlias, cast, get_args

from ledger.carrier.label import Label, LabelFacts, lay_out
from ledger.carrier.link import checked_resolver, link_to
from ledger.carrier.pdf import label_pdf
from ledger.carrier.png import label_png
from ledger.carrier.qr import MOST_SEALED_VERSION, MOST_SHORT_VERSION, Level, Symbol, draw_symbol
from ledger.carrier.svg import label_svg
from ledger.carrier.zpl import label_zpl
from ledger.factors.tables import FactorTables
from ledger.plausibility.worth import alone
from ledger.seal.sdjwt import OpenCertificate
from schemas.problem import InputError

LabelFormat: TypeAlias = Literal["svg", "png", "pdf", "zpl"]

DEFAULT_WIDTH_MM: Final = 60
MEDIA_TYPE: Final = {
    "svg": "image/svg+xml",
    "png": "image/png",
    "pdf": "application/pdf",
    "zpl": "application/vnd.zebra-zpl",
}
_DRAWN_BY: Final = {
    "svg": label_svg,
    "png": label_png,
    "pdf": label_pdf,
    "zpl": label_zpl,
}


@dataclass(frozen=True, slots=True)
class LabelOptions:
    """Options of a label; `resolver` None means the certificate's registry, `gtin` is the product's, if any."""

    format: LabelFormat = "svg"
    width_mm: int = DEFAULT_WIDTH_MM
    level: Level = "M"
    resolver: str | None = None
    gtin: str | None = None


@dataclass(frozen=True, slots=True)
class PrintedLabel:
    """A label's file, and the link in its symbol."""

    content: bytes
    link: str


def print_label(
    opened: OpenCertificate, wish: LabelOptions, *, tables: FactorTables, seal: str | None, demo: bool
) -> PrintedLabel:
    """Return the label of a certificate; the same certificate, tables, options and seal give the same bytes.

    A figure with flags, with placeholders or far below the published range of `tables` has a line that says so.

    Raises:
        InputError: `carrier.*`.
    """
    label = label_parts(opened, wish, tables=tables, seal=seal, demo=demo).at(wish.width_mm)
    return PrintedLabel(drawn(label, wish.format), label.symbol.text)


def drawn(label: Label, format_: LabelFormat) -> bytes:
    """Return a label as a file of a format."""
    return _DRAWN_BY[format_](label)


class LabelParts(NamedTuple):
    """A label before it is laid out at a width: what it says, its symbol, and whether it may say it in any script."""

    facts: LabelFacts
    symbol: Symbol
    every_script: bool

    def at(self, width_mm: int) -> Label:
        """Return the label with everything at its place.  Errors: as `ledger.carrier.label.lay_out`."""
        return lay_out(self.facts, self.symbol, width_mm=width_mm, every_script=self.every_script)


def label_parts(
    opened: OpenCertificate, wish: LabelOptions, *, tables: FactorTables, seal: str | None, demo: bool
) -> LabelParts:
    """Return the parts of a certificate's label.  Errors: as `print_label`."""
    record = opened.record
    resolver = checked_resolver(wish.resolver or record.registry)
    link = link_to(resolver, opened.digest, lot=record.batch.lot, gtin=wish.gtin, seal=seal).to_text()
    most = MOST_SHORT_VERSION if seal is None else MOST_SEALED_VERSION
    symbol = draw_symbol(link, level=wish.level, most_version=most)
    worth = alone(record, tables)
    against = f"{worth.sentence[:1].upper()}{worth.sentence[1:]}." if worth.qualified else ""
    facts = LabelFacts(record, opened.digest, resolver, demo, against)
    return LabelParts(facts, symbol, wish.format == "svg")


def label_format(text: str, *, place: str = "") -> LabelFormat:
    """Return the label format with this name; raise InputError `carrier.format`."""
    if text not in _DRAWN_BY:
        raise InputError.at("carrier.format", place, value=text, known=", ".join(_DRAWN_BY))
    return cast("LabelFormat", text)


def symbol_level(text: str, *, place: str = "") -> Level:
    """Return the error correction level with this name; raise InputError `carrier.level`."""
    if text not in get_args(Level):
        raise InputError.at("carrier.level", place, value=text)
    return cast("Level", text)
