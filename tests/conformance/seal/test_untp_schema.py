"""The whole processed payload against the published JSON Schema of the UNTP 0.7.0 Digital Product Passport."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from ledger.seal.attestation import attestation_payload
from ledger.seal.presentation import present
from ledger.seal.view import payload
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from pathlib import Path

CERTIFICATE = samples.sealed_certificate()


@pytest.fixture(scope="module")
def passport(shared: Path) -> Draft202012Validator:
    schema = json.loads((shared / "standards/untp-0.7.0/schemas/DigitalProductPassport.json").read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())


@pytest.fixture(scope="module")
def credential(shared: Path) -> Draft202012Validator:
    schema = json.loads((shared / "standards/untp-0.7.0/schemas/vcdm2-verifiable-credential-schema.json").read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())


def processed(show: str) -> dict[str, Any]:
    """Return the payload as an SD-JWT library puts it together."""
    from jwcrypto.jwk import JWK  # type: ignore[import-untyped]
    from sd_jwt.verifier import SDJWTVerifier  # type: ignore[import-untyped]

    key = JWK(kty="OKP", crv="Ed25519", x=samples.encoded(samples.public_key()))
    text = present(CERTIFICATE.text, show=show).text
    claims: dict[str, Any] = SDJWTVerifier(text, lambda *_: key).get_verified_payload()
    return claims


@pytest.mark.parametrize("show", ["public", "customer", "auditor"])
def test_the_processed_payload_is_a_passport(passport: Draft202012Validator, show: str) -> None:
    assert [f"{error.json_path}: {error.message}" for error in passport.iter_errors(processed(show))] == []


def test_the_payload_as_signed_is_a_passport(passport: Draft202012Validator) -> None:
    given = json.loads(payload(CERTIFICATE.record))
    assert [f"{error.json_path}: {error.message}" for error in passport.iter_errors(given)] == []


@pytest.fixture(scope="module")
def conformity(shared: Path) -> Draft202012Validator:
    schema = json.loads((shared / "standards/untp-0.7.0/schemas/ConformityCredential.json").read_text())
    return Draft202012Validator(schema, format_checker=FormatChecker())


REQUIRED = ("assessorLevel", "assessmentLevel", "attestationType", "issuedToParty", "referenceScheme")


@pytest.mark.parametrize(
    "change",
    [
        {},
        {"scopes": ("composition",), "level": None, "branches": None, "opinion": "unmodified", "note": None},
        {"opinion": "adverse", "run": None},
    ],
)
def test_an_attestation_is_a_conformity_credential(
    conformity: Draft202012Validator, credential: Draft202012Validator, change: dict[str, Any]
) -> None:
    record = samples.attestation(CERTIFICATE.digest, **change)
    given = json.loads(attestation_payload(record))
    assert [f"{error.json_path}: {error.message}" for error in conformity.iter_errors(given)] == []
    found = [f"{error.json_path}: {error.message}" for error in credential.iter_errors(given)]
    assert [each for each in found if "statusListIndex" not in each] == []
    for member in REQUIRED:
        broken = json.loads(attestation_payload(record))
        del broken["credentialSubject"][member]
        assert not conformity.is_valid(broken)


def test_the_schema_is_looked_at(passport: Draft202012Validator) -> None:
    for member in ("id", "name", "issuer", "validFrom", "credentialSubject"):
        given = json.loads(payload(CERTIFICATE.record))
        del given[member]
        assert not passport.is_valid(given)
    given = json.loads(payload(CERTIFICATE.record))
    given["credentialSubject"]["materialProvenance"][0]["massFraction"] = "0.679"
    assert not passport.is_valid(given)


def test_the_payload_is_a_verifiable_credential(credential: Draft202012Validator) -> None:
    """VCDM 2.0 wants the status index as a string and UNTP 0.7.0 as an integer; nothing else may differ."""
    given = json.loads(payload(CERTIFICATE.record))
    found = [f"{error.json_path}: {error.message}" for error in credential.iter_errors(given)]
    assert [each for each in found if "statusListIndex" not in each] == []


def test_dppvalidator_agrees() -> None:
    """An outside model of the passport, on the view alone: it knows neither our member nor SD-JWT's."""
    from dppvalidator.validators import ValidationEngine  # type: ignore[import-untyped]

    given = json.loads(payload(CERTIFICATE.record))
    del given["oreprint"], given["_sd_alg"]
    engine = ValidationEngine(schema_version="0.7.0", load_plugins=False)
    found = engine.validate(given)
    assert found.valid, [(error.path, error.message) for error in found.errors]
    del given["credentialSubject"]["name"]
    assert not engine.validate(given).valid
