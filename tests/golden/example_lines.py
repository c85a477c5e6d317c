"""The lines of a production record from the worked example's facts: one function a group.

Rules: every amount is the facts' own, without its closing zeros; the source or the assumption becomes the note, and the
basis follows from it: calculated from a cited row, weighed, metered, or assumed where no evidence stands behind it.
"""

from __future__ import annotations

import csv
import re
from decimal import ROUND_UP, Decimal
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schemas.door import parse_value
from tests.golden.make_factor_tables import SHARED, factor_id

if TYPE_CHECKING:
    from tests.golden.plain_yaml import Tree

WORDS: Final[Any] = parse_value(Path(__file__).with_name("example_words.yaml").read_bytes(), media="yaml")
IN_PLACE: Final = {"ICL-2026-01": "ore body", "BEN-2026-01": "RE-bearing tailings"}
"""Materials that are extracted where they are used up: the facts name the deposit, so the country is known."""

WATERS: Final = (
    "fresh", "with_reagents", "feed_moisture", "formed",
    "discharged", "evaporated", "in_products", "in_wastes", "recycled",
)  # fmt: skip


def plain(number: str) -> str:
    """Return a decimal without closing zeros."""
    return number.rstrip("0").rstrip(".") if "." in number else number


def fractions(composition: dict[str, str]) -> dict[str, Tree]:
    return {element: plain(fraction) for element, fraction in composition.items()}


def masses(elements: dict[str, str]) -> dict[str, Tree]:
    return {element: f"{plain(mass)} kg" for element, mass in elements.items()}


def sentence(text: str) -> str:
    """Return words that need no quotes in YAML; the facts use colons freely."""
    return text.replace(": ", ", ").replace("re-used", "reused")


@cache
def status_of_row(step: str, flow: str) -> str:
    """Return what the row of process_steps.csv says about its own evidence."""
    with (SHARED / "process_steps.csv").open(encoding="utf-8", newline="") as rows:
        return next(row["status"] for row in csv.DictReader(rows) if (row["step"], row["flow"]) == (step, flow))


# -- where an amount comes from --------------------------------------------------------------------------------------

READ: Final = ("read in source", "derived", "read in source/derived", "read in source (yields)")
_CALCULATED = re.compile(r"balance only|acid-base|coating mass|recipe|B balance|binds|as in case CHAIN-A: off")
_ASSUMED_METHOD = re.compile(r"assumed|placeholder")


def basis_and_note(source: dict[str, Any], *more: str) -> dict[str, Tree]:
    """Return how an amount was found and where that stands, from the facts' source."""
    if source["file"]:
        status = status_of_row(source["step"], source["flow"])
        row = f"{source['file']}, {source['step']}, {source['flow']}"
        if status not in READ:
            row += f" ({status})"
        found = f"{row}, {source['intensity']} x {source['basis_amount']} {source['basis']}"
        basis = "assumed" if status == "from memory, unverified" else "calculated"
        if "less_recycled_kg" in source:
            found += f" - {plain(source['less_recycled_kg'])} kg reused"
    else:
        found, basis = source["assumed"], "calculated" if _CALCULATED.match(source["assumed"]) else "assumed"
        if found.endswith("weighed"):
            found, basis = found.removesuffix("weighed").rstrip(", "), "weighed"
        elif basis == "assumed" and "assumed" not in found:
            found = f"assumed, {found}"
    note = "; ".join(sentence(part) for part in (found, source.get("note", ""), *more) if part)
    told: dict[str, Tree] = {"basis": basis, "note": note} if note else {"basis": basis}
    return told | ({"meter": "weighbridge W-1"} if basis == "weighed" else {})


def basis_of_method(method: str) -> str:
    if "measurement" in method:
        return "metered"
    return "assumed" if _ASSUMED_METHOD.search(method) else "calculated"


# -- the groups of a record ------------------------------------------------------------------------------------------


def material(run: str, fact: dict[str, Any]) -> dict[str, Tree]:
    line: dict[str, Tree] = {"name": sentence(fact["material"]), "mass": f"{plain(fact['mass_kg'])} kg"}
    if "strength" in fact:
        line["strength"] = plain(fact["strength"])
    line["factor"] = factor_id(fact["material"], fact["factor"])
    if "recycled" in fact:
        line["recycled"] = fact["recycled"]
    if fact["material"].startswith(IN_PLACE.get(run, "-")):
        line["extracted_in"] = "CN"
    line["composition"] = fractions(fact["composition"])
    return line | basis_and_note(fact["source"], fact.get("note", ""), fact["factor"].get("note", ""))


def fuel(fact: dict[str, Any]) -> dict[str, Tree]:
    line: dict[str, Tree] = {"name": fact["flow"], "amount": f"{plain(fact['amount'])} {fact['unit']}"}
    if "energy_MJ" in fact:
        line["energy"] = f"{plain(fact['energy_MJ'])} MJ"
    line["factor"] = factor_id(fact["flow"], fact["factor"])
    return line | basis_and_note(fact["source"], fact.get("basis", ""))


def electricity(fact: dict[str, Any]) -> dict[str, Tree]:
    line: dict[str, Tree] = {
        "name": f"electricity, {fact['use']}" if "use" in fact else "electricity",
        "amount": f"{plain(fact['amount'])} kWh",
        "grid": fact["grid"],
        "factor": factor_id("electricity", fact["factor"]),
        "uncovered": factor_id("electricity", fact["uncovered_factor_market"]),
    }
    if "instruments" in fact:
        line["instruments"] = [instrument(each) for each in fact["instruments"]]
    inside = fact.get("of_which_evaporation_kWh")
    return line | basis_and_note(fact["source"], f"of it {plain(inside)} kWh for the evaporator" if inside else "")


def instrument(fact: dict[str, Any]) -> dict[str, Tree]:
    return {
        "scheme": fact["kind"],
        "statement": fact["id"],
        "amount": f"{plain(fact['kwh'])} kWh",
        "grid": fact["grid"],
        "year": fact["year"],
        "factor": "methods/electricity-wind-direct.glo",
    }


def transport(fact: dict[str, Any]) -> dict[str, Tree]:
    return {
        "name": f"road, {sentence(fact['what']).removesuffix(', shipped mass')}",
        "amount": f"{plain(fact['amount'])} t.km",
        "factor": factor_id(fact["flow"], fact["factor"]),
        "basis": "assumed",
        "note": f"assumed {fact['distance_km']} km x {plain(fact['shipped_mass_kg'])} kg shipped",
    }


def anodes(run: dict[str, Any]) -> dict[str, Tree] | None:
    """Return the balance of the anodes of an electrolysis as the facts have it: butts and dust are what is not net."""
    if "net_anode_carbon_kg" not in run or "scaled" in run:
        return None
    used = next(each for each in run["uncertified_inputs"] if each["material"] == "graphite anode")["mass_kg"]
    butts = Decimal(used) - Decimal(run["net_anode_carbon_kg"])
    return {"used": f"{plain(used)} kg", "butts": f"{plain(str(butts))} kg", "carbon": "1", "as_co": "2 %"}


def method(fact: dict[str, Any], run: dict[str, Any]) -> dict[str, Tree] | None:
    """Return how an emission of an electrolysis was determined; scaled runs round each figure by itself, so theirs
    are told only.
    """
    if "scaled" in run:
        return {"by": "measured", "monitor": "FTIR", "continuous": True} if "FTIR" in fact["method"] else None
    if anodes(run) and ("anode" in fact["method"] or "oxidised C" in fact["method"]):
        return {"by": "anode-balance"}
    if "Tier 1" in fact["method"]:
        mass = f"{plain(run['outputs'][0]['mass_kg'])} kg"
        return {"by": "default", "factor": "placeholders/electrolysis-pfc-tier-1.glo.2019", "mass": mass}
    return {"by": "measured", "monitor": "FTIR", "continuous": True} if "FTIR" in fact["method"] else None


def emission(fact: dict[str, Any], run: dict[str, Any]) -> dict[str, Tree]:
    gas = fact["gas"]
    mass = f"{plain(fact['g'])} g" if "g" in fact else f"{plain(fact['kg'])} kg"
    name = next(name for start, name in WORDS["emissions"].items() if fact["method"].startswith(start))
    note = sentence(fact["method"])
    if "retained_N_kg" in fact:
        note += f"; {plain(fact['retained_N_kg'])} kg N retained"
    line: dict[str, Tree] = {
        "name": f"{gas}, {name}" if name == "anode effect" else name,
        "substance": gas,
        "gas": "CO2-fossil" if gas == "CO2" else gas,
        "mass": mass,
        "basis": basis_of_method(fact["method"]),
    }
    how = method(fact, run)
    return (line | {"method": how} if how else line) | {"note": note}


def other_emission(fact: dict[str, Any]) -> dict[str, Tree]:
    return {
        "name": f"{fact['substance']} to {fact['to']}",
        "substance": fact["substance"],
        "mass": f"{plain(fact['kg'])} kg",
        "elements": masses(fact["elements_kg"]),
        "basis": basis_of_method(fact["method"]),
        "note": f"{fact['method']}; no GWP, counted in the element balance only",
    }


def waste(fact: dict[str, Any]) -> dict[str, Tree]:
    line: dict[str, Tree] = {"name": sentence(fact["name"]), "mass": f"{plain(fact['mass_kg'])} kg"}
    if plain(fact["moisture"]) != "0":
        line["moisture"] = plain(fact["moisture"])
    if line["name"] in WORDS["waste_classes"]:
        line["waste_class"] = WORDS["waste_classes"][line["name"]]
    fate = sentence(fact["fate"])
    line |= {"fate": fate, "destination": WORDS["destinations"][fate], "elements": masses(fact["elements_kg"])}
    return line | {"basis": "calculated", "note": "what the element balance of the run leaves"}


TWO_IN_ONE: Final = "transport and treatment of wastes, empty return trips"
"""What the facts leave out in one, though its two halves are left out for different reasons."""


def exclusions(run: dict[str, Any]) -> list[Tree]:
    """Return what a run leaves out, why it may, and the most that it matters."""
    named = [
        (what, fact["why"])
        for fact in run["excluded"]
        for what in (TWO_IN_ONE.split(", ") if fact["what"] == TWO_IN_ONE else [fact["what"]])
    ]
    return [exclusion(run, what, why) for what, why in named]


def exclusion(run: dict[str, Any], what: str, why: str) -> dict[str, Tree]:
    said = WORDS["exclusions_of_run"].get(run["id"], {}).get(what) or WORDS["exclusions"][what]
    reason = f"{why}; {said['more']}" if "more" in said else why
    line: dict[str, Tree] = {"what": sentence(what), "why": sentence(reason), "kind": said["kind"]}
    if said["kind"] == "in-other-line":
        line["line"] = said.get("line") or road_line(run)
    if "share" in said:
        line["share"] = said["share"]
    if "factor" in said:
        line |= {"at_most": said.get("at_most") or bound(run, said), "factor": said["factor"]}
    return line


def road_line(run: dict[str, Any]) -> Tree:
    """Return the name of the first journey of a run."""
    return transport(next(each for each in run["activities"] if each["flow"] == "road transport"))["name"]


def bound(run: dict[str, Any], said: dict[str, str]) -> str:
    """Return the most that is left out: a part of the product, or t.km for the wastes that are carried away."""
    if "part_of_outputs" in said:
        product = sum(Decimal(out["mass_kg"]) for out in run["outputs"] if out["allocate"])
        return f"{plain(str((product * Decimal(said['part_of_outputs'])).quantize(Decimal('0.001'), ROUND_UP)))} kg"
    wastes: list[dict[str, Any]] = [
        waste(fact) | {"kg": fact["mass_kg"], "moisture": fact["moisture"]} for fact in run["wastes"]
    ]
    gone = [each for each in wastes if each["destination"] == "disposal"] or wastes
    tonnes = sum((Decimal(each["kg"]) / (1 - Decimal(each["moisture"])) for each in gone), Decimal()) / 1000
    return f"{plain(str((tonnes * Decimal(said['tkm_for_a_tonne'])).quantize(Decimal('0.1'), ROUND_UP)))} t.km"


def ammonia_nitrogen(wastes: list[dict[str, Any]]) -> Decimal:
    """Return the kg N in what leaves dissolved as ammonium, by its name in the facts."""
    dissolved = [fact for fact in wastes if sentence(fact["name"]) in WORDS["dissolved_ammonium"]]
    return sum((Decimal(fact["elements_kg"]["N"]) for fact in dissolved), Decimal())


def water(fact: dict[str, Any], wastes: list[dict[str, Any]]) -> dict[str, Tree]:
    line: dict[str, Tree] = {name: f"{plain(fact[f'{name}_m3'])} m3" for name in WATERS}
    if plain(fact["evaporator_m3"]) != "0":
        line["evaporator"] = f"{plain(fact['evaporator_m3'])} m3"
        line["evaporator_electricity"] = f"{plain(fact['evaporator_kWh'])} kWh"
    if nitrogen := ammonia_nitrogen(wastes):
        line["ammonia_nitrogen"] = f"{plain(str(nitrogen))} kg"
    if fact["discharge_meters"]:
        line["discharge_meters"] = [
            {"meter": meter["id"], "reading": f"{plain(meter['reading_m3'])} m3"} for meter in fact["discharge_meters"]
        ]
    line["note"] = sentence(f"{fact['discharge_evidence']}; assumed, {fact['assumed']}")
    return line


def output(fact: dict[str, Any], batch: dict[str, Any], *, priced: bool) -> dict[str, Tree]:
    kind = "by-product" if fact["kind"].startswith("recovered") else fact["kind"].replace(" ", "-")
    description = batch.get("description") or WORDS["outputs"][fact["lot"]]
    line: dict[str, Tree] = {"lot": fact["lot"], "kind": kind}
    if fact["lot"] in WORDS["products"]:
        line["product"] = WORDS["products"][fact["lot"]]
    line["description"] = sentence(description)
    line["mass"] = f"{plain(fact['mass_kg'])} kg"
    if "moisture_as_shipped" in batch:
        line["moisture"] = plain(batch["moisture_as_shipped"])
    line["composition"] = fractions(fact["composition"])
    if "loss_on_ignition" in batch:
        line["loss_on_ignition"] = plain(batch["loss_on_ignition"])
    if not fact["certified"]:
        line["certify"] = False
    if not fact["allocate"]:
        line["allocate"] = False
    price, notes = fact["price_per_kg"], [fact.get("note", "")]
    if price and priced:
        line["price"] = f"{plain(price)} USD/kg"
        notes.append(f"price {fact['price_source']}")
    elif price:
        notes.append(f"price {plain(price)} USD/kg {fact['price_source']}")
    if "coating" in batch:
        coating = batch["coating"]
        line["coating"] = {"kind": coating["kind"], "mass": f"{plain(coating['mass_kg'])} kg"}
        notes.append(f"coated area {plain(coating['area_m2'])} m2")
    if any(notes):
        line["note"] = sentence("; ".join(note for note in notes if note))
    return line
