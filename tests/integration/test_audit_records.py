"""Records of auditors at a registry: logged as signed, shown with leaf and path, and calmly refused where wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.holdings.mark import audit_digest
from ledger.log.audit_tree import verify_path
from ledger.log.entry import Entry, EntryKind, blinded
from ledger.seal.audit import open_audit
from ledger.seal.digest import certificate_digest_text, digest_bytes, from_base64url
from ledger.store.engine import reading
from schemas.audit import AuditState
from schemas.bundle import AuditLine, read_line
from schemas.document import replace
from schemas.sent_audit import SentAudit
from tests.support.http.server import ANN, Served, plant, serve
from tests.support.registries.auditing import (
    EVA,
    FAY,
    GUS,
    leaf_about,
    leaves_of,
    record_by_hand,
    written,
)
from tests.support.worlds import blends

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

MEDIA = "application/vnd.oreprint.audit"


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    """A registry with two auditors, and a third who is a party and no auditor."""
    more = written(EVA, FAY, GUS)
    return serve(tmp_path, database, **{**more, "auditors": {"least": 1, "parties": [EVA, FAY]}})


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def issued(served: Served, client: TestClient, lot: str) -> str:
    body = blends.written(lot, "10 kg", producer=ANN, plant=plant(ANN))
    answer = client.post("/v1/certificates", json=body, headers=served.token(ANN))
    assert answer.status_code == 201, answer.text
    digest: str = answer.json()["certificates"][0]["digest"]
    return digest


def sent(served: Served, client: TestClient, body: bytes, tenant: str = EVA, media: str = MEDIA) -> Response:
    headers = {**served.token(tenant, "audit"), "content-type": media}
    return client.post("/v1/audit/records", content=body, headers=headers)


def shown(client: TestClient, digest: str) -> list[AuditLine]:
    """Return what a public bundle shows of auditors."""
    answer = client.get(f"/v1/certificates/{digest}/bundle")
    assert answer.status_code == 200
    lines = [read_line(line, "") for line in answer.content.splitlines(keepends=True)]
    return [line for line in lines if isinstance(line, AuditLine)]


def test_a_record_is_logged_as_signed_and_shown_with_leaf_and_path(served: Served, client: TestClient) -> None:
    digests = [issued(served, client, lot) for lot in ("A-1", "A-2")]
    made = record_by_hand(served.registry, EVA, leaves_of(served.registry))
    answer = sent(served, client, made.to_bytes())
    assert (answer.status_code, answer.json()["number"]) == (201, 1), answer.text
    for digest in digests:
        (line,) = shown(client, digest)
        assert line.audit == made.text
        entry = Entry.parse(from_base64url(line.proof.entry))
        assert (entry.kind, entry.digest) == (EntryKind.RECORD, blinded(audit_digest(made.text)))
        assert (entry.marks, entry.bits) == ((), ())
        (leaf,) = line.leaves
        assert from_base64url(leaf.leaf) == leaf_about(made, digest)
        record = open_audit(line.audit).record
        path = [digest_bytes(each) for each in leaf.path]
        root = digest_bytes(record.root)
        verify_path(path, depth=record.depth, root=root, index=leaf.index, leaf=from_base64url(leaf.leaf))
    again = sent(served, client, made.to_bytes())
    assert (again.status_code, again.content) == (201, answer.content), "the same bytes get the same answer"


def test_the_newest_record_counts_also_where_it_leaves_a_certificate_out(served: Served, client: TestClient) -> None:
    digest = issued(served, client, "A-1")
    leaves = leaves_of(served.registry)
    for number, these in ((1, leaves), (2, []), (3, leaves)):
        made = record_by_hand(served.registry, EVA, these, number)
        assert sent(served, client, made.to_bytes()).status_code == 201
        (line,) = shown(client, digest)
        assert open_audit(line.audit).record.number == number
        assert len(line.leaves) == len(these)
    other = record_by_hand(served.registry, FAY, leaves_of(served.registry, AuditState.REFUSED))
    assert sent(served, client, other.to_bytes(), FAY).status_code == 201
    assert [open_audit(line.audit).record.auditor for line in shown(client, digest)] == [EVA, FAY]


def test_the_report_of_the_page_is_made_anew_after_a_record(served: Served, client: TestClient) -> None:
    digest = issued(served, client, "A-1")
    before = client.get(f"/v1/certificates/{digest}/verification").json()
    made = record_by_hand(served.registry, EVA, leaves_of(served.registry))
    assert sent(served, client, made.to_bytes()).status_code == 201
    after = client.get(f"/v1/certificates/{digest}/verification").json()
    assert before["verdict"] == after["verdict"] == "genuine"
    assert after["log_size"] == before["log_size"] + 1


# -- what is refused ---------------------------------------------------------------------------------------------------


def test_each_wrong_record_is_refused_by_its_own_code(served: Served, client: TestClient) -> None:
    digest = issued(served, client, "A-1")
    registry, leaves = served.registry, leaves_of(served.registry)
    first = record_by_hand(registry, EVA, leaves, 5)
    assert sent(served, client, first.to_bytes()).status_code == 201
    right = record_by_hand(registry, EVA, leaves, 6)
    forged = SentAudit(f"{right.text[:-4]}AAAA", right.leaves, right.fill)
    early, refused = "2026-01-01T00:00:00Z", leaves_of(registry, AuditState.REFUSED)

    def by_hand(auditor: str = EVA, number: int = 6, these: list[bytes] = leaves, **change: object) -> bytes:
        return record_by_hand(registry, auditor, these, number, **change).to_bytes()

    cases = {
        "of another registry": (by_hand(registry="other.example"), EVA, "audit.registry"),
        "sent for another": (right.to_bytes(), FAY, "api.tenant"),
        "by no auditor": (by_hand(GUS), GUS, "audit.not-named"),
        "of the number before": (by_hand(number=5, these=[]), EVA, "audit.number"),
        "of a smaller number": (by_hand(number=4), EVA, "audit.number"),
        "forged": (forged.to_bytes(), EVA, "seal.signature"),
        "with a leaf less": (SentAudit(right.text, (), right.fill).to_bytes(), EVA, "audit.tree"),
        "with another leaf": (SentAudit(right.text, tuple(refused), right.fill).to_bytes(), EVA, "audit.tree"),
        "with two leaves of one": (by_hand(these=[*leaves, *refused]), EVA, "audit.leaf-twice"),
        "of last year": (by_hand(made=early), EVA, "audit.not-now"),
        "that is over": (by_hand(not_logged_after=early), EVA, "life.late"),
        "cut off": (right.to_bytes()[:-1], EVA, "audit.sent"),
        "empty": (b"", EVA, "audit.sent"),
        "no record": (b"x\n\n", EVA, "seal.jws-form"),
        "cut off after its text": (b"x\n", EVA, "audit.sent"),
        "with endless texts": (b"x\n" + b"A\n" * 20_001 + b"\n", EVA, "audit.sent"),
        "with a text that is too long": (b"x\n" + b"A" * 20_000 + b"\n\n", EVA, "audit.sent"),
        "with a text of no leaf": (right._replace(insides=("AAAA",)).to_bytes(), EVA, "audit.inside"),
        "not ASCII": ("é\n".encode(), EVA, "audit.sent"),
    }
    size = client.get(f"/v1/certificates/{digest}/verification").json()["log_size"]
    for name, (body, tenant, code) in cases.items():
        answer = sent(served, client, body, tenant)
        assert 400 <= answer.status_code < 500, (name, answer.text)
        assert answer.json()["code"] == code, (name, answer.text)
    assert client.get(f"/v1/certificates/{digest}/verification").json()["log_size"] == size, "nothing was logged"
    assert sent(served, client, right.to_bytes()).status_code == 201


def test_a_head_that_this_registry_never_signed_or_that_goes_back_is_refused(
    served: Served, client: TestClient
) -> None:
    issued(served, client, "A-1")
    registry = served.registry
    before = open_audit(record_by_hand(registry, EVA, []).text).record.head
    issued(served, client, "A-2")
    now = open_audit(record_by_hand(registry, EVA, []).text).record.head
    assert sent(served, client, record_by_hand(registry, EVA, [], 1).to_bytes()).status_code == 201
    for head, code in (
        (before, "audit.head-back"),
        (replace(now, root=before.root), "audit.head"),
        (replace(now, size=now.size + 100), "audit.head"),
        (replace(now, origin="other.example/log"), "audit.head"),
    ):
        answer = sent(served, client, record_by_hand(registry, EVA, [], 2, head=head).to_bytes())
        assert (answer.json()["code"], 400 <= answer.status_code < 500) == (code, True)


@pytest.mark.parametrize("scope", [None, "read", "issue", "admin"])
def test_nobody_without_the_scope_sends_a_record(served: Served, client: TestClient, scope: str | None) -> None:
    body = record_by_hand(served.registry, EVA, []).to_bytes()
    headers = {} if scope is None else served.token(EVA, scope)  # type: ignore[arg-type]
    answer = client.post("/v1/audit/records", content=body, headers={**headers, "content-type": MEDIA})
    assert answer.json()["code"] == ("api.token" if scope is None else "api.scope")


def test_the_same_key_gets_the_first_answer(served: Served, client: TestClient) -> None:
    headers = {**served.token(EVA, "audit"), "content-type": MEDIA, "Idempotency-Key": "once"}
    first = record_by_hand(served.registry, EVA, []).to_bytes()
    answer, again = (client.post("/v1/audit/records", content=first, headers=headers) for _ in range(2))
    assert (answer.status_code, again.content) == (201, answer.content)
    reused = client.post("/v1/audit/records", content=first + b" ", headers=headers)
    assert reused.json()["code"] == "api.key-reused"


def test_a_body_that_is_too_long_or_of_another_type_is_refused(served: Served, client: TestClient) -> None:
    body = record_by_hand(served.registry, EVA, []).to_bytes()
    assert sent(served, client, body, media="application/json").json()["code"] == "api.content-type"
    headers = {**served.token(EVA, "audit"), "content-type": MEDIA, "content-length": str(1 << 40)}
    answer = client.post("/v1/audit/records", content=b"x", headers=headers)
    assert answer.json()["code"] == "api.body-size"


# -- what lies inside leaves ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{}",
        b"[]",
        b"\xff\xfe",
        b'{"certificate": "zQm", "holding": "A"}',
        b'{"certificate": 1, "holding": null}',
        b"[" * 100_000,
        b'{"certificate": "' + b"z" * 2_000_000 + b'"}',
    ],
    ids=["empty", "no member", "an array", "not text", "too short", "other types", "deep", "oversized"],
)
def test_a_question_that_is_none_is_refused_calmly(client: TestClient, body: bytes) -> None:
    answer = client.post("/v1/audit/inside", content=body, headers={"content-type": "application/json"})
    assert 400 <= answer.status_code < 500, answer.text
    assert set(answer.json()) >= {"code", "title"}


def test_nobody_learns_what_lies_inside_by_guessing(served: Served, client: TestClient) -> None:
    digest, other = issued(served, client, "A-1"), issued(served, client, "A-2")
    with reading(served.registry.engine) as connection:
        holdings = connection.exec_driver_sql("SELECT text FROM holdings ORDER BY mass_mg").scalars().all()
    for certificate, holding in (
        *((digest, holding) for holding in holdings),  # right, but no auditor said anything
        (other, "A" * 100),
        (certificate_digest_text(bytes(32)), holdings[0]),
    ):
        answer = client.post("/v1/audit/inside", json={"certificate": certificate, "holding": holding})
        assert (answer.status_code, answer.json()["code"]) == (404, "api.not-found"), "the same in every case"
