"""Products and steps as vocabularies: data with labels and sources, and the rule V-PROD that a product's row carries.

The product table has one product a row, under exactly these columns:

``product, kind, label, label_zh, hs``
    a slug, the kind of batch it is, what people call it, and the HS heading that it is usually declared under (may be empty).
``steps, inputs``
    the steps that make it, and the kinds of certified batches that go in, joined by ``;``.
``mandatory``
    elements that it has, joined by ``;``.
``window``
    ``what=low..high`` mass fractions joined by ``;``; what is an element, ``RE`` (rare earths) or ``REO`` (as oxides).
``status, source``
    how each row is known: ``read``, ``derived``, ``method`` or ``memory``.

The step table has ``step, stage, label, label_zh, status, source`` and has the steps of `schemas.vocabulary`, no more.
A new product is a row, not code.  What this module does not do: it reads no file (`ledger.tables` does).
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, Literal, get_args

from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE
from ledger.chemistry.stoichiometry import re_mass, reo_mass
from ledger.factors.factors import cell_choice, cell_words, table_lines
from schemas.problem import InputError, Problem
from schemas.quantity import trillionths, trillionths_text
from schemas.vocabulary import STAGE_OF_STEP, Kind, Step

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ledger.footprint.inventory import Inventory, Outgoing
    from schemas.vocabulary import Stage

PRODUCT_COLUMNS: Final = (
    "product", "kind", "label", "label_zh", "hs", "steps", "inputs", "mandatory", "window", "status", "source",
)  # fmt: skip
STEP_COLUMNS: Final = ("step", "stage", "label", "label_zh", "status", "source")

Known = Literal["read", "derived", "method", "memory"]
"""How a row of a vocabulary is known; ``memory`` is no evidence, so a window known that way only ever flags."""

_TRACE: Final = SCALE // 1000
"""Below this mass fraction an element is an impurity."""


@dataclass(frozen=True, slots=True)
class Window:
    """The mass fractions that a product usually lies within, scaled."""

    what: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Product:
    """What a product is, what it is made of and how."""

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


@dataclass(frozen=True, slots=True)
class StepWord:
    """A step and what people call it."""

    step: Step
    stage: Stage
    label: str
    label_zh: str
    status: Known
    source: str


def parse_products(content: bytes, name: str = "products") -> Mapping[str, Product]:
    """Read the product table.  Errors: as of `parse_factor_set`."""
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
    """Read the step table.  Errors: as of `parse_factor_set`."""
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


# -- the rule -----------------------------------------------------------------------------------------------------


def product_as_made(run: Inventory) -> Iterator[Problem]:
    """V-PROD: an output that is called a product is of its kind, comes of a step that makes it, and has its elements."""
    for item in run.outgoing:
        if item.product and item.product not in run.tables.products:
            yield Problem.at("rule.v-prod-unknown", f"{item.place}.product", found=item.product)
    for item, product in _products(run):
        if item.kind != product.kind:
            yield Problem.at("rule.v-prod-kind", item.place, product=product.id, found=item.kind, possible=product.kind)
        if run.step not in product.steps:
            possible = ", ".join(product.steps)
            yield Problem.at("rule.v-prod-step", item.place, product=product.id, found=run.step, possible=possible)
        if missing := [element for element in product.mandatory if item.fractions.get(element, 0) < _TRACE]:
            yield Problem.at("rule.v-prod-element", item.place, product=product.id, found=", ".join(missing))
        yield from _strange_inputs(run, item, product)


def _strange_inputs(run: Inventory, item: Outgoing, product: Product) -> Iterator[Problem]:
    strange = {given.kind for given in run.incoming if given.kind not in (*product.inputs, "by-product", product.kind)}
    if strange:
        found, possible = ", ".join(sorted(strange)), ", ".join(product.inputs)
        yield Problem.at("rule.v-prod-input", item.place, product=product.id, found=found, possible=possible)


def product_window(run: Inventory) -> Iterator[Problem]:
    """V-PROD, flag: a product lies within the window of its composition."""
    for item, product in _products(run):
        for window in product.windows:
            found = _fraction(item, window.what)
            if not window.low <= found <= window.high:
                yield Problem.at(
                    "rule.v-prod",
                    item.place,
                    product=product.id,
                    what=window.what,
                    found=trillionths_text(found),
                    possible=f"{trillionths_text(window.low)} to {trillionths_text(window.high)}",
                )


def _products(run: Inventory) -> Sequence[tuple[Outgoing, Product]]:
    named = ((item, run.tables.products.get(item.product)) for item in run.outgoing if item.product)
    return [(item, product) for item, product in named if product is not None]


def _fraction(item: Outgoing, what: str) -> int:
    match what:
        case "RE":
            return re_mass(item.fractions)
        case "REO":
            return min(reo_mass(item.fractions), 2 * SCALE)
        case _:
            return item.fractions.get(what, 0)
