"""The seal as another implementation of COSE sees it, and GS1 links as another parser does."""

from __future__ import annotations

import cbor2
import pytest
from biip.gs1_digital_link_uris import GS1DigitalLinkURI
from pycose.headers import Algorithm
from pycose.keys.okp import OKPKey
from pycose.messages.sign1message import Sign1Message

from ledger.carrier.link import ProductLink, link_to
from ledger.seal.digest import certificate_digest_bytes, from_base64url
from tests.support.browser.labels import certificate, digest, seal
from tests.support.worlds import sample_records as samples


def message(text: str) -> Sign1Message:
    tagged = cbor2.loads(from_base64url(text))
    assert tagged.tag == 18
    protected, unprotected, payload, signature = tagged.value
    return Sign1Message.from_cose_obj([protected, dict(unprotected), payload, signature], True)  # noqa: FBT003 - its own name for allow_unknown_attributes


def test_pycose_verifies_our_seal_and_no_other() -> None:
    read = message(seal())
    read.key = OKPKey(crv="ED25519", x=samples.public_key())
    assert read.verify_signature()
    assert read.phdr[Algorithm].fullname == "EDDSA"
    read.key = OKPKey(crv="ED25519", x=samples.signer("another").public)
    assert not read.verify_signature()
    read.key = OKPKey(crv="ED25519", x=samples.public_key())
    read.payload = cbor2.dumps({})
    assert not read.verify_signature()


def test_the_claims_are_what_the_page_on_formats_says() -> None:
    record = certificate().record
    claims = cbor2.loads(message(seal()).payload or b"")
    assert list(claims) == [1, 6, -65537]
    assert claims[1] == record.issuer.did
    assert claims[6] == 1772870400  # 2026-03-07T08:00:00Z
    assert list(claims[-65537]) == [
        1, "registry.example", 0, 51907, "NB-26/03-0001", 498_250_000, 18_264_927_245_359,
        certificate_digest_bytes(certificate().digest),
    ]  # fmt: skip


@pytest.mark.parametrize("lot", ["OX-17", "A/B", "50%", "x&y=z", "1;2", '"q"', "it's", "(a)", "a+b", "_-.:"])
@pytest.mark.parametrize("gtin", ["4006381333931", "9521234543213", "012345678905"])
def test_biip_reads_our_gs1_links(lot: str, gtin: str) -> None:
    link = link_to("id.example", digest(1), lot=lot, gtin=gtin)
    assert isinstance(link, ProductLink)
    read = GS1DigitalLinkURI.parse(link.to_text())
    values = {each.ai.ai: each.value for each in read.element_strings}
    assert values == {"01": gtin.zfill(14), "10": lot}
