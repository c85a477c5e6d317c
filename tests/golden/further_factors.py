"""Rows that the collected facts lack: read in public sources, derived from such rows, or marked placeholders.

Each was looked for in every source at hand (docs/explanation/factors.md); what was not found is a placeholder that
says so.  `DOUBTS` are words that are added to the note of a row whose value other sources contradict; no value is
changed by them.  `make_factor_tables` writes the tables from both.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Final

from ledger.chemistry.exact import scaled
from schemas.quantity import trillionths_text

_CPCD: Final = "CPCD snapshot in leo21468/CarbonCalculator data/cpcd_catalog.csv @e6231c6f {} ({})"
_SET: Final = "Summed in the source, which does not name the GWP set; taken as AR6."
_UK: Final = (
    "UK government GHG conversion factors, {}, as copied in scope3emissiontest-oss/JulesProject "
    "backend/insert_statements @0c3571d4"
)
_BLENDS: Final = "PyPI openscm-units 0.6.3 data/mixtures.py, after ASHRAE 34"


def _catalogue(  # noqa: PLR0913 - the members of a line
    flow: str,
    label: str,
    year: str,
    value: str,
    code: str,
    *,
    note: str = "",
    per: str = "kg",
    boundary: str = "cradle-to-gate",
    quality: str = "4",
    kind: str = "literature",
) -> dict[str, str]:
    """Return a row read in the Chinese catalogue of product footprints."""
    return {
        "flow": flow, "label": label, "geography": "CN", "year": year, "per": per, "values": f"CO2e={value}",
        "gwp_set": "AR6", "boundary": boundary, "status": "read", "quality": quality,
        "source": _CPCD.format(code, kind), "note": "; ".join(filter(None, (note, _SET))),
    }  # fmt: skip


def _placeholder(flow: str, label: str, value: str, note: str, *, per: str = "kg") -> dict[str, str]:
    """Return a row that is no evidence, with the reason for its value."""
    return {
        "flow": flow, "label": label, "geography": "GLO", "per": per, "values": f"CO2e={value}", "gwp_set": "AR6",
        "boundary": "cradle-to-gate", "status": "placeholder", "quality": "5", "source": "none reached", "note": note,
    }  # fmt: skip


def _greet(flow: str, label: str, value: str, where: str, *, year: str = "", per: str = "kg-content") -> dict[str, str]:
    """Return a result of GREET as a package of biorefineries quotes it."""
    return {
        "flow": flow, "label": label, "geography": "US", "year": year, "per": per, "values": f"CO2e={value}",
        "gwp_set": "AR6", "boundary": "cradle-to-gate", "status": "read-secondary", "quality": "3",
        "source": f"GREET, as quoted in PyPI biorefineries 2.35.1 biorefineries/{where}", "note": _SET,
    }  # fmt: skip


def _air_gas(flow: str, cubic: str, molar: str) -> dict[str, str]:
    """Return a gas of Chinese air separation: kg CO2e for a normal cubic metre, made one for a kg."""
    value = trillionths_text(scaled(Fraction(cubic) * Fraction("22.414") / Fraction(molar)))
    return {
        "flow": flow, "label": f"{flow}, air separation", "geography": "CN", "year": "2024", "per": "kg",
        "values": f"CO2e={value}", "gwp_set": "AR6", "boundary": "cradle-to-gate", "status": "derived", "quality": "3",
        "source": "abstract of: Life Cycle Assessment for Industrial Gas Production in China, doi 10.21203/rs.3.rs-4335748/v1",
        "note": f"{cubic} kg CO2e/Nm3 read, / {molar} g/mol x 22.414 L/mol; {_SET}",
    }  # fmt: skip


def _blend(number: str, values: str) -> dict[str, str]:
    """Return the gases of 1 kg of a refrigerant blend, for a release that is told by its mass."""
    return {
        "flow": f"refrigerant-r-{number.lower()}", "label": f"refrigerant R-{number}, released", "geography": "GLO",
        "per": "kg", "values": values, "boundary": "direct", "status": "read-secondary", "quality": "1",
        "source": _BLENDS, "note": "parts by mass; one direct line for each gas, by default",
    }  # fmt: skip


MATERIALS: Final = [
    _catalogue("magnesia-light-burnt-coal", "magnesia MgO, light-burnt LCM90, coal-fired", "2020", "1.889",
               "34231I0062020A", note="44.009/40.304 = 1.092 of it is the CO2 of magnesite"),
    _catalogue("magnesia-light-burnt-gas", "magnesia MgO, light-burnt LCM90, gas-fired", "2020", "1.482",
               "34231I0052020A", note="44.009/40.304 = 1.092 of it is the CO2 of magnesite"),
    _catalogue("magnesium-metal-pidgeon", "magnesium metal, Pidgeon process", "2015", "28.673", "41601X0032015A",
               note="same source: 27.1 (2009), 26 (2005); 23.3619 by electrolysis"),
    _catalogue("magnesium-metal-electrolytic", "magnesium metal, electrolytic", "2015", "23.3619", "41601X0022015A"),
    _catalogue("nitric-acid", "nitric acid", "2005", "1.445", "34233A0012005A",
               note="strength not stated; its N2O depends on abatement, which is not stated either"),
    _catalogue("ammonium-nitrate", "ammonium nitrate", "2005", "1.471", "34613X0012005A"),
    {
        "flow": "explosives-anfo", "label": "ANFO explosive, supply", "geography": "CN", "per": "kg",
        "values": "CO2e=1.421792", "gwp_set": "AR6", "boundary": "cradle-to-gate", "status": "derived", "quality": "4",
        "source": "0.94 x ammonium nitrate 1.471 + 0.06 x diesel supply 0.65086; 94 to 6 read in "
        "Rushant-123/World-Research content/pages/explosives.md",
        "note": "the CO2 of the detonation, 0.186 kg/kg by its carbon, is a direct line; N2O of detonation not known",
    },
    _catalogue("aluminium-primary", "aluminium, electrolytic, national", "2018", "20.3", "41431X0102018C",
               note="same source: 21.6 (2005), 15.8 (2012)"),
    _catalogue("aluminium-recycled", "aluminium, recycled", "2014", "0.72182", "41534X0022014A"),
    _catalogue("pig-iron", "pig iron for steelmaking", "2022", "1.7", "41111A0022022C", quality="2", kind="core",
               note="same source: 2.05 (2019), 2.28 for foundry iron"),
    _catalogue("copper-refined", "copper, refined", "2021", "4.23", "41516X0012021A",
               note="named copper and copper alloys; same source: 5.795 (2015), 26.7 (2019)"),
    _catalogue("lubricant", "lubricant", "2021", "1.2", "33380X0012021A"),
    _catalogue("refrigerant-production", "refrigerant, made", "2022", "15.89773", "34210D0012022A",
               note="which refrigerant is not stated; same source: 15.1 (2021)"),
    _catalogue("waste-water-treatment-industrial", "waste water of organic chemistry treated", "2011", "0.01063",
               "94110X0132011A", boundary="cradle-to-grave",
               note="for industrial waste water where nothing nearer is known; municipal plants 0.0004 to 0.007"),
    _greet("sulphuric-acid", "sulphuric acid, US", "0.04447", "lactic/_process_settings.py", year="2020"),
    _greet("hydrochloric-acid", "hydrochloric acid, US", "1.96", "cane/data/lca_characterization_factors.py"),
    _greet("sodium-hydroxide", "sodium hydroxide, US", "2.11", "lactic/_process_settings.py", year="2020"),
    _greet("ammonia", "ammonia, US", "2.64", "lactic/_process_settings.py", year="2020", per="kg"),
    _air_gas("argon", "1.55", "39.95"),
    _air_gas("nitrogen", "0.091", "28.014"),
    _blend("404A", "HFC-125=0.44;HFC-143a=0.52;HFC-134a=0.04"),
    _blend("407C", "HFC-32=0.23;HFC-125=0.25;HFC-134a=0.52"),
    _blend("410A", "HFC-32=0.5;HFC-125=0.5"),
]  # fmt: skip
"""New rows of the table of materials."""

TRANSPORT: Final = [
    _catalogue("rail-freight-cradle", "rail freight, with the supply of its energy", "2019", "0.01", "65129X0022019C",
               per="t.km", boundary="cradle-to-grave", quality="3", kind="core"),
    {
        "flow": "rail-freight", "label": "rail freight, train", "geography": "GB", "per": "t.km",
        "values": "CO2-fossil=0.02749", "boundary": "tank-to-wheel", "status": "read-secondary", "quality": "3",
        "source": _UK.format("freighting goods, freight train"),
        "note": "CO2 only (CH4 and N2O add about 1 %); the copy names no year; supply of the energy 0.00691 apart",
    },
]  # fmt: skip
"""New rows of the table of transport."""

PLACEHOLDERS: Final = [
    _placeholder("calcium", "calcium metal", "20",
                 "no source reached; 0.4488 kg aluminium x 20.3 + 2.798 kg lime x 1.19 make 12.44 for the reagents of "
                 "3 Ca from 6 CaO and 2 Al alone, the heat of the vacuum retort comes on top; rounded up"),
    _placeholder("samarium-oxide", "samarium oxide without certificate", "94.859729",
                 "no study with a value reached; 110 kg CO2e for each kg of rare earth (the conservative default for "
                 "goods without certificate, set here) x 0.862361 kg Sm/kg; a certificate of the supplier replaces it"),
    _placeholder("samarium-metal", "samarium metal without certificate", "110",
                 "no study with a value reached; the conservative default for rare-earth goods without certificate, "
                 "set here; a certificate of the supplier replaces it"),
    _placeholder("magnesium-sulphate", "magnesium sulphate, per kg MgSO4", "0.730327",
                 "no source reached; 0.334859 kg magnesia x 1.889 + 0.814815 kg H2SO4 x 0.12, drying of crystals left out",
                 per="kg-content"),
    _placeholder("magnesium-bicarbonate", "magnesium bicarbonate made of magnesia, per kg Mg(HCO3)2", "0.520266",
                 "no source reached; its magnesia only, 0.275419 x 1.889. Bound CO2 (0.601 kg/kg) is OUTSIDE this factor: "
                 "it is captured kiln gas, and the run that releases it counts it once",
                 per="kg-content"),
    _placeholder("kerosene-upstream", "kerosene supply", "0.65086",
                 "as diesel supply (CN 2024); one catalogue has 0.298 (2022), 3.33 (2019) and 4.41 (2015) for aviation "
                 "kerosene, the last two with its burning"),
    _placeholder("epoxy-resin", "epoxy resin", "6.7", "no source reached; order of magnitude, from memory"),
    _placeholder("flotation-collector", "flotation collector (fatty acid, hydroxamate)", "3",
                 "no source reached; order of magnitude of organic chemicals, from memory"),
    _placeholder("fluoride-residue-landfill", "disposal of an inert mineral residue", "0.01",
                 "no source reached; order of magnitude of haul and landfill, from memory"),
]  # fmt: skip
"""New placeholders."""

DOUBTS: Final = {
    "nickel-metal": "same source: 34.38 for nickel won with copper (2005); industry means for class I are lower, but were "
    "not read",
    "rail-freight": "gate-to-gate, so without the supply of power; same source: 0.01 from cradle (2019), 0.0065 (2024), "
    "0.003 (2025); 0.0278 in the UK",
    "natural-graphite-product": "dearer than artificial graphite of the same source (3.1; battery grade 4.7), which is odd",
    "artificial-graphite": "same source: 4.7 for battery grade (2015)",
    "carbon-anode": "doubtful: about 0.8 kg for each kg of aluminium is read elsewhere, which takes less than half a kg "
    "of anode",
    "soda-ash": "coal-fired; natural soda ash is lower",
    "slaked-lime-ca-oh-2": "doubtful: the lime of the same source and year makes it 0.757 x 1.19 = 0.901",
    "municipal-wastewater-treatment-a2o": "municipal; same source: 0.43 to 7.0 kg/t municipal, 2.2 to 49 kg/t industrial",
    "sulphuric-acid": "GREET has 0.0445 (US, 2020), a row of its own",
    "hydrochloric-acid": "doubtful, probably too low: GREET has 1.96 (US), a row of its own and the only value read",
    "argon": "doubtful, probably too low: a study of Chinese air separation (2024) has 0.870, a row of its own",
    "nitrogen": "a study of Chinese air separation (2024) has 0.0728, a row of its own",
    "gallium": "BLEECAM 0.1.0b1 has 243.5 for 4N gallium of Chinese Bayer liquor",
    "iron": "CPCD has 1.7 for pig iron (2022), a row of its own; process CO2 alone 1.43 for pig iron and 1.58 for oxygen "
    "steel (IPCC, read in bonsai-ipcc 0.5.3)",
    "ammonium-sulphate": "0.714 by GREET's ammonia 2.64 and sulphuric acid 0.0445 (US)",
    "ammonium-bicarbonate": "0.569 by GREET's ammonia 2.64 (US)",
}
"""Words for the notes of rows whose value other sources contradict or support."""

_ACT: Final = "Carbon Tax Act of South Africa, Schedule 1, table 1, stationary source category (act 42 of 2024)"
_LIST: Final = (
    "IPCC 2006 Guidelines, as a public list of factors for Colombia quotes them (index id 62241405542; 1 and 0.1 kg/TJ for "
    "gas, 3 and 0.6 for oils)"
)
TRACES: Final = {
    "natural-gas": _LIST,
    "residual-fuel-oil": _LIST,
    "other-kerosene": _LIST,
    "motor-gasoline": _LIST,
    "liquefied-petroleum-gases": _ACT,
    "coke-oven-gas": _ACT,
}
"""Fuels of which CH4 and N2O were read, and where.

For coals and petroleum coke the lists that were read contradict each other or leave manufacturing out.
"""

STATIONARY: Final = (
    "stationary combustion; by the note to 40 CFR 98, table C-2, the IPCC has the same value for the energy industries and "
    "for manufacturing, but for coal"
)

GWP_SOURCE: Final = "PyPI globalwarmingpotentials 0.13.2, columns AR5GWP100 and AR6GWP100"
GWPS: Final = (
    ("HCFC-22", "1760", "1960"),
    ("HFC-236fa", "8060", "8690"),
    ("HFC-245fa", "858", "962"),
    ("HFC-43-10mee", "1650", "1600"),
)
"""Refrigerants and solvents that the collected facts lack: gas, AR5, AR6."""
