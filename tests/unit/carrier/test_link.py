from __future__ import annotations

import pytest

from ledger.carrier.code import label_code
from ledger.carrier.link import (
    CertificateLink,
    GivenCode,
    GivenDigest,
    ProductLink,
    checked_gtin,
    checked_resolver,
    fits_gs1,
    link_to,
    parse_link,
    parse_subject,
)
from schemas.problem import InputError
from tests.support.browser.labels import digest, seal

D = digest(1)
GTIN = "04006381333931"
LINK = f"https://registry.example/c/{D}"


@pytest.mark.parametrize(
    "link",
    [
        CertificateLink("registry.example", D),
        CertificateLink("registry.example:8443", D, seal()),
        ProductLink("r.example", GTIN, "OX-17"),
        ProductLink("r.example", GTIN, "A/1 B%?#&"[:9].replace(" ", "_").replace("#", "*"), seal()),
    ],
)
def test_a_link_is_read_as_it_was_written(link: CertificateLink | ProductLink) -> None:
    assert parse_link(link.to_text()) == link


@pytest.mark.parametrize(
    "text",
    [
        LINK.upper(),
        LINK.replace("https", "http"),
        LINK.replace("https", "HTTPS"),
        LINK.replace("registry", "Registry"),
        LINK.replace("registry.example", "registry.example:443"),
        LINK.replace("registry.example", "registry.example:08443"),
        LINK.replace("registry.example", "user@registry.example"),
        LINK.replace("registry.example", "registry.example."),
        LINK.replace("/c/", "/c//"),
        LINK.replace("/c/", "/C/"),
        LINK.replace("/c/", "/x/../c/"),
        LINK + "/",
        LINK + "?msg=genuine",
        LINK + "#",
        LINK + "#a#b",
        LINK + "#sé",
        LINK + "#a=",
        LINK[:-1],
        LINK + "1",
        LINK.replace("zQm", "%7AQm"),
        LINK + "\n",
        "\u200b" + LINK,
        f"https://r.example/01/{GTIN}/10/OX%2d17",
        f"https://r.example/01/{GTIN}/10/OX%2D17",
        f"https://r.example/01/{GTIN}/10/OX/17",
        f"https://r.example/01/{GTIN}/10/..",
        f"https://r.example/01/{GTIN}/10/%2E%2E",
        f"https://r.example/01/{GTIN}/10/{'9' * 21}",
        f"https://r.example/01/{GTIN}/10/%E6%89%B9",
        f"https://r.example/01/{GTIN}/10/OX-17/21/1",
        f"https://r.example/10/OX-17/01/{GTIN}",
        f"https://r.example/01/{GTIN[1:]}/10/OX-17",
        "https://" + "a" * 3000,
        "javascript:alert(1)",
        "//r.example/c/" + D,
    ],
)
def test_any_other_spelling_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_link(text)
    assert refused.value.code == "carrier.link"


@pytest.mark.parametrize("text", ["04006381333932", "4006381333930", "2012345678903", "0", "", "४००६३८१३३३९३१", "abc"])
def test_no_gtin_that_is_wrong_or_everybodys_own(text: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_gtin(text)
    assert refused.value.code == "carrier.gtin"


@pytest.mark.parametrize("text", ["4006381333931", "04006381333931"])
def test_a_gtin_gets_fourteen_digits(text: str) -> None:
    assert checked_gtin(text) == GTIN


def test_a_lot_that_fits_gs1_gets_its_path_and_any_other_the_digest() -> None:
    assert link_to("r.example", D, lot="OX-17", gtin=GTIN) == ProductLink("r.example", GTIN, "OX-17")
    for lot in ("批次-1", "OX 17", "..", ".", "9" * 21, "a^b", "OX#17"):
        assert not fits_gs1(lot)
        assert link_to("r.example", D, lot=lot, gtin=GTIN) == CertificateLink("r.example", D)
    assert link_to("r.example", D, lot="OX-17") == CertificateLink("r.example", D)


@pytest.mark.parametrize("text", ["registry.example", "https://registry.example", "https://registry.example/"])
def test_a_resolver_is_a_domain(text: str) -> None:
    assert checked_resolver(text) == "registry.example"


@pytest.mark.parametrize(
    "text", ["http://r.example", "R.example", "r.example/x", "r.example:443", "r..example", "", "r.example?x"]
)
def test_no_other_resolver(text: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_resolver(text)
    assert refused.value.code == "carrier.resolver"


LOCAL = (
    "http://localhost",
    "http://localhost:8080",
    "http://127.0.0.1:8080",
    "http://192.168.1.5:8080",
    "http://10.0.0.7",
)


@pytest.mark.parametrize("origin", LOCAL)
def test_a_local_registry_has_links_without_tls(origin: str) -> None:
    assert checked_resolver(f"{origin}/") == origin
    link = link_to(origin, D, lot="OX-17", seal="c2VhbA")
    assert link.to_text() == f"{origin}/c/{D}#c2VhbA"
    assert parse_link(link.to_text()) == link


@pytest.mark.parametrize(
    "origin",
    [
        "http://8.8.8.8:8080",
        "http://registry.example",
        "http://192.168.1.5:80",
        "http://192.168.1.256",
        "http://192.168.01.5",
        "http://192.168.1.5:0",
        "http://localhost.evil.example",
        "http://127.0.0.1@evil.example",
    ],
)
def test_no_other_origin_goes_without_tls(origin: str) -> None:
    with pytest.raises(InputError) as refused:
        checked_resolver(origin)
    assert refused.value.code == "carrier.resolver"
    with pytest.raises(InputError) as refused:
        parse_link(f"{origin}/c/{D}")
    assert refused.value.code == "carrier.link"


def test_what_a_person_gives_is_told_apart() -> None:
    assert parse_subject(f"  {LINK}\n") == CertificateLink("registry.example", D)
    assert parse_subject(f" {D} ") == GivenDigest(D)
    assert parse_subject(label_code(D)) == GivenCode(D[:15])


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (D[:-1], "carrier.subject"),
        ("x" * 5000, "carrier.subject"),
        ("OX-17", "carrier.code"),
        ("", "carrier.code"),
        ("<script>", "carrier.code"),
        ("https://elsewhere.example/", "carrier.link"),
        ("../../etc/passwd", "carrier.link"),
    ],
)
def test_what_names_no_certificate_is_told_why(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_subject(text)
    assert refused.value.code == code
