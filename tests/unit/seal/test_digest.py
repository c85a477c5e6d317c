from __future__ import annotations

from hashlib import sha256

import base58
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.seal.digest import (
    certificate_digest,
    certificate_digest_bytes,
    certificate_digest_text,
    digest_bytes,
    from_base58,
    from_base64url,
    text_digest,
    to_base58,
    to_base64url,
)
from schemas.problem import InputError

NOT_BASE64URL = (
    "A", "AB", "AA==", "A A=", "AA\n", "+/+/", "AAAA ", "AÄ", "ABC", "A" * 5, "\x00AAA", "AA=A",
    "A===", "AA==AAAA", f"{'A' * 40}={'A' * 59}", f"{'A' * 62}=={'A' * 64}",
)  # fmt: skip


@given(st.binary(max_size=80))
def test_base64url_and_base58_read_what_they_write(raw: bytes) -> None:
    assert from_base64url(to_base64url(raw)) == raw
    assert from_base58(to_base58(raw)) == raw
    assert to_base58(raw).encode() == base58.b58encode(raw)


@pytest.mark.parametrize("text", NOT_BASE64URL)
def test_a_second_spelling_of_base64url_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        from_base64url(text, place="here")
    assert (refused.value.code, refused.value.problems[0].place) == ("seal.base64url", "here")


@given(st.text(max_size=12))
def test_base64url_has_one_text_a_value(text: str) -> None:
    try:
        raw = from_base64url(text)
    except InputError:
        return
    assert to_base64url(raw) == text


def test_a_certificate_digest_is_the_multihash_of_its_jws() -> None:
    digest = certificate_digest("a.b.c")
    assert digest == "z" + base58.b58encode(b"\x12\x20" + sha256(b"a.b.c").digest()).decode()
    assert certificate_digest_bytes(digest) == sha256(b"a.b.c").digest()
    assert certificate_digest_text(bytes(32)).startswith("zQm")


@pytest.mark.parametrize(
    "text", ["", "zQm", "z" + "1" * 46, "zQm" + "z" * 44, "zQm" + "0" * 44, "Qm" + "a" * 45, "zQm" + "1" * 45]
)
def test_what_is_no_certificate_digest_is_refused(text: str) -> None:
    with pytest.raises(InputError) as refused:
        certificate_digest_bytes(text)
    assert refused.value.code in {"seal.certificate-digest", "seal.base58"}


def test_a_digest_has_32_bytes() -> None:
    assert digest_bytes(text_digest("x")) == sha256(b"x").digest()
    with pytest.raises(InputError, match="32 bytes"):
        digest_bytes(to_base64url(bytes(31)))
