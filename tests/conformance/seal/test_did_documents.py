"""DID documents as resolvers that are not ours find them: over TLS on this machine, by nothing but the `kid` of what
was signed.

npm `did-resolver` and `web-did-resolver` fetch the document by their own rules; npm `@sd-jwt/core` verifies with the
key in it.
"""

from __future__ import annotations

import datetime as dt
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from pyld import jsonld  # type: ignore[import-untyped]
from pyld.documentloader.frozen import BUNDLED_CONTEXTS, FrozenDocumentLoader  # type: ignore[import-untyped]
from starlette.applications import Starlette
from starlette.responses import FileResponse
from starlette.routing import Host, Mount, Route

from ledger.admin.init import init
from ledger.admin.keys import add_key, end_key
from ledger.registry.did_documents import registered_document
from ledger.seal.did import CONTEXTS
from schemas.door import validated
from schemas.instant import instant_text
from schemas.parties import Parties
from tests.e2e.terminal import Terminal
from tests.support.http.javascript import node
from tests.support.http.server import CID, PASSPHRASE, Served, listening, runtime, serve
from tests.support.registries.own_key import signed
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.testclient import TestClient


DEE: Final = "did:web:registry.example:parties:dee"
"""Leaves its keys with the registry, and has no domain of its own."""
DEES_PLANT: Final = "https://registry.example/parties/dee/plants/1"


@pytest.fixture
def served(tmp_path: Path) -> Served:
    made = serve(tmp_path)
    party = {
        "did": DEE,
        "names": [{"lang": "en", "text": "Dee"}],
        "facilities": [{"id": DEES_PLANT, "name": "Plant D", "country": "CN", "region": "CN-NM"}],
        "kinds": ["oxide"],
    }
    parties = {"oreprint": "parties/1", "registry": "registry.example", "parties": [party]}
    init(made.home, validated(Parties, parties), runtime(), passphrase=PASSPHRASE)  # type: ignore[arg-type]
    return made.beside()


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def dees(served: Served, client: TestClient, lot: str) -> str:
    """Return the certificate of a lot that the registry signed for Dee, as everybody may read it."""
    record = written(lot, "10 kg", producer=DEE, plant=DEES_PLANT)
    made = client.post("/v1/certificates", json=record, headers=served.token(DEE))
    assert made.status_code == 201, made.text
    return client.get(f"/v1/certificates/{made.json()['certificates'][0]['digest']}").text


def cids(served: Served, client: TestClient, lot: str) -> str:
    """Return the certificate of a lot that Cid signed with the key that it keeps."""
    made = client.post("/v1/certificates", json=signed(served, [lot])[0], headers=served.token(CID))
    assert made.status_code == 201, made.text
    return str(made.json()["certificates"][0]["certificate"])


def tls_files(folder: Path, *names: str) -> tuple[str, str]:
    """Return the files of a fresh certificate for these hosts, which signs itself, and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a test")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(hours=1))
        .not_valid_after(now + dt.timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name) for name in names]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, private = folder / "tls.pem", folder / "tls.key"
    pem.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return str(pem), str(private)


@contextmanager
def over_tls(served: Served, document: Path, folder: Path) -> Iterator[dict[str, Any]]:
    """Serve the registry, and a file as Cid's DID document on Cid's own domain; give what `resolved` needs."""

    async def cids_document(_request: Request) -> FileResponse:
        return FileResponse(document)

    cid = Starlette(routes=[Route("/.well-known/did.json", cids_document)])
    app = Starlette(routes=[Host("cid.example", app=cid), Mount("/", app=served.app)])
    pem, key = tls_files(folder, "registry.example", "cid.example")
    with listening(app, ssl_certfile=pem, ssl_keyfile=key) as address:
        yield {"port": urlsplit(address).port, "ca": pem}


def resolved(cases: list[str], place: dict[str, Any], npm: Path) -> list[dict[str, str]]:
    answers: list[dict[str, str]] = node(
        "check_resolved.mjs", {"cases": cases, "port": place["port"]}, npm, NODE_EXTRA_CA_CERTS=place["ca"]
    )
    return answers


@pytest.fixture
def document(
    served: Served, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """The file that Cid writes of its own home."""
    file = tmp_path / "did.json"
    monkeypatch.setenv("OREPRINT_PASSPHRASE", PASSPHRASE.decode())
    said = Terminal(monkeypatch, capsys).run("keys", "did", CID, "--home", str(served.own.path), "-o", str(file))
    assert said.code == 0, said.err
    assert "https://cid.example/.well-known/did.json" in said.out
    return file


def test_an_outside_verifier_finds_the_keys_by_itself(
    served: Served, client: TestClient, document: Path, tmp_path: Path, npm_checkers: Path
) -> None:
    """Hard use 27: a key kept by the registry, one kept by its party, and the registry's own, each found by the kid
    alone.
    """
    cases = [dees(served, client, "D-1"), cids(served, client, "C-1"), client.get("/status/revocation-0").text]
    with over_tls(served, document, tmp_path) as place:
        answers = resolved(cases, place, npm_checkers)
        head, payload, rest = cases[0].split(".", 2)
        (forged,) = resolved([".".join((head, f"{payload[:-4]}AAAA", rest))], place, npm_checkers)
    assert answers == [{"kid": f"{DEE}#key-1"}, {"kid": f"{CID}#key-1"}, {"kid": "did:web:registry.example#status"}]
    assert "refused" in forged


def test_keys_of_former_periods_stay_and_leaked_ones_assert_nothing(
    served: Served, client: TestClient, document: Path, tmp_path: Path, npm_checkers: Path
) -> None:
    """Hard use 27: a certificate signed with a key that ended verifies on; one whose key leaked does not."""
    first = dees(served, client, "D-1")
    add_key(served.home, served.registry, f"{DEE}#key-2", passphrase=PASSPHRASE)
    second = dees(served, client, "D-2")
    end_key(served.home, served.registry, f"{DEE}#key-1", passphrase=PASSPHRASE)
    with over_tls(served, document, tmp_path) as place:
        assert resolved([first, second], place, npm_checkers) == [{"kid": f"{DEE}#key-{number}"} for number in (1, 2)]
        leaked = instant_text(runtime().now_ms() // 1000 * 1000)  # not before the key was registered
        end_key(served.home, served.registry, f"{DEE}#key-2", compromised=leaked, passphrase=PASSPHRASE)
        before, after = resolved([first, second], place, npm_checkers)
    assert before == {"kid": f"{DEE}#key-1"}
    assert "may not assert" in after["refused"]
    methods = registered_document(served.registry, DEE).verification_method
    assert [(each.id, each.revoked) for each in methods] == [
        (f"{DEE}#key-1", None),
        (f"{DEE}#key-2", leaked),
    ]


def test_documents_are_json_ld_and_any_site_may_read_them(served: Served, client: TestClient, document: Path) -> None:
    """Hard use 27: what DID Core has terms for, it understands; the context of JsonWebKey comes with no library."""
    own = {"@context": {"JsonWebKey": "https://w3id.org/security#JsonWebKey", "publicKeyJwk": None}}
    loader = FrozenDocumentLoader(documents={**BUNDLED_CONTEXTS, CONTEXTS[1]: own})
    for path in ("/.well-known/did.json", "/parties/dee/did.json"):
        answer = client.get(path)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert jsonld.expand(answer.json(), {"documentLoader": loader})[0]["@id"] == answer.json()["id"]
    told = json.loads(document.read_text())
    assert jsonld.expand(told, {"documentLoader": loader})[0]["@id"] == CID
    for path in ("/parties/nobody/did.json", "/parties/dee/x/did.json", "/parties//did.json", "/parties/ann/did.json"):
        assert client.get(path).status_code == 404
