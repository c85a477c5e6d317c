"""Attacks on what is on a drum: WB-02, WB-12 and WB-13, as far as labels and links are concerned."""

from __future__ import annotations

import pytest
from PIL import Image

from ledger.carrier.code import label_code
from ledger.carrier.label import DEMO_WORDS
from ledger.carrier.link import link_to, parse_subject
from ledger.carrier.printing import LabelOptions
from ledger.carrier.qr import MOST_SHORT_VERSION, QUIET_SQUARES, draw_symbol
from ledger.carrier.seal import judge_seal, make_seal
from schemas.document import replace
from schemas.problem import InputError
from tests.support.browser.labels import certificate, digest, printed, symbols
from tests.support.worlds.parties import cast, key
from tests.support.worlds.recipe import Make
from tests.support.worlds.world import World

DOTS = 4


def test_wb_02_two_hundred_short_labels_hold_exactly_the_configured_origin_and_the_digest() -> None:
    for number in range(200):
        wanted = digest(number)
        symbol = draw_symbol(
            link_to("registry.example", wanted, lot=f"L-{number}").to_text(),
            level="M" if number % 2 else "Q",
            most_version=MOST_SHORT_VERSION,
        )
        image = Image.new("L", (symbol.squares, symbol.squares), 255)
        for y, row in enumerate(symbol.rows, QUIET_SQUARES):
            for x, dark in enumerate(row, QUIET_SQUARES):
                image.putpixel((x, y), 0 if dark else 255)
        (found,) = symbols(image.resize((symbol.squares * DOTS, symbol.squares * DOTS), Image.Resampling.NEAREST))
        assert found.text == f"https://registry.example/c/{wanted}"
        assert found.ec_level in {"M", "Q"}
        assert symbol.version <= 10


@pytest.mark.parametrize("sealed", [True, False])
def test_wb_02_the_digest_and_the_domain_stand_under_the_symbol(*, sealed: bool) -> None:
    svg = printed(LabelOptions("svg"), sealed=sealed).content.decode()
    assert f">{label_code(certificate().digest)}</text>" in svg
    assert f">{certificate().record.registry}</text>" in svg


def test_wb_02_no_link_is_all_upper_case() -> None:
    for number in range(200):
        link = link_to("registry.example", digest(number), lot="L").to_text()
        assert link != link.upper()
        with pytest.raises(InputError):
            parse_subject(link.upper())


def test_wb_12_a_label_never_says_more_than_could_not_be_fully_checked() -> None:
    made = World().issue("ann", makes=(Make(1_000_000),)).certificate
    good = make_seal(made.record, made.digest, signer=key("ann"))
    assert judge_seal(good, trust=cast().trust).verdict == "incomplete"
    foreign = make_seal(
        replace(made.record, issuer=replace(made.record.issuer, did="did:web:eve.example")),
        made.digest,
        signer=key("eve"),
    )
    assert judge_seal(foreign, trust=cast().trust).verdict == "do-not-rely"
    assert "genuine" not in printed(LabelOptions("svg")).content.decode()


def test_wb_12_a_demonstration_says_so_in_words() -> None:
    assert DEMO_WORDS in printed(LabelOptions("svg"), demo=True).content.decode()
    assert DEMO_WORDS in printed(LabelOptions("svg"), demo=False).content.decode(), "the registry's name says it, too"


@pytest.mark.parametrize(
    "text",
    [
        "zQm" + "1" * 44 + "<b>",
        "<img src=x onerror=alert(1)>",
        "https://registry.example/c/" + "zQm" + "A" * 44 + "?msg=genuine",
        "https://registry.example/c/" + "zQm" + "A" * 44 + "#<b>genuine</b>",
        "https://registry.example/c/../../etc/passwd",
        "https://registry.example/c/..%2f..%2fetc",
        "https://registry.example/c/" + "z" * 100_000,
        "\r\nSet-Cookie: a=b",
        "javascript:alert(1)",
        "data:text/html,x",
    ],
)
def test_wb_13_what_names_nothing_is_refused_before_anything_is_looked_up(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_subject(text)
    assert refused.value.code in {"carrier.subject", "carrier.link", "carrier.code"}
