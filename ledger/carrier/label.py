"""The label: the text around the symbol, and the position of everything.

Rules:

1. Under the symbol are the resolver's domain and the start of the digest with its check character, for comparison with
   a phone.  Then come lot, product, net mass, kg CO2e per kg with its boundary, and the issuer.
2. Lengths are whole micrometres from the top left corner.  Type is at least 2 mm, so a narrow label is a longer one:
   lines shrink to that and are then broken.  Only the product's description is ever cut.
3. A square of the symbol is at least 0.33 mm: phones read it from a hand's distance, and printers of 203 dpi can print
   it.
4. A black band above the symbol marks a demonstration, by the trust list, and a trial, by the registry's name.
5. The first of the issuer's names that can be set is printed, else its DID.  A lot that cannot be set is refused, never
   replaced.

This module draws nothing (`ledger.carrier.svg` and its neighbours do).  A label proves nothing by itself, and says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

from ledger.carrier.code import label_code
from ledger.carrier.qr import Symbol
from ledger.carrier.typeface import can_draw, text_width
from ledger.footprint.digits import shown_figure
from schemas.certificate import CertificateRecord
from schemas.identifier import Mark, mark_of
from schemas.problem import InputError

NARROWEST_MM: Final = 20
WIDEST_MM: Final = 200
LEAST_SQUARE_UM: Final = 330
LEAST_TYPE_UM: Final = 2000
"""Type of 5.7 points, capitals of 1.4 mm; EU food labels need 1.2 mm (Regulation 1169/2011, article 13)."""

_UM: Final = 1000
_DESCRIPTION_LINES: Final = 2
_EVERY_LINE: Final = 40
_LINE_PERCENT: Final = 128
_MILLIMETRES: Final = re.compile(r"([1-9][0-9]{0,3}) ?(?:mm)?", re.ASCII)
DEMO_WORDS: Final = "DEMO: no real batch"
TRIAL_WORDS: Final = "TRIAL: not for shipment"
_BANDS: Final[dict[Mark, str]] = {"demo": DEMO_WORDS, "trial": TRIAL_WORDS}
_BOUNDARY: Final = {"cradle-to-gate": "Cradle to gate"}
_FOOT: Final = "Scan to check. A label alone proves nothing."


class LabelLine(NamedTuple):
    """A line of text: left end and baseline, type size, and width, in µm; `light` is white on black."""

    text: str
    x: int
    y: int
    size: int
    width: int
    bold: bool
    light: bool


class LabelBar(NamedTuple):
    """A black rectangle, in µm."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Label:
    """A label with its layout; the symbol, `symbol_y` from the top, is a square as wide as the label.

    The square includes the quiet zone.
    """

    title: str
    description: str
    width: int
    height: int
    symbol: Symbol
    symbol_y: int
    bars: tuple[LabelBar, ...]
    lines: tuple[LabelLine, ...]


class _Text(NamedTuple):
    """A text for the layout: its size and the gap above it in percent of the type size, and its style."""

    text: str
    percent: int
    bold: bool = False
    centred: bool = False
    most_lines: int = _EVERY_LINE
    gap: int = 0


@dataclass(frozen=True, slots=True)
class LabelFacts:
    """The facts on the label of one certificate, in the words of its record; `worth` is a line about its figure."""

    record: CertificateRecord
    digest: str
    resolver: str
    demo: bool
    worth: str = ""

    @property
    def band(self) -> str:
        """The words of the band above the symbol; empty where there is none."""
        mark = mark_of(self.record.registry, demo=self.demo)
        return _BANDS[mark] if mark else ""


def lay_out(printed: LabelFacts, symbol: Symbol, *, width_mm: int, every_script: bool = False) -> Label:
    """Return the label of a certificate; with `every_script`, any script is accepted for names and lots.

    Raises:
        InputError: `carrier.label-size`, `carrier.square`, `carrier.script`.
    """
    width = _checked_width(width_mm, symbol)
    size = max(LEAST_TYPE_UM, width // 24)
    band = 2 * size if printed.band else 0
    lines = [_band_line(printed.band, width, size)] if printed.band else []
    bottom = band + width
    for text in _under(printed):
        added, bottom = _set(text, size, bottom, width)
        lines += added
    rule = LabelBar(_margin(width), bottom + size // 3, width - 2 * _margin(width), max(150, size // 12))
    bottom = rule.y + rule.height + size // 3
    for text in _about(printed, every_script=every_script):
        added, bottom = _set(text, size, bottom, width)
        lines += added
    bars = (LabelBar(0, 0, width, band), rule) if band else (rule,)
    return Label(
        title=f"Lot {printed.record.batch.lot}",
        description=". ".join(text.text for text in (*_under(printed), *_about(printed, every_script=True))),
        width=width,
        height=bottom + _margin(width),
        symbol=symbol,
        symbol_y=band,
        bars=bars,
        lines=tuple(lines),
    )


def width_in_mm(text: str, *, place: str = "") -> int:
    """Return a label's width in whole millimetres from text such as ``60mm``; raise InputError `carrier.label-size`."""
    match = _MILLIMETRES.fullmatch(text)
    if match is None:
        raise InputError.at("carrier.label-size", place, value=text, least=NARROWEST_MM, most=WIDEST_MM)
    return int(match[1])


def _checked_width(width_mm: int, symbol: Symbol) -> int:
    if not NARROWEST_MM <= width_mm <= WIDEST_MM:
        raise InputError.at("carrier.label-size", value=f"{width_mm}mm", least=NARROWEST_MM, most=WIDEST_MM)
    width = width_mm * _UM
    if width < symbol.squares * LEAST_SQUARE_UM:
        raise InputError.at(
            "carrier.square",
            width=width_mm,
            square=f"0.{width // symbol.squares:03d}",
            least=f"0.{LEAST_SQUARE_UM:03d}",
            needed=-(-symbol.squares * LEAST_SQUARE_UM // _UM),
        )
    return width


def _under(printed: LabelFacts) -> tuple[_Text, ...]:
    """Return the texts right under the symbol."""
    return (
        _Text(printed.resolver.removeprefix("http://"), 100, centred=True),
        _Text(label_code(printed.digest), 140, bold=True, centred=True),
    )


def _about(printed: LabelFacts, *, every_script: bool) -> tuple[_Text, ...]:
    """Return the texts below the rule."""
    record, batch = printed.record, printed.record.batch
    if not every_script and not can_draw(batch.lot):
        raise InputError.at("carrier.script", "lot", value=batch.lot)
    names = [name.text for name in record.issuer.names]
    description = batch.description if every_script or can_draw(batch.description) else batch.kind
    footprint = record.footprint
    return (
        _Text(f"Lot {batch.lot}", 180, bold=True),
        _Text(description, 100, most_lines=_DESCRIPTION_LINES),
        _Text(f"Net mass {batch.net_mass_kg} kg, dry", 130, bold=True, gap=30),
        _Text(f"{shown_figure(footprint.per_kg.location, footprint.quality)} kg CO2e per kg", 130, bold=True),
        *([_Text(printed.worth, 100)] if printed.worth else []),
        _Text(f"{_BOUNDARY[footprint.boundary]}, location-based, GWP {footprint.gwp}", 100),
        _Text(
            next(name for name in (*names, record.issuer.did) if every_script or can_draw(name)), 110, bold=True, gap=50
        ),
        _Text(_FOOT, 100, gap=30),
    )


def _set(text: _Text, size: int, top: int, width: int) -> tuple[list[LabelLine], int]:
    """Return the lines of a text below `top`, and the position of their end."""
    own, room = size * text.percent // 100, width - 2 * _margin(width)
    natural = own * text_width(text.text, bold=text.bold) // _UM
    if natural > room:
        own = max(size, own * room // natural)
    top += size * text.gap // 100
    broken = list(_broken(text.text, own, room, bold=text.bold))
    if len(broken) > text.most_lines:
        last = broken[text.most_lines - 1]
        broken = [*broken[: text.most_lines - 1], f"{last[:-1].rstrip()}…"]
    step = own * _LINE_PERCENT // 100
    lines = []
    for number, line in enumerate(broken, 1):
        taken = own * text_width(line, bold=text.bold) // _UM
        x = (width - taken) // 2 if text.centred else _margin(width)
        lines.append(LabelLine(line, x, top + number * step - own // 4, own, taken, text.bold, light=False))
    return lines, top + len(broken) * step


def _broken(text: str, size: int, room: int, *, bold: bool) -> Iterator[str]:
    """Yield the lines of a text, broken at a blank if there is one, else at the edge."""
    rest = text
    while rest:
        fits = len(rest)
        while fits > 1 and size * text_width(rest[:fits], bold=bold) > room * _UM:
            fits -= 1
        blank = rest.rfind(" ", 1, fits + 1) if fits < len(rest) else -1
        cut = blank if blank > 0 else fits
        yield rest[:cut]
        rest = rest[cut:].lstrip(" ")


def _band_line(words: str, width: int, size: int) -> LabelLine:
    natural = text_width(words, bold=True)
    own = min(size * 115 // 100, (width - 2 * _margin(width)) * _UM // natural)
    taken = own * natural // _UM
    return LabelLine(words, (width - taken) // 2, size + own * 36 // 100, own, taken, bold=True, light=True)


def _margin(width: int) -> int:
    return width // 20
