from __future__ import annotations

import pytest

from ledger.seal.digest import from_base64url, to_base64url
from ledger.seal.jws import CERTIFICATE_TYPE, CREDENTIAL_TYPE, parse_jws, sign_jws
from ledger.seal.signer import SoftwareSigner
from ledger.seal.statement import open_statement, seal_statement, statement_type
from schemas.problem import CheckError, InputError
from schemas.statement import Ended, StatusChange
from tests.support.worlds import sample_records as samples

KEY = samples.signer()
WITHDRAWAL = StatusChange(
    oreprint="withdraw/1",
    registry=samples.REGISTRY,
    ends=Ended(certificate="zQm" + "a" * 44, list=0, index=7),
    reason="The composition was wrong.",
    not_logged_after="2026-03-14T08:00:00Z",
)


@pytest.mark.parametrize("typ", [CERTIFICATE_TYPE, CREDENTIAL_TYPE, statement_type("move")])
def test_a_jws_is_read_as_it_was_signed(typ: str) -> None:
    text = sign_jws(b'{"a":1}', typ=typ, signer=KEY)
    jws, payload = parse_jws(text, typ=typ)
    assert (jws.kid, payload, jws.text) == (KEY.kid, b'{"a":1}', text)
    assert jws.did == samples.did_of(KEY)
    jws.verify(KEY.public)
    header = from_base64url(text.split(".")[0])
    cty = b',"cty":"vc"' if typ.startswith("vc") else b""
    assert header == b'{"alg":"EdDSA","kid":"%b","typ":"%b"%b}' % (KEY.kid.encode(), typ.encode(), cty)


def test_the_name_of_rfc_9864_is_read_too() -> None:
    header = f'{{"alg":"Ed25519","kid":"{KEY.kid}","typ":"vc+jwt","cty":"vc"}}'.encode()
    signing_input = f"{to_base64url(header)}.{to_base64url(b'{}')}"
    text = f"{signing_input}.{to_base64url(KEY.sign(signing_input.encode()))}"
    parse_jws(text, typ=CREDENTIAL_TYPE)[0].verify(KEY.public)


def test_another_payload_has_another_signature() -> None:
    head, _, signature = sign_jws(b"{}", typ=CREDENTIAL_TYPE, signer=KEY).split(".")
    jws, _ = parse_jws(f"{head}.{to_base64url(b'[]')}.{signature}", typ=CREDENTIAL_TYPE)
    with pytest.raises(CheckError) as refused:
        jws.verify(KEY.public)
    assert refused.value.code == "seal.signature"


@pytest.mark.parametrize("change", ["{} ", "{}.", ".{}", "{}=", "{}A", "\n{}", "ä{}"])
def test_another_form_is_refused(change: str) -> None:
    with pytest.raises(InputError) as refused:
        parse_jws(change.format(sign_jws(b"{}", typ=CREDENTIAL_TYPE, signer=KEY)), typ=CREDENTIAL_TYPE)
    assert refused.value.code in {"seal.jws-form", "seal.base64url"}


def test_a_long_header_is_not_looked_at() -> None:
    with pytest.raises(InputError) as refused:
        parse_jws(f"{'A' * 1025}.AA.AA", typ=CREDENTIAL_TYPE)
    assert refused.value.code == "seal.jws-form"


def test_a_signer_with_another_key_id_or_type_signs_nothing() -> None:
    with pytest.raises(InputError) as refused:
        sign_jws(b"{}", typ="vp+jwt", signer=KEY)
    assert refused.value.problems[0].place == "header.typ"
    with pytest.raises(InputError) as refused:
        sign_jws(b"{}", typ=CREDENTIAL_TYPE, signer=SoftwareSigner(kid='x","alg":"none', key=KEY.key))
    assert refused.value.code == "seal.header"


def test_a_statement_is_read_as_it_was_signed() -> None:
    text = seal_statement(WITHDRAWAL, signer=KEY)
    statement = open_statement(text, kind="withdraw")
    assert statement.value == WITHDRAWAL
    statement.jws.verify(KEY.public)


def test_a_statement_of_another_kind_is_refused() -> None:
    text = seal_statement(WITHDRAWAL, signer=KEY)
    with pytest.raises(InputError) as refused:
        open_statement(text, kind="suspend")
    assert refused.value.problems[0].place == "header.typ"
    disguised = sign_jws(WITHDRAWAL.to_bytes(), typ=statement_type("suspend"), signer=KEY)
    with pytest.raises(InputError) as refused:
        open_statement(disguised, kind="suspend")
    assert refused.value.code == "seal.statement"


def test_a_statement_has_one_spelling() -> None:
    spaced = sign_jws(WITHDRAWAL.to_bytes().replace(b",", b", ", 1), typ=statement_type("withdraw"), signer=KEY)
    with pytest.raises(InputError) as refused:
        open_statement(spaced, kind="withdraw")
    assert refused.value.problems[0].place.startswith("payload")
    with pytest.raises(InputError) as refused:
        open_statement("a" * (1024 * 1024 + 1), kind="withdraw")
    assert refused.value.code == "seal.jws-form"
