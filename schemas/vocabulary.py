"""The closed word lists of the documents: kinds, steps, stages, gases, indicators, groups, purposes.

Rules: a word never changes its meaning; a new one may be added at the end of its list in a later format
version.
"""

from __future__ import annotations

from typing import Final, Literal, get_args

Kind = Literal[
    "ore",
    "concentrate",
    "mixed-compound",
    "oxide",
    "metal",
    "alloy",
    "powder",
    "magnet",
    "scrap",
    "by-product",
    "in-process",
    "electricity",
]
"""What a batch is.  `by-product` is an output without rare earth that is sold or stocked (recovered salt, acid);
`electricity` is what a scheme's cancellation statement says was generated: no goods, and its amounts are kWh
(`unit_of`)."""


def unit_of(kind: str) -> Literal["kg", "kWh"]:
    """Return the unit of all amounts of a batch of this kind, its holdings' and its inputs'."""
    return "kWh" if kind == "electricity" else "kg"


Stage = Literal["mining", "cracking", "separation", "reduction", "alloying", "shaping", "coating", "recycling"]
"""Stage of the chain from ore to magnet; the order is the order of the footprint's rows."""

Step = Literal[
    "mining",
    "beneficiation",
    "in-situ-leaching",
    "acid-roasting",
    "alkaline-cracking",
    "separation",
    "oxide-electrolysis",
    "metallothermic-reduction",
    "strip-casting",
    "alloy-melting",
    "magnet-production",
    "machining",
    "coating",
    "scrap-collection",
    "hydrometallurgical-recycling",
    "hydrogen-recycling",
    "blending",
    "instrument-cancellation",
    "hydrochloric-leaching",
    "chlorination",
]
"""One process step; each belongs to one stage (`STAGE_OF_STEP`)."""

STAGE_OF_STEP: Final[dict[Step, Stage]] = {
    "mining": "mining",
    "beneficiation": "mining",
    "in-situ-leaching": "mining",
    "acid-roasting": "cracking",
    "alkaline-cracking": "cracking",
    "separation": "separation",
    "oxide-electrolysis": "reduction",
    "metallothermic-reduction": "reduction",
    "strip-casting": "alloying",
    "alloy-melting": "alloying",
    "magnet-production": "shaping",
    "machining": "shaping",
    "coating": "coating",
    "scrap-collection": "recycling",
    "hydrometallurgical-recycling": "recycling",
    "hydrogen-recycling": "recycling",
    "blending": "separation",
    "instrument-cancellation": "reduction",
    "hydrochloric-leaching": "cracking",
    "chlorination": "cracking",
}
"""`instrument-cancellation` has no figures, so its stage says nothing."""

Group = Literal["materials", "fuels", "electricity", "direct", "transport", "waste", "credits"]
"""Groups of inventory lines, in the order in which a run carries them; all seven are always there."""

Gas = Literal[
    "CO2-fossil",
    "CO2-biogenic",
    "CO2-land-use",
    "CH4-fossil",
    "CH4-biogenic",
    "N2O",
    "CF4",
    "C2F6",
    "C3F8",
    "SF6",
    "NF3",
    "HFC-23",
    "HFC-32",
    "HFC-125",
    "HFC-134a",
    "HFC-143a",
    "HFC-152a",
    "HFC-227ea",
    "CO2e",
    "c-C4F8",
    "C4F10",
    "HCFC-22",
    "HFC-236fa",
    "HFC-245fa",
    "HFC-43-10mee",
]
"""Greenhouse gases.  `CO2e` is the pseudo-gas of factors that exist only as an aggregate under the run's GWP set."""

Indicator = Literal[
    "energy",
    "water-withdrawn",
    "water-discharged",
    "water-consumed",
    "waste-hazardous",
    "waste-non-hazardous",
    "waste-radioactive",
    "thorium",
    "uranium",
    "fluoride-discharged",
    "ammonia-nitrogen-discharged",
]
"""Figures besides greenhouse gases, in the order in which they stand; their units are `UNIT_OF_INDICATOR`.

`energy` is electricity used, fuels burnt and heat bought; `thorium` and `uranium` are what residues hold of them.
"""

UNIT_OF_INDICATOR: Final[dict[Indicator, Literal["MJ", "m3", "kg"]]] = {
    "energy": "MJ",
    "water-withdrawn": "m3",
    "water-discharged": "m3",
    "water-consumed": "m3",
    "waste-hazardous": "kg",
    "waste-non-hazardous": "kg",
    "waste-radioactive": "kg",
    "thorium": "kg",
    "uranium": "kg",
    "fluoride-discharged": "kg",
    "ammonia-nitrogen-discharged": "kg",
}
"""MJ net calorific, m3, kg (wastes dry, fluoride as F, ammonia as N)."""

WasteClass = Literal["hazardous", "non-hazardous", "radioactive", "in-water", "in-place"]
"""The last two are no wastes: what leaves dissolved in the water that is discharged, and ground that was never
moved."""

Destination = Literal["recovery", "disposal", "on-site", "outside"]
"""Where a waste goes: on to be used, to a registered disposal, nowhere from the plant, or out of it with no treatment
that is registered."""

GwpSet = Literal["AR5", "AR6"]
ElectricitySet = Literal["direct", "life-cycle"]
AllocationMethod = Literal["mass", "economic"]
MassKey = Literal["REO", "RE"]
Basis = Literal["metered", "weighed", "calculated", "apportioned", "assumed"]
RecycledOrigin = Literal["pre-consumer", "post-consumer"]
Custody = Literal["identity-preserved", "segregated", "controlled-blending", "mass-balance"]
"""Chain-of-custody models of ISO 22095:2020, 5.2 to 5.5, strongest first; book-and-claim is never an input."""

InstrumentKind = Literal["contract", "supplier"]
"""What an instrument is if it is no energy attribute certificate: a contract, or a supplier's own factor (GHG
Protocol Scope 2 Guidance, table 6.3)."""

InstrumentWord = Literal[
    "bundled-certificates", "unbundled-certificates", "certificates", "power-purchase-contract", "supplier-mix"
]
"""What a market-based figure rests on: certificates bought with the electricity or apart from it, certificates of which
nobody says which, a contract with a generator, or a supplier's own factor."""

BesideFigure = Literal["aircraft", "shipped-factors", "other-electricity-set", "grid-power"]
"""Figures in kg CO2e that stand beside the total of a batch."""
BesideItem = Literal[BesideFigure, "entered-free", "instruments", "open"]
"""What stands beside the total of a batch."""

OwnPower = Literal["attributes-kept", "attributes-sold"]
"""Electricity that the plant generated itself, and whether somebody else was sold what it is (same guidance, 6.6)."""

AbsenceReason = Literal[
    "not-in-process",
    "in-other-line",
    "in-input",
    "other-run",
    "met-by-electricity",
    "recovered-heat",
    "regenerated-in-run",
    "measured-zero",
]
"""Why a run has no line for something that its step owes.  "No data", "confidential" and "small" are no reasons."""
OwnPlantKind = Literal["solar", "wind", "hydro", "geothermal", "own-fuel"]
"""What generates a plant's own electricity."""

FuelUse = Literal["process-heat", "steam", "power", "mobile", "space-heat"]
"""What a fuel is burnt for: kilns, roasters and dryers; boilers of the process; own electricity; vehicles, pumps and
drills; buildings."""

FuelFamily = Literal[
    "natural-gas", "diesel", "residual-fuel-oil", "other-bituminous-coal", "sub-bituminous-coal", "anthracite",
    "lignite", "coke", "coking-coal", "natural-gas-liquids", "liquefied-petroleum-gases", "other-kerosene",
    "petroleum-coke", "coke-oven-gas", "motor-gasoline", "producer-gas", "other-fossil",
    "biomass", "biomethane", "biogas", "liquid-biofuel", "hydrogen", "heat-bought",
]  # fmt: skip
"""Families of fuels, as `ledger/factors/data/fuel_fit.csv` describes them.

`other-fossil` is what no other family fits; `heat-bought` is steam or hot water.
"""
ExclusionKind = Literal["boundary", "no-ghg", "no-credit", "in-other-line", "bounded", "open"]
"""Why something is left out: outside the boundary (capital goods, staff), no greenhouse gas, a credit not taken,
counted in another line, small with an upper bound, or with no bound known."""

Purpose = Literal["revocation", "suspension", "refresh"]
"""Status purposes; `refresh` means superseded by an issuance that follows."""

AttestationScope = Literal["figure", "mass-balance", "composition", "closed-branch", "on-site"]
"""What an attestor examined: the footprint and its lines, what went in and came out, an assay, what lies behind
withheld inputs, the plant itself."""
TrustedScope = Literal["figure", "mass-balance", "composition", "closed-branch", "on-site", "chain"]
"""Subjects on which a trust list may trust a party: those of attestations, and `chain`, every step of a chain, which
auditors judge (`schemas.audit`)."""

AssuranceLevel = Literal["limited", "reasonable"]
Opinion = Literal["unmodified", "modified", "adverse"]
"""Levels of assurance and opinions in the words of ISO 14064-3:2019; who gives no opinion attests nothing."""

StatementKind = Literal["move", "undo", "withdraw", "suspend", "lift"]
Audience = Literal["public", "customer", "partner", "auditor"]

CANCELLATION: Final[Step] = "instrument-cancellation"
"""The step by which a scheme's statement becomes a lot of electricity."""

GROUPS: Final[tuple[Group, ...]] = get_args(Group)
STAGES: Final[tuple[Stage, ...]] = get_args(Stage)
GASES: Final[tuple[Gas, ...]] = get_args(Gas)
INDICATORS: Final[tuple[Indicator, ...]] = get_args(Indicator)
PURPOSES: Final[tuple[Purpose, ...]] = get_args(Purpose)
ATTESTATION_SCOPES: Final[tuple[AttestationScope, ...]] = get_args(AttestationScope)
TRUSTED_SCOPES: Final[tuple[TrustedScope, ...]] = get_args(TrustedScope)
