"""The texts of `api/web/static/tables.js` and `factors.js`: what steps 7 to 10 know besides documents.

The rules that read them are written by hand in JavaScript; words, weights, factors and the rules of claims are data,
and come from where the Python side has them. Integers are written as text, and read as BigInt.
"""

from __future__ import annotations

import json
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final, get_args

from ledger.chemistry.elements import ATOMIC_WEIGHT, RARE_EARTHS, TRACKED
from ledger.chemistry.stoichiometry import _OXIDE, CO2_PER_CO
from ledger.claims.discharge import CLOSED, EVAPORATION, METERS, MISSING, SALTS
from ledger.claims.energy import ABOUT, KGCE_PER_KWH, METERED, MJ_PER_KGCE, RENEWABLE, YEAR
from ledger.claims.reagents import LEAST, OXIDISED, STATES
from ledger.claims.rules import RULES
from ledger.factors import boundary
from ledger.factors.grid import AVERAGE, RESIDUAL, TABLE
from ledger.factors.prices import NAME as PRICES
from ledger.footprint import beside, indicators, quality
from ledger.footprint.masses import FORMULA_OF_GAS, REFRIGERANTS, _parts
from ledger.footprint.material_amounts import HEAVY, PROXY
from ledger.footprint.quality_sum import NO_FACTOR
from ledger.footprint.uncertainty import variance_of
from ledger.footprint.versions import ENGINES, GUARDED
from ledger.plausibility import products, published
from ledger.plausibility.accounting import WINNING
from ledger.tables import shipped_tables
from schemas.claim import WEAKEST_FIRST
from schemas.figures import MOST_OPEN
from schemas.inventory import READ
from schemas.quantity import trillionths_text
from schemas.vocabulary import STAGE_OF_STEP, Custody

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from fractions import Fraction

    from ledger.claims.rules import ClaimRule
    from ledger.factors.factor import Factor

LIST_MEMBERS: Final = ("scopes", "needs", "steps", "countries", "parts")


def _numbers(of: Mapping[Any, int]) -> dict[str, str]:
    return {name: str(number) for name, number in of.items()}


def _ratio(fraction: Fraction) -> list[str]:
    return [str(part) for part in fraction.as_integer_ratio()]


def _sorted(words: Iterable[str]) -> list[str]:
    return sorted(words)


def _chemistry() -> dict[str, Any]:
    compounds = {**FORMULA_OF_GAS, "water": "H2O"}
    return {
        "OXIDES": {element: [str(part) for part in _OXIDE[element]] for element in RARE_EARTHS},
        "TRACKED": TRACKED,
        "ATOMIC_WEIGHT": _numbers(ATOMIC_WEIGHT),
        "COMPOUNDS": {
            gas: [[element, str(part), str(whole)] for element, part, whole in _parts(formula)]
            for gas, formula in compounds.items()
        },
        "REFRIGERANTS": _sorted(REFRIGERANTS),
        "CO2_PER_CO": _ratio(CO2_PER_CO),
        "HEAVY": _sorted(HEAVY),
        "PROXY": list(map(str, PROXY)),
    }


def _of_factors() -> dict[str, Any]:
    table = shipped_tables().fuels
    supply = {flow: table.supply(flow) for flow in table.by_flow}
    return {
        "BURNT": _sorted(boundary.BURNT),
        "PURCHASED": _sorted(boundary.PURCHASED),
        "WHOLE": boundary.WHOLE,
        "SCRAP": boundary.SCRAP,
        "RARE_EARTH_GOODS": boundary.RARE_EARTH_GOODS,
        "OWN_FUEL": boundary.OWN_FUEL,
        "SUPPLY": {flow: str(kg) for flow, kg in supply.items() if kg is not None},
        "GRID": {"table": TABLE, "average": AVERAGE, "residual": RESIDUAL},
    }


def _of_quality() -> dict[str, Any]:
    basics = {name: getattr(quality, f"BASIC_{name}") for name in ("GOODS", "GRID", "TRANSPORT", "CO2", "OTHER_GAS")}
    used = {factor for row in quality.UNCERTAINTY for factor in row} | set(basics.values())
    spreads = {step: dict(row) for step, row in shipped_tables().spreads.items()}
    used |= {wide for row in spreads.values() for wide in row.values()}
    return {
        "UNCERTAINTY": quality.UNCERTAINTY,
        "LN2": {factor: str(variance_of([factor])) for factor in _sorted(used)},
        "BASIC": basics,
        "RELIABILITY": quality.RELIABILITY,
        "COMPLETENESS": quality.COMPLETENESS,
        "SOURCE": quality.SOURCE,
        "AGES": quality.AGES,
        "PRIMARY": _sorted(quality.PRIMARY),
        "READ": _sorted(READ),
        "GUESSED": _sorted(quality.GUESSED),
        "SPREADS": spreads,
        "NO_FACTOR": NO_FACTOR,
        "NOT_CARBON_DIOXIDE": _sorted(quality.NOT_CARBON_DIOXIDE),
    }


def _of_claims() -> dict[str, Any]:
    return {
        "CLAIMS": {rule.id: _rule(rule) for rule in RULES.values()},
        "WEAKEST_FIRST": WEAKEST_FIRST,
        "WINNING": WINNING,
        "STATES": STATES,
        "OXIDISED": _ratio(OXIDISED),
        "LEAST": _ratio(LEAST),
        "DISCHARGE": {
            "meters": METERS, "closed": CLOSED, "salts": _sorted(SALTS), "missing": str(MISSING),
            "evaporation": list(map(str, EVAPORATION)),
        },
        "ENERGY": {
            "kgce": str(KGCE_PER_KWH), "mj": str(MJ_PER_KGCE), "renewable": _sorted(RENEWABLE), "metered": _sorted(METERED),
            "year": YEAR.days, "about": ABOUT.days,
        },
    }  # fmt: skip


def _rule(rule: ClaimRule) -> dict[str, Any]:
    """Return what judging a claim needs of its rule; words for people stay with the server."""
    told = {"judged": rule.judged, "holds": rule.holds, "threshold": rule.threshold, "rests": rule.rests}
    lists = {name: getattr(rule, name) for name in LIST_MEMBERS}
    # a set has no order of its own, and the file must come out the same each time
    return told | {name: _sorted(each) if isinstance(each, frozenset) else list(each) for name, each in lists.items()}


def _ranges() -> list[dict[str, Any]]:
    """Return the published ranges that certified figures are compared with, in their order."""
    return [
        {
            "products": each.products,
            "routes": each.routes,
            "low": trillionths_text(each.low),
            "high": trillionths_text(each.high),
            "studies": "; ".join(each.named) or each.note,
        }
        for each in shipped_tables().published
        if (each.boundary, each.indicator) == ("cradle-to-gate", "ghg")
        and each.low is not None
        and each.high is not None
    ]


def _products() -> list[dict[str, Any]]:
    """Return what a batch without a product is compared with: products that have a published range."""
    ranged = {product for row in _ranges() for product in row["products"]}
    return [
        {
            "id": each.id,
            "kind": each.kind,
            "steps": each.steps,
            "mandatory": each.mandatory,
            "windows": [[window.what, str(window.low), str(window.high)] for window in each.windows],
        }
        for each in shipped_tables().products.values()
        if each.id in ranged
    ]


def tables_made() -> str:
    """Return the text of the tables."""
    gwp = shipped_tables().gwp
    told = {
        "GWP": {name: _numbers(of) for name, of in gwp.weights.items()},
        "STAGE_OF_STEP": STAGE_OF_STEP,
        "CUSTODY": get_args(Custody),
        "GUARDED": GUARDED,
        "ENGINES": ENGINES,
        **_chemistry(),
        **_of_factors(),
        **_of_quality(),
        "BESIDE": {
            "figures": beside.FIGURES,
            "items": beside.ITEMS,
            "words": beside._WORDS,
            "air": beside.BY_AIR,
            "open": MOST_OPEN,
        },
        "CARBON_DIOXIDE": _sorted(indicators.CARBON_DIOXIDE),
        **_of_claims(),
        "ROUTES": published._ROUTES,
        "RANGES": _ranges(),
        "PRODUCTS": _products(),
        "TRACE": str(products._TRACE),
    }
    lines = [
        "// What steps 7 to 10 know of gases, elements, data and claims, written by tests/golden/make_forms.py.",
        "",
    ]
    lines += [f"export const {name} = {_text(value)};" for name, value in told.items()]
    return "\n".join(lines) + "\n"


def _text(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, default=dict)


def factors_made() -> str:
    """Return the text of the shipped factors: of each row what figures and their quality need.

    Of former tables only the digests are there: a browser says of a run that names one that it has not judged it.
    """
    tables = shipped_tables()
    assert tables.prices is not None
    today = {name: table.digest for name, table in tables.sets.items()}
    today |= {"gwp": tables.gwp.digest, PRICES: tables.prices.digest}
    former = _former_digests()
    digests = {name: [digest, *former.get(name, [])] for name, digest in today.items()}
    lines = [
        "// The shipped emission factors, written by tests/golden/make_forms.py; factor.js reads them.",
        "//",
        "// A row: flow, place, year, boundary, status, quality, set of electricity, and gases with 10^-12 kg for one unit.",
        "",
        f"export const DIGESTS = {_text(digests)};",
        "export const FACTORS = {",
    ]
    for name, table in tables.sets.items():
        by_flow = groupby(table.rows.values(), key=lambda factor: factor.flow)
        lines += [
            f'"{name}":[',
            *("".join(f"{_text(_row(factor))}," for factor in alike) for _, alike in by_flow),
            "],",
        ]
    return "\n".join([*lines, "};"]) + "\n"


def _row(factor: Factor) -> list[Any]:
    values = {gas: str(mass) for gas, mass in factor.values}
    return [
        factor.flow, factor.geography, factor.year, factor.boundary, factor.status, factor.quality, factor.set, values,
    ]  # fmt: skip


def _former_digests() -> dict[str, list[str]]:
    """Return the digests of former shipped tables by name, as their files are named."""
    found: dict[str, list[str]] = {}
    for each in sorted((files("ledger.factors") / "data/former").iterdir(), key=lambda path: path.name):
        file, digest, _ = each.name.split(".")
        found.setdefault(PRICES if file == "price_ranges" else file, []).append(digest)
    return found
