"""An attestation has one spelling, says nothing that contradicts itself, and bears its attestor's key."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from ledger.seal.attestation import attestation_payload, open_attestation, seal_attestation
from ledger.seal.jws import sign_jws
from ledger.seal.statement import open_statement
from schemas.attestation import Attestation
from schemas.door import validated
from schemas.problem import InputError
from schemas.struct import plain
from tests.support.worlds import sample_records as samples

DIGEST = samples.sealed_certificate().digest
VERIFIER = samples.signer("verifier")
SAID = samples.attestation(DIGEST)


def signed(payload: bytes, *, typ: Any = "vc+jwt") -> str:  # noqa: ANN401 - also what is no type of ours
    return sign_jws(payload, typ=typ, signer=VERIFIER)


def test_what_is_sealed_opens_to_the_same() -> None:
    opened = open_attestation(seal_attestation(SAID, signer=VERIFIER))
    opened.jws.verify(VERIFIER.public)
    assert opened.record == SAID
    assert opened.record.subject == SAID.run
    assert samples.attestation(DIGEST, run=None).subject == DIGEST


def test_only_the_attestor_itself_seals_it() -> None:
    with pytest.raises(InputError, match="key"):
        seal_attestation(SAID, signer=samples.signer())
    payload = attestation_payload(SAID)
    with pytest.raises(InputError) as refused:
        open_attestation(sign_jws(payload, typ="vc+jwt", signer=samples.signer()))
    assert refused.value.problems[0].code == "seal.issuer"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'"conformance":false', b'"conformance":true'),
        (b'"name":"ISO 14064-3:2019"', b'"name":"ISO 14064-3:2020"'),
        (b'"assessmentLevel":"no-endorsement"', b'"assessmentLevel":"authority-mandate"'),
        (b'{"oreprint":"attestation/1"', b'{"oreprint": "attestation/1"'),
        (b'"opinion":"modified"', b'"opinion":"unmodified"'),
        (b'"level":"limited",', b'"level":"limited","level":"limited",'),
    ],
)
def test_a_view_that_says_otherwise_than_the_record_and_another_spelling_are_refused(old: bytes, new: bytes) -> None:
    payload = attestation_payload(SAID)
    assert old in payload
    with pytest.raises(InputError):
        open_attestation(signed(payload.replace(old, new)))


def test_it_is_no_statement_and_no_certificate() -> None:
    text = seal_attestation(SAID, signer=VERIFIER)
    with pytest.raises(InputError):
        open_statement(text, kind="withdraw")
    with pytest.raises(InputError):
        open_attestation(samples.sealed_certificate().text.partition("~")[0])
    for wrong in ("", "a.b.c", text + "~", text.replace(".", "..", 1), "é" * 9, "a" * 70_000):
        with pytest.raises(InputError):
            open_attestation(wrong)


BAD: dict[str, tuple[dict[str, Any], str]] = {
    "order": ({"scopes": ["mass-balance", "figure"]}, "attest.scopes"),
    "twice": ({"scopes": ["figure", "figure"]}, "attest.scopes"),
    "no level": ({"level": None}, "attest.level"),
    "level of an assay": ({"scopes": ["composition"], "branches": None}, "attest.level"),
    "no branches": ({"branches": None}, "attest.branches"),
    "branches in disorder": (
        {"branches": [{"input": 2, "certificates": 1}, {"input": 1, "certificates": 1}]},
        "attest.branches",
    ),
    "branch twice": (
        {"branches": [{"input": 1, "certificates": 1}, {"input": 1, "certificates": 2}]},
        "attest.branches",
    ),
    "modified without a note": ({"note": None}, "attest.note"),
    "examined after it was attested": ({"examined": "2026-03-12T00:00:00Z"}, "attest.dates"),
    "no time to hold": ({"valid_until": "2026-03-11T08:00:00Z"}, "attest.dates"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_record_that_contradicts_itself_is_refused(name: str) -> None:
    change, code = BAD[name]
    with pytest.raises(InputError) as refused:
        validated(Attestation, {**plain(SAID), **change})
    assert refused.value.problems[0].code == code


def test_a_name_that_imitates_the_record_is_read_as_a_name() -> None:
    """The record begins where no text of the view can."""
    note = ',"oreprint":{"oreprint":"attestation/1"'
    said = samples.attestation(DIGEST, note=note)
    text = seal_attestation(said, signer=VERIFIER)
    assert open_attestation(text).record.note == note
    assert base64.urlsafe_b64decode(text.split(".")[1] + "==").count(b'{"oreprint":"attestation/1"') == 1
