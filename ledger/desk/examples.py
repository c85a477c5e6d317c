"""The examples that ship with Oreprint: a complete production record of every step and product.

Rules: each passes every rule of issuance. `ledger/desk/shipped` is a link to the folder that readers find at the top.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from ledger.tables import shipped_tables
from schemas.problem import MissingError
from schemas.vocabulary import CANCELLATION

EXAMPLES: Final = Path(__file__).parent / "shipped"
FOLDERS: Final = (
    "bayan-obo",
    "bastnaesite-us",
    "ion-clay-magnesium",
    "smco-calcium",
    "nimh-recycled",
    "further-steps",
    "every-product",
)
"""Folders of records, in the order in which one is chosen among equals; `every-product` has each step and product."""

_STEP: Final = re.compile(r"^step: (\S+)$", re.MULTILINE)
_PRODUCT: Final = re.compile(r"^ +product: (\S+)$", re.MULTILINE)
INPUT: Final = re.compile(r"^ +- \{lot: ([^,]+),", re.MULTILINE)
"""A certified lot that a record takes, in its text."""
LOT: Final = re.compile(r"^  - lot: (.+)$", re.MULTILINE)
"""A lot that a record makes, in its text."""


class ExampleRecord(NamedTuple):
    """A record among the examples: its file and its text."""

    path: Path
    text: str

    @property
    def step(self) -> str:
        """The step of its run."""
        found = _STEP.search(self.text)
        return found[1] if found else CANCELLATION

    @property
    def alone(self) -> bool:
        """Whether it takes no certified lot, so that it can be computed as it is."""
        return INPUT.search(self.text) is None

    @property
    def products(self) -> tuple[str, ...]:
        """The products of the vocabulary that it makes."""
        return tuple(_PRODUCT.findall(self.text))


@cache
def shipped() -> tuple[ExampleRecord, ...]:
    """Return every record of the examples, in the order of the folders."""
    paths = [
        path
        for folder in map(EXAMPLES.joinpath, FOLDERS)
        for path in (*sorted(folder.glob("[0-9]*.yaml")), *folder.glob("instrument.yaml"))
    ]
    return tuple(ExampleRecord(path, path.read_text(encoding="utf-8")) for path in paths)


@cache
def example_products() -> dict[str, tuple[str, ...]]:
    """Return the steps of plants that have an example, each with the products that its examples make."""
    found: dict[str, dict[str, None]] = {}
    for each in shipped():
        if each.step != CANCELLATION:
            found.setdefault(each.step, {}).update(dict.fromkeys(each.products))
    return {step: tuple(sorted(products)) for step, products in sorted(found.items())}


def chosen(step: str, product: str | None) -> ExampleRecord:
    """Return the example of a step, and of a product if one is named; where possible, one that takes no certified lot.

    Raises:
        MissingError: `example.no-product`, `example.other-step`.
    """
    fitting = [each for each in shipped() if each.step == step and (product is None or product in each.products)]
    if not fitting:
        raise _no_example(step, product or "")
    return next((each for each in fitting if each.alone), fitting[0])


def _no_example(step: str, product: str) -> MissingError:
    """Return why a step does not make a product, with the steps that do."""
    known = shipped_tables().products.get(product)
    if known is None:
        return MissingError.at("example.no-product", "--product", product=product)
    return MissingError.at("example.other-step", "--product", step=step, product=product, known=", ".join(known.steps))
