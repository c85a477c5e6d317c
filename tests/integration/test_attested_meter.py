"""A meter far below usual is flagged; who examined the figure lifts that flag, in report, page and terminal alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from cli.report import report_lines
from ledger.admin.init import make_key, status_signer
from ledger.changes.attest import AttestationContext, attestation_of, post_attestation
from ledger.changes.withdraw import draft_change, post_change
from ledger.desk.examples import chosen
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.folder import Home
from ledger.seal.attestation import seal_attestation
from ledger.seal.digest import certificate_digest_bytes, to_base64url
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.store.reading import certificate as stored_certificate
from ledger.trust.pinned import open_trust
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.certificate import Issuer
from schemas.door import parse_value, validated
from schemas.name import Name
from schemas.record import ProductionRecord
from schemas.requests import AttestationRequest
from schemas.trust import TrustFile
from tests.support.http.server import ANN, PASSPHRASE, plant, runtime, serve, tables
from tests.support.worlds.record_changes import put

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from ledger.seal.signer import SoftwareSigner
    from schemas.report import Report

EVE = "did:web:eve.example"
MONITOR = {"by": "measured", "monitor": "FTIR", "continuous": True}
REGION = "CN-SC"
"""A province of hydropower: its grid is far below the country's average."""
LIFTED = "lifted by the attestation of Eve"


def low_meter() -> ProductionRecord:
    """Return the record of cells whose monitor finds a five-hundredth of the usual CF4."""
    made: Any = parse_value(chosen("oxide-electrolysis", "praseodymium-neodymium-metal").text.encode(), media="yaml")
    made |= {"producer": ANN, "facility": plant(ANN)}
    made["electricity"][0]["grid"] = REGION
    made["direct"] = [each for each in made["direct"] if each["gas"] in {"CO2-fossil", "CF4"}]
    put("direct", "CF4", mass="0.0005 kg", basis="metered", meter="M-1", method=MONITOR)(made)
    return validated(ProductionRecord, made)


class Cells:
    """The certificate of those cells, and Eve, whom the trust list names with an accreditation."""

    def __init__(self, folder: Path) -> None:
        self.eve: SoftwareSigner = make_key(Home(folder / "eve"), EVE, runtime(), passphrase=PASSPHRASE)
        attestor = {"did": EVE, "names": [{"lang": "en", "text": "Eve"}], "scopes": ["figure", "on-site"]}
        body = {"accreditation": "an invented body, No. 1", "public": to_base64url(self.eve.public)}
        self.served = serve(folder, attestors=[attestor | body], plants={ANN: {"region": REGION}})
        (made,) = issue(self.served.registry, [low_meter()], tables=tables())
        assert isinstance(made, IssuedRun)
        self.digest = made.certificates[0].digest

    @property
    def text(self) -> str:
        with reading(self.served.registry.engine) as connection:
            return stored_certificate(connection, certificate_digest_bytes(self.digest)).text

    @property
    def status(self) -> SoftwareSigner:
        return status_signer(self.served.home, self.served.registry.did, passphrase=PASSPHRASE)

    def attest(self, client: TestClient, **said: object) -> str:
        """Let Eve attest at a place that is kept for it; return the attestation's digest."""
        answer = client.post("/v1/status-entries", json={"count": 1}, headers=self.served.token(EVE))
        (place,) = answer.json()["entries"]
        asked: dict[str, Any] = {
            "certificate": self.digest,
            "of": "run",
            "scopes": ["figure"],
            "level": "limited",
            "criteria": ["ISO 14064-3:2019"],
        }
        wanted = validated(AttestationRequest, asked | said)
        eve = Issuer(did=EVE, names=(Name(lang="en", text="Eve"),))
        at, where = runtime(), (place["list"], place["index"])
        context = AttestationContext(eve, self.served.registry.did, at.now_ms(), where, at.random(16))
        record = attestation_of(wanted, open_certificate(self.text).record, context)
        return post_attestation(self.served.registry, seal_attestation(record, signer=self.eve), shown=self.text).digest

    def verified(self, client: TestClient) -> Report:
        """Return the report on the bundle that shows everything, judged offline."""
        bundle = client.get(f"/v1/certificates/{self.digest}/bundle", headers=self.served.token(ANN)).content
        trust = open_trust(TrustFile.from_text(self.served.home.trust.read_bytes().rstrip(b"\n")).note)
        lines = bundle.splitlines(keepends=True)
        return report(verify_bundle(lines, trust=trust, tables=tables(), policy=Policy(runtime().now_ms())))


@pytest.fixture
def cells(tmp_path: Path) -> Cells:
    return Cells(tmp_path)


@pytest.fixture
def client(cells: Cells) -> Iterator[TestClient]:
    with cells.served.client() as client:
        yield client


def doubts(found: Report) -> list[str]:
    return [each.facts["problem"] for each in found.checks if each.facts.get("problem") == "rule.q-measured"]


def test_a_flag_of_a_meter_is_lifted_everywhere_until_the_attestation_is_withdrawn(
    cells: Cells, client: TestClient
) -> None:
    before, page = cells.verified(client), client.get(f"/c/{cells.digest}").text
    assert before.verdict == "genuine", before.headline
    assert doubts(before) == ["rule.q-measured"]
    assert before.plausibility is not None
    assert before.plausibility.flags
    assert "Nobody has attested the meter" in page
    assert LIFTED not in page

    digest = cells.attest(client)
    after = cells.verified(client)
    assert after.plausibility is not None
    assert after.verdict == "genuine"
    assert doubts(after) == []
    assert (after.plausibility.flags, after.plausibility.lifted) == (before.plausibility.flags - 1, 1)
    assert any(LIFTED in line for line in report_lines(after))
    page = client.get(f"/c/{cells.digest}").text
    assert LIFTED in page
    assert "Nobody has attested the meter" not in page
    told = client.get(f"/v1/certificates/{cells.digest}/verification").json()["plausibility"]
    assert (told["lifted"], told["attestors"]) == (1, ["Eve"])

    drafted = draft_change(cells.served.registry, "withdraw", digest, issuer=EVE, reason="found wrong")
    signed = [each.signed(cells.eve) for each in drafted.drafts]
    post_change(cells.served.registry, *signed, kind="withdraw", issuer=EVE, status=cells.status)
    again = cells.verified(client)
    assert again.plausibility is not None
    assert (again.plausibility.flags, again.plausibility.lifted) == (before.plausibility.flags, 0)
    assert doubts(again) == ["rule.q-measured"]
    assert "Nobody has attested the meter" in client.get(f"/c/{cells.digest}").text


def test_an_inspection_of_the_plant_tells_where_it_stands_and_lifts_no_flag(cells: Cells, client: TestClient) -> None:
    before = cells.verified(client).plausibility
    assert before is not None
    assert [each.sentence for each in before.beside if each.key == "place"] == [
        "Its plant is registered in CN-SC, where a kWh has 0.16 kg CO2e; the average of CN is 0.53. Nobody has attested where it stands."
    ]
    assert "Nobody has attested where it stands" in client.get(f"/c/{cells.digest}").text
    cells.attest(client, scopes=["on-site"], level=None)
    found = cells.verified(client)
    assert [each.counted for each in found.attestations] == [True]
    assert doubts(found) == ["rule.q-measured"]
    assert found.plausibility is not None
    assert found.plausibility.lifted == 0
    assert any(each.sentence.endswith("Eve inspected the plant.") for each in found.plausibility.beside)
    assert "Nobody has attested where it stands" not in client.get(f"/c/{cells.digest}").text
