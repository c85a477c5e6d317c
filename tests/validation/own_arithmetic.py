"""Cases that no table of cases has, and what they must come to: arithmetic of its own, in exact fractions and of the rules' own words.

Nothing here calls the engine: weights are those of periodictable, formulas are read by the reader below, and each figure is
written from its rule.  A case has the members of a public case of its family.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal, localcontext
from fractions import Fraction
from functools import cache
from typing import Any

import periodictable

Members = dict[str, Any]
F = Fraction

OXIDES = {
    "La": "La2O3", "Ce": "CeO2", "Pr": "Pr6O11", "Nd": "Nd2O3", "Sm": "Sm2O3", "Eu": "Eu2O3", "Gd": "Gd2O3", "Tb": "Tb4O7",
    "Dy": "Dy2O3", "Ho": "Ho2O3", "Er": "Er2O3", "Tm": "Tm2O3", "Yb": "Yb2O3", "Lu": "Lu2O3", "Y": "Y2O3", "Sc": "Sc2O3",
}  # fmt: skip
FARADAY = F("96485.33212")
POUND = F("0.45359237")
GWP = {"CF4": "7380", "C2F6": "12400"}
TRACES = {"CH4_fossil": "29.8", "N2O": "273"}


def weight(element: str) -> F:
    return F(str(getattr(periodictable, element).mass))


@cache
def atoms(formula: str) -> dict[str, F]:
    """Return the atoms of a formula; brackets do not nest, and a raised dot parts hydrates."""
    found: dict[str, F] = {}
    for part in formula.split("\u00b7"):
        lead = re.match(r"[0-9]*", part)
        count = F(lead[0]) if lead and lead[0] else F(1)
        for inner, times, element, number in re.findall(r"\(([A-Za-z0-9]+)\)([0-9]*)|([A-Z][a-z]?)([0-9.]*)", part):
            for symbol, each in atoms(inner).items() if inner else {element: F(number or 1)}.items():
                found[symbol] = found.get(symbol, F()) + count * each * F(times or 1)
    return found


def mass(formula: str) -> F:
    return sum((weight(element) * count for element, count in atoms(formula).items()), F())


def part(formula: str, element: str) -> F:
    return weight(element) * atoms(formula)[element] / mass(formula)


def text(value: F, digits: int = 12) -> str:
    """Return a number as cases write it: to so many significant digits, no zeros at the end."""
    with localcontext() as context:
        context.prec = digits
        written = format((Decimal(value.numerator) / Decimal(value.denominator)), "f")
    return written.rstrip("0").rstrip(".") if "." in written else written


@dataclass
class Cases:
    """The cases so far."""

    made: list[Members] = field(default_factory=list)

    def add(self, family: str, given: Members, expected: Members, kind: str = "must_equal") -> None:
        told = {name: text(value) if isinstance(value, F) else value for name, value in expected.items()}
        tolerance = "1e-9" if kind == "must_equal" else "0"
        name = f"{family}-{len(self.made)}"
        self.made.append(
            {"id": name, "family": family, "kind": kind, "inputs": given, "expected": told, "rel_tol": tolerance}
        )

    def judge(self, given: Members, verdict: str, rule: str, family: str = "red team", /, **figures: F) -> None:
        self.add(family, given, {"verdict": verdict, "rule": rule, **figures}, f"must_{verdict}")


# -- figures ------------------------------------------------------------------------------------------------------


def stoichiometry(cases: Cases) -> None:
    pairs = [(oxide, element) for element, oxide in OXIDES.items()]
    pairs += [
        ("Nd2(C2O4)3\u00b710H2O", "Nd"),
        ("NdCl3\u00b76H2O", "Cl"),
        ("Sm2Co17", "Co"),
        ("La0.6Ce0.4Ni3.55Co0.75", "Ni"),
    ]
    for formula, element in [*pairs, ("CeFCO3", "Ce"), ("(NH4)2SO4", "N"), ("Dy2Fe14B", "Dy"), ("La2Ni7", "La")]:
        each = part(formula, element)
        cases.add(
            "stoichiometry",
            {"formula": formula, "element": element},
            {"mass_fraction": each, "oxide_per_element": 1 / each},
        )
    for kg, parts, recovery in [
        ("2500", {"Pr6O11": "0.2", "Nd2O3": "0.8"}, "0.97"),
        ("0.5", {"Tb4O7": "0.1", "Dy2O3": "0.9"}, "1"),
        ("33.3", {"NdF3": "0.25", "La2O3": "0.75"}, "0"),
    ]:
        most = sum(
            (
                F(kg) * F(share) * part(oxide, element)
                for oxide, share in parts.items()
                for element in atoms(oxide)
                if element in OXIDES
            ),
            F(),
        )
        given = {"oxide_kg": kg, "composition": parts, "recovery": recovery}
        cases.add("stoichiometry", given, {"max_metal_kg": most, "metal_kg": most * F(recovery)})


def combustion(cases: Cases) -> None:
    for carbon, printed in [
        ("17.5", "64200"),
        ("27.6", "101000"),
        ("29.2", "107000"),
        ("25.8", "94600"),
        ("18.9", "69300"),
    ]:
        cases.add(
            "combustion",
            {"kgC_per_GJ": carbon, "oxidation": "1"},
            {"kgCO2_per_TJ": F(carbon) * 44000 / 12, "published_rounded_kgCO2_per_TJ": printed},
        )
    for kg, oxidation in [("800", "1"), ("12345.678", "0.98"), ("0", "1")]:
        given = {
            "fuel": "coal",
            "mass_kg": kg,
            "NCV_GJ_per_t": "25.8",
            "kgCO2_per_TJ": "94600",
            "kgCH4_per_TJ": "10",
            "kgN2O_per_TJ": "1.5",
            "oxidation": oxidation,
            "GWP": TRACES,
        }
        energy = F(kg) * F("25.8") / 10**6
        co2, traces = energy * 94600 * F(oxidation), energy * (10 * F("29.8") + F("1.5") * 273)
        cases.add("combustion", given, {"energy_TJ": energy, "kgCO2": co2, "kgCO2e": co2 + traces})
    wood = {
        "fuel": "wood",
        "mass_kg": "1000",
        "NCV_GJ_per_t": "15.6",
        "kgCO2_per_TJ": "112000",
        "kgCH4_per_TJ": "30",
        "kgN2O_per_TJ": "4",
        "GWP": {"CH4_biogenic": "27", "N2O": "273"},
    }
    cases.add("combustion", wood, {"kgCO2_biogenic": F("1747.2"), "kgCO2e": F("0.0156") * (30 * 27 + 4 * 273)})


def carbon_due(element: str) -> F:
    """kg C that the oxygen of the reference oxide takes as CO2, for a kg of metal."""
    oxide = atoms(OXIDES[element])
    return oxide["O"] / 2 / oxide[element] * weight("C") / weight(element)


def power_due(element: str, volts: str = "1.65") -> F:
    """kWh that a kg of metal takes at a voltage and a current efficiency of 1."""
    return 3 * FARADAY / 3600 / weight(element) * F(volts)


def electrolysis(cases: Cases) -> None:
    for element in ("La", "Ce", "Pr", "Nd", "Tb", "Dy"):
        for carbon, as_co, cf4 in [("150", "0.02", "0.03"), ("93.75", "0", "0"), ("400", "1", "1.7")]:
            given = {
                "metal": element,
                "metal_kg": "1000",
                "net_anode_carbon_kg": carbon,
                "CF4_kg": cf4,
                "C2F6_kg": "0.004",
                "fraction_of_oxidised_C_leaving_as_CO": as_co,
                "GWP": GWP,
            }
            held = F(cf4) * part("CF4", "C") + F("0.004") * part("C2F6", "C")
            rest = (F(carbon) - held) / weight("C")
            cases.add("electrolysis", given, {
                "C_to_PFC_kg": held, "CO2_direct_kg": rest * (1 - F(as_co)) * mass("CO2"), "CO_kg": rest * F(as_co) * mass("CO"),
                "CO2_if_CO_oxidised_kg": rest * mass("CO2"), "floor_anode_C_kg": 1000 * carbon_due(element),
                "direct_kgCO2e_CO_oxidised": rest * mass("CO2") + F(cf4) * 7380 + F("49.6"),
            })  # fmt: skip
    cases.add(
        "electrolysis",
        {"metal_t": "0.3", "EF_g_per_t": {"CF4": "238"}, "GWP": {"CF4": "6630"}},
        {"CF4_kg": F("0.0714"), "kgCO2e": F("473.382")},
    )


def process(cases: Cases) -> None:
    for name, formula, guideline in [
        ("limestone", "CaCO3", "0.4397"),
        ("Na2CO3", "Na2CO3", "0.4149"),
        ("NaHCO3", "NaHCO3", "0.5237"),
    ]:
        pure = F("76")
        cases.add(
            "process CO2",
            {f"{name}_t": "80", "purity": "0.95"},
            {"tCO2_guideline": pure * F(guideline), "tCO2_stoichiometric": pure * mass("CO2") / mass(formula)},
        )
    for element, oxide in OXIDES.items():
        moles = 1000 * atoms(oxide)[element] * F(3, 2) / mass(oxide)
        expected = {
            "CO2_calcination_kg": moles * mass("CO2"),
            "NH4HCO3_stoich_kg": 2 * moles * mass("NH4HCO3"),
            "NH4Cl_kg": 2 * moles * mass("NH4Cl"),
        }
        cases.add("process CO2", {"oxide": oxide, "oxide_kg": "1000"}, expected)


def electricity(cases: Cases) -> None:
    for kwh, share, residual in [("10000", "0", "0.6096"), ("123456.789", "0.125", "0.4"), ("5000", "1", "0.7")]:
        given = {
            "kWh": kwh,
            "green_share": share,
            "location_factor": "0.5306",
            "residual_factor": residual,
            "contract_factor": "0.0324",
        }
        market = F(share) * F("0.0324") + (1 - F(share)) * F(residual)
        cases.add(
            "electricity",
            given,
            {"location_based_kgCO2e": F(kwh) * F("0.5306"), "market_based_kgCO2e": F(kwh) * market},
        )
    own = {"kWh": "10000", "own_kWh": "2000", "location_factor": "0.5", "residual_factor": "0.6", "own_factor": "0.01"}
    cases.add("electricity", own, {"location_based_kgCO2e": F(5020), "market_based_kgCO2e": F(6020)})
    for co2, ch4, n2o in [("771.1", "0.049", "0.007"), ("1369.9", "0.146", "0.021")]:
        pounds = {"lbCO2_per_MWh": co2, "lbCH4_per_MWh": ch4, "lbN2O_per_MWh": n2o, "GWP": TRACES}
        cases.add(
            "electricity", pounds, {"kgCO2e_per_kWh": (F(co2) + F(ch4) * F("29.8") + F(n2o) * 273) * POUND / 1000}
        )


def published(cases: Cases) -> None:
    for product in ("Nd2O3", "Nd", "magnet", "mixed_REO"):
        stages = [
            {"name": "a", "kg_per_kg": "2.15", "gwp": "3.838"},
            {"name": "b", "kg_per_kg": "1", "gwp": "4.445436"},
        ]
        expected = {
            f"kgCO2e_per_kg_{product}": F("2.15") * F("3.838") + F("4.445436"),
            "stage_contributions": ["8.2517", "4.445436"],
        }
        cases.add("published recompute", {"stages": stages}, expected)
    given = {
        "reference": {"kWh_per_kg": "0.8", "gwp_CN": "1.036766", "gwp_EE": "1.1"},
        "target_kWh_per_kg": "3",
        "target_gwp_CN": "7",
        "target_gwp_EE": "7.3",
    }
    cases.add(
        "published recompute",
        given,
        {
            "delta_reference": F("-0.063234"),
            "predicted_delta": F("-0.063234") / F("0.8") * 3,
            "published_delta": F("-0.3"),
        },
    )
    gases = {
        "CO2_fossil_kg": "0.5",
        "CH4_fossil_kg": "0.02",
        "SF6_kg": "0.00003",
        "AR5": {"CH4_fossil": "30", "SF6": "23500"},
        "published_total_gwp_CN": "4.4",
    }
    whole = F("0.5") + F("0.6") + F("0.705")
    cases.add("published recompute", gases, {"AR5_kgCO2e": whole, "share_of_published_total_AR5": whole / F("4.4")})


def chain(cases: Cases) -> None:
    factors = {"el": "0.6479", "HCl": "1.0", "gas": "0.0714", "scrap": "0", "lorry": "0.1"}
    weights = {"CO2": "1", "CF4": "7380", "SF6": "25200", "CH4_biogenic": "27"}
    processes: list[Members] = [
        {"id": "ore", "reference_kg": "3", "inputs": [{"factor": "el", "amount": "1.5", "group": "electricity"}, {"factor": "lorry", "amount": "4", "group": "transport"}]},
        {"id": "oxide", "reference_kg": "0.21", "allocation_share": "0.333333333333", "inputs": [{"process": "ore", "amount": "2"}, {"factor": "HCl", "amount": "1.9"}, {"factor": "gas", "amount": "12", "group": "fuel"}], "direct": [{"gas": "CO2", "kg": "0.785"}, {"gas": "SF6", "kg": "0.00001"}]},
        {"id": "metal", "reference_kg": "1", "inputs": [{"process": "oxide", "amount": "1.19"}, {"process": "ore", "amount": "0.01"}, {"factor": "scrap", "amount": "7"}, {"factor": "HCl", "amount": "0.5", "group": "coating"}], "direct": [{"gas": "CF4", "kg": "0.00003"}]},
    ]  # fmt: skip
    ore = (F("1.5") * F("0.6479") + F("0.4")) / 3
    oxide = (2 * ore + F("1.9") + 12 * F("0.0714") + F("0.785") + F("0.252")) * F("0.333333333333") / F("0.21")
    metal = F("1.19") * oxide + F("0.01") * ore + F("0.5") + F("0.2214")
    expected = {
        "kgCO2e_per_kg": {"ore": text(ore), "oxide": text(oxide), "metal": text(metal)},
        "breakdown": {
            "ore": {"transport": text(F("0.4") / 3)},
            "metal": {"coating": "0.5", "reagents": "0", "direct": "0.2214"},
        },
    }
    cases.add("chain", {"factors": factors, "gwp": weights, "processes": processes}, expected)


def sharing(cases: Cases) -> None:
    kg, prices = {"Tb4O7": "0.0001", "Dy2O3": "0.01", "Y2O3": "0.9899"}, {"Tb4O7": "810", "Dy2O3": "260", "Y2O3": "6"}
    whole = sum((F(kg[name]) * F(prices[name]) for name in kg), F())
    expected = {
        "economic_share": {name: text(F(kg[name]) * F(prices[name]) / whole) for name in kg},
        "mass_kgCO2e_per_kg": dict.fromkeys(kg, "100"),
        "sum_check_economic": "100",
    }
    cases.add("allocation", {"total_kgCO2e": "100", "outputs_kg": kg, "price_per_kg": prices}, expected)
    for a, r1, quality in [("0.5", "0.5", "0.9"), ("0.8", "1", "0.85"), ("0.2", "0", "1"), ("1", "0.3", "1")]:
        given = {"A": a, "R1": r1, "Ev": "60", "Erecycled": "9", "Qsin_over_Qp": quality}
        production = (1 - F(r1)) * 60 + F(r1) * (F(a) * 9 + (1 - F(a)) * 60 * F(quality))
        cases.add(
            "recycled content",
            given,
            {"production_term": production, "cut_off_equivalent": (1 - F(r1)) * 60 + F(r1) * 9},
        )
    for basic, others in [("1.5", ["1", "1", "1", "1", "1"]), ("2", ["1.21", "1.2", "1.5", "1.1", "2"]), ("1.05", [])]:
        spread = sum((Decimal(each).ln() ** 2 for each in (basic, *others)), Decimal(0)).sqrt().exp()
        cases.add("uncertainty", {"basic_GSD2": basic, "indicator_GSD2": others}, {"GSD2_95": format(spread, ".12g")})
    spread = ((Decimal("1.5").ln() * 3) ** 2 + Decimal("1.2").ln() ** 2).sqrt() / 4
    parts = [{"name": "a", "kgCO2e": "3", "GSD2": "1.5"}, {"name": "b", "kgCO2e": "1", "GSD2": "1.2"}]
    cases.add("uncertainty", {"items": parts}, {"total": F(4), "GSD2_95": format(spread.exp(), ".12g")})
    items = [("10", "0.333333"), ("0", "1"), ("5", "0.25")]
    told = [{"name": "x", "kgCO2e": kg_, "primary": share} for kg_, share in items]
    cases.add("data quality", {"items": told}, {"total": F(15), "PDS_percent": (F("3.33333") + F("1.25")) / 15 * 100})


FIGURES = (stoichiometry, combustion, electrolysis, process, electricity, published, chain, sharing)
