"""Write the records of the assumed plants in `examples`, or prove that they are those.

Run ``python -m tests.golden.make_plants`` to write, ``--check`` to compare.  Parties are written by
hand, and so is each README but that of `every-product`.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tests.golden.plain_yaml import written
from tests.golden.plants import bastnaesite, every_product, further_steps, hydride, ion_clay, samarium

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.golden.plant_records import Run

EXAMPLES: Final = Path(__file__).parents[2] / "examples"
PLANTS: Final[dict[str, Callable[[], list[Run]]]] = {
    "bastnaesite-us": bastnaesite.runs,
    "further-steps": further_steps.runs,
    "ion-clay-magnesium": ion_clay.runs,
    "nimh-recycled": hydride.runs,
    "smco-calcium": samarium.runs,
    "every-product": every_product.runs,
}


def files() -> dict[str, str]:
    """Return the text of every generated file by its path in the examples."""
    made: dict[str, str] = {}
    for folder, build in PLANTS.items():
        runs = build()
        for number, run in enumerate(runs, 1):
            made[f"{folder}/{number:02d}-{run.name}.yaml"] = written(run.record(), head=run.head)
        made[f"{folder}/SOURCES.md"] = sources(runs)
        if folder == "every-product":
            made[f"{folder}/README.md"] = every_product.readme(runs)
    return made


def sources(runs: list[Run]) -> str:
    """Return the page that names the source of each amount."""
    lines = [
        "# Sources", "",
        "Written by `python -m tests.golden.make_plants`. In the records each line's note says the same. *Assumed* is a",
        "plausible number and no evidence. Factors in the table `placeholders` are no evidence either; the table says why.",
    ]  # fmt: skip
    for run in runs:
        lines += ["", f"## {run.name}", "", "| line | amount | factor | source |", "|---|---|---|---|"]
        for group in ("materials", "fuels", "electricity", "direct", "transport", "wastes", "outputs"):
            for line in run.groups.get(group, []):
                amount = line.get("mass") or line.get("amount")
                name = line.get("name") or line["lot"]
                factor = f"`{line['factor']}`" if "factor" in line else ""
                lines.append(
                    f"| {name} | {amount} | {factor} | {line.get('note', 'what the balance of the run leaves')} |"
                )
    return "\n".join(lines) + "\n"


def differences() -> list[str]:
    """Return the files that are not what the plants make."""
    return [
        name
        for name, content in files().items()
        if not (EXAMPLES / name).is_file() or (EXAMPLES / name).read_text(encoding="utf-8") != content
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description="Write the records of the assumed plants in examples.")
    parser.add_argument("--check", action="store_true", help="compare, write nothing")
    if parser.parse_args().check:
        wrong = differences()
        sys.stderr.write(f"differ: {', '.join(wrong)}\n" if wrong else "all records are what the plants make\n")
        return 1 if wrong else 0
    for name, content in files().items():
        path = EXAMPLES / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
