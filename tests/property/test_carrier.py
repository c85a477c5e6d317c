from __future__ import annotations

from hypothesis import example, given
from hypothesis import strategies as st

from ledger.carrier.link import CertificateLink, ProductLink, fits_gs1, parse_link, parse_subject
from ledger.carrier.seal import judge_seal, open_seal
from ledger.seal.digest import from_base64url, to_base64url
from schemas.problem import InputError
from tests.support.browser.labels import digest, seal
from tests.support.worlds.parties import cast

RAW = from_base64url(seal())
CSET_82 = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz"


@given(st.text(CSET_82, min_size=1, max_size=20), st.sampled_from([None, seal()]))
def test_every_lot_of_gs1_comes_back(lot: str, fragment: str | None) -> None:
    link = ProductLink("id.example", "04006381333931", lot, fragment)
    if fits_gs1(lot):
        assert parse_link(link.to_text()) == link
    else:
        assert lot in {".", ".."}


@given(st.text(max_size=80))
@example("https://registry.example/c/" + digest(1))
def test_what_is_read_as_a_link_is_written_the_same(text: str) -> None:
    try:
        subject = parse_subject(text)
    except InputError:
        return
    if isinstance(subject, CertificateLink | ProductLink):
        assert subject.to_text() == text.strip()


@given(st.integers(0, len(RAW) - 1), st.integers(1, 255))
def test_no_changed_byte_of_a_seal_verifies(place: int, change: int) -> None:
    other = bytearray(RAW)
    other[place] ^= change
    assert judge_seal(to_base64url(bytes(other)), trust=cast().trust).verdict == "do-not-rely"


@given(st.binary(max_size=300))
def test_any_bytes_are_a_seal_or_are_refused(raw: bytes) -> None:
    try:
        opened = open_seal(to_base64url(raw))
    except InputError:
        return
    assert opened.signature in raw
