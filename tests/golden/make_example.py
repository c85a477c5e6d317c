"""Make the records of `examples/bayan-obo` from the facts of the worked example, or prove that they are those.

Run ``python -m tests.golden.make_example`` to write, ``--check`` to compare.  The facts lie outside the repository
(``$OREPRINT_SHARED/data/example_chain.json``, by default ``../shared``); without them it says so and does nothing.

The lines of a record are made in `example_lines`, the five further metal records in `example_metal`, the page of
sources in `example_sources`; the forged record is a copy with one figure changed.  What this does not do: it computes
no footprint, and parties and shipments are written by hand.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from schemas.door import parse_document
from schemas.parties import Parties
from tests.golden.example_lines import (
    WORDS,
    anodes,
    electricity,
    emission,
    exclusions,
    fuel,
    material,
    other_emission,
    output,
    plain,
    transport,
    waste,
    water,
)
from tests.golden.example_metal import metal_run
from tests.golden.example_sources import sources_page
from tests.golden.make_factor_tables import SHARED
from tests.golden.plain_yaml import written

if TYPE_CHECKING:
    from tests.golden.plain_yaml import Tree

FACTS: Final = SHARED / "example_chain.json"
EXAMPLE: Final = Path(__file__).parents[2] / "examples" / "bayan-obo"
PRICES: Final = (
    "USGS Mineral Commodity Summaries 2025, means of 2020 to 2024, or assumed; the note of each output says which"
)


def allocation(run: dict[str, Any]) -> dict[str, Tree]:
    oxides = {"concentrate", "mixed compound", "oxide"}
    key = "REO" if any(out["kind"] in oxides for out in run["outputs"]) else "RE"
    line: dict[str, Tree] = {"method": "economic", "mass_key": key}
    if "allocation" in run:
        line["prices"] = {"period": period(run["allocation"]["price_period"]), "currency": "USD", "source": PRICES}
    return line


def period(slashed: str) -> dict[str, Tree]:
    start, _, end = slashed.partition("/")
    return {"start": start, "end": end}


def plants() -> dict[str, tuple[str, str]]:
    """Return producer and facility by the name of the plant, from the hand-written parties."""
    parties = parse_document(Parties, (EXAMPLE / "parties.yaml").read_bytes(), media="yaml")
    return {facility.name: (party.did, facility.id) for party in parties.parties for facility in party.facilities}


def record(run: dict[str, Any], batches: dict[str, dict[str, Any]]) -> dict[str, Tree]:
    """Return one run of the facts as a production record."""
    producer, facility = plants()[run["facility"]]
    flows = {
        name: [each for each in run["activities"] if each["flow"] == name] for name in ("electricity", "road transport")
    }
    fuels = [each for each in run["activities"] if each["flow"] not in flows]
    members: dict[str, Any] = {
        "oreprint": "production-record/1",
        "run": run["id"],
        "producer": producer,
        "facility": facility,
        "step": WORDS["steps"][run["process_step"]],
        "period": period(run["period"]),
        "gwp": "AR6",
        "electricity_set": "direct",
        "allocation": allocation(run),
        "inputs": [{"lot": each["lot"], "mass": f"{plain(each['mass_kg'])} kg"} for each in run["inputs"]],
        "materials": [
            material(run["id"], each) for each in run["uncertified_inputs"] if "oxygen from air" not in each["material"]
        ],
        "fuels": [fuel(each) for each in fuels],
        "electricity": [electricity(each) for each in flows["electricity"]],
        "direct": [emission(each, run) for each in run["direct_emissions"]]
        + [other_emission(each) for each in run["other_emissions"]],
        "transport": [transport(each) for each in flows["road transport"]],
        "wastes": [waste(each) for each in run["wastes"]],
        "anode_carbon": f"{plain(run['net_anode_carbon_kg'])} kg"
        if "net_anode_carbon_kg" in run and "scaled" in run
        else None,
        "anodes": anodes(run),
        "water": water(run["water"], run["wastes"]),
        "outputs": [output(each, batches.get(each["lot"], {}), priced="allocation" in run) for each in run["outputs"]],
        "excluded": exclusions(run),
        "claims": claims(run),
        "untracked": [text.partition(" ")[0] for text in run["untracked"]],
        "note": "; ".join(f"not balanced, {text}" for text in run["untracked"]) or None,
    }
    return {name: value for name, value in members.items() if value}


def claims(run: dict[str, Any]) -> list[Tree]:
    """Return what every run states, and what only some do: of recycled neodymium, the share that the facts' own
    claim expects.
    """
    more = WORDS["claims"].get(run["id"], [])
    return [{"id": "zero-discharge"}, *more]


def forged_run(run: dict[str, Any], attack: dict[str, str]) -> dict[str, Any]:
    """Return a run whose one lot weighs more than its input allows."""
    mass = {"mass_kg": attack["forged_net_mass_kg"]}
    return run | {"outputs": [each | mass if each["lot"] == attack["lot"] else each for each in run["outputs"]]}


def files() -> dict[str, str]:
    """Return the text of every generated file by its path in the example."""
    facts = json.loads(FACTS.read_text(encoding="utf-8"))
    batches = {batch["lot"]: batch for batch in facts["batches"]}
    runs = {run["id"]: run for run in facts["runs"]}
    made = {
        f"{number:02d}-{name}.yaml": written(record(run, batches), head=WORDS["heads"][name])
        for number, (name, run) in enumerate(runs.items(), 1)
    }
    for row in facts["demo"]["workbook"]["rows"]:
        run = metal_run(runs["ELY-2026-04-A"], batches["OX-17"], row)
        head = WORDS[row["expected"]].format(lot=row["lot"], net=row["net_mass_kg"], mass=row["mass_taken_kg"])
        made[f"magnet-metal/{row['lot']}.yaml"] = written(record(run, batches), head=head)
    honest = runs["SEP-B-2026-03"]
    # whoever changes one figure leaves all else as it is
    forged = record(forged_run(honest, facts["demo"]["attack"]), batches) | {"excluded": exclusions(honest)}
    made["forged/SEP-B-2026-03.yaml"] = written(forged, head=WORDS["forged"])
    return made | {"SOURCES.md": sources_page(facts)}


def differences() -> list[str]:
    """Return the files that are not what the facts make."""
    return [
        name
        for name, text in files().items()
        if not (EXAMPLE / name).is_file() or (EXAMPLE / name).read_text(encoding="utf-8") != text
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Make the records of examples/bayan-obo.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    arguments = parser.parse_args()
    if not FACTS.is_file():
        sys.stderr.write(f"SKIPPED: the facts are not here ({FACTS}); nothing was compared or written.\n")
        return 0
    if arguments.check:
        wrong = differences()
        sys.stderr.write(f"differ from the facts: {', '.join(wrong)}\n" if wrong else "all records equal the facts\n")
        return 1 if wrong else 0
    for name, text in files().items():
        (EXAMPLE / name).write_text(text, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
