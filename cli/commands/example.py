"""`oreprint example`: a complete production record of a step, with comments, to start one's own from.

Rules: the record is one of the examples that ship with Oreprint, so it passes every rule of issuance.  There is one for
every step and product of the vocabulary.  The comments say what each part is (the words of the JSON Schema) and where a
plant reads it.

What it does not do: it makes no record that fits a reader's plant, and registers nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from textwrap import wrap
from typing import Annotated, Final

import typer

from cli.files import write_lines
from cli.output import reply
from cli.parts import JsonOption
from ledger.desk.examples import INPUT, LOT, ExampleRecord, chosen, shipped
from schemas.described import descriptions
from schemas.door import parse_value
from schemas.problem import InputError
from schemas.record import InstrumentRecord, ProductionRecord
from schemas.vocabulary import CANCELLATION, Step

WHERE: Final = {
    "inputs": "Read it from: the scale at the charge, and the certificates of the lots.",
    "materials": "Read it from: delivery notes and tank levels; strength and composition from the supplier's analysis.",
    "fuels": "Read it from: the gas meter or the fuel bills, with the heating value that they name.",
    "electricity": "Read it from: the meter of the plant, or the bill shared out by sub-meters.",
    "direct": "Read it from: monitors in the stack; else a balance of what went in and came out.",
    "transport": "Read it from: freight papers; mass as shipped times distance.",
    "wastes": "Read it from: the weighbridge, and an assay of each waste.",
    "water": "Read it from: the meters at intake and outfall.",
    "outputs": "Read it from: the scale at packing, and the assay of the lot.",
    "excluded": "Say all that the result leaves out, and why.",
}
"""Where a plant reads the amounts of each part."""

WIDTH: Final = 108
_MEMBER: Final = re.compile(r"^([a-z_]+):", re.MULTILINE)


def command(
    step: Annotated[Step, typer.Argument(metavar="STEP", help="A step, as `oreprint vocabulary steps` lists them.")],
    product: Annotated[
        str | None, typer.Option(metavar="PRODUCT", help="A product that the record makes. Without it, any.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", metavar="FILE", help="Write to a new file instead of the screen.")
    ] = None,
    *,
    as_json: JsonOption = False,
) -> None:
    """Write a complete production record of a step, with comments.

    Example: oreprint example separation --product praseodymium-neodymium-oxide -o record.yaml
    """
    example = chosen(step, product)
    made = commented(example)
    if out is None:
        reply(parse_value(example.text.encode(), media="yaml"), *made.rstrip("\n").splitlines(), as_json=as_json)
        return
    if out.exists():
        raise InputError.at("example.exists", str(out))
    write_lines(out, [made.encode()])
    then = f"issue {out} --dry-run" if example.step == CANCELLATION else f"footprint {out}"
    told = f"Wrote {out}. Change it to what your plant did, then run: oreprint {then}"
    reply({"file": str(out)}, told, as_json=as_json)


def commented(record: ExampleRecord) -> str:
    """Return a record's text with a comment above each part; the content stays the same."""
    meanings = descriptions(InstrumentRecord if record.step == CANCELLATION else ProductionRecord)
    body = _MEMBER.sub(lambda member: _comment(member[1], meanings) + member[0], record.text)
    return "".join(f"# {line}".rstrip() + "\n" for line in _head(record)) + body


def _comment(member: str, meanings: dict[str, str]) -> str:
    words = " ".join(filter(None, (" ".join(meanings.get(member, "").split()), WHERE.get(member))))
    return "".join(f"# {line}\n" for line in wrap(words, WIDTH))


def _head(record: ExampleRecord) -> Iterator[str]:
    """Yield the product that the record is an example of, and where its certified inputs come from."""
    yield f"An example of the step {record.step}. Replace every amount, name and date by your own."
    makers = {lot: each for each in shipped() for lot in LOT.findall(each.text)}
    for lot in INPUT.findall(record.text):
        folder = makers[lot].path.parent.name
        yield f"It takes lot {lot}, which examples/{folder}/{makers[lot].path.name} makes."
    yield ""
