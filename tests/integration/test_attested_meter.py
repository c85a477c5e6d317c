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
from tests.support.browser.judged import Given, judged_in_browser
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
WATER = ("fresh", "with_reagents", "feed_moisture", "formed", "discharged", "evaporated", "in_products", "in_wastes")
REGION = "CN-SC"
"""A province of hydropower: its grid is far below the country's average."""
LIFTED = "lifted by the attestation of Eve"


def low_meter() -> ProductionRecord:
    """Return the record of cells whose monitor finds a five-hundredth of the usual CF4."""
    made: Any = parse_value(chosen("oxide-electrolysis", "praseodymium-neodymium-metal").text.encode(), media="yaml")
    made |= {"producer": ANN, "facility": plant(ANN)}
    made["electricity"][0]["grid"] = REGION
    made["direct"] = [each for each in made["direct"] if each["gas"] in {"CO2-fossil", "CF4"}]
    made["claims"] = [{"id": "zero-discharge"}, {"id": "origin-known"}]
    meters = [{"meter": f"FM-{number}", "reading": "0 m3"} for number in (1, 2)]
    made["water"] = {**dict.fromkeys(WATER, "0 m3"), "discharge_meters": meters}
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

    @property
    def trust(self) -> str:
        """The text of the trust list."""
        return self.served.home.trust.read_text(encoding="utf-8").rstrip("\n")

    def bundle(self, client: TestClient) -> list[bytes]:
        """Return the lines of the bundle that shows everything."""
        answer = client.get(f"/v1/certificates/{self.digest}/bundle", headers=self.served.token(ANN))
        return answer.content.splitlines(keepends=True)

    def verified(self, client: TestClient) -> Report:
        """Return the report on that bundle, judged offline."""
        trust, policy = open_trust(TrustFile.from_text(self.trust.encode()).note), Policy(runtime().now_ms())
        return report(verify_bundle(self.bundle(client), trust=trust, tables=tables(), policy=policy))


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


def test_a_claim_that_meters_decide_is_attested_and_never_proven(cells: Cells, client: TestClient, root: Path) -> None:
    before = {(each.id, each.scope): each for each in cells.verified(client).claims}
    own = before["zero-discharge", "run"]
    assert (own.answer, own.said, own.attested_by, own.own_criteria) == ("declared", "declared", (), True)
    assert own.sentence.endswith("you rely on the producer alone.")
    assert (before["origin-known", "run"].answer, before["origin-known", "run"].attested_by) == ("declared", ())

    cells.attest(client)
    found = cells.verified(client)
    own, chain, *others = found.claims
    assert (own.answer, own.said, own.attested_by, own.path) == (
        "attested",
        "declared",
        ("Eve",),
        before["zero-discharge", "run"].path,
    )
    assert own.sentence == (
        "The run's meters at the site boundary read 0, and the balances of water and salts close. "
        "Eve attested the meters and lines behind it. That is their word."
    )
    assert (chain.answer, chain.reason) == ("unknown", "open-branch")
    assert [each.answer for each in others] == [each.answer for each in tuple(before.values())[2:]]
    told = " ".join(" ".join(report_lines(found, every=True)).split())
    assert "attested zero-discharge (by Oreprint's own criteria), run: The run's meters" in told
    page = client.get(f"/c/{cells.digest}?lang=de", headers=cells.served.token(ANN)).text
    for words in (
        "<strong>bestätigt</strong>",
        "nach Oreprints eigenen Kriterien",
        "<bdi>Eve</bdi> hat die Messgeräte",
    ):
        assert words in page
    served = client.get(f"/v1/certificates/{cells.digest}/verification", headers=cells.served.token(ANN)).json()
    assert [each["answer"] for each in served["claims"]] == [each.answer for each in found.claims]
    table = client.get(f"/v1/certificates/{cells.digest}/figures.csv", headers=cells.served.token(ANN)).text
    assert "by Oreprint's own criteria" in table
    (browser,) = judged_in_browser([Given(cells.bundle(client), cells.trust, runtime().now_ms())], root)
    assert [(each["answer"], each["by"]) for each in browser["claims"][:2]] == [("declared", ["Eve"]), ("unknown", [])]


def test_an_inspection_of_the_plant_tells_where_it_stands_and_lifts_no_flag(cells: Cells, client: TestClient) -> None:
    before = cells.verified(client).plausibility
    assert before is not None
    assert [each.sentence for each in before.beside if each.key == "place"] == [
        "Its plant is registered in CN-SC, where a kWh has 0.16 kg CO2e; the average of CN is 0.53. Nobody has attested where it stands."
    ]
    assert "Nobody has attested where it stands" in client.get(f"/c/{cells.digest}").text
    cells.attest(client, scopes=["on-site"], level=None)
    found = cells.verified(client)
    answers = {(each.id, each.scope): (each.answer, each.attested_by) for each in found.claims}
    assert answers["zero-discharge", "run"] == ("declared", ())
    assert answers["origin-known", "run"] == ("attested", ("Eve",))
    assert [each.counted for each in found.attestations] == [True]
    assert doubts(found) == ["rule.q-measured"]
    assert found.plausibility is not None
    assert found.plausibility.lifted == 0
    assert any(each.sentence.endswith("Eve inspected the plant.") for each in found.plausibility.beside)
    assert "Nobody has attested where it stands" not in client.get(f"/c/{cells.digest}").text
