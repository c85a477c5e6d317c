"""A chain that is longer than what is judged for one answer: its first part is shown, and the way to all of it."""

from __future__ import annotations

import json
import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING, Final

import pytest

from api import reports
from api.web import pages
from ledger.bundles import gather, verification
from ledger.bundles.build import bundle_lines
from ledger.bundles.gather import BundleView
from ledger.bundles.views import PUBLIC
from ledger.issuing.issue import issue
from ledger.seal.digest import certificate_digest_bytes
from ledger.seal.sdjwt import open_certificate
from ledger.store.engine import reading
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import CertificateLine, read_line
from tests.support.http.server import ANN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.testclient import TestClient

    from api.app_state import AppState

CHAIN: Final = 16
LOOKED_AT: Final = 12
JUDGED: Final = 10
FEW: Final = 3


@pytest.fixture
def served(tmp_path: Path) -> Served:
    return serve(tmp_path)


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> tuple[Served, str]:
    """A registry with a long chain, and the digest of its last lot."""
    made = serve(tmp_path_factory.mktemp("long"))
    return made, a_chain(made)


def a_chain(served: Served, length: int = CHAIN) -> str:
    """Issue a chain, each lot blended of the one before and of one that was bought; return the digest of the last."""
    digest = ""
    for number in range(length):
        inputs = {f"L-{number - 1}": f"{9 + number} kg", f"B-{number}": "1 kg"} if number else None
        bought = [blend(f"B-{number}", "1 kg", producer=ANN, plant=plant(ANN))] if number else []
        lot = blend(f"L-{number}", f"{10 + number} kg", producer=ANN, plant=plant(ANN), inputs=inputs)
        (*_, made) = issue(served.registry, [*bought, lot], tables=tables())
        digest = made.certificates[0].digest  # type: ignore[union-attr] # it is issued
    return digest


def looked_at(client: TestClient, digest: str, headers: dict[str, str]) -> tuple[dict[str, object], str]:
    """Return the report of a certificate, and its page."""
    told = client.get(f"/v1/certificates/{digest}/verification", headers=headers)
    page = client.get(f"/c/{digest}", headers=headers)
    assert (told.status_code, page.status_code) == (200, 200)
    return told.json(), page.text


@pytest.mark.parametrize("bound", ["certificates", "bytes"])
def test_of_a_long_chain_the_nearest_are_judged_and_the_bundle_has_all(
    long: tuple[Served, str], bound: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 15: a page is bounded by certificates and by bytes; it shows the first part, says so, and links to
    the bundle.
    """
    if bound == "certificates":
        monkeypatch.setattr(verification, "MOST_JUDGED", JUDGED, raising=False)
    else:
        monkeypatch.setattr(verification, "MOST_JUDGED_BYTES", 60_000, raising=False)
    made, digest = long
    served, headers = made.beside(), made.token(ANN)
    with served.client() as client:
        told, page = looked_at(client, digest, headers)
        whole = client.get(f"/v1/certificates/{digest}/bundle", headers=headers)
    chain = told["chain"]
    assert isinstance(chain, dict)
    assert (told["verdict"], chain["state"]) == ("genuine", "partial")
    assert FEW < chain["certificates"] <= (JUDGED if bound == "certificates" else CHAIN)
    assert told["replies"]["chain"]["code"] == "chain-near", "what was not judged is not withheld"  # type: ignore[index]
    near = f"The {chain['certificates']} certificates next to this lot were checked. The chain goes on"
    assert near in told["replies"]["chain"]["sentence"]  # type: ignore[index]
    assert near in re.sub(r"<[^<>]+>", "", page)
    assert f'href="/v1/certificates/{digest}/bundle"' in page
    assert "withheld by the producer" not in page, "the producer withheld nothing"
    assert f"L-{CHAIN - 2}" in page
    assert "L-0<" not in page
    lines = whole.content.splitlines(keepends=True)
    assert int(whole.headers["content-length"]) == len(whole.content)
    shown = [each for each in (read_line(line, "") for line in lines) if isinstance(each, CertificateLine)]
    assert len(shown) == 2 * CHAIN - 1
    assert all(open_certificate(each.certificate).run is not None for each in shown)
    desk: AppState = served.app.state.server
    judged = verify_bundle(
        lines, trust=desk.verifier.trust(), tables=tables(), policy=Policy(at_ms=served.registry.runtime.now_ms())
    )
    assert (report(judged).verdict, report(judged).chain.certificates) == ("genuine", 2 * CHAIN - 1)


def test_a_chain_within_the_bound_is_judged_as_before(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 15: the last chain that fits is whole, and one certificate more is not."""
    digest, headers = a_chain(served, FEW), served.token(ANN)
    for most, whole in ((2 * FEW - 1, True), (2 * FEW - 2, False)):
        monkeypatch.setattr(verification, "MOST_JUDGED", most, raising=False)
        with served.beside().client() as client:
            told, page = looked_at(client, digest, headers)
        assert ("The chain goes on" not in page) is whole, most
        assert (told["chain"]["certificates"] == 2 * FEW - 1) is whole  # type: ignore[index]


@pytest.mark.parametrize("whose", ["maker", "public"])
def test_a_bundle_keeps_few_texts_and_reads_the_others_again(
    long: tuple[Served, str], whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 34, 26: a long chain does not stand in memory, and its bundle is the same byte for byte."""
    made, digest = long
    view = PUBLIC if whose == "public" else BundleView("auditor")
    whole = list(bundle_lines(made.registry, digest, audience=view))
    monkeypatch.setattr(gather, "MOST_TEXT_BYTES", 60_000)
    with reading(made.registry.engine) as connection:
        gathered = gather.Gathered(connection)
        gathered.add_chain(certificate_digest_bytes(digest), view, (), open_certificate, None)
    kept = [each.kept[1] for each in gathered.certificates.values() if each.kept is not None]
    assert sum(map(len, kept)) <= 60_000
    assert (len(kept) < len(gathered.certificates)) is (whose == "maker"), "what the public sees of one is short"
    assert list(bundle_lines(made.registry, digest, audience=view)) == whole


def test_large_bundles_that_are_brought_are_judged_one_at_a_time(
    long: tuple[Served, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Issue 34, 26: what is judged stands in memory; several large bundles at once would take all of it."""
    made, digest = long
    lines = list(bundle_lines(made.registry, digest, audience="auditor"))
    most = sum(map(len, lines)) // 2
    verifier = verification.LocalVerifier(made.registry, tables())
    policy = Policy(at_ms=made.registry.runtime.now_ms())
    inside, begun = list[int](), Barrier(2)

    def slowly() -> Iterator[bytes]:
        begun.wait()
        for line in lines:
            inside.append(verification._TURN.locked())
            yield line

    def judged(_: int) -> str:
        return report(verifier.judge(slowly(), policy)).verdict

    monkeypatch.setattr(verification, "MOST_JUDGED_BYTES", most)
    with ThreadPoolExecutor(2) as threads:
        assert list(threads.map(judged, range(2))) == ["genuine"] * 2
    assert True in inside
    assert not verification._TURN.locked()
    monkeypatch.setattr(verification, "MOST_JUDGED_BYTES", 4 * most)
    with verification._TURN:
        assert report(verifier.judge(lines, policy)).verdict == "genuine", "a small one does not wait"


def test_reports_and_pages_are_kept_by_bytes(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hard use 15: what is kept in memory never weighs more than it may, however many certificates are looked at."""
    most = 150_000
    monkeypatch.setattr(reports, "MOST_KEPT_BYTES", most, raising=False)
    monkeypatch.setattr(pages, "MOST_KEPT_BYTES", 2 * most, raising=False)
    issued = [
        made.certificates[0].digest  # type: ignore[union-attr] # it is issued
        for made in issue(
            served.registry,
            [blend(f"A-{number}", "1 kg", producer=ANN, plant=plant(ANN)) for number in range(LOOKED_AT)],
            tables=tables(),
        )
    ]
    beside = served.beside()
    with beside.client() as client:
        found = [looked_at(client, digest, {}) for digest in issued]
        again = [looked_at(client, digest, {}) for digest in issued]
    assert [told["verdict"] for told, _ in found] == ["genuine"] * LOOKED_AT
    assert [told["certificate"] for told, _ in again] == [told["certificate"] for told, _ in found]
    desk: AppState = beside.app.state.server
    kept = [each for digest in issued if (each := desk.reports.find(digest, PUBLIC)) is not None]
    assert 0 < len(kept) < LOOKED_AT, [len(each.text) for each in kept]
    assert sum(len(each.text) for each in kept) < most
    assert kept[-1].report.certificate is not None
    assert json.loads(kept[-1].text)["verdict"] == "genuine"
