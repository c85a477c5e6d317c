"""Reports that are kept: told again only as long as judging anew would say the same."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from api.app_state import AppState, Parts
from api.reports import LONGEST_MS, Reports
from api.web.pages import WARM_MS, Pages
from api.web.words import LANGUAGES
from ledger.admin.init import status_signer
from ledger.bundles.build import bundle_lines
from ledger.bundles.recall import learn
from ledger.bundles.verification import LocalVerifier
from ledger.bundles.views import PUBLIC
from ledger.changes.withdraw import withdraw
from ledger.issuing.issue import IssuedRun, issue
from ledger.registry.lists import publish_status
from ledger.registry.registry import Runtime
from ledger.registry.watch import RegistryWatch
from ledger.store import schema
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.problem import MissingError
from schemas.status import MOST_AGE_MS
from tests.support.http.server import ANN, ORIGIN, PASSPHRASE, Served, plant, runtime, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.seal.signer import SoftwareSigner


class Shop:
    """A registry with one lot, and its reports at a time that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.served: Served = serve(folder)
        self.now = runtime().now_ms()  # after the entries that serving made, however long that took
        self.registry = replace(self.served.registry, runtime=Runtime(lambda: self.now, runtime().random))
        (made,) = issue(self.registry, [blend("A-1", "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
        assert isinstance(made, IssuedRun)
        self.digest = made.certificates[0].digest
        publish_status(self.registry, signer=self.status)
        self.reports = Reports(LocalVerifier(self.registry, tables()), RegistryWatch(self.registry))

    @property
    def status(self) -> SoftwareSigner:
        return status_signer(self.served.home, self.registry.did, passphrase=PASSPHRASE)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_kept_report_is_told_with_the_time_and_age_of_the_moment(shop: Shop) -> None:
    first = shop.reports.tell(shop.digest, PUBLIC)
    shop.now += 60_000
    again = shop.reports.tell(shop.digest, PUBLIC)
    assert again.report is first.report
    assert again.text != first.text
    assert f'"status_age_s":{(first.report.status_age_s or 0) + 60}'.encode() in again.text


def test_a_withdrawal_ends_what_was_kept(shop: Shop) -> None:
    assert shop.reports.tell(shop.digest, PUBLIC).report.verdict == "genuine"
    withdraw(shop.registry, "A-1", issuer=ANN, reason="a wrong assay", status=shop.status)
    assert shop.reports.find(shop.digest, PUBLIC) is None
    assert shop.reports.tell(shop.digest, PUBLIC).report.verdict == "withdrawn"


def test_nothing_is_kept_past_the_moment_at_which_its_list_is_stale(shop: Shop) -> None:
    shop.reports.tell(shop.digest, PUBLIC)
    shop.now += MOST_AGE_MS - LONGEST_MS // 2
    assert shop.reports.tell(shop.digest, PUBLIC).report.verdict == "genuine"
    shop.now += LONGEST_MS // 2 + 2000
    assert shop.reports.tell(shop.digest, PUBLIC).report.verdict == "incomplete"


def test_a_clock_that_goes_back_is_not_trusted_with_what_was_kept(shop: Shop) -> None:
    shop.reports.tell(shop.digest, PUBLIC)
    shop.now -= 5000
    assert shop.reports.find(shop.digest, PUBLIC) is None


def test_what_is_not_here_is_missing(shop: Shop) -> None:
    with pytest.raises(MissingError):
        shop.reports.tell("zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d", PUBLIC)


def test_a_report_on_documents_is_the_report_on_their_lines(shop: Shop) -> None:
    told = shop.reports.tell(shop.digest, PUBLIC)
    silent = replace(shop.registry, status=None)  # it adds its word when it judges
    lines = bundle_lines(silent, shop.digest, audience=PUBLIC)
    chain = verify_bundle(lines, trust=shop.reports.verifier.trust(), tables=tables(), policy=Policy(at_ms=shop.now))
    learn(shop.registry, chain)  # a report of the registry has its word besides
    assert told.text == report(chain).to_bytes()
    assert told.bundle is not None
    written = [line.to_bytes() + b"\n" for line in told.bundle.lines]
    assert written == list(bundle_lines(silent, shop.digest, audience=PUBLIC))


def test_a_server_that_is_ready_has_made_the_newest_pages_and_still_asks_for_their_standing(tmp_path: Path) -> None:
    served = serve(tmp_path, warmed=3)
    records = [blend(f"A-{number}", "10 kg", producer=ANN, plant=plant(ANN)) for number in range(3)]
    digests = [
        made.certificates[0].digest
        for made in issue(served.registry, records, tables=tables())
        if isinstance(made, IssuedRun)
    ]
    status = status_signer(served.home, served.registry.did, passphrase=PASSPHRASE)
    with served.client() as client:
        pages = served.app.state.pages
        made = [pages.seen(digest, tag, packed=True) for digest in digests for tag in LANGUAGES]
        assert len(made) == len(records) * len(LANGUAGES)
        assert all(made)
        withdraw(served.registry, "A-1", issuer=ANN, reason="a wrong assay", status=status)
        assert 'data-verdict="withdrawn"' in client.get(f"/c/{digests[1]}").text
        assert 'data-verdict="genuine"' in client.get(f"/c/{digests[2]}").text


def test_what_cannot_be_shown_keeps_no_server_from_its_readiness(shop: Shop) -> None:
    with shop.registry.engine.begin() as connection:
        connection.execute(update(schema.CERTIFICATES).values(jws="ey.ey.ab"))
    with shop.served.beside(warmed=1).client() as client:
        assert client.get("/healthz").status_code == 200
        assert client.get(f"/c/{shop.digest}").status_code < 500


def test_the_warming_ends_when_its_time_is_over(shop: Shop) -> None:
    ticks = itertools.count(shop.now, WARM_MS)
    registry = replace(shop.registry, runtime=Runtime(lambda: next(ticks), runtime().random))
    desk = AppState(Parts(registry, tables(), shop.status, ORIGIN))
    pages = Pages(desk)
    pages.warm()
    assert pages.seen(shop.digest, "en", packed=True) is None
