from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ledger.holdings.mark import attestation_digest
from ledger.seal.attestation import attestation_payload, open_attestation
from ledger.seal.digest import to_base64url
from ledger.seal.keys import did_key
from ledger.seal.sdjwt import open_certificate
from ledger.seal.signer import SoftwareSigner
from ledger.seal.statement import open_statement
from ledger.seal.view import payload
from tests.support.worlds import sample_records as samples

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def golden(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "tests/golden/seal.json").read_text(encoding="utf-8"))
    return read


def test_the_golden_seal_is_what_its_generator_makes(root: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.golden.make_seal", "--check"], cwd=root, check=True)


def test_the_golden_key(golden: dict[str, Any]) -> None:
    key = SoftwareSigner.from_raw(golden["certificate"]["kid"], bytes.fromhex(golden["key"]["private"]))
    assert key.public.hex() == golden["key"]["public"]
    assert did_key(key.public) == golden["key"]["did"]


def test_the_golden_certificate_is_read_for_ever(golden: dict[str, Any]) -> None:
    old = golden["certificate"]
    texts = [to_base64url(each["value"].encode()) for each in old["disclosures"]]
    opened = open_certificate("~".join((old["jws"], *texts, "")))
    opened.verify(bytes.fromhex(golden["key"]["public"]))
    assert (opened.digest, opened.kid) == (old["digest"], old["kid"])
    assert payload(opened.record).decode() == old["payload"]
    assert opened.record == samples.sealed_certificate().record
    assert [*opened.shown.values()] == texts
    assert opened.record.run[0].digest == old["disclosures"][0]["digest"]


def test_the_golden_attestation_is_read_for_ever(golden: dict[str, Any]) -> None:
    old = golden["attestation"]
    opened = open_attestation(old["jws"])
    opened.jws.verify(samples.signer("verifier").public)
    assert opened.record == samples.attestation(golden["certificate"]["digest"])
    assert (opened.digest, attestation_payload(opened.record).decode()) == (old["digest"], old["payload"])
    assert attestation_digest(old["jws"]).hex() == old["record"]


def test_the_golden_statement_is_read_for_ever(golden: dict[str, Any]) -> None:
    statement = open_statement(golden["statement"], kind="withdraw")
    statement.jws.verify(bytes.fromhex(golden["key"]["public"]))
    assert statement.jws.did == golden["key"]["did"]
