"""The vocabulary of products and steps, and the rule that a product's row carries."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import pytest

from ledger.factors.products import parse_products
from ledger.plausibility.rules import judge
from ledger.tables import shipped_steps
from schemas.problem import InputError, RefusedError
from schemas.vocabulary import STAGE_OF_STEP, Step
from tests.support.worlds import worked_example as example

if TYPE_CHECKING:
    from collections.abc import Callable

ELY, MAG, HSA = "ELY-2026-04-A", "MAG-2026-06", "HSA-2026-05"


def named(product: str) -> Callable[[dict[str, Any]], object]:
    return lambda value: value["outputs"][0].update(product=product)


REFUSED = [
    ("rule.v-prod-kind", ELY, "praseodymium-neodymium-oxide"),
    ("rule.v-prod-step", ELY, "dysprosium-metal"),
    ("rule.v-prod-element", ELY, "lanthanum-metal"),
    ("rule.v-prod-element", MAG, "smco5-magnet"),
    ("rule.v-prod-input", "REC-2026-03", "cerium-zirconium-oxide"),
    ("rule.v-prod-unknown", MAG, "perpetual-magnet"),
]


@pytest.mark.parametrize(("code", "run", "product"), REFUSED, ids=[f"{code}-{product}" for code, _, product in REFUSED])
def test_what_is_no_such_product_is_not_called_so(code: str, run: str, product: str) -> None:
    with pytest.raises(RefusedError) as caught:
        example.drafted(example.changed(run, named(product)))
    assert code in {problem.code for problem in caught.value.problems}
    assert "<" not in str(caught.value), "a fact of the sentence is missing"


def test_a_composition_outside_of_its_window_is_flagged() -> None:
    inventory = example.drafts()[HSA].inventory
    first, *others = inventory.outgoing
    odd = replace(first, fractions={**first.fractions, "Ni": 350_000_000_000})
    assert "rule.v-prod" not in {finding.problem.code for finding in judge(inventory)}
    assert "rule.v-prod" in {finding.problem.code for finding in judge(replace(inventory, outgoing=[odd, *others]))}


@pytest.mark.parametrize("run", example.runs())
def test_the_products_of_the_example_lie_within_their_windows(run: str) -> None:
    codes = {finding.problem.code for finding in example.drafts()[run].findings}
    assert not {code for code in codes if code.startswith("rule.v-prod")}


def test_a_product_brings_its_heading_and_a_record_may_say_another() -> None:
    (lot,) = example.drafts()[MAG].certified
    assert (lot.batch.product, lot.batch.hs_code) == ("sintered-ndfeb-magnet", "850511")
    done = example.drafted(example.changed(MAG, lambda value: value["outputs"][0].update(hs_code="85051110")))
    assert done.certified[0].batch.hs_code == "85051110"


def test_every_certified_lot_of_the_example_is_a_product() -> None:
    assert all(lot.facts.batch.product in example.tables().products for lot in example.lots().values())


def test_the_steps_are_those_of_the_format() -> None:
    steps = shipped_steps()
    assert tuple(each.step for each in steps) == get_args(Step)
    assert {each.step: each.stage for each in steps} == STAGE_OF_STEP


HEAD = b"product,kind,label,label_zh,hs,steps,inputs,mandatory,window,status,source\n"
ROW = "a-metal,metal,A metal,\u91d1\u5c5e,280530,oxide-electrolysis,oxide,Nd,RE=0.9..1,derived,arithmetic\n"


def test_a_new_product_is_a_row() -> None:
    products = parse_products(HEAD + ROW.encode())
    assert products["a-metal"].windows[0].what == "RE"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (",metal,", ",jewel,"),
        ("oxide-electrolysis", "alchemy"),
        (",oxide,", ",lead,"),
        ("Nd", "Xx"),
        ("RE=", "GOLD="),
        ("derived", "sworn"),
        ("0.9..1", "0.9..much"),
    ],
)
def test_a_row_that_is_wrong_is_refused_with_its_place(old: str, new: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_products(HEAD + ROW.replace(old, new).encode())
    assert caught.value.problems[0].place or "much" in str(caught.value)


def test_a_product_stands_once() -> None:
    with pytest.raises(InputError, match="a-metal"):
        parse_products(HEAD + ROW.encode() * 2)
