from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from ledger.chemistry.composition import Composition
from ledger.chemistry.elements import ATOMIC_WEIGHT
from ledger.chemistry.exact import SCALE, divide
from ledger.chemistry.formula import parse_formula
from schemas.problem import OreprintError

SCALED = st.integers(-(10**24) + 1, 10**24 - 1)


@given(SCALED, st.integers(1, 10**24))
def test_divide_rounds_as_decimal_does(numerator: int, denominator: int) -> None:
    with localcontext(prec=120) as context:
        context.rounding = ROUND_HALF_EVEN
        exact = Fraction(numerator, denominator)
        assert divide(numerator, denominator) == round(exact)
        product = (Decimal(numerator) / SCALE) * (Decimal(denominator) / SCALE)
        assert divide(numerator * denominator, SCALE) == int(product.quantize(Decimal(1).scaleb(-12)).scaleb(12))


@given(st.permutations(list(range(8))), st.lists(SCALED, min_size=8, max_size=8))
def test_sums_do_not_depend_on_their_order(order: list[int], numbers: list[int]) -> None:
    assert sum(numbers[place] for place in order) == sum(numbers)


@given(
    st.dictionaries(st.sampled_from(sorted(ATOMIC_WEIGHT)), st.integers(1, 10**6), min_size=1, max_size=12),
    st.integers(1, 10**15),
)
def test_element_masses_add_up_to_the_net_mass(weights: dict[str, int], net_mass_mg: int) -> None:
    total = sum(weights.values())
    parts = {element: weight * 10**6 // total for element, weight in weights.items()}
    parts = {element: part for element, part in parts.items() if part}
    first = next(iter(parts), None)
    if first is None:
        return
    parts[first] += 10**6 - sum(parts.values())
    composition = Composition.of((element, part * 10**6) for element, part in parts.items())
    assert sum(composition.element_masses(net_mass_mg).values()) == net_mass_mg * 10**6


@given(st.lists(st.tuples(st.sampled_from(sorted(ATOMIC_WEIGHT)), st.integers(2, 999)), min_size=1, max_size=6))
def test_a_formula_counts_what_was_put_in_and_its_fractions_add_up_to_one(parts: list[tuple[str, int]]) -> None:
    formula = parse_formula("".join(f"{element}{count}" for element, count in parts))
    assert sum(count for _, count in formula.atoms) == sum(count for _, count in parts)
    assert sum(formula.mass_fraction(element) for element, _ in formula.atoms) == 1


@given(st.text(alphabet="NdOHC23405.·() +-", max_size=20))
def test_a_formula_parses_or_is_refused_with_a_code(text: str) -> None:
    try:
        formula = parse_formula(text)
    except OreprintError as error:
        refused = error.code
    else:
        refused = "" if formula.molar_mass > 0 else "without mass"
    assert not refused or refused.startswith("formula.")
