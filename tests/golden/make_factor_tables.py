"""Make the shipped factor tables from the collected facts, and prove that the shipped ones are those.

Run ``python -m tests.golden.make_factor_tables`` to write, ``--check`` to compare.  The facts lie outside the
repository (``$OREPRINT_SHARED/data``, by default ``../shared/data``); without them it says so and does nothing.

Rules of selection: a row ships if its status says *read* or *derived*; everything from memory ships only as a
marked placeholder, if the worked example needs it or the fuel table holds it.  What stays out, and why, is `LEFT_OUT`.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import os
import re
import sys
from decimal import Decimal
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

from ledger.chemistry.exact import scaled
from ledger.factors.factor import COLUMNS, GWP_COLUMNS
from ledger.factors.sources import licence_of, parse_sources
from schemas.quantity import trillionths_text
from tests.golden import further_factors

SHARED = Path(os.environ.get("OREPRINT_SHARED", "../shared")) / "data"
TABLES = Path(__file__).parents[2] / "ledger" / "factors" / "data"

AGGREGATE = "Summed in the source, which does not name the GWP set; taken as AR6."

LEFT_OUT = {
    "outlier": "marked as a rejected or physically impossible outlier",
    "lime (CaO)|2011": "below the stoichiometric process CO2",
    "validation only": "a published result to compare with, not a factor to compute from",
    "inconsistent with its siblings": "a published result that contradicts its siblings",
    "OEFDB": "read through a share-alike file",
    "aluminium Tier 1": "an analogue of another industry",
    "NiMH cathode": "a published result, not a factor",
    "range": "a range is not a factor",
    "Ember": "mixes direct and life-cycle emissions: a reference for grids without a factor, no average of a set",
    "scope-2 location-based": "no year",
}

TABLE_OF_FUEL_ITEM = ("natural gas, upstream", "natural gas, combustion", "diesel, upstream")
PER = {
    "kg CO2e/kg": "kg", "kg CO2e/m3": "m3", "kg CO2e/tkm": "t.km", "t CO2/t": "kg", "kg CO2/MJ (=0.11 t CO2/GJ)": "MJ",
    "kg CO2/kg": "kg", "kg CO2e/kg 100 %": "kg-content", "kg CO2/kWh": "kWh", "kg CO2e/kWh": "kWh",
}  # fmt: skip

GUIDELINE = 'NDRC "other non-ferrous" guideline as coded publicly (CarbonateEmission component)'

PLACEHOLDERS = {
    "RE-bearing tailings of iron-ore dressing (5.5 % REO)": "iron-ore-tailings-rare-earth",
    "sodium silicate (as Na2SiO3)": "sodium-silicate",
    "sulphuric acid 98 %": "sulphuric-acid",
    "ammonium bicarbonate": "ammonium-bicarbonate",
    "hydrochloric acid 30 %": "hydrochloric-acid",
    "P507 make-up (C16H35O3P)": "p507-extractant",
    "oxalic acid dihydrate": "oxalic-acid-dihydrate",
    "ammonium sulphate": "ammonium-sulphate",
    "hydrogen fluoride (makes the REF3 make-up from the oxide drawn)": "hydrogen-fluoride",
    "lithium fluoride": "lithium-fluoride",
    "pure iron": "iron",
    "iron cathode": "iron",
    "iron tool and crucible wear": "iron",
    "ferroboron 19.5 % B": "ferroboron",
    "cobalt": "cobalt",
    "copper": "copper",
    "copper anodes": "copper",
    "aluminium": "aluminium",
    "gallium": "gallium",
    "argon": "argon",
    "nitrogen": "nitrogen",
    "electrolytic manganese": "manganese-electrolytic",
}
"""Material of the worked example -> flow of the placeholder row."""

METHODS = (
    ("no-burden", "Air, water in place or ground not moved: no burden", "kg", "", "Nothing is produced or bought."),
    (
        "scrap-cut-off",
        "Scrap under cut-off: enters free of burden",
        "kg",
        "",
        "Cut-off is the default of this method; ISO 14044:2006, 4.3.4.3 lists the choices.",
    ),
    ("electricity-wind-direct", "Wind power, emissions of generation", "kWh", "direct", "Generation burns nothing."),
    ("electricity-solar-direct", "Solar power, emissions of generation", "kWh", "direct", "Generation burns nothing."),
    ("electricity-hydro-direct", "Hydropower, emissions of generation", "kWh", "direct", "Generation burns nothing."),
    *(
        (
            f"electricity-own-fuel-{chosen}",
            "Electricity that the plant makes of its own fuel",
            "kWh",
            chosen,
            "The fuel lines hold all that it gives off.",
        )
        for chosen in ("direct", "life-cycle")
    ),
)

OXALIC = "oxalic acid, process CO2"
WHOLE_FUELS = (
    ("natural-gas-whole", "natural gas, 1 m3", "m3", ("natural-gas-combustion.cn.2025", "natural-gas-upstream.cn.2024")),
    ("diesel-whole", "diesel, 1 kg", "kg", ("diesel-burnt.glo.2006", "diesel-burnt-ch4-n2o.glo.2006", "diesel-upstream.cn.2024")),
)  # fmt: skip
"""Fuels of which every part is known: flow, label, unit, and the shipped rows whose sum the whole row is."""

REFERENCE_JP = ("JP", "Japan", "2023", Decimal("0.485392"))
"""Ember's figure for Japan (`grid_factors.csv`), shipped like the other reference rows: the official row of 2026 serves
no earlier year.
"""

FURTHER = {
    "fuels": [
        {
            "flow": f"carbon-burnt-{origin}", "label": f"{origin} carbon burnt to CO2, per kg of carbon", "geography": "GLO",
            "per": "kg-content", "values": f"CO2-{origin}=3.664057946882", "boundary": "combustion", "status": "derived",
            "quality": "1", "source": "44.009 / 12.011, CIAAW 2021 standard atomic weights",
            "note": "for fuels told by their carbon; CO2 only",
        }
        for origin in ("fossil", "biogenic")
    ],
    "transport": [
        {
            "flow": "container-ship", "label": "sea freight, container ship, average", "geography": "GLO", "per": "t.km",
            "values": "CO2-fossil=0.01592", "boundary": "tank-to-wheel", "status": "read-secondary", "quality": "3",
            "source": "UK government GHG conversion factors, freighting goods, container ship, average, as copied in "
            "scope3emissiontest-oss/JulesProject backend/insert_statements_part_8.sql @40e6f197",
            "note": "CO2 only (CH4 and N2O add about 1 %); the copy names no year",
        },
    ],
    "materials": [
        {
            "flow": "electrolysis-co2-upper", "label": "CO2 of rare-earth oxide electrolysis, top of the measured range, per kg RE metal",
            "geography": "CN", "year": "2018", "per": "kg", "values": "CO2-fossil=0.6724", "boundary": "direct", "status": "read",
            "quality": "4",
            "source": "abstract of: Estimating direct CO2 and CO emission factors for industrial rare earth metal electrolysis",
            "note": "165.0 to 672.4 kg/t in potlines of three companies; the top, so that no default is better than measuring; the CO "
            "of the cell (3.00 to 8.23 kg/t) is a line of its own",
        },
    ],
    "placeholders": [
        {
            "flow": "air-freight", "label": "air freight", "geography": "GLO", "per": "t.km", "values": "CO2-fossil=0.6",
            "boundary": "tank-to-wheel", "status": "placeholder", "quality": "5", "source": "none reached",
            "note": "order of magnitude, from memory; CO2 only",
        },
        {
            "flow": "hydrogen-burnt", "label": "hydrogen by steam reforming of natural gas, burnt", "geography": "GLO", "per": "kg",
            "values": "CO2e=12", "gwp_set": "AR6", "boundary": "cradle-to-grave", "status": "placeholder", "quality": "5",
            "source": "none reached",
            "note": "from memory, unverified (range 10 to 13); burning gives water only, so the row of the supply is the whole",
        },
    ],
}  # fmt: skip
"""Rows whose source is not among the collected facts, or of which only an end of a range is taken."""

GRID_FLOWS = {
    "location-based average": "location",
    "residual (excl. market-traded non-fossil power)": "residual",
    "fossil power only": "fossil",
    "T&D utility average": "location",
}
LIFE_CYCLE_FLOWS = {
    "China national, cradle-to-user average": "life-cycle",
    "transmission+distribution excl losses": "transmission",
    "transmission+distribution incl losses": "transmission-with-losses",
}
PFC_TIER_1 = {"CF4": "RE electrolysis CF4", "C2F6": "RE electrolysis C2F6", "C3F8": "RE electrolysis C3F8"}


def facts(name: str) -> list[dict[str, str]]:
    with (SHARED / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def plain(number: str) -> str:
    """Return the one spelling of a decimal that was read in any."""
    return trillionths_text(scaled(Fraction(Decimal(number))))


def slug(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def status_of(text: str) -> str:
    return "read-secondary" if "secondary" in text else "derived" if "derived" in text else "read"


def row(**cells: str) -> dict[str, str]:
    return dict.fromkeys(COLUMNS, "") | cells


def left_out(fact: dict[str, str]) -> bool:
    words = "|".join((fact["item"], fact["note"], fact["source"]))
    ranged = not re.fullmatch(r"[0-9.]+", fact["value"].removesuffix(" x purity"))
    return (
        ranged
        or f"{fact['item']}|{fact['year']}" in LEFT_OUT
        or any(reason in words for reason in LEFT_OUT if "|" not in reason)
    )


def emission_rows() -> list[dict[str, str]]:
    return [
        emission_row(fact)
        for fact in facts("emission_factors.csv")
        if fact["status"].startswith("read") and not left_out(fact)
    ]


def emission_row(fact: dict[str, str]) -> dict[str, str]:
    aggregate = "CO2e" in fact["unit"]
    value, content = fact["value"].removesuffix(" x purity"), fact["item"] == OXALIC
    return row(
        flow=slug(fact["item"]),
        label=fact["item"],
        geography=fact["geography"],
        year=fact["year"] if fact["year"].isdigit() else "",
        per="kg-content" if content else PER[fact["unit"]],
        values=f"{'CO2e' if aggregate else 'CO2-fossil'}={plain(value)}",
        gwp_set="AR6" if aggregate else "",
        boundary=fact["boundary"] or "not stated",
        status=status_of(fact["status"]),
        quality=fact["suggested_DQR_1best_5worst"],
        source=GUIDELINE if fact["source"].startswith("idem") else fact["source"],
        note="; ".join(filter(None, (fact["note"], AGGREGATE if aggregate else ""))),
    )


def table_of(cells: dict[str, str]) -> str:
    if cells["label"] in TABLE_OF_FUEL_ITEM or cells["per"] == "MJ":
        return "fuels"
    return "transport" if cells["per"] == "t.km" else "materials"


def fuel_rows() -> list[dict[str, str]]:
    """CO2 of burning each fuel per kg and per MJ, and CH4 + N2O apart, since these were read for few fuels."""
    made = [cells for fact in facts("ipcc_fuel_factors.csv") for cells in fuel(fact)]
    known = [cells for cells in made if cells["status"] != "placeholder"]
    return known + [
        cells | {"status": "derived", "quality": "3", "source": source, "note": further_factors.STATIONARY}
        for cells in made
        if cells["status"] == "placeholder" and (source := traces_read(cells["flow"]))
    ]


def fuel_placeholders() -> list[dict[str, str]]:
    """Placeholders of CH4 + N2O; one that was read since keeps its name, which records have, and says where it is."""
    made = [cells for fact in facts("ipcc_fuel_factors.csv") for cells in fuel(fact)]
    return [
        cells | {"note": f"read since: fuels/{factor_name(cells)}"} if traces_read(cells["flow"]) else cells
        for cells in made
        if cells["status"] == "placeholder"
    ]


def traces_read(flow: str) -> str:
    """Return where CH4 and N2O of a fuel were read, or nothing."""
    return next((where for name, where in further_factors.TRACES.items() if flow.startswith(f"{name}-burnt-ch4")), "")


def fuel(fact: dict[str, str]) -> list[dict[str, str]]:
    name = {"gas_diesel_oil": "diesel"}.get(fact["fuel"], fact["fuel"])
    diesel = name == "diesel"
    carbon_dioxide = (
        Fraction(fact["kgCO2_per_TJ_published_Table2.3"]) if diesel else Fraction(fact["kgC_per_GJ"]) * 44000 / 12
    )
    per_tj = {"CO2-fossil": carbon_dioxide}
    traces = {"CH4-fossil": Fraction(fact["kgCH4_per_TJ"]), "N2O": Fraction(fact["kgN2O_per_TJ"])}
    heat = Fraction(fact["NCV_GJ_per_t"]) / 10**6  # TJ per kg
    how = (
        "43.0 GJ/t x 74100 kg CO2/TJ"
        if diesel
        else f"{fact['NCV_GJ_per_t']} GJ/t x {fact['kgC_per_GJ']} kg C/GJ x 44/12"
    )
    if fact["source_and_status"].startswith("NCV"):
        how += "; " + fact["source_and_status"].partition(";")[0]
    words = f"{name.replace('_', ' ')} burnt"
    where = (
        "IPCC 2006 Guidelines, vol. 2, tables 1.2 and 1.3 (carbon content and heating value read in bonsai-ipcc 0.5.3)"
    )
    if diesel:
        where = "IPCC 2006 Guidelines, vol. 2, tables 1.2 and 2.3 (74100, 3 and 0.6 kg/TJ read in iClimate/ghgpy)"
    return [
        row(
            flow="-".join((slug(words), *what, *(() if per == "kg" else ("energy",)))),
            label=", ".join((words, "CH4 and N2O" if what else "CO2 only", f"per {per} net")),
            geography="GLO", year="2006", per=per,
            values=";".join(f"{gas}={trillionths_text(scaled(amount * times))}" for gas, amount in gases.items()),
            boundary="combustion", status=status, quality=quality, source=source, note=note,
        )
        for per, times in (("kg", heat), ("MJ", Fraction(1, 10**6)))
        for what, gases, status, quality, source, note in (
            ((), per_tj, "derived", "2", where, f"{how}; oxidation 1; CO2 only"),
            (
                ("ch4-n2o",), traces,
                "derived" if diesel else "placeholder", "3" if diesel else "5",
                where if diesel else "none reached",
                "stationary combustion" if diesel else "from memory of IPCC 2006 vol. 2 ch. 2 (manufacturing), unverified",
            ),
        )
    ]  # fmt: skip


def whole_rows(parts: list[dict[str, str]]) -> list[dict[str, str]]:
    """Return a whole row of each fuel of which every part is known: CO2, CH4 and N2O of burning, and the supply."""
    by_id = {factor_name(cells): cells for cells in parts}
    return [whole_row(flow, label, per, [by_id[name] for name in names]) for flow, label, per, names in WHOLE_FUELS]


def whole_row(flow: str, label: str, per: str, parts: list[dict[str, str]]) -> dict[str, str]:
    gases: dict[str, Decimal] = {}
    for cells in parts:
        for pair in cells["values"].split(";"):
            gas, _, value = pair.partition("=")
            gases[gas] = gases.get(gas, Decimal(0)) + Decimal(value)
    return row(
        flow=flow, label=f"{label} burnt, whole: CO2, CH4, N2O and supply", geography="CN", year="2024", per=per,
        values=";".join(f"{gas}={plain(str(value))}" for gas, value in gases.items()), gwp_set="AR6",
        boundary="cradle-to-grave", status="derived", quality="2",
        source="; ".join(dict.fromkeys(cells["source"] for cells in parts)),
        note="sum of " + " and ".join(factor_name(cells) for cells in parts),
    )  # fmt: skip


def factor_name(cells: dict[str, str]) -> str:
    return ".".join(filter(None, (cells["flow"], cells["geography"].lower(), cells["year"])))


def grid_rows() -> list[dict[str, str]]:
    """Official averages, derived life-cycle rows of Chinese regions, and reference rows of countries."""
    official = [grid_row(fact) for fact in facts("grid_factors.csv") if grid_ships(fact)]
    derived = facts("grid_rows.csv")
    country, name, year, value = REFERENCE_JP
    model = next(cells for cells in derived if cells["flow"] == "reference")
    japan = model | {
        "label": model["label"].replace("Estonia", name), "geography": country, "year": year,
        "values": f"CO2e={plain(str(round(value * Decimal('29.8') / 28, 6)))}",
        "note": model["note"].replace("0.416667", str(value)),
    }  # fmt: skip
    return [*official, *derived, japan]


def grid_ships(fact: dict[str, str]) -> bool:
    """Return whether a row ships: none that mixes boundaries, and none of eGRID 2018, which is too old for any run."""
    left = ("scope-2 location-based", "eGRID subregion")
    return "Ember" not in fact["type"] and fact["type"] not in left and "read" in fact["status"]


def grid_row(fact: dict[str, str]) -> dict[str, str]:
    life_cycle = fact["type"] == "life-cycle footprint factor"
    place = fact["geography"]
    geography = fact["iso"]
    if not geography:
        geography = f"CN-GRID-{re.sub('[^A-Z]', '', place.removesuffix(' grid').removesuffix(' China').upper())}"
    flow = LIFE_CYCLE_FLOWS.get(place, f"electricity-{slug(place)}") if life_cycle else GRID_FLOWS[fact["type"]]
    return row(
        flow=flow,
        label=f"Electricity, {place}, {fact['type']}",
        geography=geography,
        year=fact["year"],
        per="kWh",
        values=f"{'CO2e' if life_cycle else 'CO2-fossil'}={plain(fact['value'])}",
        gwp_set="AR6" if life_cycle else "",
        set="life-cycle" if life_cycle else "direct",
        boundary="cradle to user" if life_cycle else "generation",
        status=status_of(fact["status"]),
        quality="2" if fact["status"] == "read in source" else "3",
        source=fact["source"],
        note="; ".join(filter(None, (fact["basis_note"], AGGREGATE if life_cycle else ""))),
    )


def method_rows() -> list[dict[str, str]]:
    return [
        row(
            flow=flow, label=label, geography="GLO", per=per, values="CO2-fossil=0", set=electricity_set,
            boundary="method", status="method", quality="1", source="method of this engine", note=note,
        )
        for flow, label, per, electricity_set, note in METHODS
    ]  # fmt: skip


def example_uses() -> list[tuple[str, dict[str, Any]]]:
    """Return every (material or flow, factor) of the worked example, in its order."""
    found: list[tuple[str, dict[str, Any]]] = []
    pending: list[Any] = [json.loads((SHARED / "example_chain.json").read_text(encoding="utf-8"))]
    while pending:
        item = pending.pop(0)
        if isinstance(item, dict):
            name = item.get("material") or item.get("flow") or ""
            found.extend(
                (name, item[key]) for key in ("factor", "uncovered_factor_market") if isinstance(item.get(key), dict)
            )
            pending.extend(item.values())
        elif isinstance(item, list):
            pending.extend(item)
    return found


def factor_id(name: str, factor: dict[str, Any]) -> str:
    """Return the shipped factor that stands for a factor of the worked example, used for `name`."""
    table, _, rest = factor["id"].partition("#")
    match table, rest.split("|"):
        case "placeholder", _:
            return f"placeholders/{PLACEHOLDERS[name]}.glo"
        case "emission_factors.csv", [item, geography, year]:
            room = {"kg CO2e/tkm": "transport"}.get(
                factor["unit"], "fuels" if item in TABLE_OF_FUEL_ITEM else "materials"
            )
            return f"{room}/{slug(item)}.{geography.lower()}.{year}"
        case "grid_factors.csv", [kind, geography, year]:
            return f"grid/{GRID_FLOWS[kind]}.{geography.lower()}.{year}"
        case "ipcc_fuel_factors.csv", ["gas_diesel_oil"]:
            return "fuels/diesel-burnt.glo.2006"
        case "method:no burden (air, or ground not moved)", _:
            return "methods/no-burden.glo"
        case "method:cut-off, scrap enters free of burden", _:
            return "methods/scrap-cut-off.glo"
        case _:
            raise LookupError(factor["id"])


def placeholder_rows() -> list[dict[str, str]]:
    made: dict[str, dict[str, str]] = {}
    for name, factor in example_uses():
        if factor["id"] == "placeholder":
            cells = placeholder(PLACEHOLDERS[name], factor)
            if made.setdefault(cells["flow"], cells) != cells:
                raise ValueError(name)
    return [*made.values(), pfc_placeholder(), *fuel_placeholders()]


def placeholder(flow: str, factor: dict[str, Any]) -> dict[str, str]:
    return row(
        flow=flow, label=flow.replace("-", " "), geography="GLO", per=PER[factor["unit"]],
        values=f"CO2e={plain(factor['value'])}", gwp_set="AR6", boundary="cradle-to-gate",
        status="placeholder", quality="5", source="none reached", note=reason(factor["reason"]),
    )  # fmt: skip


def reason(text: str) -> str:
    """Return why it is a placeholder, without the names of files that a reader of the table doesn't have."""
    for pattern, words in (
        (r"emission_factors\.csv has this only '([^']*)'", r"\1"),
        (r"emission_factors\.csv row", "the value"),
        (r"\bno row\b", "no source reached"),
        (r"value as in case", "value of validation case"),
    ):
        text = re.sub(pattern, words, text)
    return text


def pfc_placeholder() -> dict[str, str]:
    rows = {fact["item"].partition(",")[0]: fact for fact in facts("emission_factors.csv")}
    grams = {gas: Fraction(rows[item]["value"]) for gas, item in PFC_TIER_1.items()}
    return row(
        flow="electrolysis-pfc-tier-1", label="PFC of rare-earth oxide electrolysis, per kg RE metal", geography="GLO", year="2019",
        per="kg", values=";".join(f"{gas}={trillionths_text(scaled(amount / 10**6))}" for gas, amount in grams.items()),
        boundary="direct", status="placeholder", quality="5", source="none reached",
        note="from memory of IPCC 2019 Refinement vol. 3 ch. 4 sec. 4.8, unverified",
    )  # fmt: skip


def gwp_rows() -> list[dict[str, str]]:
    names = {"CO2 (fossil)": "CO2-fossil", "CH4 fossil": "CH4-fossil", "CH4 non-fossil": "CH4-biogenic"}
    method = "method parameter: biogenic CO2 weighs 0, CO2 of land use 1"
    made = {
        names.get(fact["gas"], fact["gas"]): {
            "AR5": plain(fact["AR5_GWP100"]), "AR6": plain(fact["AR6_GWP100"]), "AR6_status": "read",
            "AR5_status": "placeholder" if fact["gas"].startswith("CH4") else "read", "source": fact["source"],
        }
        for fact in facts("gwp100.csv")
        if fact["gas"] != "CH4 (unspecified)"
    }  # fmt: skip
    for gas, five, six in further_factors.GWPS:
        made[gas] = {
            "AR5": five,
            "AR6": six,
            "AR5_status": "read",
            "AR6_status": "read",
            "source": further_factors.GWP_SOURCE,
        }
    for gas, weight in (("CO2-biogenic", "0"), ("CO2-land-use", "1")):
        made[gas] = {"AR5": weight, "AR6": weight, "AR5_status": "method", "AR6_status": "method", "source": method}
    return [{"gas": gas, **cells} for gas, cells in made.items()]


def tables() -> dict[str, str]:
    """Return every table's text by name."""
    from_items = emission_rows()
    rows = {
        "materials": [cells for cells in from_items if table_of(cells) == "materials"],
        "fuels": [*(cells for cells in from_items if table_of(cells) == "fuels"), *fuel_rows()],
        "grid": grid_rows(),
        "transport": [cells for cells in from_items if table_of(cells) == "transport"],
        "methods": method_rows(),
        "placeholders": placeholder_rows(),
    }
    for name, further in FURTHER.items():
        rows[name] += [row(**cells) for cells in further]
    rows["fuels"] += whole_rows(rows["fuels"])
    for name in ("materials", "transport", "placeholders"):
        doubted(rows[name])
        rows[name] += [row(**cells) for cells in getattr(further_factors, name.upper())]
    sources = parse_sources((TABLES / "sources.csv").read_bytes())
    for cells in chain.from_iterable(rows.values()):
        cells["licence"] = licence_of(cells["source"], sources)
    return {name: written(cells, COLUMNS) for name, cells in rows.items()} | {"gwp": written(gwp_rows(), GWP_COLUMNS)}


def doubted(rows: list[dict[str, str]]) -> None:
    """Add to the notes what other sources say about a value that is kept."""
    for cells in rows:
        if doubt := further_factors.DOUBTS.get(cells["flow"]):
            cells["note"] = "; ".join(filter(None, (doubt, cells["note"])))


def written(rows: list[dict[str, str]], columns: tuple[str, ...]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def differences() -> list[str]:
    """Return the names of shipped tables that are not what the facts make."""
    return [name for name, text in tables().items() if (TABLES / f"{name}.csv").read_text(encoding="utf-8") != text]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    if not SHARED.is_dir():
        sys.stderr.write(f"SKIPPED: the facts are not here ({SHARED}); nothing was compared or written.\n")
        return 0
    if arguments.check:
        wrong = differences()
        sys.stderr.write(
            f"differ from the facts: {', '.join(wrong)}\n" if wrong else "all tables equal what the facts make\n"
        )
        return 1 if wrong else 0
    for name, text in tables().items():
        (TABLES / f"{name}.csv").write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
