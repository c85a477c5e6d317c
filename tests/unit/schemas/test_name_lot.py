"""Names, look-alikes, lots and file names."""

from __future__ import annotations

import pytest

from schemas.lot import checked_lot, lot_file_stem, normal_lot
from schemas.name import MAX_NAME_CHARACTERS, Name, checked_name, domain_of, nested_domain, party_key, skeleton
from schemas.problem import InputError


@pytest.mark.parametrize(
    "text",
    [
        "Acme Magnets",
        "包头稀土高科",
        "مصنع المغناطيس",
        "Ünal & Søn A/S",
        "😀 rare earth",
        "<script>",
        "株式会社レアアース",
        "Ångström",
    ],
)
def test_names_of_any_script(text: str) -> None:
    assert checked_name(text) == text
    assert Name.from_text(Name(lang="zh-Hans", text=text).to_text()).text == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "document.name-length"),
        ("x" * (MAX_NAME_CHARACTERS + 1), "document.name-length"),
        (" Acme", "document.outer-blank"),
        ("Acme ", "document.outer-blank"),
        ("Ac\u0000me", "document.unseen-character"),
        ("Acme\u200b", "document.unseen-character"),
        ("Acme\u202ednuoS", "document.unseen-character"),
        ("\u2066RLI\u2069", "document.unseen-character"),
        ("A\u2028B", "document.unseen-character"),
        ("\ud800", "document.unseen-character"),
        ("A\u00adB", "document.unseen-character"),
        ("A\ue000", "document.unseen-character"),
        ("A\U000e0041", "document.unseen-character"),
        ("A\ufe0f", "document.unseen-character"),
        ("A\u3164", "document.unseen-character"),
        ("A\u00a0B", "document.odd-blank"),
        ("A\u3000B", "document.odd-blank"),
        ("e\u0301tat", "document.not-nfc"),
    ],
)
def test_no_names(text: str, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        checked_name(text)
    assert refusal.value.code == code
    assert str(refusal.value).isprintable()


ONE_PARTY = (
    ("Group Ltd", "Gr0up Limited", "GROUP, Inc.", "Gr\u043eup.", "The Group", "G.r.o.u.p", "  group  LLC "),
    (
        "one.example",
        "did:web:one.example",
        "https://www.one.example:8443",
        "did:web:one.example%3A8080",
        "One.Example.",
    ),
    ("did:web:one.example:parties:ann", "ONE.EXAMPLE/parties/ann"),
    ("did:web:rеgistry.example", "did:web:xn--rgistry-7gg.example", "registry.example"),
    ("Müller S.p.A.", "MULLER SpA", "Mu\u0308ller"),
    ("Smith & Sons GmbH & Co. KG", "Smith and Sons", "Smith + Sons"),
    ("Aarsleff A/S", "Aarsleff"),
    ("包头稀土有限公司", "包头稀土股份有限公司", "包头稀土"),
    ("株式会社プロテリアル", "プロテリアル"),
    ("ООО Магнит", "Магнит", "МАГНИТ"),
    ("Zero\u200bWidth", "ZeroWidth"),
    ("Cornell", "Comell"),
)
"""Names of each line pass for one party; those of different lines don't."""


@pytest.mark.parametrize("names", ONE_PARTY, ids=lambda names: names[0])
def test_names_that_pass_for_one_party_have_one_key(names: tuple[str, ...]) -> None:
    assert len(set(map(party_key, names))) == 1, {name: party_key(name) for name in names}


def test_different_parties_have_different_keys() -> None:
    others = [
        "AG",
        "Company Ltd",
        "---",
        "Acme Magnets",
        "Acme Metals",
        "two.example",
        "did:key:z6MkA",
        "did:key:z6MkB",
    ]
    keys = [party_key(name) for name in (*(names[0] for names in ONE_PARTY), *others)]
    assert len(set(keys)) == len(keys)
    assert all(keys)


@pytest.mark.parametrize(
    ("one", "other", "nested"),
    [
        ("did:web:one.example", "did:web:ONE.example%3A8080:parties:ann", True),
        ("did:web:audit.one.example", "did:web:one.example", True),
        ("did:web:one.example", "did:web:audit.one.example", True),
        ("did:web:anyone.example", "did:web:one.example", False),
        ("did:web:a.one.example", "did:web:b.one.example", False),
    ],
)
def test_whoever_holds_a_domain_holds_those_below(one: str, other: str, *, nested: bool) -> None:
    first, second = domain_of(one), domain_of(other)
    assert first is not None
    assert second is not None
    assert nested_domain(first, second) is nested
    assert domain_of("did:key:z6MkA") is None


def test_different_names_are_no_look_alikes() -> None:
    names = ["Acme Magnets", "Acme Metals", "Acne Magnets", "Акме", "包头", "包钢", "Été", "Ete", "---", "--", "..."]
    assert len({*map(skeleton, names)}) == len(names)


@pytest.mark.parametrize(
    ("printed", "normal"),
    [
        ("OX-17", "ox-17"),
        ("ox 17", "ox17"),
        ("OX–017", "ox-17"),
        ("OX\u221217", "ox-17"),
        ("ＯＸ－１７", "ox-17"),
        ("OX-٠١٧", "ox-17"),
        ("2026-000-1", "2026-0-1"),
        ("A 0 0 7", "a7"),
        ("Straße", "strasse"),
        ("レアー1", "レアー1"),
        ("100", "100"),
    ],
)
def test_lots_are_told_apart_by_their_normal_form(printed: str, normal: str) -> None:
    assert normal_lot(printed) == normal
    assert normal_lot(normal) == normal


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "document.lot-length"),
        ("x" * 65, "document.lot-length"),
        ("A\n", "document.unseen-character"),
        ("A ", "document.outer-blank"),
        ("A\u00a0B", "document.odd-blank"),
        ("A😀", "document.lot-character"),
        ("e\u0301", "document.not-nfc"),
    ],
)
def test_no_lots(text: str, code: str) -> None:
    with pytest.raises(InputError) as refusal:
        checked_lot(text)
    assert refusal.value.code == code


@pytest.mark.parametrize(
    ("lot", "stem"),
    [
        ("OX-17", "OX-17"),
        ("OX 17", "OX%2017"),
        ("OX/17", "OX%2F17"),
        ("..", "%2E%2E"),
        ("../../etc/passwd", "%2E.%2F..%2Fetc%2Fpasswd"),
        (".hidden", "%2Ehidden"),
        ("-rf", "%2Drf"),
        ("CON", "%43ON"),
        ("com1.x", "%63om1.x"),
        ("CONE", "CONE"),
        ("%00", "%2500"),
        ("a.", "a%2E"),
        ("氧化-1", "氧化-1"),
    ],
)
def test_a_lot_names_a_file(lot: str, stem: str) -> None:
    assert lot_file_stem(lot) == stem
