"""A sheet that explains one certificate's footprint: standalone HTML, to read, print and keep.

Rules: a table repeats each figure of a drawing.  Nothing refers outside, there is no script, and text from the
certificate is escaped.  The sheet judges nothing and says so.

This module does not compute figures or draw.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from ledger.factors.tables import FactorTables
from ledger.footprint.digits import MANY, digits_of, shown
from ledger.plausibility.worth import alone
from ledger.seal.attestation import OpenAttestation
from ledger.seal.sdjwt import OpenCertificate
from ledger.sheets.drawing import drawable_parts, sankey, stacked_bar
from ledger.sheets.methods import left_out_line, methods_line
from ledger.sheets.numbers import FigurePart, Numbers
from ledger.sheets.statement import statement
from schemas.identifier import mark_of
from schemas.quantity import trillionths_text
from schemas.report import Plausibility
from schemas.sentences import DEMANDS, MARK_WORDS
from schemas.vocabulary import UNIT_OF_INDICATOR

UNIT: Final = "kg CO2e"

_STYLE: Final = (
    ":root{color-scheme:light dark}body{font:16px/1.5 Source Sans 3,Helvetica,Arial,sans-serif;max-width:46rem;margin:2rem auto;"
    "padding:0 1rem}table{border-collapse:collapse;margin:.5rem 0 1.5rem;width:100%}th,td{text-align:left;padding:.2rem .6rem;"
    "border-bottom:1px solid #8886}td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}svg{max-width:100%;height:auto;"
    "margin:.5rem 0 1rem}h1{margin-bottom:0}.s{color:GrayText}.w{border-left:.3rem solid #b9770e;padding-left:.6rem}dt{font-weight:600;margin-top:.6rem}dd{margin:0}@media print{body{margin:0;max-width:none}}"
)


def explained_sheet(
    opened: OpenCertificate, numbers: Numbers, tables: FactorTables, attested: Sequence[OpenAttestation] = ()
) -> str:
    """Return the sheet as an HTML document; `attested` are attestations about the certificate."""
    record = opened.record
    title = f"{record.batch.lot}: {_figure(opened, record.footprint.per_kg.location)} kg CO2e per kg"
    body = "".join(_body(opened, numbers, tables, attested))
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head><body>{body}</body></html>\n"
    )


def flow_svg(opened: OpenCertificate, numbers: Numbers) -> str:
    """Return the flow from the sources of the figure to its stages; if the run is withheld, the stages as a bar."""
    title = f"{opened.record.batch.lot}: where {_figure(opened, opened.record.footprint.total_kg_co2e.location)} kg CO2e come from"
    stages = drawable_parts(numbers.stages, UNIT)
    return (
        sankey(title, drawable_parts(numbers.sources, UNIT), stages) if numbers.sources else stacked_bar(title, stages)
    )


def _body(
    opened: OpenCertificate, numbers: Numbers, tables: FactorTables, attested: Sequence[OpenAttestation]
) -> Iterator[str]:
    record, figures = opened.record, opened.record.footprint
    worth, digits = alone(record, tables, opened.run), digits_of(figures.quality)
    mark = mark_of(record.registry)
    if mark is not None:
        yield f'<p class="w"><strong>{MARK_WORDS[mark]}</strong></p>'
    yield f"<h1>{escape(record.batch.lot)}</h1><p>{escape(record.batch.description)}, {record.batch.net_mass_kg} kg.</p>"
    yield (
        f"<p><strong>{shown(figures.per_kg.location, digits)} kg CO2e per kg</strong> by location, "
        f"{shown(figures.per_kg.market, digits)} by market; {shown(figures.total_kg_co2e.location, digits)} kg CO2e in all. "
        f"{escape(figures.boundary)}, {figures.gwp}, {figures.allocation} allocation ({figures.alternative.method} "
        f"allocation would give {shown(figures.alternative.total_kg_co2e.location, digits)}).</p>"
    )
    yield from _worth(worth)
    line = f"kg CO2e per kg: {methods_line(figures, record.batch.net_mass_kg)}."
    apart = any(fact.key.startswith("methods-") for fact in worth.beside)
    yield f"<p><strong>{line}</strong></p>" if apart else f"<p>{line}</p>"
    if left_out := left_out_line(figures, record.batch.net_mass_kg):
        yield f"<p>kg CO2e per kg: {left_out}.</p>"
    yield f"<h2>Where it comes from</h2>{flow_svg(opened, numbers)}"
    if numbers.sources:
        yield _table(("what brought it", UNIT, "part"), _rows(numbers.sources, numbers.total, digits))
    else:
        yield "<p>How the batch was made is withheld, so this is told by stage alone.</p>"
    yield f"<h2>By stage</h2>{_table(('stage', UNIT, 'part'), _rows(numbers.stages, numbers.total, digits))}"
    bar = stacked_bar(f"{record.batch.lot} by gas", drawable_parts(numbers.gases, UNIT))
    yield f"<h2>By gas</h2>{bar}{_table(('gas', UNIT, 'part'), _rows(numbers.gases, numbers.total, digits))}"
    yield f"<h2>Stage and gas</h2>{_table(('stage', 'gas', UNIT), _matrix(numbers, digits))}"
    yield f"<h2>By scope</h2>{_table(('scope', UNIT, 'part'), _rows(numbers.scopes, numbers.total, digits))}"
    yield from _further(opened)
    yield "<h2>Statement, as ISO 14067, the GHG Protocol, PACT and product category rules ask for it</h2><dl>"
    for item in statement(opened, tables, attested):
        lines = "<br>".join(map(escape, item.lines))
        yield f"<dt>{escape(item.label)}</dt><dd>{lines}</dd>"
    yield (
        f'</dl><p class="s">Certificate {opened.digest}. All figures location-based unless said, with as many digits as their '
        f"uncertainty supports; the certificate has all. This sheet explains a number and judges nothing: "
        f"<code>oreprint verify</code> does.</p>"
    )


def _worth(worth: Plausibility) -> Iterator[str]:
    """Yield the doubts about the figure, the published range, and the demands of its method."""
    mark = "Something stands against this figure: " if worth.qualified else "What the figure is worth: "
    yield f"<p{' class=w' if worth.qualified else ''}><strong>{mark}</strong>{escape(worth.sentence)}.</p>"
    published = worth.published
    if published is not None and published.low is not None:
        named = escape("; ".join(filter(None, (*published.studies, published.note))))
        yield f"<p>Published: {published.low} to {published.high} kg CO2e per kg; methods differ. {named}.</p>"
    if worth.beside:
        yield f"<ul>{''.join(f'<li>{escape(each.sentence)}</li>' for each in worth.beside)}</ul>"
    if worth.profile is not None:
        yield f"<h2>The method, {escape(worth.profile.called)}</h2>"
        rows = [
            (DEMANDS[each.demand], each.bound, each.found or "", each.state.replace("-", " "))
            for each in worth.profile.demands
        ]
        yield _table(("it asks for", "what", "here", "state"), rows)


def _figure(opened: OpenCertificate, figure: str) -> str:
    return shown(figure, digits_of(opened.record.footprint.quality))


def _further(opened: OpenCertificate) -> Iterator[str]:
    rows = [(name, shown(amount, MANY), UNIT_OF_INDICATOR[name]) for name, amount in opened.record.indicators.rows]
    if rows:
        yield f"<h2>More than carbon</h2>{_table(('what', 'amount', 'unit'), rows)}"


def _rows(parts: Sequence[FigurePart], total: int, digits: int) -> Iterator[tuple[str, str, str]]:
    for part in parts:
        share = f"{100 * part.amount / total:.1f} %" if total else ""
        name = f"{part.name} ({part.certificate})" if part.certificate else part.name
        yield name, shown(trillionths_text(part.amount), digits), share


def _matrix(numbers: Numbers, digits: int) -> Iterator[tuple[str, str, str]]:
    for (stage, gas), amount in numbers.matrix.items():
        yield stage, gas, shown(trillionths_text(amount), digits)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    names = "".join(f'<th scope="col"{_side(at)}>{escape(name)}</th>' for at, name in enumerate(head))
    lines = "".join(
        "<tr>" + "".join(f"<td{_side(at)}>{escape(cell)}</td>" for at, cell in enumerate(row)) + "</tr>" for row in rows
    )
    return f"<table><thead><tr>{names}</tr></thead><tbody>{lines}</tbody></table>"


def _side(at: int) -> str:
    return ' class="n"' if at else ""
