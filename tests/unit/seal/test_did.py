from __future__ import annotations

from typing import Any

import pytest

from ledger.seal.did import DidKey, did_document, did_url
from ledger.seal.keys import did_key
from schemas.problem import InputError
from tests.support.worlds import sample_records as samples

PUBLIC = samples.public_key()


@pytest.mark.parametrize(
    ("did", "url"),
    [
        ("did:web:plant.example", "https://plant.example/.well-known/did.json"),
        ("did:web:plant.example%3A8443", "https://plant.example:8443/.well-known/did.json"),
        ("did:web:registry.example:parties:x", "https://registry.example/parties/x/did.json"),
        ("did:web:plant.example%3A8443:a:b.c", "https://plant.example:8443/a/b.c/did.json"),
    ],
)
def test_a_did_web_has_one_address(did: str, url: str) -> None:
    """Hard use 27: the address is the one of the method did:web."""
    assert did_url(did) == url


@pytest.mark.parametrize(
    ("did", "code"),
    [
        (did_key(PUBLIC), "did.key"),
        ("did:web:", "did.form"),
        ("did:web:Plant.example", "did.form"),
        ("did:web:plant.example#key-1", "did.form"),
        ("did:web:plant.example:a/../b", "did.form"),
        ("did:web:plant.example\n", "did.form"),
        ("did:ethr:0x1", "did.form"),
        ("hello", "did.form"),
    ],
)
def test_what_has_no_address_is_refused(did: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        did_url(did)
    assert refused.value.code == code


def test_a_document_names_every_key_and_lets_no_leaked_one_assert() -> None:
    did = "did:web:plant.example"
    keys = [DidKey(f"{did}#key-1", PUBLIC, "2026-03-31T17:05:00Z"), DidKey(f"{did}#key-2", samples.signer("b").public)]
    told = did_document(did, keys).to_members()
    assert told["assertionMethod"] == [f"{did}#key-2"]
    methods: Any = told["verificationMethod"]
    first, second = methods
    assert first == {
        "id": f"{did}#key-1",
        "type": "JsonWebKey",
        "controller": did,
        "publicKeyJwk": {"kty": "OKP", "crv": "Ed25519", "x": samples.encoded(PUBLIC)},
        "revoked": "2026-03-31T17:05:00Z",
    }
    assert "revoked" not in second
