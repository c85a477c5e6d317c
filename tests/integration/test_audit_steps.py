"""Step views: each issuance whole with what it takes to judge it, and nothing more; for nobody without the scope."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.admin.init import refresh_status
from ledger.admin.tokens import create_token, revoke_token
from ledger.bundles.build import step_lines
from ledger.changes.undo import undo
from ledger.issuing.correct import correct
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificates_of, issuances_from
from ledger.verify.chain import Policy
from ledger.verify.findings import Outcome
from ledger.verify.verify import verify_bundle
from schemas.bundle import CertificateLine, EndLine, read_line
from tests.support.http.server import ANN, BEN, Served, plant, serve
from tests.support.registries.auditing import EVA, GUS
from tests.support.registries.auditing import written as written_auditors
from tests.support.registries.example import record
from tests.support.registries.lived_in import MAGNET_MAKER, PASSPHRASE, TABLES, Life, a_life, trust_of
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from ledger.verify.chain import Chain

ALLOY_RUN, MAGNET_RUN = "12-SC-2026-05", "13-MAG-2026-06"
EXCUSED = {
    "inputs.certificate",
    "inputs.path",
    "inputs.root",
    "inputs.mass",
    "inputs.split-sum",
    "inputs.move-mass",
    "claims.answered",
}
"""What one step leaves open of what it cites, which an auditor knows from the steps before."""


def apart(lines: Iterable[bytes]) -> list[list[bytes]]:
    """Return the bundles of an answer."""
    found: list[list[bytes]] = [[]]
    for line in lines:
        found[-1].append(line)
        if isinstance(read_line(line, ""), EndLine):
            found.append([])
    assert found.pop() == []
    return found


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """The example, with a run that was corrected twice, and one that was undone and made anew of what came back."""
    life = a_life(tmp_path_factory.mktemp("steps") / "home")
    for word in ("once", "twice"):
        outputs = tuple(each.model_copy(update={"description": word}) for each in record(ALLOY_RUN).outputs)
        wanted = record(ALLOY_RUN).model_copy(update={"outputs": outputs})
        life.keep(correct(life.registry, wanted, tables=TABLES, status=life.status))
    undo(life.registry, "MG-88", producer=MAGNET_MAKER, status=life.status)
    again = record(MAGNET_RUN)
    outputs = tuple(each.model_copy(update={"lot": f"{each.lot}-2"}) for each in again.outputs)
    life.issue(again.model_copy(update={"outputs": outputs, "run": f"{again.run}-2"}))
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    return life


def steps_of(life: Life) -> list[list[bytes]]:
    return apart(step_lines(life.registry, 0, most=100, most_bytes=10**9))


def judged(life: Life, lines: list[bytes]) -> Chain:
    return verify_bundle(lines, trust=trust_of(life.home), tables=TABLES, policy=Policy(at_ms=life.clock.now))


def test_every_issuance_is_a_step_and_stands_by_itself(life: Life) -> None:
    with reading(life.registry.engine) as connection:
        issuances = issuances_from(connection, 0, 100)
        first = [certificates_of(connection, each) for each in issuances]
    steps = steps_of(life)
    assert len(steps) == len(issuances) == 18
    for lines, own in zip(steps, first, strict=True):
        chain = judged(life, lines)
        assert chain.subject is not None
        subject = chain.seen[chain.subject]
        assert subject.digest == open_certificate(own[0].text).digest
        assert chain.view.redone is not None
        assert chain.view.redone.complete, "the run is shown whole, and computed again"
        unfit = [each for each in chain.findings.all if each.outcome in {Outcome.FAILED, Outcome.ABSENT}]
        assert unfit == []
        assert {each.code for each in chain.findings.all if each.outcome is Outcome.WITHHELD} <= EXCUSED


def test_whole_are_only_the_run_what_it_follows_and_what_was_undone_on_the_way(life: Life) -> None:
    whole: list[set[str]] = []
    for lines in steps_of(life):
        shown = [each for each in (read_line(line, "") for line in lines) if isinstance(each, CertificateLine)]
        opened = [open_certificate(each.certificate) for each in shown]
        whole.append({f"{each.record.batch.lot} {each.record.batch.description}"[:17] for each in opened if each.run})
    assert [len(each) for each in whole[-3:]] == [2, 3, 2], (
        "once after the first, twice after both, the new after the undone"
    )
    assert {each.partition(" ")[0] for each in whole[-1]} == {"MG-88", "MG-88-2"}
    assert {each.partition(" ")[0] for each in whole[-2]} == {"AL-40"}


def test_pages_begin_where_the_last_one_ended_and_are_bounded(life: Life) -> None:
    steps = steps_of(life)
    with reading(life.registry.engine) as connection:
        third = certificates_of(connection, issuances_from(connection, 0, 3)[2])[0].issuance.entry
    assert apart(step_lines(life.registry, third + 1, most=2, most_bytes=10**9)) == steps[3:5]
    assert apart(step_lines(life.registry, 0, most=9, most_bytes=1)) == steps[:1]
    assert list(step_lines(life.registry, 10**6, most=9, most_bytes=1)) == []


# -- over HTTP -------------------------------------------------------------------------------------------------------


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database, **written_auditors(EVA, GUS, least=1, parties=[EVA]))


@pytest.fixture
def client(served: Served) -> Iterator[TestClient]:
    with served.client() as client:
        yield client


def test_an_auditor_reads_the_steps_of_every_producer(served: Served, client: TestClient) -> None:
    for party, lot in ((ANN, "A-1"), (BEN, "B-1")):
        body = written(lot, "10 kg", producer=party, plant=plant(party))
        assert client.post("/v1/certificates", json=body, headers=served.token(party)).status_code == 201
    auditor = served.token(EVA, "audit")
    answer = client.get("/v1/audit/steps", headers=auditor)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    steps = apart(answer.content.splitlines(keepends=True))
    lots = [[json_lot(line) for line in lines if b'"t":"certificate"' in line] for lines in steps]
    assert lots == [["A-1"], ["B-1"]]
    second = client.get("/v1/audit/steps?limit=1&after=1", headers=auditor)
    assert len(apart(second.content.splitlines(keepends=True))) == 1


def json_lot(line: bytes) -> str:
    shown = read_line(line, "")
    assert isinstance(shown, CertificateLine)
    return open_certificate(shown.certificate).record.batch.lot


@pytest.mark.parametrize("scope", [None, "read", "issue", "move", "withdraw", "admin"])
def test_nobody_else_reads_a_step(served: Served, client: TestClient, scope: str | None) -> None:
    headers = {} if scope is None else served.token(BEN, scope)  # type: ignore[arg-type]
    answer = client.get("/v1/audit/steps", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == ((401, "api.token") if scope is None else (403, "api.scope"))


@pytest.mark.parametrize("party", [BEN, GUS])
def test_a_token_shows_no_step_to_who_is_no_auditor_by_the_trust_list(
    served: Served, client: TestClient, party: str
) -> None:
    body = written("A-1", "10 kg", producer=ANN, plant=plant(ANN))
    assert client.post("/v1/certificates", json=body, headers=served.token(ANN)).status_code == 201
    for path in ("/v1/audit/steps", "/v1/audit/steps?after=0&limit=1"):
        answer = client.get(path, headers=served.token(party, "audit"))
        assert (answer.status_code, answer.json()["code"]) == (403, "audit.not-named")
        assert "certificate" not in answer.text


def test_a_revoked_token_shows_no_step(served: Served, client: TestClient) -> None:
    token, secret = create_token(served.registry, tenant=EVA, scopes=("audit",), label="until today")
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.get("/v1/audit/steps", headers=headers).status_code == 200
    revoke_token(served.registry, token.id)
    for path, send in (("/v1/audit/steps", client.get), ("/v1/audit/records", client.post)):
        answer = send(path, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (401, "api.token")


@pytest.mark.parametrize(
    "query",
    [
        "after=-1",
        "after=x",
        "after=1e3",
        "after=99999999999",
        "limit=0",
        "limit=65",
        "limit=",
        "before=1",
        "after=1&after=2",
    ],
)
def test_a_wrong_query_is_refused(served: Served, client: TestClient, query: str) -> None:
    answer = client.get(f"/v1/audit/steps?{query}", headers=served.token(EVA, "audit"))
    assert answer.status_code == 400, answer.text
    assert answer.json()["code"] in {"api.parameter", "api.unknown-parameter", "api.repeated-parameter"}
