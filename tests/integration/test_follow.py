"""Following a lot: tags of reports, the feed of changes, and hooks of private links."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from api.app import create_app
from api.app_state import Parts
from ledger.admin.init import refresh_status
from ledger.changes.share import create_share
from ledger.changes.withdraw import lift, suspend, withdraw
from schemas.requests import ShareRequest
from tests.support.http.client import Client
from tests.support.http.server import ORIGIN
from tests.support.registries.lived_in import HYDROGEN, MAGNET_MAKER, PASSPHRASE, SEPARATION, TABLES, Life, a_life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.vocabulary import Audience

HOUR_MS = 60 * 60 * 1000
DAY_MS = 24 * HOUR_MS
WITHHELD = ("OX-16", "ME-31", "AL-40")
"""Lots behind MG-88 that the public does not see."""


@dataclass
class Followed:
    """The worked example, served over HTTP at a time that a test sets."""

    life: Life
    client: Client

    def at(self, lot: str) -> str:
        return f"/v1/certificates/{self.life.digests[lot]}/verification"

    def tag(self, lot: str = "MG-88", **headers: str) -> str:
        answer = self.client.get(self.at(lot), headers=headers)
        assert answer.status_code == 200
        return str(answer.headers["etag"])

    def later(self, **more: int) -> None:
        self.life.clock.now += sum({"hours": HOUR_MS, "days": DAY_MS}[unit] * of for unit, of in more.items())
        refresh_status(self.life.home, self.life.registry, passphrase=PASSPHRASE)

    def withdraw(self, lot: str, issuer: str, reason: str = "The assay was wrong.") -> None:
        withdraw(self.life.registry, lot, issuer=issuer, reason=reason, status=self.life.status)

    def link(
        self, lot: str = "MG-88", issuer: str = MAGNET_MAKER, audience: Audience = "customer"
    ) -> tuple[str, dict[str, str]]:
        """Make a private link; return its id and the header that opens it."""
        wanted = ShareRequest(lot=lot, recipient="Example Motors", audience=audience, days=30)
        made = create_share(self.life.registry, wanted, party=issuer, origin=ORIGIN)
        return made.shared.id, {"Authorization": f"Bearer {made.link.partition('#key=')[2]}"}


@pytest.fixture
def followed(tmp_path: Path, database: str | None) -> Iterator[Followed]:
    life = a_life(tmp_path / "home", database)
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    with Client(create_app(Parts(life.registry, TABLES, life.status, ORIGIN)), ORIGIN) as client:
        yield Followed(life, client)


# -- the tag of a report -----------------------------------------------------------------------------------------------


def test_a_report_is_not_sent_again_while_only_clock_and_log_go_on(followed: Followed) -> None:
    tag = followed.tag()
    assert tag.startswith('W/"')
    followed.later(hours=20)  # new status lists are published meanwhile
    followed.withdraw("HS-02", HYDROGEN)  # beside the chain
    for given in (tag, tag.removeprefix("W/"), f'"other", {tag}', "*"):
        again = followed.client.get(followed.at("MG-88"), headers={"if-none-match": given})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
        assert again.headers["cache-control"] == "no-cache"
        assert again.headers["vary"] == "Authorization"
    assert followed.client.get(followed.at("MG-88"), headers={"if-none-match": '"other"'}).status_code == 200


def test_the_tag_changes_with_a_recall_behind_a_hidden_chain_and_back_with_its_end(followed: Followed) -> None:
    before = followed.tag()
    suspend(followed.life.registry, "OX-16", issuer=SEPARATION, reason="in doubt", status=followed.life.status)
    during = followed.tag()
    assert during != before
    assert followed.client.get(followed.at("MG-88"), headers={"if-none-match": before}).json()["state"] == "affected"
    lift(followed.life.registry, "OX-16", issuer=SEPARATION, reason="in order", status=followed.life.status)
    assert followed.tag() == before


def test_each_caller_has_the_tag_of_what_it_sees(followed: Followed) -> None:
    _, key = followed.link(audience="auditor")
    public = followed.tag()
    assert followed.tag(**key) != public
    own = followed.client.get(followed.at("MG-88"), headers={**key, "if-none-match": public})
    assert (own.status_code, own.headers["cache-control"]) == (200, "no-store")
