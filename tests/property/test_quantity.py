"""Amounts, times, names and lots: there and back, and equal things are equal."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.instant import epoch_ms, instant_text
from schemas.lot import checked_lot, lot_file_stem, normal_lot
from schemas.name import checked_name, skeleton
from schemas.problem import InputError
from schemas.quantity import kg_text, milligrams, read_quantity, trillionths, trillionths_text

masses = st.integers(0, 10**18 - 1)
unicode_texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)
lots = st.text(st.sampled_from("aAbBoO01./%-– _?:é\u00c9٠CNUL氧"), min_size=1, max_size=12)


@given(masses)
def test_milligrams_and_text_are_the_same(number: int) -> None:
    text = kg_text(number)
    assert milligrams(text) == number
    assert Decimal(text) * 10**6 == number


@given(st.integers(-(10**24) + 1, 10**24 - 1))
def test_trillionths_and_text_are_the_same(number: int) -> None:
    text = trillionths_text(number)
    assert trillionths(text) == number
    assert Decimal(text).scaleb(12) == number


@given(st.integers(1, 10**15))
def test_the_same_mass_in_any_unit_is_one_integer(mg: int) -> None:
    written = [f"{mg} mg", f"{_shift(mg, 3)} g", f"{_shift(mg, 6)} kg"]
    if mg % 1000 == 0:
        written.append(f"{_shift(mg // 1000, 6)} t")
    assert {milligrams(read_quantity(text, dimension="mass").amount) for text in written} == {mg}


def _shift(number: int, places: int) -> str:
    return f"{Decimal(number).scaleb(-places):f}"


@given(st.text(max_size=30))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        read_quantity(text, dimension="mass")
    except InputError as error:
        assert error.code.startswith("quantity.")  # noqa: PT017 - both outcomes are checked


@given(st.integers(946_684_800, 7_258_118_399))
def test_seconds_and_text_are_the_same(second: int) -> None:
    assert epoch_ms(instant_text(second * 1000)) == second * 1000


@given(unicode_texts)
def test_a_normal_lot_is_its_own_normal_form(text: str) -> None:
    assert normal_lot(normal_lot(text)) == normal_lot(text)


@given(lots, lots)
def test_two_lots_never_share_a_file(first: str, second: str) -> None:
    assume(first != second)
    names = lot_file_stem(first), lot_file_stem(second)
    assert names[0] != names[1]
    if names[0].casefold() == names[1].casefold():
        assert normal_lot(first) == normal_lot(second)


@given(unicode_texts)
def test_a_lot_makes_a_safe_file_name(text: str) -> None:
    try:
        lot = checked_lot(text)
    except InputError:
        return
    stem = lot_file_stem(lot)
    assert not set(stem) & set('/\\:*?"<>|\0 ')
    assert not stem.startswith((".", "-"))
    assert len(f"{stem}.sdjwt".encode()) <= 255


@given(unicode_texts)
def test_an_accepted_name_is_kept_and_its_skeleton_is_stable(text: str) -> None:
    try:
        assert checked_name(text) == text
    except InputError:
        return
    assert skeleton(skeleton(text)) == skeleton(text)
