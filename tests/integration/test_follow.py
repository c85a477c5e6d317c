"""Following a lot: tags of reports, the feed of changes, and hooks of private links."""

from __future__ import annotations

import json
import socket
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import update
from standardwebhooks.webhooks import Webhook

import api.app
import ledger.desk.outbox
from api.app import create_app
from api.app_state import Parts
from api.reports import Reports
from ledger.admin.init import refresh_status
from ledger.changes.share import count_share, create_share, revoke_share
from ledger.changes.withdraw import lift, suspend, withdraw
from ledger.desk.hooks import MOST_OF_LINK, list_hooks
from ledger.desk.outbox import MOST_FAILURES, RETRY_MS, Couriers, deliver, keep_house, latest_notices
from ledger.issuing.correct import correct
from ledger.store.desk_schema import HOOKS
from ledger.store.engine import writing
from schemas.requests import ShareRequest
from tests.support.http.client import Client
from tests.support.http.receiver import Receiver, receiving
from tests.support.http.server import ORIGIN, runtime
from tests.support.registries.example import record
from tests.support.registries.lived_in import (
    HYDROGEN,
    MAGNET_MAKER,
    PASSPHRASE,
    SEPARATION,
    SMELTER,
    TABLES,
    Life,
    a_life,
)

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
def followed(tmp_path: Path, database: str | None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Followed]:
    monkeypatch.setattr(api.app, "LOOK_SECONDS", 3600)  # a test publishes and delivers by itself
    life = a_life(tmp_path / "home", database)
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    with Client(create_app(Parts(life.registry, TABLES, life.status, ORIGIN)), ORIGIN) as client:
        yield Followed(life, client)


def report_of(followed: Followed, lot: str) -> dict[str, Any]:
    told: dict[str, Any] = followed.client.get(followed.at(lot)).json()
    return told


def issuer_of(followed: Followed, lot: str) -> str:
    return str(report_of(followed, lot)["certificate"]["issuer"])


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
        assert again.headers["vary"] == "Authorization, Cookie"
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


# -- the feed ----------------------------------------------------------------------------------------------------------


def feed(followed: Followed, *lots: str, key: dict[str, str] | None = None, **more: object) -> dict[str, Any]:
    """Return the feed of lots."""
    asked = [*(("lot", followed.life.digests.get(lot, lot)) for lot in lots), *more.items()]
    answer = followed.client.get("/v1/changes", params=asked, headers=key or {})  # type: ignore[arg-type] # httpx takes pairs
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/feed+json"
    told: dict[str, Any] = answer.json()
    return told


def facts_of(told: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["_oreprint"]["lot"], each["_oreprint"]["of"], each["_oreprint"]["change"]) for each in told["items"]]


def test_the_public_follows_a_lot_through_a_recall_behind_a_hidden_chain(followed: Followed) -> None:
    assert feed(followed, "MG-88")["items"] == []
    followed.withdraw("OX-16", SEPARATION)
    told = feed(followed, "MG-88")
    (item,) = told["items"]
    (affected,) = followed.client.get(followed.at("MG-88")).json()["affected"]
    told_upstream = item["_oreprint"]["upstream"]
    assert told_upstream == {name: affected[name] for name in told_upstream}, "the feed tells what the report tells"
    assert set(told_upstream) == {"mass_percent", "mass_kg", "elements", "path"}
    assert item["_oreprint"]["reason"] == affected["reason"]
    assert (item["_oreprint"]["of"], item["_oreprint"]["change"]) == ("upstream", "withdrawn")
    day = affected["since"]
    assert len(day) == len("2026-06-09"), "of a hidden lot the day is told, not the time"
    assert (item["_oreprint"]["day"], item["date_published"]) == (day, f"{day}T00:00:00Z")
    assert item["title"] == "An issuer withdrew a batch in the chain of MG-88."
    assert item["content_text"] == (
        f"{item['title']} {affected['mass_kg']} kg of MG-88 stem from it, {affected['mass_percent']} % of its mass. "
        "The issuer's reason: The assay was wrong."
    )
    assert item["url"] == f"{ORIGIN}/c/{followed.life.digests['MG-88']}"
    whole = str(told)
    assert not [lot for lot in WITHHELD if lot in whole or followed.life.digests[lot] in whole]


def test_who_sees_the_chain_is_told_the_batch_by_its_own_view_alone(followed: Followed) -> None:
    _, key = followed.link(audience="auditor")
    followed.withdraw("OX-16", SEPARATION)
    (private,), (public,) = feed(followed, key=key)["items"], feed(followed, "MG-88")["items"]
    assert "The batch is OX-16." in private["content_text"]
    (affected,) = followed.client.get(followed.at("MG-88"), headers=key).json()["affected"]
    assert private["date_published"] == affected["since"]
    assert len(affected["since"]) == len("2026-06-09T08:00:00Z")
    assert "OX-16" not in str(public)
    both = feed(followed, "AL-40", key=key)["items"]
    (other,) = [each for each in both if each["_oreprint"]["lot"] == "AL-40"]
    assert len(both) == len(["MG-88", "AL-40"])
    assert "OX-16" not in str(other), "a link opens its own certificate alone"


def test_a_lot_of_ones_own_is_told_with_its_time_and_reason(followed: Followed) -> None:
    suspend(followed.life.registry, "MG-88", issuer=MAGNET_MAKER, reason="in doubt", status=followed.life.status)
    (item,) = feed(followed, "MG-88")["items"]
    assert item["content_text"] == "MG-88 was suspended by its issuer. The issuer's reason: in doubt"
    assert item["date_published"] == followed.client.get(followed.at("MG-88")).json()["ended"]["since"]
    lift(followed.life.registry, "MG-88", issuer=MAGNET_MAKER, reason="in order", status=followed.life.status)
    assert facts_of(feed(followed, "MG-88")) == [("MG-88", "lot", "restored")]


def test_an_end_of_a_suspension_upstream_and_a_correction_are_told(followed: Followed) -> None:
    registry, status = followed.life.registry, followed.life.status
    suspend(registry, "ME-31", issuer=SMELTER, reason="in doubt", status=status)
    assert facts_of(feed(followed, "AL-40")) == [("AL-40", "upstream", "suspended")]
    lift(registry, "ME-31", issuer=SMELTER, reason="in order", status=status)
    (item,) = feed(followed, "AL-40")["items"]
    assert item["title"] == "An issuer ended the suspension of a batch in the chain of AL-40."
    assert "upstream" not in item["_oreprint"]
    alloy = record("12-SC-2026-05")
    outputs = tuple(each.model_copy(update={"description": "flake, corrected"}) for each in alloy.outputs)
    made = correct(registry, alloy.model_copy(update={"outputs": outputs}), tables=TABLES, status=status)
    told = feed(followed, "AL-40")
    assert facts_of(told) == [("AL-40", "lot", "corrected"), ("AL-40", "upstream", "restored")]
    latest = made.certificates[0].digest
    assert told["items"][0]["_oreprint"]["corrected_by"] == latest
    assert facts_of(feed(followed, latest)) == [("AL-40", "upstream", "restored")]
    assert facts_of(feed(followed, "MG-88")) == [("MG-88", "upstream", "restored")], "corrections upstream are not told"


def test_a_day_that_is_over_is_asked_after_and_one_that_is_not_is_told_again(followed: Followed) -> None:
    followed.withdraw("OX-16", SEPARATION)
    first = feed(followed, "MG-88")
    day = int(first["items"][0]["_oreprint"]["day"].replace("-", ""))
    assert first["_oreprint"]["next"] < day
    again = feed(followed, "MG-88", after=first["_oreprint"]["next"])
    assert [each["id"] for each in again["items"]] == [each["id"] for each in first["items"]]
    assert feed(followed, "MG-88", after=21991231)["items"], "no wrong day hides what is new"
    followed.later(days=2)
    followed.withdraw("MG-88", MAGNET_MAKER)
    later = feed(followed, "MG-88", after=first["_oreprint"]["next"])
    assert facts_of(later) == [("MG-88", "upstream", "withdrawn"), ("MG-88", "lot", "withdrawn")]
    assert later["_oreprint"]["next"] >= day
    assert facts_of(feed(followed, "MG-88", after=later["_oreprint"]["next"])) == [("MG-88", "lot", "withdrawn")]
    followed.later(days=2)
    assert feed(followed, "MG-88", after=feed(followed, "MG-88")["_oreprint"]["next"])["items"] == []


def test_the_end_of_a_day_hides_nothing_that_is_logged_late(followed: Followed) -> None:
    now = followed.life.clock.now
    followed.life.clock.now = now - now % DAY_MS + 2 * DAY_MS - 1000  # a second before midnight
    followed.withdraw("OX-16", SEPARATION)
    (item,) = feed(followed, "MG-88")["items"]
    followed.life.clock.now += 30 * 60 * 1000
    soon = feed(followed, "MG-88")["_oreprint"]["next"]
    assert [each["id"] for each in feed(followed, "MG-88", after=soon)["items"]] == [item["id"]]


def test_many_changes_come_in_pages_each_once(followed: Followed) -> None:
    lots = sorted(followed.life.digests)
    withdrawn = ("CON-07", "RC-11", "OX-16", "DY-06", "ME-31", "AL-40")
    for lot in withdrawn:
        followed.withdraw(lot, issuer_of(followed, lot))
        followed.later(days=1)
    pages = [feed(followed, *lots)]
    while "next_url" in pages[-1]:
        pages.append(followed.client.get(pages[-1]["next_url"]).json())
    items = [item for page in pages for item in page["items"]]
    assert len(pages) > 1
    assert [each["feed_url"] for each in pages[1:]] == [each["next_url"] for each in pages[:-1]]
    assert len({item["id"] for item in items}) == len(items)
    due = {(lot, "upstream", each["state"]) for lot in lots for each in report_of(followed, lot)["affected"]}
    due |= {(lot, "lot", "withdrawn") for lot in withdrawn}
    assert {facts for page in pages for facts in facts_of(page)} == due
    days = [item["_oreprint"]["day"] for item in items]
    assert days == sorted(days)


def test_nobody_learns_of_lots_that_he_did_not_name(followed: Followed) -> None:
    followed.withdraw("MG-88", MAGNET_MAKER)
    assert feed(followed, "OX-16")["items"] == [], "a lot below is not told"
    unknown = "zQmXy2c4V1cUqHfpA3B8m8bYh8cB7m1h9S9p1pG3k8m5Z7d"
    path = f"/v1/certificates/{unknown}/verification"
    expected = followed.client.get(path)
    for asked in ([unknown], [followed.life.digests["MG-88"], unknown]):
        answer = followed.client.get("/v1/changes", params={"lot": asked})
        assert answer.status_code == expected.status_code == 404
        assert unknown in answer.json()["detail"]


@pytest.mark.parametrize(
    "query",
    [
        "",
        "lot=MG-88",
        "lot=zQm",
        "after=1",
        "after=x&lot={0}",
        "after=-1&lot={0}",
        "after=1&lot={0}",
        "after=20260231&lot={0}",
        "after=99999999&lot={0}",
        "skip=-1&lot={0}",
        "after=1&after=2&lot={0}",
        "lots={0}",
        "lot={0}%00",
        "&".join(["lot={0}"] * 51),
    ],
)
def test_a_wrong_question_is_refused(followed: Followed, query: str) -> None:
    answer = followed.client.get(f"/v1/changes?{query.format(followed.life.digests['MG-88'])}")
    assert answer.status_code == 400
    assert answer.json()["problems"][0]["code"].partition(".")[0] in {"share", "api"}


def test_a_link_of_a_stranger_or_one_that_ended_opens_no_feed(followed: Followed) -> None:
    name, key = followed.link()
    _, other = followed.link("OX-16", SEPARATION)
    followed.withdraw("MG-88", MAGNET_MAKER)
    assert facts_of(feed(followed, key=key)) == [("MG-88", "lot", "withdrawn")]
    assert feed(followed, key=other)["items"] == []
    guess = {"Authorization": f"Bearer orev_{'0' * 43}"}
    assert followed.client.get("/v1/changes", headers=guess).status_code == 401
    revoke_share(followed.life.registry, name, party=MAGNET_MAKER)
    ended = followed.client.get("/v1/changes", headers=key)
    assert (ended.status_code, ended.json()["problems"][0]["code"]) == (410, "share.ended")


def test_a_feed_is_not_sent_again_while_it_says_the_same(followed: Followed) -> None:
    path = f"/v1/changes?lot={followed.life.digests['MG-88']}"
    tag = followed.client.get(path).headers["etag"]
    assert followed.client.get(path, headers={"if-none-match": tag}).status_code == 304
    followed.withdraw("OX-16", SEPARATION)
    assert followed.client.get(path, headers={"if-none-match": tag}).status_code == 200


def test_what_is_not_affected_is_not_verified(followed: Followed, monkeypatch: pytest.MonkeyPatch) -> None:
    """A poll costs questions to the database, and a report only where something changed."""
    followed.withdraw("OX-16", SEPARATION)
    followed.later(days=3)
    after = feed(followed, "MG-88")["_oreprint"]["next"]

    def verified(*_: object, **__: object) -> object:
        raise AssertionError

    monkeypatch.setattr(Reports, "tell", verified)
    assert feed(followed, *sorted(followed.life.digests), after=after)["items"] == []
    assert feed(followed, "HS-02")["items"] == []


# -- hooks of a private link -------------------------------------------------------------------------------------------


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


def hooked(followed: Followed, receiver: Receiver, key: dict[str, str]) -> tuple[str, str]:
    """Add a hook to a link; let it lead to a receiver on this machine, as no caller can. Return its id and secret."""
    answer = followed.client.post("/v1/hooks", json={"address": "https://erp.example/oreprint"}, headers=key)
    assert answer.status_code == 201, answer.text
    assert answer.headers["cache-control"] == "no-store"
    made = answer.json()
    with writing(followed.life.registry.engine) as connection:
        place = HOOKS.c.id == made["hook"]["id"]
        connection.execute(update(HOOKS).where(place).values(address=receiver.address, private=True))
        connection.commit()
    return made["hook"]["id"], made["secret"]


def deliveries(followed: Followed, *, later_ms: int = 0) -> int:
    """Deliver until nothing is due, at a later time; return how many messages were tried."""
    followed.life.clock.now += later_ms
    couriers = Couriers(None, ORIGIN)
    tried = deliver(followed.life.registry, couriers)  # the first round may only find whom to tell
    while number := deliver(followed.life.registry, couriers):
        tried += number
    return tried


def test_a_hook_is_told_of_a_recall_behind_a_hidden_chain_what_the_public_is_told(
    followed: Followed, receiver: Receiver
) -> None:
    followed.life.clock.now = runtime().now_ms()  # the library refuses a message of another time
    followed.later()
    name, key = followed.link()
    hook, secret = hooked(followed, receiver, key)
    followed.withdraw("OX-16", SEPARATION)
    assert deliveries(followed) == 1
    ((head, body),) = receiver.came
    told = Webhook(secret).verify(body, head)
    (affected,) = report_of(followed, "MG-88")["affected"]
    assert told["type"] == "upstream-withdrawn"
    assert told["data"] == {
        "registry": followed.life.registry.did,
        "link": name,
        "subject": "MG-88",
        "facts": {
            "certificate": followed.life.digests["MG-88"],
            "day": affected["since"],
            "reason": "The assay was wrong.",
            "percent_of_mass": affected["mass_percent"],
            **{f"percent_of_{element}": percent for element, percent in affected["elements"].items()},
        },
    }
    (listed,) = followed.client.get("/v1/hooks", headers=key).json()["hooks"]
    assert (listed["id"], listed["state"], listed["failures"]) == (hook, "on", 0)
    assert listed["last"] is not None
    assert deliveries(followed, later_ms=2 * DAY_MS) == 0


def test_a_hook_is_told_of_its_own_lot_and_of_no_other(followed: Followed, receiver: Receiver) -> None:
    _, key = followed.link("AL-40", issuer_of(followed, "AL-40"))
    hooked(followed, receiver, key)
    followed.withdraw("MG-88", MAGNET_MAKER)  # below
    followed.withdraw("HS-02", HYDROGEN)  # beside
    registry, status = followed.life.registry, followed.life.status
    suspend(registry, "AL-40", issuer=issuer_of(followed, "AL-40"), reason="in doubt", status=status)
    lift(registry, "AL-40", issuer=issuer_of(followed, "AL-40"), reason="in order", status=status)
    deliveries(followed)
    told = [json.loads(body) for _, body in receiver.came]
    assert [each["type"] for each in told] == ["upstream-suspended", "upstream-restored"]
    assert {each["data"]["facts"]["upstream"] for each in told} == {"AL-40"}


def test_a_link_to_a_corrected_certificate_is_told_too(followed: Followed, receiver: Receiver) -> None:
    alloy = record("12-SC-2026-05")
    outputs = tuple(each.model_copy(update={"description": "flake, corrected"}) for each in alloy.outputs)
    correct(
        followed.life.registry,
        alloy.model_copy(update={"outputs": outputs}),
        tables=TABLES,
        status=followed.life.status,
    )
    _, key = followed.link("AL-40", issuer_of(followed, "AL-40"))  # to the latest one
    hooked(followed, receiver, key)
    followed.withdraw("OX-16", SEPARATION)
    assert deliveries(followed) == 1
    assert json.loads(receiver.came[0][1])["data"]["facts"]["certificate"] != followed.life.digests["AL-40"]


@pytest.mark.parametrize("ended", ["revoked", "expired"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_hook_ends_with_its_link_also_for_what_waits(
    followed: Followed, receiver: Receiver, ended: str, when: str
) -> None:
    name, key = followed.link()
    receiver.status = 503
    hooked(followed, receiver, key)
    if when == "after":
        followed.withdraw("OX-16", SEPARATION)
        assert deliveries(followed) == 1
    if ended == "revoked":
        revoke_share(followed.life.registry, name, party=MAGNET_MAKER)
    else:
        followed.later(days=31)
    came = len(receiver.came)
    if when == "before":
        followed.withdraw("OX-16", SEPARATION)
    assert deliveries(followed, later_ms=DAY_MS) == 0
    keep_house(followed.life.registry)
    assert len(receiver.came) == came
    assert list_hooks(followed.life.registry) == []
    assert followed.client.get("/v1/hooks", headers=key).status_code == 410


def test_a_receiver_that_never_answers_keeps_nobody_waiting_and_is_switched_off(
    followed: Followed, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger.desk.outbox, "SECONDS", 1)
    _, slow = followed.link()
    _, quick = followed.link("AL-40", issuer_of(followed, "AL-40"))
    with receiving() as silent:
        silent.silent = Event()
        hooked(followed, silent, slow)
        hooked(followed, receiver, quick)
        followed.withdraw("OX-16", SEPARATION)
        assert deliveries(followed) == 2
        assert len(receiver.came) == 1
        for pause in RETRY_MS:
            deliveries(followed, later_ms=pause + 1000)
    (listed,) = followed.client.get("/v1/hooks", headers=slow).json()["hooks"]
    assert listed["failures"] == len(RETRY_MS) + 1
    receiver.status = 503
    with writing(followed.life.registry.engine) as connection:
        connection.execute(update(HOOKS).values(failures=MOST_FAILURES - 1))
        connection.commit()
    followed.withdraw("ME-31", SMELTER)
    deliveries(followed)
    (listed,) = followed.client.get("/v1/hooks", headers=quick).json()["hooks"]
    assert listed["state"] == "failures"


@pytest.mark.parametrize(
    "address",
    [
        "http://erp.example/", "https://127.0.0.1/", "https://10.0.0.5/", "https://[::1]/", "https://[::ffff:10.0.0.5]/",
        "https://169.254.169.254/latest", "mailto:a@b.example", "https://user@erp.example/", "ftp://erp.example/", "", "x" * 2001,
    ],
)  # fmt: skip
def test_a_contact_chooses_public_web_addresses_only(followed: Followed, address: str) -> None:
    _, key = followed.link()
    answer = followed.client.post("/v1/hooks", json={"address": address}, headers=key)
    assert answer.status_code == 422
    more = followed.client.post("/v1/hooks", json={"address": "https://erp.example/", "private": True}, headers=key)
    assert more.status_code == 422
    assert followed.client.get("/v1/hooks", headers=key).json() == {"hooks": []}


def test_a_name_that_leads_into_a_private_network_is_never_connected_to(followed: Followed) -> None:
    _, key = followed.link()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.3)
        address = f"https://localhost:{listener.getsockname()[1]}/"
        assert followed.client.post("/v1/hooks", json={"address": address}, headers=key).status_code == 422
        named = {"address": "https://erp.example/"}  # whose name leads there later
        assert followed.client.post("/v1/hooks", json=named, headers=key).status_code == 201
        with writing(followed.life.registry.engine) as connection:
            connection.execute(HOOKS.update().values(address=address))
            connection.commit()
        followed.withdraw("OX-16", SEPARATION)
        assert deliveries(followed) == 1
        with pytest.raises(TimeoutError):
            listener.accept()
    assert followed.client.get("/v1/hooks", headers=key).json()["hooks"][0]["failures"] == 1


def test_a_link_has_few_hooks_and_sees_and_removes_its_own_alone(followed: Followed) -> None:
    _, key = followed.link()
    _, other = followed.link("OX-16", SEPARATION)
    wanted = {"address": "https://erp.example/oreprint"}
    made = [
        followed.client.post("/v1/hooks", json=wanted, headers=key).json()["hook"]["id"] for _ in range(MOST_OF_LINK)
    ]
    full = followed.client.post("/v1/hooks", json=wanted, headers=key)
    assert (full.status_code, full.json()["problems"][0]["code"]) == (409, "hook.link-full")
    assert followed.client.get("/v1/hooks", headers=other).json() == {"hooks": []}
    foreign = followed.client.delete(f"/v1/hooks/{made[0]}", headers=other)
    assert (foreign.status_code, foreign.json()["problems"][0]["code"]) == (404, "share.no-hook")
    left = followed.client.delete(f"/v1/hooks/{made[0]}", headers=key).json()["hooks"]
    assert {each["id"] for each in left} == set(made[1:])
    assert followed.client.post("/v1/hooks", json=wanted, headers=key).status_code == 201
    for headers in ({}, {"Authorization": "Bearer orev_" + "0" * 43}):
        assert followed.client.get("/v1/hooks", headers=headers).status_code == 401


def test_the_makers_notices_do_not_reach_the_hooks_of_its_links(followed: Followed, receiver: Receiver) -> None:
    name, key = followed.link()
    hooked(followed, receiver, key)
    count_share(followed.life.registry, name)
    assert [each.kind for each in latest_notices(followed.life.registry, MAGNET_MAKER)][:1] == ["link-opened"]
    assert deliveries(followed) == 0
    assert receiver.came == []
