"""What everybody may read over HTTP, held against what the ledger itself says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from api.app import create_app
from api.app_state import Parts
from ledger.bundles.build import bundle_lines
from ledger.seal.digest import from_base64url
from ledger.store.engine import reading
from ledger.store.reading import latest_published
from ledger.trust.pinned import open_trust
from ledger.trust.status import open_status_list
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.trust import TrustFile
from tests.support.browser.labels import read
from tests.support.http.client import Client
from tests.support.http.server import ANN, BEN, ORIGIN, Served, plant, runtime, serve, status, tables
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.testclient import TestClient

WORD = b'{"t":"upstream"'
"""The line with the registry's word, which is of the minute in which it was asked."""


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(tmp_path_factory.mktemp("reads"))


@pytest.fixture(scope="module")
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


@pytest.fixture(scope="module")
def made(served: Served, client: TestClient) -> dict[str, Any]:
    record = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    answer = client.post("/v1/certificates", json=record, headers=served.token(ANN))
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["certificates"][0])


def test_the_bundle_verifies_with_the_trust_list_pinned_before(
    served: Served, client: TestClient, made: dict[str, Any]
) -> None:
    pinned = open_trust(TrustFile.from_text(served.home.trust.read_bytes().rstrip(b"\n")).note)
    lines = client.get(f"/v1/certificates/{made['digest']}/bundle").content.splitlines(keepends=True)
    found = report(verify_bundle(lines, trust=pinned, tables=tables(), policy=Policy(at_ms=runtime().now_ms())))
    assert found.verdict == "genuine"
    again = list(bundle_lines(served.registry, made["digest"], audience="public"))
    assert [line for line in lines if not line.startswith(WORD)] == [
        line for line in again if not line.startswith(WORD)
    ]
    assert sum(line.startswith(WORD) for line in lines) == 1


def test_the_proof_in_the_answer_is_what_a_verifier_needs(served: Served, made: dict[str, Any]) -> None:
    from ledger.log.head import open_head
    from ledger.log.merkle import leaf_hash, verify_inclusion
    from ledger.seal.digest import digest_bytes

    proof = made["proof"]
    head = open_head(proof["checkpoint"], served.registry.log)
    path = [digest_bytes(step) for step in proof["path"]]
    leaf = leaf_hash(from_base64url(proof["entry"]))
    verify_inclusion(path, size=head.size, root=head.root, index=made["index"], leaf=leaf)


def test_status_lists_trust_and_did_agree(served: Served, client: TestClient, made: dict[str, Any]) -> None:
    did = client.get("/.well-known/did.json").json()
    (key,) = did["verificationMethod"]
    public = from_base64url(key["publicKeyJwk"]["x"])
    for purpose in ("revocation", "suspension", "refresh"):
        answer = client.get(f"/status/{purpose}-0")
        assert answer.headers["content-type"].startswith("application/vc+jwt")
        assert open_status_list(answer.text, keys=((key["id"], public),)).record.purpose == purpose
    with reading(served.registry.engine) as connection:
        stored = latest_published(connection, "trust")
    assert stored is not None
    assert TrustFile.from_text(client.get("/trust.json").content.rstrip(b"\n")).note == stored.text
    assert made["digest"]


def test_a_certificate_or_bundle_that_somebody_brings_is_judged(client: TestClient, made: dict[str, Any]) -> None:
    bundle = client.get(f"/v1/certificates/{made['digest']}/bundle").content
    for kind, body in (
        ("application/vc+sd-jwt", made["certificate"].encode()),
        ("application/vc+jwt", made["certificate"].partition("~")[0].encode() + b"~"),
        ("application/vnd.oreprint.bundle+jsonl", bundle),
    ):
        answer = client.post("/v1/verify", content=body, headers={"content-type": kind})
        assert (answer.status_code, answer.json()["verdict"]) == (200, "genuine"), answer.text
    changed = bundle.replace(b'"t":"head"', b'"t":"head "', 1)
    answer = client.post(
        "/v1/verify", content=changed, headers={"content-type": "application/vnd.oreprint.bundle+jsonl"}
    )
    assert (answer.status_code, answer.json()["verdict"]) == (200, "do-not-rely")


def test_the_label_decodes_to_the_certificates_link(client: TestClient, made: dict[str, Any]) -> None:
    path = f"/v1/certificates/{made['digest']}"
    assert client.get(f"{path}/label.svg").text.startswith("<svg")
    picture = Image.open(BytesIO(client.get(f"{path}/label.png?width=80").content))
    (link,) = read(picture)
    assert made["digest"] in link
    assert client.get(f"{path}/label.svg?width=5").status_code == 400


def test_a_report_told_again_is_of_the_moment(served: Served, client: TestClient, made: dict[str, Any]) -> None:
    path = f"/v1/certificates/{made['digest']}/verification"
    first = client.get(path).json()
    record = written("A-2", "10 kg", producer=ANN, plant=plant(ANN))
    client.post("/v1/certificates", json=record, headers=served.token(ANN))
    again = client.get(path).json()
    assert again["log_size"] > first["log_size"]
    fresh = ("checked_at", "log_size", "status_age_s", "upstream_as_of")
    assert {**again, **dict.fromkeys(fresh)} == {**first, **dict.fromkeys(fresh)}


def test_a_lot_moved_by_its_owners_own_statement(served: Served, client: TestClient) -> None:
    from ledger.holdings.mark import holding_text
    from ledger.holdings.move import make_move
    from ledger.seal.statement import seal_statement
    from schemas.holding import Holder, Use

    record = written("A-3", "10 kg", producer=ANN, plant=plant(ANN))
    client.post("/v1/certificates", json=record, headers=served.token(ANN))
    split = client.post("/v1/splits", json={"lot": "A-3", "mass": "4 kg"}, headers=served.token(ANN)).json()
    (held,) = split["holdings"]
    to = holding_text(b"s" * 32, Holder(owner=BEN, registry="registry.example"))
    use = Use(creator=held["creator"], holding=held["holding"])
    move = make_move(use, mass_mg=4_000_000, to=to, now_ms=runtime().now_ms())
    text = f"{seal_statement(move, signer=served.registry.signers[ANN])}~{to}~"
    headers = {"content-type": "application/jwt"}
    wrong = client.post("/v1/statements", content=text, headers={**headers, **served.token(BEN)})
    assert wrong.status_code == 403

    def sent() -> tuple[int, Any]:
        answer = client.post("/v1/statements", content=text, headers={**headers, **served.token(ANN)})
        return answer.status_code, answer.json()

    status, offered = sent()
    assert (status, offered["shipments"][0]["mass_kg"]) == (201, "4"), offered
    assert sent() == (201, offered), "the same bytes again are the same offer"
    taken = client.post("/v1/statements", json={"statement": "accept", "lot": "A-3"}, headers=served.token(BEN))
    assert (taken.status_code, taken.json()["state"]) == (201, "accepted")
    assert sent() == (201, offered), "the first answer: nothing is offered a second time"


def test_the_contact_for_flaws_is_told_as_rfc_9116_has_it(served: Served, client: TestClient) -> None:
    path = "/.well-known/security.txt"
    refused = client.get(path)
    assert (refused.status_code, refused.json()["code"]) == (404, "api.not-found")
    parts = Parts(served.registry, tables(), status(served), ORIGIN, security_contact="mailto:flaws@registry.example")
    with Client(create_app(parts), ORIGIN) as named:
        answer = named.get(path)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    fields = dict(line.split(": ", 1) for line in answer.text.splitlines())
    assert fields["Contact"] == "mailto:flaws@registry.example"
    assert fields["Canonical"] == f"{ORIGIN}{path}"
    left = datetime.fromisoformat(fields["Expires"]) - datetime.fromtimestamp(runtime().now_ms() / 1000, UTC)
    assert timedelta(days=29) <= left <= timedelta(days=30)
