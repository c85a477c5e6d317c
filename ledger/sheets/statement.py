"""The complete statement of one figure: what ISO 14067, the GHG Protocol, PACT and PCRs ask to be told.

Rules: each item has its words for people, rounded as its uncertainty supports, and its value with all digits.  What
was counted and is 0 is told as 0; a flow that nobody counted is told as not quantified; what this copy does not show is
told as not shown.  The items are those of
`ledger.factors.profiles.STATEMENT`, in their order; the sheet, `oreprint show` and its JSON have them all.

This module judges nothing and computes no figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

from ledger.factors.figures import co2e, parsed_rows
from ledger.factors.profiles import STATEMENT
from ledger.footprint.digits import FEW, MANY, shown, shown_figure
from ledger.plausibility.published import routes_of
from ledger.plausibility.told import biomass_kg
from ledger.sheets.methods import by_methods, left_out_line, methods_line
from ledger.sheets.statement_beside import aircraft, both_figures, each_kg, entered_free, own_factors
from ledger.sheets.statement_run import allocation, electricity, exclusions, line_quality, primary
from ledger.sheets.uncertainty import causes_words, parameters
from schemas.quantity import trillionths, trillionths_text
from schemas.struct import plain
from schemas.vocabulary import unit_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from ledger.factors.tables import FactorTables
    from ledger.seal.attestation import OpenAttestation
    from ledger.seal.sdjwt import OpenCertificate
    from schemas.certificate import CertificateRecord
    from schemas.vocabulary import Gas

LABELS: Final[Mapping[str, str]] = {
    "declared-unit": "Declared unit",
    "boundary": "System boundary",
    "reference-period": "Reference period",
    "geography": "Geography",
    "technology": "Technology",
    "gwp": "Global warming potentials",
    "total": "Footprint",
    "fossil": "Fossil emissions",
    "biogenic": "Biogenic emissions",
    "biogenic-removals": "Biogenic uptake",
    "land-use": "Land-use change",
    "aircraft": "Aircraft",
    "exclusions": "Left out",
    "allocation": "Allocation",
    "entered-free": "Free of burden",
    "electricity": "Electricity",
    "data-quality": "Data quality",
    "own-factors": "Factors that are not public",
    "primary-share": "Primary data",
    "uncertainty": "Uncertainty",
    "assurance": "Assurance",
}
NOT_SHOWN: Final = "not shown in this copy"
NOT_QUANTIFIED: Final = "not quantified: no line of the chain tells it"
OLD: Final = "certificates of engine version 1 do not tell it"


class StatementItem(NamedTuple):
    """An item of a statement: its lines for people, and its value for machines."""

    item: str
    lines: tuple[str, ...]
    value: Any

    @property
    def label(self) -> str:
        """The name of the item."""
        return LABELS[self.item]


class _Told(NamedTuple):
    """The subject of the items."""

    opened: OpenCertificate
    tables: FactorTables
    attested: Sequence[OpenAttestation]

    @property
    def record(self) -> CertificateRecord:
        return self.opened.record

    @property
    def gwp(self) -> Mapping[Gas, int]:
        return self.tables.gwp.weights[self.record.footprint.gwp]

    def figure(self, text: str) -> str:
        return shown_figure(text, self.record.footprint.quality)

    def per_kg(self, *gases: Gas, sign: int = 0, kg: bool = False) -> str:
        """Return kg CO2e (or kg) per kg from some gases, location-based; `sign` takes the rows of one sign alone."""
        rows = parsed_rows(self.record.footprint.rows)
        taken = {key: pair for key, pair in rows.items() if key[1] in gases and (not sign or pair.location * sign > 0)}
        total = sum(pair.location for pair in taken.values()) if kg else co2e(taken, self.gwp).location
        return each_kg(self.record, total)


def statement(
    opened: OpenCertificate,
    tables: FactorTables,
    attested: Sequence[OpenAttestation] = (),
) -> tuple[StatementItem, ...]:
    """Return all items of the statement of a certificate; `attested` are attestations about it."""
    used = tables.named(opened.record.footprint.factor_sets) or tables
    told = _Told(opened, used, attested)
    return tuple(StatementItem(item, *_ITEMS[item](told)) for item in STATEMENT)


def document(items: Iterable[StatementItem]) -> dict[str, Any]:
    """Return a statement as JSON has it, with all digits."""
    return {item.item: item.value for item in items}


_Item = tuple[tuple[str, ...], Any]


def _declared_unit(told: _Told) -> _Item:
    batch = told.record.batch
    unit = unit_of(batch.kind)
    basis = "net mass, dry at 105 C" if unit == "kg" else "electricity generated"
    words = f"1 {unit} of {batch.product or batch.kind}, {basis}; this batch has {batch.net_mass_kg} {unit}"
    return (words,), {"amount": "1", "unit": unit, "basis": basis, "product": batch.product, "batch": batch.net_mass_kg}


def _boundary(told: _Told) -> _Item:
    boundary = told.record.footprint.boundary
    words = f"{boundary}: from the mine, or from the collection of scrap, to the gate of this plant. Use and end of life are not in it"
    return (words,), {"boundary": boundary}


def _period(told: _Told) -> _Item:
    produced = told.record.batch.produced
    return (f"{produced.start} to {produced.end}",), plain(produced)


def _geography(told: _Told) -> _Item:
    plant = told.record.batch.facility
    steps = [(step.step, step.region or step.country) for step in told.record.origin]
    words = f"plant in {plant.region or plant.country}; steps: {', '.join(f'{step} {place}' for step, place in steps)}"
    value = {"country": plant.country, "region": plant.region, "steps": [{"step": s, "place": p} for s, p in steps]}
    return (words,), value


def _technology(told: _Told) -> _Item:
    batch = told.record.batch
    closest, *others = routes_of(told.record)
    routes = [closest, *(route for route in others if route != "any-primary")]
    steps = list(dict.fromkeys(step.step for step in told.record.origin))
    words = f"{batch.step}; route {', '.join(routes)}; steps {', '.join(steps)}"
    return (words,), {"step": batch.step, "routes": routes, "steps": steps}


def _gwp(told: _Told) -> _Item:
    gwp = told.record.footprint.gwp
    words = f"IPCC {gwp}, 100 years; a factor that exists only as CO2e keeps its own"
    return (words,), {"set": gwp, "years": 100, "digest": told.tables.gwp.digest}


def _total(told: _Told) -> _Item:
    figures = told.record.footprint
    each = figures.per_kg
    words = f"{told.figure(each.location)} kg CO2e per kg by location, {told.figure(each.market)} by market"
    value = {
        "per_kg": plain(each),
        "batch": plain(figures.total_kg_co2e),
        "scope_1": figures.scope_1,
        "scope_2": plain(figures.scope_2),
        "scope_3": plain(figures.scope_3),
    }
    return (words,), value


_APART: Final[tuple[Gas, ...]] = ("CO2-biogenic", "CO2-land-use", "CH4-biogenic")


def _fossil(told: _Told) -> _Item:
    gases: list[Gas] = [gas for gas in told.gwp if gas not in _APART]
    amount, whole = told.per_kg(*gases), told.per_kg("CO2e")
    words = f"{told.figure(amount)} kg CO2e per kg"
    if whole != "0":
        words += f", of which {told.figure(whole)} from factors that exist only as CO2e, which may hold other gases"
    return (words,), {"kg_co2e_per_kg": amount, "of_it_only_as_co2e": whole}


def _biogenic(told: _Told) -> _Item:
    carbon, methane = told.per_kg("CO2-biogenic", sign=1, kg=True), told.per_kg("CH4-biogenic")
    words = f"{told.figure(carbon)} kg CO2 and {told.figure(methane)} kg CO2e of methane per kg; the CO2 weighs 0"
    whole = trillionths(told.record.footprint.total_kg_co2e.location) + biomass_kg(told.record)
    counted = each_kg(told.record, whole)
    if carbon != "0":
        words += f", and the figure with it would be {told.figure(counted)} kg CO2e per kg"
    value = {"kg_co2_per_kg": carbon, "methane_kg_co2e_per_kg": methane, "figure_with_it_kg_co2e_per_kg": counted}
    return (words,), value


def _removals(told: _Told) -> _Item:
    uptake = told.per_kg("CO2-biogenic", sign=-1, kg=True)
    if uptake == "0":
        return (NOT_QUANTIFIED,), {"kg_co2_per_kg": None}
    return (f"{told.figure(uptake)} kg CO2 per kg; it weighs 0",), {"kg_co2_per_kg": uptake}


def _land_use(told: _Told) -> _Item:
    """Tell land-use change; no boundary and no step owes a line of it, so no amount means that nobody counted it."""
    amount = told.per_kg("CO2-land-use")
    if amount == "0":
        return (NOT_QUANTIFIED,), {"kg_co2e_per_kg": None}
    return (f"{told.figure(amount)} kg CO2e per kg, from the lines that tell it",), {"kg_co2e_per_kg": amount}


def _aircraft(told: _Told) -> _Item:
    return aircraft(told.record, told.figure) or ((OLD,), None)


def _entered_free(told: _Told) -> _Item:
    return entered_free(told.record) or ((OLD,), None)


def _own_factors(told: _Told) -> _Item:
    return own_factors(told.record, told.figure) or ((OLD,), None)


def _exclusions(told: _Told) -> _Item:
    return exclusions(told.opened) or ((NOT_SHOWN,), None)


def _allocation(told: _Told) -> _Item:
    return allocation(told.opened, told.figure)


def _electricity(told: _Told) -> _Item:
    words, value = electricity(told.opened, told.tables)
    more, figures = both_figures(told.record, told.figure)
    return (words[0], *more, *words[1:]), value | figures


def _data_quality(told: _Told) -> _Item:
    quality = told.record.footprint.quality
    first = f"rating {shown(quality.rating, FEW)} of 1 (best) to 5; lines on placeholder factors: {told.record.footprint.placeholders}"
    lines = line_quality(told.opened, told.tables)
    value = {"rating": quality.rating, "placeholders": told.record.footprint.placeholders}
    if lines is None:
        return (first, f"by line: {NOT_SHOWN}"), value | {"lines": None}
    return (first, *lines[0]), value | {"lines": lines[1]}


def _primary(told: _Told) -> _Item:
    return primary(told.opened)


def _uncertainty(told: _Told) -> _Item:
    """Tell the uncertainty in its three lines, never as one interval: parameters, method, what is left out."""
    figures, net = told.record.footprint, told.record.batch.net_mass_kg
    found = parameters(figures.per_kg.location, figures.quality)
    range_ = f"95 % between {told.figure(found.low)} and {told.figure(found.high)} kg CO2e per kg"
    words = (
        f"parameters: GSD2 {shown(found.gsd2, MANY)}, {range_}{causes_words(found)}",
        f"method: {methods_line(figures, net)}",
        f"left out: {left_out_line(figures, net) or 'nothing that has a bound'}",
    )
    value = {
        "parameters": {
            "gsd2": found.gsd2,
            "low": found.low,
            "high": found.high,
            "causes": [{"key": key, "share": trillionths_text(share)} for key, share in found.causes],
        },
        "method": {each.method: each.per_kg for each in by_methods(figures, net)},
        "left_out_kg_co2e": figures.left_out,
    }
    return words, value


def _assurance(told: _Told) -> _Item:
    figures = [each for each in told.attested if "figure" in each.record.scopes]
    value = [
        {
            "attestor": each.record.attestor.did,
            "level": each.record.level,
            "opinion": each.record.opinion,
            "criteria": list(each.record.criteria),
            "digest": each.digest,
        }
        for each in figures
    ]
    words = tuple(
        f"{each.record.attestor.names[0].text}: {each.record.level} assurance, opinion {each.record.opinion}; not checked here"
        for each in figures
    )
    return words or ("no third-party assurance in this file",), value


_ITEMS: Final[Mapping[str, Callable[[_Told], _Item]]] = {
    "declared-unit": _declared_unit,
    "boundary": _boundary,
    "reference-period": _period,
    "geography": _geography,
    "technology": _technology,
    "gwp": _gwp,
    "total": _total,
    "fossil": _fossil,
    "biogenic": _biogenic,
    "biogenic-removals": _removals,
    "land-use": _land_use,
    "aircraft": _aircraft,
    "exclusions": _exclusions,
    "allocation": _allocation,
    "entered-free": _entered_free,
    "electricity": _electricity,
    "data-quality": _data_quality,
    "own-factors": _own_factors,
    "primary-share": _primary,
    "uncertainty": _uncertainty,
    "assurance": _assurance,
}
