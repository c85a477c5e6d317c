"""Products and steps as vocabularies: data with labels and sources.

The product table has one product a row, with exactly these columns:

``product, kind, label, label_zh, hs``
    a slug, the kind of its batches, its names, and the HS heading of its usual declaration (may be empty).
``steps, inputs``
    the steps that make it, and the kinds of its certified inputs, joined by ``;``.
``mandatory``
    its elements, joined by ``;``.
``window``
    ``what=low..high`` mass fractions joined by ``;``; what is an element, ``RE`` (rare earths) or ``REO`` (as oxides).
``status, source``
    how the row is known: ``read``, ``derived``, ``method`` or ``memory``.

The step table has ``step, stage, label, label_zh, status, source``, for exactly the steps of `schemas.vocabulary`. A
new product is a row, not code.  This module reads no file (`ledger.tables` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.factors.factor import cell_choice, cell_words, table_lines
from schemas.problem import InputError
from schemas.quantity import trillionths
from schemas.vocabulary import STAGE_OF_STEP, Kind, Step

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.vocabulary import Stage

PRODUCT_COLUMNS: Final = (
    "product", "kind", "label", "label_zh", "hs", "steps", "inputs", "mandatory", "window", "status", "source",
)  # fmt: skip
STEP_COLUMNS: Final = ("step", "stage", "label", "label_zh", "status", "source")

Known = Literal["read", "derived", "method", "memory"]
"""How a row of a vocabulary is known; ``memory`` is no evidence, so such a window can only flag."""


@dataclass(frozen=True, slots=True)
class Window:
    """The usual range of a mass fraction of a product, scaled."""

    what: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Product:
    """A product: its kind, names, steps, inputs and composition."""

    id: str
    kind: Kind
    label: str
    label_zh: str
    hs: str
    steps: tuple[Step, ...]
    inputs: tuple[Kind, ...]
    mandatory: tuple[str, ...]
    windows: tuple[Window, ...]
    status: Known
    source: str

    def named(self, language: str) -> str:
        """Return the product's name in a language; the table has English and Chinese names."""
        return self.label_zh if language == "zh-Hans" else self.label


@dataclass(frozen=True, slots=True)
class StepWord:
    """A step with its names."""

    step: Step
    stage: Stage
    label: str
    label_zh: str
    status: Known
    source: str


def parse_products(content: bytes, name: str = "products") -> Mapping[str, Product]:
    """Parse the product table; raise as `parse_factor_set`."""
    products: dict[str, Product] = {}
    for place, cells in table_lines(content, name, PRODUCT_COLUMNS):
        product = Product(
            id=cells["product"],
            kind=cell_choice(cells, "kind", get_args(Kind), place),
            label=cell_words(cells, "label", place),
            label_zh=cell_words(cells, "label_zh", place),
            hs=cells["hs"],
            steps=tuple(cell_choice({"steps": each}, "steps", get_args(Step), place) for each in _many(cells["steps"])),
            inputs=tuple(
                cell_choice({"inputs": each}, "inputs", get_args(Kind), place) for each in _many(cells["inputs"])
            ),
            mandatory=tuple(
                cell_choice({"mandatory": each}, "mandatory", ATOMIC_WEIGHT, place)
                for each in _many(cells["mandatory"])
            ),
            windows=tuple(_window(each, place) for each in _many(cells["window"])),
            status=cell_choice(cells, "status", get_args(Known), place),
            source=cell_words(cells, "source", place),
        )
        if product.id in products:
            raise InputError.at("factor.duplicate", place, id=product.id)
        products[product.id] = product
    return MappingProxyType(products)


def parse_steps(content: bytes, name: str = "steps") -> tuple[StepWord, ...]:
    """Parse the step table; raise as `parse_factor_set`."""
    return tuple(
        StepWord(
            step := cell_choice(cells, "step", get_args(Step), place),
            cell_choice(cells, "stage", (STAGE_OF_STEP[step],), place),
            cell_words(cells, "label", place),
            cell_words(cells, "label_zh", place),
            cell_choice(cells, "status", get_args(Known), place),
            cell_words(cells, "source", place),
        )
        for place, cells in table_lines(content, name, STEP_COLUMNS)
    )


def _many(cell: str) -> list[str]:
    return cell.split(";") if cell else []


def _window(text: str, place: str) -> Window:
    what, _, bounds = text.partition("=")
    low, _, high = bounds.partition("..")
    cell_choice({"window": what}, "window", (*ATOMIC_WEIGHT, "RE", "REO"), place)
    return Window(what, trillionths(low), trillionths(high))
