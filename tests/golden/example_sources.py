"""`examples/bayan-obo/SOURCES.md`: which figures come from which source row, and which are assumed or stand in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from tests.golden.example_lines import status_of_row

if TYPE_CHECKING:
    from collections.abc import Callable

HEAD: Final = """# Sources

Written by `python -m tests.golden.make_example` from the facts of the example. In the records each figure's note
says the same.

- **Row**: the intensity is that of the row named, in `process_steps.csv` (process step, flow); *status* is what that row
  says of itself. "Read in source" is, where nothing else is said, BLEECAM `mining_2.xlsx`, rows for China. Rows "from memory"
  are no evidence, and lines that rest on them are marked `assumed`.
- **Assumed**: no row fits, or none was found; the number is a plausible one and no evidence.
- **Placeholder factors** stand where no open source was found. They are in the table `placeholders`, which says why,
  and a result that rests on them is as good as they are.

Masses, lots, plants and distances are invented throughout.
"""


def sources_page(facts: dict[str, Any]) -> str:
    """Return the page: intensities by row, assumptions, placeholder factors, each with the runs it is used in."""
    lines = [HEAD, "## Intensities from rows\n", "| flow | row | intensity | status | runs |", "|---|---|---|---|---|"]
    lines += grouped(facts, cited)
    lines += ["", "## Assumed\n", "| flow | assumption | runs |", "|---|---|---|", *grouped(facts, assumed)]
    lines += [
        "",
        "Delivered reagents and materials travel 300 km by road, certified inputs the distance in their line.",
        "",
    ]
    lines += ["## Placeholder factors\n", "| material | kg CO2e | per | why |", "|---|---|---|---|"]
    lines += [f"| {name} | {value} | {unit} | {why} |" for name, value, unit, why in placeholders(facts)]
    return "\n".join(lines).replace("re-used", "reused") + "\n"


def grouped(facts: dict[str, Any], told: Callable[[dict[str, Any]], str]) -> list[str]:
    """Return a table's rows: what `told` says of a line (nothing: no row), and the runs it says it for."""
    runs: dict[str, list[str]] = {}
    for run in facts["runs"]:
        for line in run["uncertified_inputs"] + run["activities"]:
            row = told(line)
            if row and run["id"] not in runs.setdefault(row, []):
                runs[row].append(run["id"])
    return [f"{row} {', '.join(names)} |" for row, names in runs.items()]


def cited(line: dict[str, Any]) -> str:
    source = line["source"]
    if not source["file"]:
        return ""
    status = status_of_row(source["step"], source["flow"])
    row = f"{source['step']}; {source['flow']}"
    return f"| {name_of(line)} | {row} | {source['intensity']} per {source['basis']} | {status} |"


def assumed(line: dict[str, Any]) -> str:
    if line["source"]["file"] or line.get("flow") == "road transport":
        return ""
    return f"| {name_of(line)} | {line['source']['assumed']} |"


def name_of(line: dict[str, Any]) -> str:
    name = line.get("material") or line["flow"]
    return f"{name}, {line['use']}" if "use" in line else str(name)


def placeholders(facts: dict[str, Any]) -> list[tuple[str, str, str, str]]:
    found = {
        line["material"]: line["factor"]
        for run in facts["runs"]
        for line in run["uncertified_inputs"]
        if line["factor"]["placeholder"]
    }
    return [
        (name, factor["value"], factor["unit"].removeprefix("kg CO2e/"), factor["reason"].partition(". Bound")[0])
        for name, factor in found.items()
    ]
