"""A sheet that explains one certificate's footprint: standalone HTML, to read, print and keep.

Rules: a table repeats each figure of a drawing.  Nothing refers outside, there is no script, and text from the
certificate is escaped.  The sheet judges nothing and says so.

This module does not compute figures or draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from ledger.factors.profiles import Profile
from ledger.footprint.quality import gsd2, span
from ledger.seal.sdjwt import OpenCertificate
from ledger.sheets.drawing import drawable_parts, sankey, stacked_bar
from ledger.sheets.methods import left_out_line, methods_line
from ledger.sheets.numbers import FigurePart, Numbers
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import UNIT_OF_INDICATOR

UNIT: Final = "kg CO2e"

_STYLE: Final = (
    ":root{color-scheme:light dark}body{font:16px/1.5 Source Sans 3,Helvetica,Arial,sans-serif;max-width:46rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}th,td{text-align:left;padding:.2rem .6rem;"
    "border-bottom:1px solid #8886}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto;"
    "margin:.5rem 0 1rem}h1{margin-bottom:0}.s{color:GrayText}@media print{body{margin:0;max-width:none}}"
)


def explained_sheet(opened: OpenCertificate, numbers: Numbers, profile: Profile | None) -> str:
    """Return the sheet as an HTML document."""
    record = opened.record
    title = f"{record.batch.lot}: {record.footprint.per_kg.location} kg CO2e per kg"
    body = "".join(_body(opened, numbers, profile))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def flow_svg(opened: OpenCertificate, numbers: Numbers) -> str:
    """Return the flow from the sources of the figure to its stages; if the run is withheld, the stages as a bar."""
    title = f"{opened.record.batch.lot}: where {opened.record.footprint.total_kg_co2e.location} kg CO2e come from"
    stages = drawable_parts(numbers.stages, UNIT)
    return (
        sankey(title, drawable_parts(numbers.sources, UNIT), stages) if numbers.sources else stacked_bar(title, stages)
    )


def _body(opened: OpenCertificate, numbers: Numbers, profile: Profile | None) -> Iterator[str]:
    record, figures = opened.record, opened.record.footprint
    yield f"<h1>{escape(record.batch.lot)}</h1><p>{escape(record.batch.description)}, {record.batch.net_mass_kg} kg.</p>"
    yield (
        f"<p><strong>{figures.per_kg.location} kg CO2e per kg</strong> by location, {figures.per_kg.market} by market; "
        f"{figures.total_kg_co2e.location} kg CO2e in all. {escape(figures.boundary)}, {figures.gwp}, {figures.allocation} "
        f"allocation ({figures.alternative.method} allocation would give {figures.alternative.total_kg_co2e.location}).</p>"
    )
    yield f"<p>kg CO2e per kg: {methods_line(figures, record.batch.net_mass_kg)}.</p>"
    if left_out := left_out_line(figures, record.batch.net_mass_kg):
        yield f"<p>kg CO2e per kg: {left_out}.</p>"
    yield from _by(profile, figures.method)
    yield f"<h2>Where it comes from</h2>{flow_svg(opened, numbers)}"
    if numbers.sources:
        yield _table(("what brought it", UNIT, "part"), _rows(numbers.sources, numbers.total))
    else:
        yield "<p>How the batch was made is withheld, so this is told by stage alone.</p>"
    yield f"<h2>By stage</h2>{_table(('stage', UNIT, 'part'), _rows(numbers.stages, numbers.total))}"
    bar = stacked_bar(f"{record.batch.lot} by gas", drawable_parts(numbers.gases, UNIT))
    yield f"<h2>By gas</h2>{bar}{_table(('gas', UNIT, 'part'), _rows(numbers.gases, numbers.total))}"
    yield f"<h2>Stage and gas</h2>{_table(('stage', 'gas', UNIT), _matrix(numbers))}"
    yield f"<h2>By scope</h2>{_table(('scope', UNIT, 'part'), _rows(numbers.scopes, numbers.total))}"
    yield from _further(opened)
    yield (
        f'<p class="s">Certificate {opened.digest}. All figures location-based unless said. This sheet explains a number and '
        f"judges nothing: <code>oreprint verify</code> does.</p>"
    )


def _by(profile: Profile | None, named: str) -> Iterator[str]:
    if profile is None:
        yield f"<p>By {escape(named)}.</p>"
        return
    unread = f" Not read there, so placeholders: {escape(', '.join(profile.unread))}." if profile.unread else ""
    yield f"<p>By {escape(profile.label)}, per {escape(profile.declared_unit)}.{unread}</p>"


def _further(opened: OpenCertificate) -> Iterator[str]:
    record = opened.record
    rows = [(name, amount, UNIT_OF_INDICATOR[name]) for name, amount in record.indicators.rows]
    if rows:
        yield f"<h2>More than carbon</h2>{_table(('what', 'amount', 'unit'), rows)}"
    quality = record.footprint.quality
    spread = gsd2(trillionths(quality.variance))
    low, high = span(record.footprint.per_kg.location, quality)
    yield (
        f"<h2>How good it is</h2><p>{quality.primary_share} of it is primary data; rating {quality.rating} of 1 (best) to 5; "
        f"GSD2 {trillionths_text(spread)}: 95 % between {low} and {high} kg CO2e per kg. "
        f"{record.footprint.placeholders} lines of its run rest on placeholders.</p>"
    )


def _rows(parts: Sequence[FigurePart], total: int) -> Iterator[tuple[str, str, str]]:
    for part in parts:
        share = f"{100 * part.amount / total:.1f} %" if total else ""
        name = f"{part.name} ({part.certificate})" if part.certificate else part.name
        yield name, trillionths_text(part.amount), share


def _matrix(numbers: Numbers) -> Iterator[tuple[str, str, str]]:
    for (stage, gas), amount in numbers.matrix.items():
        yield stage, gas, trillionths_text(amount)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    names = "".join(f'<th scope="col"{_side(at)}>{escape(name)}</th>' for at, name in enumerate(head))
    lines = "".join(
        "<tr>" + "".join(f"<td{_side(at)}>{escape(cell)}</td>" for at, cell in enumerate(row)) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"


def _side(at: int) -> str:
    return ' class="n"' if at else ""
