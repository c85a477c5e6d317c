from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from ledger.seal.digest import to_base58
from ledger.seal.keys import check_public_key, did_key, did_key_kid, did_key_public, verify_signature
from ledger.seal.signer import SoftwareSigner
from schemas.problem import CheckError, InputError
from tests.support.worlds import sample_records as samples

# W3C CCG did:key, the example of an Ed25519 key in section 2.1 of its test vectors
KNOWN_DID = "did:key:z6MkiTBz1ymuepAQ4HEHYSF1H8quG5GLVVQR3djdX3mDooWp"
KNOWN_KEY = bytes.fromhex("3b6a27bcceb6a42d62a3a8d02a6f0d73653215771de243a63ac048a18b59da29")


def test_did_key_of_a_known_key() -> None:
    assert did_key(KNOWN_KEY) == KNOWN_DID
    assert did_key_public(KNOWN_DID) == KNOWN_KEY
    assert did_key_kid(KNOWN_DID) == f"{KNOWN_DID}#{KNOWN_DID.removeprefix('did:key:')}"


@pytest.mark.parametrize(
    ("did", "code"),
    [
        ("did:web:example.com", "seal.did-key"),
        ("did:key:z" + to_base58(b"\x80\x24" + KNOWN_KEY), "seal.did-key"),
        ("did:key:z" + to_base58(b"\xed\x01" + KNOWN_KEY[1:]), "seal.key-length"),
        ("did:key:z1" + KNOWN_DID.removeprefix("did:key:z"), "seal.did-key"),
        ("did:key:z0", "seal.base58"),
    ],
)
def test_another_did_is_no_did_key(did: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        did_key_public(did)
    assert refused.value.code == code


def test_a_key_that_is_no_point_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        check_public_key((2).to_bytes(32, "little"))
    assert refused.value.code == "seal.key-point"


def test_signatures() -> None:
    key = samples.signer()
    signature = key.sign(b"batch")
    verify_signature(key.public, b"batch", signature)
    other = samples.signer("another").public
    for public, message, wrong in (
        (key.public, b"botch", signature),
        (other, b"batch", signature),
        (key.public, b"batch", signature[:-1]),
        (key.public, b"batch", b""),
        (key.public, b"batch", bytes(64)),
        (key.public[:-1], b"batch", signature),
        (b"", b"batch", signature),
        (b"\x01" + bytes(31), b"anything", b"\x01" + bytes(63)),
    ):
        with pytest.raises(CheckError) as refused:
            verify_signature(public, message, wrong)
        assert refused.value.code == "seal.signature"


def test_a_key_file_is_encrypted_and_comes_back() -> None:
    key = samples.signer()
    pem = key.to_pem(password=b"a long phrase")
    assert b"ENCRYPTED" in pem.splitlines()[0]
    again = SoftwareSigner.from_pem(key.kid, pem, password=b"a long phrase")
    assert (again.kid, again.public) == (key.kid, key.public)
    assert "PrivateKey" not in repr(again)


def test_other_key_files_are_refused() -> None:
    pem = samples.signer().to_pem(password=b"right")
    plain = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    p256 = generate_private_key(SECP256R1()).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"right")
    )
    for wrong, password, code in (
        (pem, b"wrong", "seal.key-file"),
        (p256, b"right", "seal.key-file"),
        (plain, b"right", "seal.key-damaged"),
        (b"", b"right", "seal.key-damaged"),
        (b"text", b"right", "seal.key-damaged"),
    ):
        with pytest.raises(InputError) as refused:
            SoftwareSigner.from_pem("did:key:z#z", wrong, password=password)
        assert refused.value.code == code
    with pytest.raises(InputError, match="32 bytes"):
        SoftwareSigner.from_raw("did:key:z#z", bytes(31))
