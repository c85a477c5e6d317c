"""Reports that are kept: told again only as long as judging anew would say the same."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from api.reports import LONGEST_MS, Reports
from api.views import PUBLIC
from ledger.book import Surroundings
from ledger.bundle import bundle_lines
from ledger.init import status_signer
from ledger.issue import Issued, issue
from ledger.publish import publish_status
from ledger.store.watch import Watch
from ledger.verify.chain import Policy, verify_bundle
from ledger.verify.verdict import report
from ledger.withdraw import withdraw
from schemas.problem import MissingError
from schemas.status import MOST_AGE_MS
from tests.blending import blend
from tests.served import ANN, PASSPHRASE, Served, around, plant, serve, tables

if TYPE_CHECKING:
    from pathlib import Path

    from ledger.seal.signer import SoftwareSigner


class Shop:
    """A registry with one lot, and its reports at a time that a test sets."""

    def __init__(self, folder: Path) -> None:
        self.now = around().now_ms()
        self.served: Served = serve(folder)
        self.book = replace(self.served.book, around=Surroundings(lambda: self.now, around().random))
        (made,) = issue(self.book, [blend("A-1", "10 kg", producer=ANN, plant=plant(ANN))], tables=tables())
        assert isinstance(made, Issued)
        self.digest = made.certificates[0].digest
        publish_status(self.book, signer=self.status, public=self.status.public)
        self.reports = Reports(self.book, tables(), Watch(self.book.engine))

    @property
    def status(self) -> SoftwareSigner:
        return status_signer(self.served.home, self.book.registry, passphrase=PASSPHRASE)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_a_kept_report_is_told_with_the_time_and_age_of_the_moment(shop: Shop) -> None:
    first = shop.reports.tell(shop.digest, PUBLIC)
    shop.now += 60_000
    again = shop.reports.tell(shop.digest, PUBLIC)
    assert again.found is first.found
    assert again.text != first.text
    assert f'"status_age_s":{(first.found.status_age_s or 0) + 60}'.encode() in again.text


def test_a_withdrawal_ends_what_was_kept(shop: Shop) -> None:
    assert shop.reports.tell(shop.digest, PUBLIC).found.verdict == "genuine"
    withdraw(shop.book, "A-1", issuer=ANN, reason="a wrong assay", status=shop.status)
    assert shop.reports.seen(shop.digest, PUBLIC) is None
    assert shop.reports.tell(shop.digest, PUBLIC).found.verdict == "withdrawn"


def test_nothing_is_kept_past_the_moment_at_which_its_list_is_stale(shop: Shop) -> None:
    shop.reports.tell(shop.digest, PUBLIC)
    shop.now += MOST_AGE_MS - LONGEST_MS // 2
    assert shop.reports.tell(shop.digest, PUBLIC).found.verdict == "genuine"
    shop.now += LONGEST_MS // 2 + 2000
    assert shop.reports.tell(shop.digest, PUBLIC).found.verdict == "incomplete"


def test_a_clock_that_goes_back_is_not_trusted_with_what_was_kept(shop: Shop) -> None:
    shop.reports.tell(shop.digest, PUBLIC)
    shop.now -= 5000
    assert shop.reports.seen(shop.digest, PUBLIC) is None


def test_what_is_not_here_is_missing(shop: Shop) -> None:
    with pytest.raises(MissingError):
        shop.reports.tell("zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d", PUBLIC)


def test_a_report_on_documents_is_the_report_on_their_lines(shop: Shop) -> None:
    told = shop.reports.tell(shop.digest, PUBLIC)
    lines = bundle_lines(shop.book, shop.digest, audience=PUBLIC)
    chain = verify_bundle(lines, trust=shop.reports.trust(), tables=tables(), policy=Policy(at_ms=shop.now))
    assert told.text == report(chain).to_bytes()
    assert told.judged is not None
    written = [line.to_bytes() + b"\n" for line in told.judged.lines]
    assert written == list(bundle_lines(shop.book, shop.digest, audience=PUBLIC))
