"""`GET /v1/certificates`: what a party has issued, page by page, narrowed, and never anybody else's."""

from __future__ import annotations

import re
from itertools import count
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.audit.everything import audit
from ledger.store import schema
from ledger.store.engine import reading, writing
from tests.support.http.server import ANN, BEN, CID, ORIGIN, Served, plant, serve, tables
from tests.support.registries.own_key import signed
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response
    from starlette.testclient import TestClient

NEXT = re.compile(r'<([^>]+)>; rel="next"')


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def issue(client: TestClient, headers: dict[str, str], lot: str, *, by: str = ANN, **output: Any) -> str:  # noqa: ANN401
    """Issue 10 kg and return the certificate's digest."""
    record = written(lot, "10 kg", producer=by, plant=plant(by))
    record["outputs"][0].update(output)
    record["materials"][0]["composition"] = record["outputs"][0]["composition"]
    answer = client.post("/v1/certificates", json=record, headers=headers)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["certificates"][0]["digest"])


def say(client: TestClient, headers: dict[str, str], **statement: str) -> None:
    answer = client.post("/v1/statements", json=statement, headers=headers)
    assert answer.status_code == 201, answer.text


def lots(answer: Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [each["lot"] for each in answer.json()["certificates"]]


def walk(client: TestClient, headers: dict[str, str], query: str = "") -> Iterator[list[str]]:
    """Yield the lots of each page, by the links alone."""
    address = f"/v1/certificates?{query}"
    while address:
        answer = client.get(address, headers=headers)
        yield lots(answer)
        following = NEXT.fullmatch(answer.headers.get("link", ""))
        assert (following is None) == (answer.json()["next"] is None)
        address = following[1].removeprefix(ORIGIN) if following else ""


def test_a_party_lists_what_it_has_issued_and_nobody_else_s(served: Served, client: TestClient) -> None:
    """Hard use 6: `GET /v1/certificates` lists what the caller has issued, and what others issued looks like
    nothing.
    """
    ann, ben = served.token(ANN), served.token(BEN)
    digest = issue(client, ann, "A-1", product="neodymium-oxide")
    issue(client, ben, "B-1", by=BEN)
    (one,) = client.get("/v1/certificates", headers=ann).json()["certificates"]
    report = client.get(f"/v1/certificates/{digest}/verification").json()["certificate"]
    assert one == {
        "digest": digest,
        "id": report["id"],
        "issuer": ANN,
        "lot": "A-1",
        "kind": "oxide",
        "product": "neodymium-oxide",
        "description": "neodymium oxide",
        "amount": "10",
        "unit": "kg",
        "left": "10",
        "offered": "0",
        "shipped": "0",
        "used": "0",
        "issued": one["issued"],
        "state": "current",
        "url": f"{ORIGIN}/c/{digest}",
    }
    unknown, another_s = (client.get(f"/v1/certificates?lot={lot}", headers=ann) for lot in ("NONE", "B-1"))
    assert unknown.json() == another_s.json() == {"certificates": [], "next": None}
    for headers, status in (({}, 401), (served.token(ANN, "issue"), 403)):
        assert client.get("/v1/certificates", headers=headers).status_code == status


def test_a_page_begins_where_the_one_before_ended_whatever_is_issued_meanwhile(
    served: Served, client: TestClient
) -> None:
    """Hard use 6: no certificate is told twice or left out by a cursor while new ones are issued."""
    headers, numbers = served.token(ANN), count(10)
    for _ in range(7):
        issue(client, headers, f"L-{next(numbers)}")
    told = []
    for page in walk(client, headers, "limit=2"):
        told += page
        issue(client, headers, f"L-{next(numbers)}")
    assert told == [f"L-{number}" for number in range(16, 9, -1)], "the newest first, and none of those issued since"
    assert len(list(walk(client, headers, "limit=2"))) == 6


def test_a_list_is_narrowed(served: Served, client: TestClient) -> None:
    """Hard use 6: lot, kind, product, state and time narrow a list, and the link to the next page repeats them."""
    headers = served.token(ANN)
    issue(client, headers, "LOT 7")
    issue(client, headers, "M-1", kind="metal", composition={"Nd": "1"}, description="neodymium metal")
    for lot in ("P-1", "P-2", "P-3"):
        issue(client, headers, lot, product="neodymium-oxide")
    say(client, headers, statement="suspend", lot="P-1", reason="an assay is repeated")
    say(client, headers, statement="suspend", lot="P-2", reason="an assay is repeated")
    say(client, headers, statement="lift", lot="P-2", reason="the assay was right")
    say(client, headers, statement="withdraw", lot="P-3", reason="the assay was wrong")
    issued = client.get("/v1/certificates?lot=LOT%207", headers=headers).json()["certificates"][0]["issued"]
    expected = {
        "lot=lot7": ["LOT 7"],
        "kind=metal": ["M-1"],
        "kind=oxide&product=neodymium-oxide": ["P-3", "P-2", "P-1"],
        "state=suspended": ["P-1"],
        "state=withdrawn": ["P-3"],
        "state=current": ["P-2", "M-1", "LOT 7"],
        "state=superseded": [],
        "product=praseodymium-oxide": [],
        f"issued_from={issued}": ["P-3", "P-2", "P-1", "M-1", "LOT 7"],
        f"issued_before={issued}": [],
        "issued_from=2199-01-01T00:00:00Z": [],
        "issued_before=2199-01-01T00:00:00Z&kind=metal": ["M-1"],
    }
    for query, wanted in expected.items():
        assert lots(client.get(f"/v1/certificates?{query}", headers=headers)) == wanted, query
    link = client.get("/v1/certificates?kind=oxide&limit=1", headers=headers).headers["link"]
    found = parse_qs(urlsplit(NEXT.fullmatch(link)[1]).query)  # type: ignore[index] # it is there
    assert (found["kind"], found["limit"], sorted(found)) == (["oxide"], ["1"], ["cursor", "kind", "limit"])


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=101", "limit=x", "cursor=", "cursor=x", "cursor=1.-1", "cursor=01.0", "state=gone", "kind=soup",
        "product=A", "lot=", "lot=%00", f"lot={'x' * 65}", "issued_from=yesterday", "issued_before=2026-02-30T00:00:00Z",
    ],
)  # fmt: skip
def test_a_filter_that_can_t_be_is_refused(served: Served, client: TestClient, query: str) -> None:
    """Hard use 6: what no certificate can be is told, not answered with an empty list."""
    answer = client.get(f"/v1/certificates?{query}", headers=served.token(ANN))
    assert (answer.status_code, answer.json()["code"]) == (400, "api.parameter"), answer.text
    assert answer.json()["problems"][0]["place"] == query.partition("=")[0]
    assert "^" not in answer.text, "a regular expression was shown"
    assert "Input should" not in answer.text, "words of a library"
    assert client.get("/v1/certificates?cursor=999999999999999999.0", headers=served.token(ANN)).status_code == 200


def test_what_was_signed_at_home_and_what_corrects_it_is_listed(served: Served, client: TestClient) -> None:
    """Hard use 6: the list holds what its issuer signed with its own key, and an audit finds it as it should be."""
    headers = served.token(CID)
    for run in signed(served, ["S-1", "S-2"]):
        assert client.post("/v1/certificates", json=run, headers=headers).status_code == 201
    assert lots(client.get("/v1/certificates", headers=headers)) == ["S-2", "S-1"]
    assert list(audit(served.home, tables=tables(), progress=lambda *_: None).faults) == []


def test_a_correction_stands_beside_what_it_corrects(served: Served, client: TestClient) -> None:
    """Hard use 6: a corrected certificate is listed as superseded, and its correction as current."""
    from ledger.issuing.correct import correct
    from tests.support.worlds.blends import read

    headers = served.token(ANN)
    issue(client, headers, "C-1")
    record = written("C-1", "10 kg", producer=ANN, plant=plant(ANN))
    record["outputs"][0]["description"] = "neodymium oxide, calcined"
    desk = served.app.state.server
    correct(served.registry, read(record), tables=tables(), status=desk.parts.status)
    found = client.get("/v1/certificates?lot=C-1", headers=headers).json()["certificates"]
    assert [(each["description"], each["state"]) for each in found] == [
        ("neodymium oxide, calcined", "current"),
        ("neodymium oxide", "superseded"),
    ]
    assert list(audit(served.home, tables=tables(), progress=lambda *_: None).faults) == []


@pytest.mark.parametrize("column", ["issuer", "lot_normal", "kind", "issued_ms"])
def test_an_audit_finds_a_list_that_was_tampered_with(served: Served, client: TestClient, column: str) -> None:
    """Hard use 6: what the list says of a certificate is audited like everything that follows from the records."""
    issue(client, served.token(ANN), "A-1")
    changed = 1 if column == "issued_ms" else "other"
    with writing(served.registry.engine) as connection:
        connection.execute(schema.ISSUED.update().values({column: changed}))
        connection.commit()
    faults = audit(served.home, tables=tables(), progress=lambda *_: None).faults
    assert {fault.code for fault in faults} <= {"audit.value", "audit.missing", "audit.stray"}
    assert list(faults)


def test_pages_follow_the_primary_key(tmp_path: Path) -> None:
    """Hard use 6: a page is found by an index, not by sorting all that was ever issued."""
    served = serve(tmp_path)
    with reading(served.registry.engine) as connection:
        asked = "EXPLAIN QUERY PLAN SELECT certificate FROM issued WHERE issuer = 'x' ORDER BY entry DESC, output DESC"
        plan = " ".join(str(row[-1]) for row in connection.exec_driver_sql(asked))
    assert "PRIMARY KEY" in plan
    assert "TEMP B-TREE" not in plan
