"""Goods are no heavier by water, oxygen or resin that nobody weighed in; what they do bind is no ballast."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.chemistry.exact import SCALE
from ledger.footprint.masses import compound_elements, joined_masses
from ledger.plausibility.ballast import light_goods
from tests.support.worlds.honest_plants import Plant

if TYPE_CHECKING:
    from schemas.vocabulary import Kind

MAGNET = {"Fe": 67, "Nd": 32, "B": 1}


def said(kind: Kind, *parts: tuple[str, int], resin: int = 0) -> set[str]:
    """Return what is said of 100 kg or more of goods, of kilograms of formulas."""
    made = Plant("blending", 0)
    masses = joined_masses(*(compound_elements(formula, mass * SCALE) for formula, mass in parts))
    if resin:
        made.buys("C21H24O4", resin * SCALE)
    whole = sum(masses.values())
    made.makes(kind, {element: mass * SCALE // whole for element, mass in masses.items()}, 100)
    run = made.inventory()
    return {each.code for verdict in ("flag", "reject") for each in light_goods(run, verdict=verdict)}


METAL = tuple(MAGNET.items())


@pytest.mark.parametrize(
    ("kind", "parts"),
    [
        ("oxide", (("Nd2O3", 100),)),
        ("oxide", (("La2O3", 96), ("H2O", 4))),
        ("oxide", (("Nd2O3", 99), ("H2O", 1))),
        ("concentrate", (("CePO4", 98), ("H2O", 2))),
        ("oxide", (("CeO2", 60), ("ZrO2", 40))),
        ("mixed-compound", (("La2(CO3)3·8H2O", 100),)),
        ("mixed-compound", (("LaCl3·7H2O", 100),)),
        ("mixed-compound", (("La2(C2O4)3·10H2O", 100),)),
        ("mixed-compound", (("Nd(NO3)3·6H2O", 100),)),
        ("mixed-compound", (("Nd2(SO4)3·8H2O", 100),)),
        ("mixed-compound", (("Y(OH)3", 100),)),
        ("concentrate", (("CeCO3F", 70), ("CaCO3", 20), ("SiO2", 10))),
        ("concentrate", (("CePO4", 100),)),
        ("powder", (("CeO2", 80), ("CeF3", 20))),
        ("scrap", (*METAL, ("Fe2O3", 20), ("H2O", 5))),
        ("metal", (("Nd", 99), ("O", 1))),
        ("powder", (*METAL, ("H", 1), ("O", 1))),
    ],
)
def test_goods_hold_what_they_bind(kind: Kind, parts: tuple[tuple[str, int], ...]) -> None:
    assert said(kind, *parts) == set()


def test_the_resin_of_a_bonded_magnet_was_bought() -> None:
    assert said("magnet", *METAL, ("C21H24O4", 12), resin=12) == set()
    assert said("magnet", *METAL, ("C21H24O4", 12)) == {"rule.m-light-flag"}


@pytest.mark.parametrize(
    ("kind", "parts", "code"),
    [
        ("oxide", (("Nd2O3", 100), ("O", 8)), "rule.m-light-flag"),
        ("oxide", (("Nd2O3", 97), ("H2O", 3)), "rule.m-light-flag"),
        ("concentrate", (("CePO4", 91), ("H2O", 9)), "rule.m-light-flag"),
        ("concentrate", (("CePO4", 95), ("H2O", 5)), "rule.m-light-flag"),
        ("oxide", (("Nd2O3", 100), ("H2O", 50)), "rule.m-light"),
        ("mixed-compound", (("La2(CO3)3·8H2O", 100), ("H2O", 20)), "rule.m-light-flag"),
        ("concentrate", (("CePO4", 100), ("H2O", 150)), "rule.m-light"),
        ("metal", (("Nd", 100), ("O", 6)), "rule.m-light-flag"),
        ("magnet", (*METAL, ("N", 50)), "rule.m-light"),
    ],
)
def test_ballast_is_shown_or_refused(kind: Kind, parts: tuple[tuple[str, int], ...], code: str) -> None:
    assert said(kind, *parts) == {code}
