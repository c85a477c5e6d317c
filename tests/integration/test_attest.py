"""Attestations from the attestor to the report: by a key that the registry keeps, and by one of the attestor's own."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Final

import pytest

from cli.files import keep, kept
from ledger.admin.init import first_kid, key_name, make_key, status_signer
from ledger.audit.everything import audit
from ledger.changes.attest import AttestationContext, attest, attestation_of, post_attestation
from ledger.client.attest import AttestingClient, attest_at
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.folder import Home
from ledger.registry.lists import publish_status
from ledger.remote.client import RemoteServer
from ledger.seal.attestation import open_attestation, seal_attestation
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.presentation import present
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading, writing
from ledger.store.reading import certificate as stored_certificate
from ledger.store.writing import grant
from ledger.transfers.ship import Dispatch, accept, ship
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.certificate import Issuer
from schemas.document import replace
from schemas.door import validated
from schemas.name import Name
from schemas.problem import RefusedError, StateError
from schemas.requests import AttestationRequest
from schemas.sentences import NOT_COUNTED
from schemas.trust import TrustFile
from tests.support.http.server import ALL, ANN, BEN, CID, PASSPHRASE, Served, plant, runtime, serve, tables
from tests.support.worlds.blends import blend, read, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from ledger.seal.signer import SoftwareSigner
    from schemas.report import Report
    from schemas.vocabulary import Audience

DOT, EVE = "did:web:dot.example", "did:web:eve.example"
"""Dot leaves its key with the registry, Eve keeps its own."""
KG: Final = 10**6
FIGURE: Final[dict[str, Any]] = {
    "scopes": ["figure"],
    "level": "limited",
    "criteria": ["ISO 14064-3:2019", "ISO 14067:2018"],
}


def attestors(own: SoftwareSigner) -> list[dict[str, Any]]:
    return [
        {
            "did": DOT,
            "names": [{"lang": "en", "text": "Dot"}],
            "scopes": ["closed-branch", "figure"],
            "accreditation": "an invented body, No. 1",
        },
        {
            "did": EVE,
            "names": [{"lang": "en", "text": "Eve"}],
            "scopes": ["closed-branch", "composition", "figure", "mass-balance"],
            "public": to_base64url(own.public),
        },
    ]


class Shop:
    """Ann's lot A-1, of which Ben made B-2, in a registry that knows two attestors."""

    def __init__(self, folder: Path) -> None:
        self.eve = make_key(Home(folder / "eve"), EVE, runtime(), passphrase=PASSPHRASE)
        self.served: Served = serve(folder, attestors=attestors(self.eve))
        self.registry = self.served.registry
        (first,) = issue(self.registry, [blend("A-1", "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
        ship(self.registry, Dispatch("A-1", ANN, BEN, 4 * KG))
        accept(self.registry, consignee=BEN)
        (second,) = issue(
            self.registry,
            [blend("B-2", "4 kg", producer=BEN, plant=plant(BEN), inputs={"A-1": "4 kg"})],
            tables=tables(),
        )
        assert isinstance(first, IssuedRun)
        assert isinstance(second, IssuedRun)
        self.upstream, self.digest = first.certificates[0].digest, second.certificates[0].digest
        publish_status(self.registry, signer=self.status)

    @property
    def status(self) -> SoftwareSigner:
        return status_signer(self.served.home, self.registry.did, passphrase=PASSPHRASE)

    def of(self, digest: str | None = None) -> Any:  # noqa: ANN401 - the record of a certificate
        with self.served.client() as client:
            return open_certificate(client.get(f"/v1/certificates/{digest or self.digest}").text).record

    def shown(self, digest: str | None = None, audience: Audience = "auditor") -> str:
        """Return a certificate's text as an audience is shown it."""
        with reading(self.registry.engine) as connection:
            text = stored_certificate(connection, certificate_digest_bytes(digest or self.digest)).text
        return present(text, show=audience).text

    def wanted(self, digest: str) -> dict[str, Any]:
        """Return what Dot asks for, who was shown all."""
        return {"certificate": digest, **FIGURE, "shown": self.shown(digest)}

    def signed(
        self,
        client: TestClient,
        *,
        by: SoftwareSigner | None = None,
        said: dict[str, Any] | None = None,
        **change: object,
    ) -> str:
        """Return what Eve signs itself at a place that is kept for it; `change` is what it says otherwise than was
        `said`.
        """
        (place,) = client.post("/v1/status-entries", json={"count": 1}, headers=self.served.token(EVE)).json()[
            "entries"
        ]
        asked = {"certificate": self.digest, **(said or {"scopes": ["composition"], "criteria": ["XRF"]})}
        wanted = validated(AttestationRequest, asked)
        where = AttestationContext(
            Issuer(did=EVE, names=(Name(lang="en", text="Eve"),)),
            self.registry.did,
            runtime().now_ms(),
            (place["list"], place["index"]),
            runtime().random(16),
        )
        record = replace(attestation_of(wanted, self.of(wanted.certificate), where), **change)
        return seal_attestation(record, signer=by or self.eve)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


@pytest.fixture
def client(shop: Shop) -> Iterator[TestClient]:
    with shop.served.client() as client:
        yield client


def verification(client: TestClient, digest: str) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/certificates/{digest}/verification").json()
    return found


def judged(shop: Shop, bundle: bytes) -> Report:
    note = TrustFile.from_text(shop.served.home.trust.read_bytes().rstrip(b"\n")).note
    lines = bundle.splitlines(keepends=True)
    policy = Policy(runtime().now_ms())
    return report(verify_bundle(lines, trust=open_trust(note), tables=tables(), policy=policy))


def test_what_the_registry_signs_for_an_attestor_is_logged_once_and_told_until_it_is_withdrawn(
    shop: Shop, client: TestClient
) -> None:
    assert verification(client, shop.digest)["attestations"] == []
    body = {"certificate": shop.digest, "of": "run", **FIGURE, "shown": shop.shown()}
    headers = shop.served.token(DOT) | {"Idempotency-Key": "once"}
    answer = client.post("/v1/attestations", json=body, headers=headers)
    assert answer.status_code == 201, answer.text
    assert client.post("/v1/attestations", json=body, headers=headers).json() == answer.json()
    anew = client.post("/v1/attestations", json=body, headers=shop.served.token(DOT))
    assert (anew.status_code, anew.json()["code"]) == (409, "attest.already")
    digest = answer.json()["digest"]
    assert open_attestation(answer.json()["attestation"]).digest == digest
    found = verification(client, shop.digest)  # what was kept of before isn't told any more
    (told,) = found["attestations"]
    assert (told["digest"], told["attestor_name"], told["attestor_key"]) == (digest, "Dot", "custodial")
    assert (told["counted"], told["lots"], told["accreditation"]) == (False, ["B-2"], "an invented body, No. 1")
    assert (found["verdict"], told["reason"]) == ("genuine", "kept")
    assert "<bdi>Dot</bdi>" in (page := client.get(f"/c/{shop.digest}").text)
    assert "Not third-party assured" in page
    ends = {"statement": "withdraw", "lot": digest, "reason": "found wrong"}
    stranger = client.post("/v1/statements", json=ends, headers=shop.served.token(BEN))
    assert stranger.json()["code"] == "life.not-issuer"
    assert client.post("/v1/statements", json=ends, headers=shop.served.token(DOT)).status_code == 201
    (told,) = (found := verification(client, shop.digest))["attestations"]
    assert (found["verdict"], told["counted"], told["reason"]) == ("genuine", False, "kept")
    again = client.post("/v1/attestations", json=body, headers=shop.served.token(DOT))
    assert again.status_code == 201  # after a withdrawal there is room for another word
    assert audit(shop.served.home, tables=tables(), progress=lambda *_: None).faults == ()


def test_a_bundle_carries_what_is_attested_of_all_that_it_shows_and_verifies_without_a_server(
    shop: Shop, client: TestClient
) -> None:
    said = {"certificate": shop.upstream, **FIGURE}
    made = post_attestation(shop.registry, shop.signed(client, said=said), shown=shop.shown(shop.upstream))
    headers = shop.served.token(BEN)
    whole = client.get(f"/v1/certificates/{shop.digest}/bundle", headers=headers).content
    found = judged(shop, whole)
    assert found.verdict == "genuine"
    assert [(each.digest, each.lots, each.counted) for each in found.attestations] == [(made.digest, ("A-1",), True)]
    assert b'"t":"attestation"' not in client.get(f"/v1/certificates/{shop.digest}/bundle").content


BRANCH: Final[dict[str, Any]] = {**FIGURE, "scopes": ["closed-branch"], "branches": [{"input": 0, "certificates": 1}]}


def test_a_closed_branch_changes_the_headline_of_the_public_and_nothing_else(shop: Shop, client: TestClient) -> None:
    before = verification(client, shop.digest)
    post_attestation(shop.registry, shop.signed(client, said=BRANCH), shown=shop.shown())
    found = verification(client, shop.digest)
    assert found["headline"].startswith("Genuine record.")
    assert "Eve examined 1 of them. For these, you rely on Eve." in found["headline"]
    assert found["closed_branches"] == {"inputs": 1, "attestors": ["Eve"], "whole": False}  # the run is withheld, too
    assert (found["chain"], found["mass"]) == (before["chain"], before["mass"])


def test_an_attestor_whose_key_the_registry_keeps_changes_no_headline(shop: Shop, client: TestClient) -> None:
    """Hard use 22: the registry signs in the name of an attestor whose key it keeps, so its word is told and counts
    for nothing.
    """
    before, page = verification(client, shop.digest), client.get(f"/c/{shop.digest}").text
    said = {"certificate": shop.digest, **BRANCH, "scopes": ["figure", "closed-branch"], "shown": shop.shown()}
    assert client.post("/v1/attestations", json=said, headers=shop.served.token(DOT)).status_code == 201
    found = verification(client, shop.digest)
    assert (found["headline"], found.get("closed_branches")) == (before["headline"], None)
    (told,) = found["attestations"]
    assert (told["counted"], told["reason"], told["attestor_key"]) == (False, "kept", "custodial")
    (warning,) = [check for check in found["checks"] if check["code"] == "attestations.independent"]
    assert (warning["result"], NOT_COUNTED["kept"] in warning["sentence"]) == ("warning", True)
    now = client.get(f"/c/{shop.digest}").text
    assert ("Not third-party assured" in page) is ("Not third-party assured" in now) is True


UNSEEN: Final[dict[str, tuple[dict[str, Any], Audience | None, str]]] = {
    "a figure, of nothing": (FIGURE, None, "the run"),
    "a figure, of the public view": (FIGURE, "public", "the run"),
    "a figure, without the lines": (FIGURE, "partner", "all inputs, lines and outputs of the run"),
    "a mass balance, without sources": (
        {**FIGURE, "scopes": ["mass-balance"]},
        "customer",
        "all inputs, lines and outputs of the run",
    ),
    "a closed branch, of the public view": (BRANCH, "public", "the run"),
    "a closed branch, without its source": (BRANCH, "customer", "where input 0 of the run comes from"),
}


@pytest.mark.parametrize("what", UNSEEN)
def test_nobody_attests_a_run_that_it_was_not_shown(shop: Shop, client: TestClient, what: str) -> None:
    """Hard use 22: figures, balances and closed branches take the run; who was not shown it is refused, and nothing
    is logged.
    """
    said, audience, lacking = UNSEEN[what]
    shown = {} if audience is None else {"shown": shop.shown(audience=audience)}
    signed, head = shop.signed(client, said=said), client.get("/checkpoint").text
    own = [client.post("/v1/attestations", json={"attestation": signed, **shown}, headers=shop.served.token(EVE))]
    if audience is None:
        jwt = shop.served.token(EVE) | {"content-type": "application/jwt"}
        own.append(client.post("/v1/attestations", content=signed, headers=jwt))
    if said["scopes"] != ["mass-balance"]:
        body = {"certificate": shop.digest, **said, **shown}
        own.append(client.post("/v1/attestations", json=body, headers=shop.served.token(DOT)))
    for answer in own:
        assert (answer.status_code, answer.json()["code"]) == (409, "attest.unseen"), answer.text
        assert f"you were not shown {lacking}" in answer.json()["detail"]
    assert client.get("/checkpoint").text == head


@pytest.mark.parametrize(
    ("scopes", "audience"), [("figure", "auditor"), ("mass-balance", "auditor"), ("closed-branch", "partner")]
)
def test_who_was_shown_enough_attests(shop: Shop, client: TestClient, scopes: str, audience: Audience) -> None:
    said = {**(BRANCH if scopes == "closed-branch" else FIGURE), "scopes": [scopes]}
    body = {"attestation": shop.signed(client, said=said), "shown": shop.shown(audience=audience)}
    first, second = (client.post("/v1/attestations", json=body, headers=shop.served.token(EVE)) for _ in range(2))
    assert (first.status_code, second.json()) == (201, first.json()), first.text


def test_what_the_registry_lets_an_attestor_see_needs_not_be_sent(shop: Shop, client: TestClient) -> None:
    with writing(shop.registry.engine) as connection:
        grant(connection, certificate_digest_bytes(shop.digest), party=EVE, audience="auditor")
        connection.commit()
    body = {"attestation": shop.signed(client, said=FIGURE)}
    assert client.post("/v1/attestations", json=body, headers=shop.served.token(EVE)).status_code == 201


def test_what_was_shown_of_another_certificate_does_not_help(shop: Shop, client: TestClient) -> None:
    body = {"certificate": shop.digest, **FIGURE, "shown": shop.shown(shop.upstream)}
    answer = client.post("/v1/attestations", json=body, headers=shop.served.token(DOT))
    assert (answer.status_code, answer.json()["code"]) == (422, "attest.shown-other")


def test_an_attestation_of_a_run_gives_no_other_certificate_of_it_away(shop: Shop, client: TestClient) -> None:
    record = written("A-3", "10 kg", producer=ANN, plant=plant(ANN))
    (one,) = record["outputs"]
    record["outputs"] = [
        {**one, "mass": "6 kg", "price": "50 USD/kg"},
        {**one, "lot": "A-4", "mass": "4 kg", "price": "50 USD/kg"},
    ]
    prices = {"period": {"start": "2022-01-01", "end": "2024-12-31"}, "currency": "USD", "source": "invented"}
    record["allocation"]["prices"] = prices
    (made,) = issue(shop.registry, [read(record)], tables=tables())
    assert isinstance(made, IssuedRun)
    first, second = (each.digest for each in made.certificates)
    headers = shop.served.token(DOT)
    for digest in (first, second):
        assert first not in client.get(f"/v1/certificates/{second}/bundle").text
        body = {"certificate": digest, "of": "run", **FIGURE, "shown": shop.shown(digest)}
        assert client.post("/v1/attestations", json=body, headers=headers).status_code == 201
        assert len(verification(client, digest)["attestations"]) == 1
    alone = {"certificate": first, **FIGURE, "shown": shop.shown(first)}
    again = client.post("/v1/attestations", json=alone, headers=headers)
    assert again.status_code == 201  # of the certificate alone: another thing than of its run


def test_a_bundle_holds_no_more_than_is_read_and_of_its_subject_first(
    shop: Shop, client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = [
        attest(shop.registry, validated(AttestationRequest, shop.wanted(digest)), attestor=DOT).digest
        for digest in (shop.digest, shop.upstream)
    ]
    path, headers = f"/v1/certificates/{shop.digest}/bundle", shop.served.token(BEN)
    both = client.get(path, headers=headers).content
    assert [each.digest for each in judged(shop, both).attestations] == said
    monkeypatch.setattr("ledger.bundles.gather.MOST_ATTESTATIONS", 1)
    monkeypatch.setattr("ledger.verify.step_11_attestations.MOST_ATTESTATIONS", 1)
    less = judged(shop, client.get(path, headers=headers).content)
    assert (less.verdict, [each.digest for each in less.attestations]) == ("genuine", said[:1])
    more = judged(shop, both)
    assert (more.verdict, [check.code for check in more.checks if check.result == "failed"]) == (
        "do-not-rely",
        ["bundle.records"],
    )


REFUSED: Final[dict[str, tuple[str, dict[str, Any], int]]] = {
    "attest.own": (BEN, {}, 409),
    "attest.not-named": (DOT, {"scopes": ["on-site"], "level": None}, 403),
    "store.record-missing": (DOT, {"certificate": "zQmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG"}, 404),
    "attest.scopes": (DOT, {"scopes": ["figure", "figure"]}, 422),
    "attest.level": (DOT, {"level": None}, 422),
    "attest.branches": (DOT, {"scopes": ["closed-branch"]}, 422),
    "attest.branches, unasked": (DOT, {"branches": [{"input": 0, "certificates": 1}]}, 422),
    "attest.input": (DOT, {"scopes": ["closed-branch"], "branches": [{"input": 1, "certificates": 1}]}, 422),
    "attest.note": (DOT, {"opinion": "modified"}, 422),
    "attest.dates": (DOT, {"valid_until": "2020-01-01T00:00:00Z"}, 422),
    "attest.dates, before it was examined": (DOT, {"examined": "2099-01-01T00:00:00Z"}, 422),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_may_not_be_attested_is_refused_with_a_reason_and_changes_nothing(
    shop: Shop, client: TestClient, why: str
) -> None:
    who, change, status = REFUSED[why]
    body = {k: v for k, v in {"certificate": shop.digest, **FIGURE, **change}.items() if v is not None}
    before = client.get("/checkpoint").text
    answer = client.post("/v1/attestations", json=body, headers=shop.served.token(who))
    assert (answer.status_code, answer.json()["code"]) == (status, why.partition(",")[0]), answer.text
    assert client.get("/checkpoint").text == before


def test_a_producer_whom_nobody_names_an_attestor_attests_nobody(shop: Shop, client: TestClient) -> None:
    answer = client.post(
        "/v1/attestations", json={"certificate": shop.digest, **FIGURE}, headers=shop.served.token(ANN)
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "attest.not-named")
    body = {"certificate": shop.digest, **FIGURE}
    for headers in (shop.served.token(DOT, "read", "move", "withdraw"), {}):
        assert client.post("/v1/attestations", json=body, headers=headers).status_code in {401, 403}


def test_an_attestor_signs_with_its_own_key_and_sends_the_same_bytes_again_in_doubt(shop: Shop, tmp_path: Path) -> None:
    folder, secret = tmp_path / "kept", shop.served.token(EVE, *ALL)["Authorization"].removeprefix("Bearer ")
    bureau = AttestingClient(
        RemoteServer.at("http://127.0.0.1:9", secret),
        shop.eve,
        runtime(),
        partial(keep, folder),
        partial(kept, folder),
        lambda name: (folder / name).unlink(),
    )
    wanted = validated(
        AttestationRequest, {"certificate": shop.digest, "scopes": ["composition"], "criteria": ["an assay, XRF"]}
    )
    of, sent = shop.of(), []
    with shop.served.running() as address:
        there = bureau._replace(remote=RemoteServer.at(address, secret))

        def lost(name: str, raw: bytes) -> None:
            bureau.keep(name, raw)
            sent.append(raw)
            raise StateError.at("remote.unreachable", host="there", reason="the line was cut")

        with pytest.raises(StateError):
            attest_at(there._replace(keep=lost), wanted, of)
        made = attest_at(there, wanted, of)
        assert [made.text.encode()] == sent
        assert not list(folder.iterdir())
        with pytest.raises(RefusedError) as refused:
            attest_at(there, wanted, of)
        assert "attest.already" in str(refused.value)
        assert not list(folder.iterdir())
    with shop.served.client() as client:
        (told,) = verification(client, shop.digest)["attestations"]
    assert (told["digest"], told["attestor_key"], told["counted"]) == (made.digest, "own", True)


def test_the_same_signed_attestation_gets_the_same_answer(shop: Shop, client: TestClient) -> None:
    headers = shop.served.token(EVE) | {"content-type": "application/jwt"}
    text = shop.signed(client)
    first, second = (client.post("/v1/attestations", content=text, headers=headers) for _ in range(2))
    assert first.status_code == 201, first.text
    assert second.json() == first.json()
    assert len(verification(client, shop.digest)["attestations"]) == 1


SIGNED: Final[dict[str, tuple[dict[str, Any], str]]] = {
    "registry": ({"registry": "other.example"}, "attest.otherwise"),
    "producer": ({"producer": ANN}, "attest.otherwise"),
    "run": ({"run": "A" * 43}, "attest.otherwise"),
    "late": (
        {
            "examined": "2026-01-01T00:00:00Z",
            "issued": "2026-01-01T00:00:00Z",
            "not_logged_after": "2026-01-05T00:00:00Z",
        },
        "life.late",
    ),
    "of tomorrow": ({"not_logged_after": "2099-01-01T00:00:00Z"}, "issue.not-now"),
    "name": ({"attestor": Issuer(did=EVE, names=(Name(lang="en", text="Famous"),))}, "attest.not-named"),
}


@pytest.mark.parametrize("what", SIGNED)
def test_what_is_signed_otherwise_than_it_is_is_refused(shop: Shop, client: TestClient, what: str) -> None:
    change, code = SIGNED[what]
    headers = shop.served.token(EVE) | {"content-type": "application/jwt"}
    text = shop.signed(client, **change)
    assert client.post("/v1/attestations", content=text, headers=headers).json()["code"] == code


def test_a_place_that_was_not_kept_for_it_a_strangers_key_and_a_strangers_token_are_refused(
    shop: Shop, client: TestClient
) -> None:
    jwt = {"content-type": "application/jwt"}
    text = shop.signed(client)
    taken = replace(open_attestation(text).record.status, index=77_777)
    away = shop.signed(client, status=taken)
    headers = shop.served.token(EVE) | jwt
    assert client.post("/v1/attestations", content=away, headers=headers).json()["code"] == "issue.place"
    other = shop.served.own.read_key(key_name(first_kid(CID)), kid=shop.eve.kid, passphrase=PASSPHRASE)
    forged = shop.signed(client, by=other)
    assert client.post("/v1/attestations", content=forged, headers=headers).json()["code"] == "seal.signature"
    assert client.post("/v1/attestations", content=text, headers=shop.served.token(DOT) | jwt).status_code == 403
    assert client.post("/v1/attestations", content="a.b.c", headers=headers).status_code == 400
    assert client.post("/v1/attestations", content=text, headers=headers).status_code == 201
