"""Correcting with one's own key: what a crash, a lost answer, another correction and a dishonest program may do; and
custodial over HTTP.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson
import pytest

from ledger.client.correct import correct_at
from ledger.client.issue import issue_at
from ledger.issuing.correction import draft_correction
from ledger.remote.client import RemoteServer
from ledger.seal.sdjwt import open_certificate
from schemas.document import replace
from schemas.problem import CheckError, RefusedError, StateError
from tests.support.http.server import ANN, CID, Served, plant, serve
from tests.support.registries.own_key import office, own
from tests.support.worlds.blends import read, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.client.issue import IssuingClient
    from ledger.drafting.draft import Draft
    from schemas.record import ProductionRecord


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


@pytest.fixture
def desk(served: Served, tmp_path: Path) -> Iterator[IssuingClient]:
    """Cid's desk at a server where it has made C-1 of 100 kg, and C-2 of 40 kg of that."""
    with served.running() as address:
        desk = office(served, address, tmp_path / "out")
        issue_at(desk, own("C-1", "100 kg"))
        issue_at(desk, own("C-2", "40 kg", {"C-1": "40 kg"}))
        yield desk


def better(why: str = "it is mixed by hand") -> ProductionRecord:
    record = written("C-2", "40 kg", producer=CID, plant=plant(CID), inputs={"C-1": "40 kg"})
    return read(record | {"excluded": [{"what": "electricity", "why": why}]})


def cut_off(desk: IssuingClient) -> IssuingClient:
    """Return a desk whose machine falls over as soon as what it signed is on disk."""

    def keep(name: str, content: bytes) -> None:
        desk.keep(name, content)
        raise StateError.at("remote.unreachable", host="here", reason="the machine fell over")

    return replace(desk, keep=keep)


def kept(folder: Path) -> bytes:
    (found,) = folder.glob("*.correction.json")
    return found.read_bytes()


@pytest.mark.parametrize("sent", [False, True])
def test_what_was_signed_before_a_crash_is_sent_again(
    served: Served, desk: IssuingClient, tmp_path: Path, *, sent: bool
) -> None:
    """Hard use 31: signed bytes of a correction are on disk first; in any doubt the same bytes are sent again."""
    with pytest.raises(StateError):
        correct_at(cut_off(desk), better())
    body = kept(tmp_path / "out")
    if sent:
        with served.client() as client:
            answer = client.post(
                "/v1/corrections", content=body, headers=served.token(CID) | {"content-type": "application/json"}
            )
            assert (answer.status_code, answer.json()["unchanged"]) == (201, False)
    made = correct_at(desk, better())
    assert made.unchanged is sent
    assert [open_certificate(text).jws.text for _, text in made.certificates] == orjson.loads(body)["certificates"]
    assert kept(tmp_path / "out") == body


def test_a_correction_that_another_came_before_is_signed_anew(desk: IssuingClient, tmp_path: Path) -> None:
    """Hard use 31: it follows one issuance, and only the latest can be followed."""
    with pytest.raises(StateError):
        correct_at(cut_off(desk), better())
    void = kept(tmp_path / "out")
    correct_at(desk, better("it is mixed by hand, in the open"))
    made = correct_at(desk, better())
    assert not made.unchanged
    assert void not in [path.read_bytes() for path in (tmp_path / "out").glob("*.correction.json")]
    again = correct_at(desk, better("it is mixed by hand, in the open"))
    assert not again.unchanged, "what was corrected since is corrected again, and not answered as before"


def test_a_record_that_changes_nothing_signs_nothing(desk: IssuingClient, tmp_path: Path) -> None:
    made = correct_at(desk, own("C-2", "40 kg", {"C-1": "40 kg"}))
    assert (made.unchanged, list((tmp_path / "out").glob("*.correction.json"))) == (True, [])


def test_a_dishonest_program_changes_no_batch(desk: IssuingClient, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 31: the registry holds a signed correction to what may change, whatever signed it."""

    def wetter(*arguments: Any) -> Draft:  # noqa: ANN401
        made = draft_correction(*arguments)
        (first,) = made.certified
        return made._replace(certified=(replace(first, batch=replace(first.batch, moisture="0.1")),))

    monkeypatch.setattr("ledger.client.correct.draft_correction", wetter)
    with pytest.raises(RefusedError, match=r"life\.correct-fixed.*moisture"):
        correct_at(desk, better())
    monkeypatch.undo()

    def heavier(*arguments: Any) -> Draft:  # noqa: ANN401
        made = draft_correction(*arguments)
        return made._replace(own=(("materials", "CO2-fossil", "1", "1"),))

    monkeypatch.setattr("ledger.client.correct.draft_correction", heavier)
    with pytest.raises(RefusedError, match=r"issue\.unsound"):
        correct_at(desk, better("it is mixed by machine"))


def test_what_a_registry_says_is_followed_is_held_against_itself(
    desk: IssuingClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 31: the record digest that is followed is computed from what came with it."""
    post = RemoteServer.post

    def lying(remote: RemoteServer, path: str, body: bytes, **more: Any) -> Any:  # noqa: ANN401
        answer: Any = post(remote, path, body, **more)
        return answer | {"issuances": ["A" * 43]} if path == "/v1/drafts" else answer

    monkeypatch.setattr(RemoteServer, "post", lying)
    with pytest.raises(CheckError, match="does not match the request"):
        correct_at(desk, better())


def test_a_run_is_sent_where_it_belongs(served: Served, desk: IssuingClient, tmp_path: Path) -> None:
    with pytest.raises(StateError):
        correct_at(cut_off(desk), better())
    headers = served.token(CID) | {"content-type": "application/json"}
    issued = next((tmp_path / "out").glob("*.signed.json")).read_bytes()
    with served.client() as client:
        for path, body, code in (
            ("/v1/certificates", kept(tmp_path / "out"), "issue.follows"),
            ("/v1/corrections", issued, "issue.follows-none"),
        ):
            answer = client.post(path, content=body, headers=headers)
            assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_registry_that_keeps_the_key_corrects_over_http(served: Served) -> None:
    """Hard use 31: POST /v1/corrections takes a record, too."""
    record = written("A-1", "100 kg", producer=ANN, plant=plant(ANN))
    corrected = record | {"excluded": [{"what": "electricity", "why": "it is mixed by hand"}]}
    with served.client() as client:
        first = client.post("/v1/certificates", json=record, headers=served.token(ANN)).json()["certificates"][0]
        for unchanged in (False, True):
            answer = client.post("/v1/corrections", json=corrected, headers=served.token(ANN))
            assert (answer.status_code, answer.json()["unchanged"]) == (201, unchanged), answer.text
        assert client.get(f"/v1/certificates/{first['digest']}/verification").json()["verdict"] == "superseded"
        assert client.post("/v1/corrections", json=corrected, headers=served.token(CID)).status_code == 403
        asked = {"statement": "correct", "facility": plant(ANN), "lots": ["A-1"]}
        assert client.post("/v1/drafts", json=asked, headers=served.token(CID)).status_code == 403
