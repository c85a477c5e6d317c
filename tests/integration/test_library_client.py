"""`oreprint.Client` and links, against a registry that is really served, on both databases."""

from __future__ import annotations

import json
import logging
import time
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update

import oreprint
from ledger.carrier.seal import make_seal
from ledger.changes.withdraw import suspend
from ledger.desk.approvals import set_two_persons
from ledger.desk.outbox import keep_house, notify
from ledger.registry.approval import OPERATOR
from ledger.remote.client import RemoteServer
from ledger.seal.sdjwt import open_certificate
from ledger.store.desk_schema import OUTBOX
from ledger.store.engine import reading, writing
from schemas.sentences import HELD
from tests.support.http.hostile_servers import PLAIN_HEAD, saying, stranger
from tests.support.http.losing import losing
from tests.support.http.server import ANN, BEN, ORIGIN, Served, plant, serve, status
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LONG_AGO_MS = 1_000_000_000_000
DIGEST = f"zQm{'1' * 44}"


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def address(served: Served) -> Iterator[str]:
    with served.running() as address:
        yield address


@pytest.fixture
def ann(served: Served, address: str) -> oreprint.Client:
    return client(served, address, ANN)


def client(served: Served, address: str, party: str) -> oreprint.Client:
    return oreprint.Client(address, token=served.token(party)["Authorization"].removeprefix("Bearer "))


def record(lot: str, mass: str = "100 kg") -> dict[str, Any]:
    return written(lot, mass, producer=ANN, plant=plant(ANN))


def trust(served: Served) -> Path:
    return served.home.trust


def test_a_run_is_issued_listed_shipped_and_verified(
    served: Served, address: str, ann: oreprint.Client, tmp_path: Path
) -> None:
    issued = ann.issue(record("A-1"))
    (made,) = issued.certificates
    assert (issued.unchanged, made.lot) == (False, "A-1")
    (tmp_path / "run.json").write_text(json.dumps(record("A-1")))
    assert ann.issue(tmp_path / "run.json").certificates[0].digest == made.digest
    assert ann.issue(json.dumps(record("A-1")).encode()).unchanged
    assert [(each.lot, each.left) for each in ann.certificates(state="current", at_hand=True)] == [("A-1", "100")]
    assert list(ann.certificates(state="withdrawn")) == []

    offer = ann.ship("A-1", BEN, mass="40 kg")
    assert (offer.state, offer.shipments[0].mass_kg, offer.shipments[0].to) == ("offered", "40", BEN)
    ben = client(served, address, BEN)
    (offered,) = ben.notices()
    assert (offered.kind, offered.subject, offered.facts["with"]) == ("offered", "A-1", ANN)
    assert list(ben.notices(after=offered.number)) == []
    assert list(ann.notices()) == [], "a notice is for one party"

    public = oreprint.Client(address)
    assert public.verification(made.digest).certificate == public.verify(made.certificate.encode()).certificate
    assert public.verify(made.certificate.encode(), require_chain=True, at="2020-01-01T00:00:00Z").verdict != "genuine"


def test_a_bundle_and_a_pdf_are_judged_by_the_registry_as_here(
    served: Served, address: str, ann: oreprint.Client, tmp_path: Path
) -> None:
    made = ann.issue(record("A-1")).certificates[0]
    public, asked = oreprint.Client(address), RemoteServer.public(address)
    for name in ("bundle", "certificate.pdf"):
        (tmp_path / name).write_bytes(asked.get(f"/v1/certificates/{made.digest}/{name}"))
        there, here = public.verify(tmp_path / name), oreprint.verify(tmp_path / name, trust=trust(served))
        assert there.certificate == here.certificate
        assert (there.certificate and there.certificate.lot, there.verdict) == ("A-1", here.verdict)
    (tmp_path / "wrong.txt").write_text("wrong")
    with pytest.raises(oreprint.RefusedError) as refused:
        public.verify(tmp_path / "wrong.txt")
    assert refused.value.problems[0].facts["status"] == "400"


def test_a_list_of_many_pages_is_read_as_far_as_it_is_wanted(ann: oreprint.Client) -> None:
    wanted = [f"L-{number}" for number in range(120)]
    for lot in wanted:
        ann.issue(record(lot, "1 kg"))
    assert [each.lot for each in ann.certificates(kind="oxide")] == wanted[::-1]
    assert [each.lot for each in islice(ann.certificates(text="L-11"), 3)] == ["L-119", "L-118", "L-117"]


def test_a_write_with_a_key_is_done_once_and_without_one_each_time(ann: oreprint.Client) -> None:
    ann.issue(record("A-1"))
    first = ann.ship("A-1", BEN, mass="10 kg", key="note 1")
    assert ann.ship("A-1", BEN, mass="10 kg", key="note 1") == first
    assert [each.offered for each in ann.certificates()] == ["10"]
    ann.ship("A-1", BEN, mass="10 kg")
    ann.ship("A-1", BEN, mass="10 kg")
    assert [each.offered for each in ann.certificates()] == ["30"]
    with pytest.raises(oreprint.RefusedError) as refused:
        ann.ship("A-1", BEN, mass="20 kg", key="note 1")
    assert refused.value.problems[0].facts["theirs"] == "api.key-reused"


def test_what_is_wrong_with_a_record_is_said_before_anything_is_sent() -> None:
    nobody = oreprint.Client("http://127.0.0.1:9", token="none")  # noqa: S106 - nobody listens there
    with pytest.raises(oreprint.InputError) as refused:
        nobody.issue({**record("A-1"), "facility": 7, "step": None})
    assert {each.place for each in refused.value.problems} >= {"facility", "step"}
    with pytest.raises(oreprint.InputError) as refused:
        nobody.ship("A-1", BEN, mass="40")
    assert refused.value.place == "mass"
    with pytest.raises(TypeError):
        nobody.issue({"oreprint": object()})


def test_a_refusal_has_the_registry_s_own_code_and_sentence(served: Served, ann: oreprint.Client, address: str) -> None:
    with pytest.raises(oreprint.RefusedError) as refused:
        ann.ship("NONE", BEN)
    facts = refused.value.problems[0].facts
    assert (refused.value.code, facts["status"], facts["theirs"]) == ("remote.refused", "403", "holding.not-yours")
    with pytest.raises(oreprint.RefusedError, match="401"):
        list(oreprint.Client(address).certificates())
    with pytest.raises(oreprint.RefusedError, match="404"):
        oreprint.Client(address).verification(DIGEST)
    set_two_persons(served.registry, "all", party=ANN, by=OPERATOR)
    with pytest.raises(oreprint.RefusedError) as refused:
        ann.issue(record("A-2"), key="run 2")
    assert refused.value.problems[0].facts["theirs"] == "approval.needed"
    assert refused.value.problems[-1].facts == {"key": "run 2"}, "once it is approved it is sent with the same key"


def test_notices_come_in_their_order_and_go_on_after_old_ones_are_forgotten(
    served: Served, ann: oreprint.Client
) -> None:
    def noticed(number: int, *, at_ms: int) -> None:
        with writing(served.registry.engine) as connection:
            notify(connection, party=ANN, kind="test", subject=f"N-{number}", facts={}, now_ms=at_ms)
            connection.commit()

    for number in range(105):
        noticed(number, at_ms=LONG_AGO_MS)
    found = list(ann.notices())
    assert [each.subject for each in found] == [f"N-{number}" for number in range(105)]
    assert [each.number for each in found] == sorted({each.number for each in found})
    forget_all(served)
    noticed(105, at_ms=time.time_ns() // 1_000_000)
    (new,) = ann.notices(after=found[-1].number)
    assert new.subject == "N-105", "a number is given once, also where all others are forgotten"


def forget_all(served: Served) -> None:
    """Let ninety days go by for all notices, whose deliveries were written down."""
    with writing(served.registry.engine) as connection:
        connection.execute(update(OUTBOX).values(planned_ms=1))
        connection.commit()
    keep_house(served.registry)


def test_a_link_is_asked_only_where_the_caller_names_its_origin(
    served: Served, address: str, ann: oreprint.Client, caplog: pytest.LogCaptureFixture
) -> None:
    made = ann.issue(record("A-1")).certificates[0]
    link = f"{address}/c/{made.digest}"
    with pytest.raises(oreprint.InputError) as refused:
        oreprint.verify(link, trust=trust(served))
    assert refused.value.code == "verify.unlisted"
    with pytest.raises(oreprint.InputError) as refused:
        oreprint.verify(link, trust=trust(served), ask=address, offline=True)
    assert refused.value.code == "verify.offline"
    report = oreprint.verify(link, trust=trust(served), ask=address)
    assert (report.verdict, report.certificate and report.certificate.lot) == ("genuine", "A-1")
    suspend(served.registry, "A-1", issuer=ANN, reason="under review", status=status(served))
    assert oreprint.verify(link, trust=trust(served), ask=[address]).state == "suspended"
    with caplog.at_level(logging.WARNING, "oreprint"):
        sealed = oreprint.verify(f"{link}#{seal_of(served, made.certificate)}", trust=trust(served))
    assert (sealed.verdict, sealed.chain.certificates) == ("incomplete", 0)
    assert "[verify.unlisted]" in caplog.text


def seal_of(served: Served, text: str) -> str:
    """Return the seal on the label of a certificate."""
    certificate = open_certificate(text)
    with reading(served.registry.engine) as connection:
        signer = served.registry.signer(connection, ANN)
    return make_seal(certificate.record, certificate.digest, signer=signer)


def test_a_private_link_says_what_its_registry_holds_for_the_customer(
    served: Served, address: str, ann: oreprint.Client
) -> None:
    ann.issue(record("A-1"))
    asked = RemoteServer.at(address, served.token(ANN)["Authorization"].removeprefix("Bearer "))
    asked.post("/v1/contacts", b'{"name": "Motor Works"}')
    made: Any = asked.post("/v1/shipments", b'{"contact": "Motor Works", "lots": [{"lot": "A-1", "mass": "30 kg"}]}')
    link = made["lots"][0]["link"].replace(ORIGIN, address)
    report = oreprint.verify(link, trust=trust(served), ask=address)
    assert report.verdict == "genuine"
    assert report.held is not None
    assert (report.held.registry, report.held.sentence) == (served.registry.did, HELD)
    assert oreprint.verify(link.partition("#")[0], trust=trust(served), ask=address).held is None


def test_a_write_whose_answer_is_lost_is_sent_again_and_done_once(
    served: Served, address: str, ann: oreprint.Client
) -> None:
    ann.issue(record("A-1"))
    with losing(address) as (door, asked):
        assert client(served, door, ANN).ship("A-1", BEN, mass="10 kg").state == "offered"
    first, second = ([line for line in head.split(b"\r\n") if b"dempotency" in line] for head in asked)
    assert first == second != []
    assert [each.offered for each in ann.certificates()] == ["10"]


def test_a_write_without_any_answer_says_which_key_to_use_again() -> None:
    with saying(b"") as address:
        asked = oreprint.Client(address, token="none")  # noqa: S106
        asked._server = replace(asked._server, sleep=lambda _: None)
        for key in (None, "run 1"):
            with pytest.raises(oreprint.StateError) as refused:
                asked.issue(record("A-1"), key=key)
            assert [each.code for each in refused.value.problems] == ["remote.away", "remote.again"]
            used = refused.value.problems[-1].facts["key"]
            assert used == key or (key is None and used.startswith("python-"))
            assert str(refused.value).endswith(f"use the idempotency key {used}: then it is done only once.")


@pytest.mark.parametrize("token", [None, "a token"])
def test_a_registry_that_says_nothing_is_away(token: str | None) -> None:
    with stranger("silent") as server:
        asked = oreprint.Client(server.address, token=token, timeout=1)
        with pytest.raises(oreprint.StateError) as refused:
            asked.verification(DIGEST)
    assert [each.code for each in refused.value.problems] == ["remote.away"]


@pytest.mark.parametrize(
    "body", [b"42", b"{}", b'{"verdict": "splendid"}', b"<html>"], ids=["number", "nothing", "other words", "a page"]
)
def test_a_strange_answer_is_no_report(body: bytes) -> None:
    raw = PLAIN_HEAD + f"Content-Length: {len(body)}\r\n\r\n".encode() + body
    with saying(raw) as address, pytest.raises(oreprint.CheckError) as refused:
        oreprint.Client(address).verification(DIGEST)
    assert refused.value.code == "remote.otherwise"
    with saying(raw) as address, pytest.raises(oreprint.CheckError) as refused:
        oreprint.Client(address).issue(record("A-1"), key="run 1")
    assert [each.code for each in refused.value.problems] == ["remote.otherwise", "remote.again"]


def test_an_origin_is_an_address_of_a_registry() -> None:
    for origin in ("registry.example", "http://registry.example", "https://registry.example/below", "https://"):
        with pytest.raises(oreprint.InputError, match="is not an address of a registry"):
            oreprint.Client(origin)
    assert "secret" not in repr(oreprint.Client("https://registry.example", token="secret"))  # noqa: S106
