from __future__ import annotations

import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI

from ledger.carrier.gs1 import PLACE, PRODUCT, Gs1Path, parse_path, place_path, product_path
from schemas.problem import InputError

GTIN, GLN = "04006381333931", "4006381333900"


@pytest.mark.parametrize(
    ("path", "text", "values"),
    [
        (Gs1Path(PRODUCT, GTIN), f"/01/{GTIN}", {"gtin": GTIN}),
        (product_path(GTIN, lot="OX-17"), f"/01/{GTIN}/10/OX-17", {"gtin": GTIN, "lot": "OX-17"}),
        (product_path(GTIN, lot="A/1%"), f"/01/{GTIN}/10/A%2F1%25", {"gtin": GTIN, "lot": "A/1%"}),
        (
            product_path(GTIN, lot="OX-17", serial="7"),
            f"/01/{GTIN}/10/OX-17/21/7",
            {"gtin": GTIN, "lot": "OX-17", "serial": "7"},
        ),
        (product_path(GTIN, serial="7+8"), f"/01/{GTIN}/21/7%2B8", {"gtin": GTIN, "serial": "7+8"}),
        (place_path(GLN), f"/414/{GLN}", {"gln": GLN}),
        (place_path(GLN, extension="gate-2"), f"/414/{GLN}/254/gate-2", {"gln": GLN, "extension": "gate-2"}),
        (
            Gs1Path(PRODUCT, GTIN, (("22", "2A"), ("10", "OX-17"), ("21", "7"))),
            f"/01/{GTIN}/22/2A/10/OX-17/21/7",
            {"gtin": GTIN, "variant": "2A", "lot": "OX-17", "serial": "7"},
        ),
        (Gs1Path(PRODUCT, GTIN, (("235", "T" * 28),)), f"/01/{GTIN}/235/{'T' * 28}", {"gtin": GTIN, "tpx": "T" * 28}),
    ],
)
def test_a_path_has_one_spelling_which_biip_reads_as_the_same(path: Gs1Path, text: str, values: dict[str, str]) -> None:
    assert path.to_text() == text
    assert parse_path(text) == path
    read = GS1DigitalLinkURI.parse(f"https://id.example{text}").element_strings
    names = {"01": "gtin", "10": "lot", "21": "serial", "22": "variant", "235": "tpx", "414": "gln", "254": "extension"}
    assert {names[each.ai.ai]: each.value for each in read} == values


def test_a_short_gtin_and_needless_escapes_name_the_same() -> None:
    assert parse_path("/01/4006381333931/10/OX%2D17") == product_path(GTIN, lot="OX-17")
    assert parse_path("/01/4006381333931/10/OX%2d17").to_text() == f"/01/{GTIN}/10/OX-17"


def test_what_names_more() -> None:
    piece, lot, product = product_path(GTIN, lot="OX-17", serial="7").levels()
    assert (lot, product) == (product_path(GTIN, lot="OX-17"), Gs1Path(PRODUCT, GTIN))
    assert piece.to_text() == f"/01/{GTIN}/10/OX-17/21/7"
    assert [each.to_text() for each in place_path(GLN, extension="2").levels()] == [f"/414/{GLN}/254/2", f"/414/{GLN}"]
    assert Gs1Path(PLACE, GLN).levels() == (place_path(GLN),)


def test_a_slash_at_the_end_changes_nothing() -> None:
    for text in (f"/01/{GTIN}", f"/01/{GTIN}/10/OX-17", f"/414/{GLN}/254/2"):
        assert parse_path(f"{text}/") == parse_path(text)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (f"/01/{GTIN}//", "carrier.gs1-path"),
        (f"/01/{GTIN}/10/", "carrier.gs1-path"),
        (f"/01/{GTIN}/10/OX-17//", "carrier.gs1-path"),
        (f"/01/{GTIN}/235/7/10/OX-17", "carrier.gs1-path"),
        (f"/01/{GTIN}/254/7", "carrier.gs1-path"),
        (f"/414/{GLN}/10/7", "carrier.gs1-path"),
        (f"/01/{GTIN}/235/{'9' * 29}", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/A/10/B", "carrier.gs1-path"),
        (f"/01/{GTIN}/21/7/10/OX-17", "carrier.gs1-path"),
        (f"/01/{GTIN}/10/OX-17/22/x", "carrier.gs1-path"),
        (f"/10/OX-17/01/{GTIN}", "carrier.gs1-path"),
        (f"/01/{GTIN}/10/%", "carrier.gs1-path"),
        (f"/01/{GTIN}/10/%4", "carrier.gs1-path"),
        (f"/01/{GTIN}/10/{'9' * 2000}", "carrier.gs1-path"),
        ("/01/04006381333932/10/OX-17", "carrier.gtin"),
        ("/01/02006381333937/10/OX-17", "carrier.gtin"),
        (f"/01/{GTIN}/10/{'9' * 21}", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/%00", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/a%0D%0Ab", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/%E6%89%B9", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/%FF", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/..", "carrier.gs1-value"),
        (f"/01/{GTIN}/10/%2e%2E", "carrier.gs1-value"),
        ("/414/4006381333901", "carrier.gln"),
        (f"/414/{GLN}/254/a b", "carrier.gs1-value"),
    ],
)
def test_what_is_no_path_is_refused(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_path(text)
    assert refused.value.code == code


def test_a_path_needs_a_lot_or_a_piece() -> None:
    with pytest.raises(InputError, match="not a path"):
        product_path(GTIN)
    with pytest.raises(InputError):
        place_path("40063813339")
