"""Statements of a producer with its own key over HTTP: an undo, and a move with the audience it chooses."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from ledger.admin.init import first_kid, key_name
from ledger.client.issue import issue_at
from ledger.holdings.mark import commitment, holding_text
from ledger.holdings.move import TIME_TO_LOG_MS, make_move
from ledger.seal.digest import certificate_digest_bytes, certificate_digest_text, to_base64url
from ledger.seal.sdjwt import OpenCertificate, open_certificate
from ledger.seal.statement import seal_statement
from ledger.store.engine import reading
from ledger.store.reading import certificates, granted
from ledger.transfers.ship import accept
from schemas.document import replace
from schemas.holding import Holder, Part, Use
from schemas.instant import instant_text, whole_second
from schemas.statement import Ended, Undo
from tests.support.http.server import ANN, CID, PASSPHRASE, Served, runtime, serve
from tests.support.registries.own_key import office, own

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from ledger.seal.signer import SoftwareSigner

JWT = {"content-type": "application/jwt"}


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def signer(served: Served) -> SoftwareSigner:
    kid = first_kid(CID)
    return served.own.read_key(key_name(kid), kid=kid, passphrase=PASSPHRASE)


def made(served: Served, folder: Path) -> tuple[OpenCertificate, OpenCertificate]:
    """Return C-1, and C-2 that was made of a part of it, both signed by Cid itself."""
    with served.running() as address:
        desk = office(served, address, folder)
        ((_, first),) = issue_at(desk, own("C-1", "100 kg"))
        ((_, second),) = issue_at(desk, own("C-2", "40 kg", {"C-1": "40 kg"}))
    return open_certificate(first), open_certificate(second)


def kept_holding(folder: Path, opened: OpenCertificate) -> str:
    """Return the text of the holding that Cid made for its lot, from what it keeps."""
    bodies = [orjson.loads(path.read_bytes()) for path in folder.glob("*.signed.json")]
    (holding,) = next(body["holdings"] for body in bodies if body["certificates"] == [opened.jws.text])
    return str(holding)


def undo_of(served: Served, opened: OpenCertificate, folder: Path, **change: Any) -> tuple[Undo, str]:  # noqa: ANN401
    """Return what undoes the run of a lot, and the text of the holding that comes back."""
    with reading(served.registry.engine) as connection:
        stored = certificates(connection, [opened.digest_bytes])[opened.digest_bytes]
    issuance = to_base64url(stored.issuance.digest)
    assert opened.run is not None
    (taken,) = opened.run.inputs
    assert taken is not None
    back = holding_text(runtime().random(32), Holder(owner=CID, registry=served.registry.did))
    status = opened.record.status
    said = Undo(
        oreprint="undo/1",
        registry=served.registry.did,
        issuance=issuance,
        uses=(Use(creator=issuance, holding=kept_holding(folder, opened)),),
        returns=(Part(mass_kg=taken.value.mass_kg, holding=to_base64url(commitment(back))),),
        ends=(Ended(certificate=opened.digest, list=status.list, index=status.index),),
        not_logged_after=instant_text(whole_second(runtime().now_ms() + TIME_TO_LOG_MS)),
    )
    return replace(said, **change), back


def test_an_undo_that_its_producer_signed_gives_back_and_revokes_once(
    served: Served, client: TestClient, tmp_path: Path
) -> None:
    _, second = made(served, tmp_path / "out")
    headers = served.token(CID) | JWT
    said, back = undo_of(served, second, tmp_path / "out")
    text = f"{seal_statement(said, signer=signer(served))}~{back}~"
    for _ in range(2):  # the same again gets the same answer
        answer = client.post("/v1/statements", content=text, headers=headers)
        assert answer.status_code == 201, answer.text
        assert answer.json()["returned"] == [{"lot": "C-1", "mass_kg": "40", "unit": "kg"}]
        assert answer.json()["certificates"] == [second.digest]
    held = client.get("/v1/holdings", headers=served.token(CID)).json()["holdings"]
    assert {each["lot"]: each["left_kg"] for each in held} == {"C-1": "100", "C-2": "0"}
    report = client.get(f"/v1/certificates/{second.digest}/verification").json()
    assert report["verdict"] == "withdrawn"
    anew, other = undo_of(served, second, tmp_path / "out")
    again = client.post(
        "/v1/statements", content=f"{seal_statement(anew, signer=signer(served))}~{other}~", headers=headers
    )
    assert (again.status_code, again.json()["code"]) == (409, "life.undone")


def test_an_undo_that_says_anything_else_changes_nothing(served: Served, client: TestClient, tmp_path: Path) -> None:
    first, second = made(served, tmp_path / "out")
    headers = served.token(CID) | JWT
    said, back = undo_of(served, second, tmp_path / "out")
    more = Part(mass_kg="41", holding=said.returns[0].holding)
    other = Ended(certificate=first.digest, list=first.record.status.list, index=first.record.status.index)
    foreign = holding_text(runtime().random(32), Holder(owner=ANN, registry=served.registry.did))
    cases: list[tuple[dict[str, Any], list[str], str]] = [
        ({"returns": (more,)}, [back], "life.otherwise"),
        ({"ends": ()}, [back], "life.otherwise"),
        ({"ends": (other,)}, [back], "life.otherwise"),
        ({"uses": (replace(said.uses[0], creator="A" * 43),)}, [back], "life.otherwise"),
        ({"registry": "other.example"}, [back], "life.otherwise"),
        ({}, [], "life.otherwise"),
        ({}, [back, back], "life.otherwise"),
        ({}, [foreign], "life.otherwise"),
        ({"issuance": "A" * 43}, [back], "life.run-unknown"),
        ({"not_logged_after": "2026-01-01T00:00:00Z"}, [back], "life.late"),
    ]
    for change, texts, code in cases:
        jws = seal_statement(replace(said, **change), signer=signer(served))
        answer = client.post("/v1/statements", content="~".join((jws, *texts, "")), headers=headers)
        assert answer.json()["code"] == code, (change, answer.text)
    text = f"{seal_statement(said, signer=signer(served))}~{back}~"
    assert client.post("/v1/statements", content=text, headers=served.token(ANN) | JWT).status_code == 403
    assert client.post("/v1/statements", content=text, headers=served.token(CID, "read") | JWT).status_code == 403
    held = client.get("/v1/holdings", headers=served.token(CID)).json()["holdings"]
    assert {each["lot"]: each["left_kg"] for each in held} == {"C-1": "60", "C-2": "40"}
    assert client.post("/v1/statements", content=text, headers=headers).status_code == 201


@pytest.mark.parametrize("audience", ["public", "customer", "auditor", None])
def test_a_signed_move_brings_the_view_that_its_sender_chose(
    served: Served, client: TestClient, tmp_path: Path, audience: str | None
) -> None:
    _, second = made(served, tmp_path / "out")
    with reading(served.registry.engine) as connection:
        stored = certificates(connection, [second.digest_bytes])[second.digest_bytes]
    use = Use(creator=to_base64url(stored.issuance.digest), holding=kept_holding(tmp_path / "out", second))
    to = holding_text(runtime().random(32), Holder(owner=ANN, registry=served.registry.did))
    move = make_move(use, mass_mg=40_000_000, to=to, now_ms=runtime().now_ms())
    text = f"{seal_statement(move, signer=signer(served))}~{to}~"
    asked = f"?audience={audience}" if audience else ""
    assert client.post(f"/v1/statements{asked}", content=text, headers=served.token(CID) | JWT).status_code == 201
    assert client.post("/v1/statements?audience=all", content=text, headers=served.token(CID) | JWT).status_code == 400
    (taken,) = accept(served.registry, consignee=ANN, lot=None)
    assert certificate_digest_text(taken.lot.certificate or b"") == second.digest
    with reading(served.registry.engine) as connection:
        found = granted(connection, certificate_digest_bytes(second.digest), party=ANN)
    assert found == (audience or "partner")
