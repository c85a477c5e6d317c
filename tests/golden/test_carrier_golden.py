from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ledger.carrier.code import label_code
from ledger.carrier.link import CertificateLink, ProductLink, parse_link
from ledger.carrier.seal import make_seal, open_seal
from tests.support.worlds import sample_records as samples
from tests.support.worlds.parties import key

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def golden(root: Path) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((root / "tests/golden/carrier.json").read_text(encoding="utf-8"))
    return read


def test_the_golden_carrier_is_what_its_generator_makes(root: Path) -> None:
    subprocess.run([sys.executable, "-m", "tests.golden.make_carrier", "--check"], cwd=root, check=True)


def test_the_golden_seals_are_made_and_read_for_ever(golden: dict[str, Any]) -> None:
    made = samples.sealed_certificate()
    assert make_seal(made.record, made.digest, signer=samples.signer()) == golden["seal"]["text"]
    for old, public in ((golden["seal"], samples.public_key()), (golden["seal of a did:web"], key("ann").public)):
        opened = open_seal(old["text"])
        opened.verify(public)
        assert opened.kid == old["kid"]
        assert opened.value.certificate == golden["digest"]


def test_the_golden_links_and_code_are_read_for_ever(golden: dict[str, Any]) -> None:
    assert label_code(golden["digest"]) == golden["code"]
    links = golden["links"]
    assert parse_link(links["short"]) == CertificateLink("registry.example", golden["digest"])
    assert parse_link(links["sealed"]) == CertificateLink("registry.example", golden["digest"], golden["seal"]["text"])
    assert parse_link(links["gs1"]) == ProductLink("registry.example", "04006381333931", "NB-26/03-0001")
