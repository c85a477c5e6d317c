"""Papers over HTTP: made of what the caller may see, refused where that is too little, verified again from the PDF."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
from pypdf import PdfReader

from ledger.files.attached import attached_record
from ledger.store.engine import writing
from ledger.store.parties import parties
from ledger.store.reading import certificates_logged
from ledger.store.writing import grant
from schemas.identifier import MOST_INDEX
from schemas.sentences import NOT_PROVEN
from tests.support.browser.pictures import pdf_with
from tests.support.registries.magnets import magnet_served

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from tests.support.http.server import Served

MAKER = "did:web:magnet-a.example"
PDF = {"content-type": "application/pdf"}

pytestmark = pytest.mark.usefixtures("forked_readers")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Served, str]:
    return magnet_served(tmp_path_factory.mktemp("magnet"), country="JP")


@pytest.fixture
def served(world: tuple[Served, str]) -> Served:
    return world[0]


@pytest.fixture
def path(world: tuple[Served, str]) -> str:
    return f"/v1/certificates/{world[1]}"


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def text_of(content: bytes) -> str:
    return " ".join(page.extract_text() for page in PdfReader(io.BytesIO(content)).pages)


def shared(served: Served, client: TestClient, audience: str) -> dict[str, str]:
    """Return the header that a private link to the magnet gives."""
    wanted = {"lot": "MG-88", "recipient": "Example Motors", "audience": audience}
    made = client.post("/v1/shares", json=wanted, headers=served.token(MAKER, "move"))
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['link'].partition('#key=')[2]}"}


def test_everybody_gets_the_certificate_with_the_public_record_inside(client: TestClient, path: str) -> None:
    answer = client.get(f"{path}/certificate.pdf", params={"date": "2026-11-29"})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/pdf")
    assert answer.headers["content-disposition"].endswith('-certificate.pdf"')
    told = text_of(answer.content)
    assert "29 Nov 2026" in told
    assert "This paper is not a verification." in told
    assert "The part of the chain that is not shown." in told
    record = attached_record(answer.content)
    assert record.startswith(b'{"t":"bundle/1","audience":"public"')
    again = [client.get(f"{path}/certificate.pdf", params={"date": "2026-11-29"}).content for _ in range(2)]
    assert again[0] in (
        answer.content,
        again[1],
    )  # the registry's word is of a minute, which ends at most once meanwhile


def test_a_private_link_gets_what_it_shows_and_the_answer_is_not_stored(
    served: Served, client: TestClient, path: str
) -> None:
    key = shared(served, client, "auditor")
    public, private = client.get(f"{path}/figures.csv"), client.get(f"{path}/figures.csv", headers=key)
    assert "\nline," not in public.text
    assert "\nline," in private.text
    assert private.headers["cache-control"] == "no-store"
    paper = client.get(f"{path}/certificate.pdf", headers=key)
    assert attached_record(paper.content) == client.get(f"{path}/bundle", headers=key).content
    wrong = client.get(f"{path}/certificate.pdf", headers={"Authorization": "Bearer orev_nothing"})
    assert wrong.status_code == 401


def test_a_chain_that_is_too_long_for_a_pdf_has_its_figures(
    client: TestClient, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = client.get(f"{path}/figures.csv").content
    monkeypatch.setattr("api.routes.papers.MOST_RECORD_BYTES", 1000)
    monkeypatch.setattr("ledger.papers.figures.PIECE", 100)
    assert client.get(f"{path}/certificate.pdf").json()["problems"][0]["code"] == "paper.record-size"
    found = client.get(f"{path}/figures.csv")
    assert (found.status_code, found.content) == (200, whole)
    assert "content-length" not in found.headers, "it comes piece by piece"


def test_the_crma_table_is_made_of_a_magnet_and_says_declared_to_strangers(client: TestClient, path: str) -> None:
    told = text_of(client.get(f"{path}/crma.pdf").content)
    assert "Article 29: recycled share by element" in told
    shares = told.partition("Article 29: recycled share")[2].partition("What is proven")[0]
    assert "none shown" in shares
    assert "followed lot by lot" not in shares


def granted_to_all(served: Served) -> None:
    """Let every supplier grant its whole certificates to everybody downstream."""
    with writing(served.registry.engine) as connection:
        for digest, _ in certificates_logged(connection, 0, MOST_INDEX):
            for party in parties(connection):
                grant(connection, digest, party=party.issuer.did, audience="auditor")
        connection.commit()


def test_a_statement_of_origin_carries_the_delivery_of_who_asks(tmp_path: Path) -> None:
    served, digest = magnet_served(tmp_path, country="JP")
    granted_to_all(served)
    asked = {"contract": "W15QKN-27-C-0001", "part": "MG 88", "consignee": "Example Motors", "delivery": "2027-01-15"}
    with served.client() as client:
        key, path = shared(served, client, "auditor"), f"/v1/certificates/{digest}/dfars.pdf"
        told = text_of(client.get(path, params=asked, headers=key).content)
        early = text_of(client.get(path, params={"date": "2026-12-31"}, headers=key).content)
        for each in ("W15QKN-27-C-0001", "MG 88", "Example Motors", "15 Jan 2027", "covers the whole chain"):
            assert each in told
        assert "____" in told
        assert "covers only what is melted or produced" in " ".join(early.split())
        for wrong, place in (({"delivery": "soon"}, "delivery"), ({"part": "a\u202eb"}, "part")):
            refused = client.get(path, params=wrong, headers=key)
            assert (refused.status_code, refused.json()["problems"][0]["place"]) == (422, place)


def test_a_path_that_the_caller_may_not_see_makes_no_statement(client: TestClient, path: str) -> None:
    refused = client.get(f"{path}/dfars.pdf")
    assert (refused.status_code, refused.json()["code"]) == (409, "paper.chain")
    assert "Ask Example Magnet A" in refused.json()["detail"]


def test_no_paper_about_magnets_is_made_of_oxide(served: Served, client: TestClient) -> None:
    listed = client.get("/v1/certificates", headers=served.token("did:web:separation-a.example"))
    digest = next(each["digest"] for each in listed.json()["certificates"] if each["lot"] == "OX-17")
    for paper in ("crma.pdf", "dfars.pdf"):
        refused = client.get(f"/v1/certificates/{digest}/{paper}")
        assert (refused.status_code, refused.json()["code"]) == (409, "paper.not-magnet")
    assert client.get(f"/v1/certificates/{digest}/certificate.pdf").status_code == 200


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"lang": "tlh"}, 422, "paper.language"),
        ({"date": "29.11.2026"}, 422, "quantity.day"),
        ({"date": "2026-02-30"}, 422, "quantity.day"),
    ],
)
def test_a_wrong_wish_is_refused(client: TestClient, path: str, asked: dict[str, str], status: int, code: str) -> None:
    refused = client.get(f"{path}/certificate.pdf", params=asked)
    assert refused.status_code == status
    assert refused.json()["code"] == code


def test_a_record_that_is_not_here_has_no_paper(client: TestClient) -> None:
    nowhere = f"/v1/certificates/zQm{'1' * 44}/certificate.pdf"
    assert client.get(nowhere).status_code == 404


def test_the_language_is_the_one_asked_for(client: TestClient, path: str) -> None:
    for asked in (
        client.get(f"{path}/certificate.pdf", params={"lang": "zh-Hans"}),
        client.get(f"{path}/certificate.pdf", headers={"accept-language": "zh-CN"}),
    ):
        assert asked.headers["content-language"] == "zh-Hans"
        assert "本文件不是验证结果" in text_of(asked.content).replace("\n", "")


def test_a_pdf_is_verified_by_the_record_in_it_and_the_print_is_said_to_be_unread(
    served: Served, client: TestClient, path: str
) -> None:
    key = shared(served, client, "auditor")
    paper = client.get(f"{path}/certificate.pdf", headers=key).content
    found: dict[str, Any] = client.post("/v1/verify", content=paper, headers=PDF).json()
    bundle = client.get(f"{path}/bundle", headers=key)
    alone: dict[str, Any] = client.post(
        "/v1/verify", content=bundle.content, headers={"content-type": bundle.headers["content-type"]}
    ).json()
    assert found["verdict"] == alone["verdict"] == "genuine"
    assert found["not_proven"] == [NOT_PROVEN["the-print"], *alone["not_proven"]]
    refused = client.post("/v1/verify", content=b"%PDF-1.7 nothing", headers=PDF)
    assert (refused.status_code, refused.json()["code"]) == (422, "pdf.form")


def test_a_pdf_dropped_on_the_page_is_judged_there(client: TestClient, path: str) -> None:
    paper = client.get(f"{path}/certificate.pdf").content
    page = client.post("/check", files={"file": ("MG-88.pdf", paper, "application/pdf")})
    assert page.status_code == 200
    assert 'data-verdict="genuine"' in page.text
    assert "Only the record attached to it was verified." in page.text
    refused = client.post("/check", files={"file": ("scan.pdf", b"%PDF-1.7 nothing", "application/pdf")})
    assert refused.status_code == 400
    assert "This PDF is damaged" in refused.text


def test_a_pdf_whose_bundle_has_no_head_of_the_log_is_judged_there(client: TestClient, path: str) -> None:
    bundle = client.get(f"{path}/bundle").content
    lines = [line for line in bundle.splitlines(keepends=True) if not line.startswith(b'{"t":"head"')]
    damaged = pdf_with({"MG-88.oreprint": b"".join(lines)})
    page = client.post("/check", files={"file": ("MG-88.pdf", damaged, "application/pdf")})
    assert page.status_code == 200
    assert 'data-verdict="do-not-rely"' in page.text


def test_a_record_that_the_page_took_out_of_a_pdf_is_said_to_be_alone_verified(client: TestClient, path: str) -> None:
    bundle = client.get(f"{path}/bundle").content
    for fields, printed in (({}, False), ({"printed": "yes"}, True)):
        page = client.post("/check", files={"file": ("MG-88.oreprint", bundle)}, data=fields)
        assert ("Only the record attached to it was verified." in page.text) is printed


def test_the_page_offers_the_papers_and_says_why_there_is_no_statement(client: TestClient, path: str) -> None:
    page = client.get(path.replace("/v1/certificates/", "/c/")).text
    for name in ("certificate.pdf", "crma.pdf", "figures.csv"):
        assert f'href="{path}/{name}?lang=en"' in page
    assert f'href="{path}/dfars.pdf' not in page
    assert "is not shown whole, so its path of origin is not shown" in page


def test_a_withdrawn_lot_has_no_papers(tmp_path: Path) -> None:
    served, digest = magnet_served(tmp_path, country="CN")
    with served.client() as client:
        said = {"statement": "withdraw", "lot": "MG-88", "reason": "wrong assay"}
        done = client.post("/v1/statements", json=said, headers=served.token(MAKER))
        assert done.status_code in {200, 201}, done.text
        for name in ("certificate.pdf", "crma.pdf", "dfars.pdf", "figures.csv"):
            refused = client.get(f"/v1/certificates/{digest}/{name}")
            assert (refused.status_code, refused.json()["code"]) == (409, "paper.withdrawn")
        page = client.get(f"/c/{digest}").text
        assert "certificate.pdf" not in page
        assert "withdrew lot <bdi>MG-88</bdi>" in page
