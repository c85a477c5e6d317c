"""Our certificates as other implementations of JWS and SD-JWT see them, and our own reading of what they write."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import pytest
from joserfc import jws
from joserfc.errors import BadSignatureError
from joserfc.jwk import OKPKey
from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
from jwcrypto.jws import InvalidJWSSignature  # type: ignore[import-untyped]
from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

from ledger.seal.jws import CREDENTIAL_TYPE, parse_jws
from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.seal.statement import seal_statement
from ledger.seal.view import payload
from schemas.problem import InputError
from schemas.statement import Ended, StatusChange
from schemas.vocabulary import GROUPS
from tests.support.http.javascript import node
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from pathlib import Path

# RFC 9864 prefers the name Ed25519; EdDSA is what every other checker knows
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")

CERTIFICATE = samples.sealed_certificate()
COPIES = {show: present(CERTIFICATE.text, show=show).text for show in ("public", "customer", "partner", "auditor")}
WITHHELD = {"public": 0, "customer": 1, "partner": 1, "auditor": 2}
"""How many of the two outputs each audience sees."""


def jwk(public: bytes) -> dict[str, str | list[str]]:
    return {"kty": "OKP", "crv": "Ed25519", "x": urlsafe_b64encode(public).rstrip(b"=").decode()}


KEY = jwk(samples.public_key())
OTHER = jwk(samples.signer("another").public)


def tampered(text: str) -> str:
    """Return the text with the first character of its payload changed."""
    head, rest = text.split(".", 1)
    return f"{head}.{'f' if rest[0] == 'e' else 'e'}{rest[1:]}"


def test_joserfc_verifies_our_certificate() -> None:
    verified = jws.deserialize_compact(CERTIFICATE.jws, OKPKey.import_key(KEY), algorithms=["EdDSA"])
    assert verified.payload == payload(CERTIFICATE.record)
    assert verified.headers() == {"alg": "EdDSA", "kid": samples.signer().kid, "typ": "vc+sd-jwt", "cty": "vc"}
    for text, key in ((tampered(CERTIFICATE.jws), KEY), (CERTIFICATE.jws, OTHER)):
        with pytest.raises(BadSignatureError):
            jws.deserialize_compact(text, OKPKey.import_key(key), algorithms=["EdDSA"])


def test_joserfc_verifies_our_statements() -> None:
    statement = StatusChange(
        oreprint="suspend/1",
        registry=samples.REGISTRY,
        ends=Ended(certificate=CERTIFICATE.digest, list=0, index=7),
        reason="under inquiry",
        not_logged_after="2026-03-14T08:00:00Z",
    )
    text = seal_statement(statement, signer=samples.signer())
    verified = jws.deserialize_compact(text, OKPKey.import_key(KEY), algorithms=["EdDSA"])
    assert verified.payload == statement.to_bytes()


def test_we_read_what_joserfc_signs() -> None:
    header = {"alg": "Ed25519", "kid": samples.signer().kid, "typ": "vc+jwt", "cty": "vc"}
    private = jwk(samples.public_key()) | {
        "d": urlsafe_b64encode(samples.signer().key.private_bytes_raw()).decode().rstrip("=")
    }
    text = jws.serialize_compact(header, b"{}", OKPKey.import_key(private), algorithms=["Ed25519"])
    parse_jws(text, typ=CREDENTIAL_TYPE)[0].verify(samples.public_key())


def check_whole(claims: dict[str, Any], show: str) -> None:
    """Check what an SD-JWT library puts together again: with everything shown, all values in their places."""
    record = claims["oreprint"]
    assert "_sd_alg" not in claims
    assert record["batch"]["net_mass_kg"] == "498.25"
    assert claims["credentialSubject"]["batchNumber"] == "NB-26/03-0001"
    assert len(record["run"]) == (show != "public")
    if show == "public":
        return
    run = record["run"][0]
    assert [each["material"] for each in run["inputs"]] == ["Pr-Nd metal 1", "Pr-Nd metal 2"]
    assert [len(each["source"]) for each in run["inputs"]] == [int(show != "customer")] * 2
    assert [each["group"] for each in run["inventory"]] == (list(GROUPS) if show == "auditor" else [])
    assert len(run["outputs"]) == WITHHELD[show]
    assert "..." not in json.dumps(run if show == "auditor" else {})


@pytest.mark.parametrize("show", COPIES)
def test_pypi_sd_jwt_verifies_and_puts_together(show: str) -> None:
    checked = SDJWTVerifier(COPIES[show], lambda *_: JWK(**KEY))
    check_whole(checked.get_verified_payload(), show)
    with pytest.raises(InvalidJWSSignature):
        SDJWTVerifier(COPIES[show], lambda *_: JWK(**OTHER))


def test_credentials_of_others_are_refused_with_a_reason(shared: Path) -> None:
    """The files of the JOSE suite of VC-JOSE-COSE: credentials of other forms, and broken ones."""
    files = sorted((shared / "vectors/jose/tests/input").glob("credential-*.txt"))
    assert len(files) == 14
    for file in files:
        text = file.read_text().strip()
        for given in (text, f"{text}~"):
            with pytest.raises(InputError) as refused:
                open_certificate(given)
            assert refused.value.code.startswith("seal."), file.name


def test_npm_jose_verifies_our_certificate(npm_checkers: Path) -> None:
    cases = [
        {"jws": CERTIFICATE.jws, "jwk": KEY},
        {"jws": tampered(CERTIFICATE.jws), "jwk": KEY},
        {"jws": CERTIFICATE.jws, "jwk": OTHER},
    ]
    good, changed, foreign = node("check_jose.mjs", {"cases": cases}, npm_checkers)
    assert urlsafe_b64decode(good["payload"] + "==") == payload(CERTIFICATE.record)
    assert good["header"]["typ"] == "vc+sd-jwt"
    assert (changed, foreign) == ({"refused": "ERR_JWS_SIGNATURE_VERIFICATION_FAILED"},) * 2


def test_npm_sd_jwt_verifies_and_puts_together(npm_checkers: Path) -> None:
    cases = [{"text": text, "jwk": KEY} for text in COPIES.values()] + [{"text": CERTIFICATE.text, "jwk": OTHER}]
    *answers, foreign = node("check_sdjwt.mjs", {"cases": cases}, npm_checkers)
    assert "refused" in foreign
    assert len(answers) == 4
    for show, answer in zip(COPIES, answers, strict=True):
        check_whole(answer["claims"], show)
