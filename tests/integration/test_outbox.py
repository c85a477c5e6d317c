"""Notices: written in the commit of what they tell of, sent at least once, and to nobody who was not meant."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import replace
from threading import Event
from typing import TYPE_CHECKING, NamedTuple

import pytest
from aiosmtpd.controller import Controller
from standardwebhooks.webhooks import Webhook

from ledger.admin.backup import back_up, restore
from ledger.admin.init import open_book
from ledger.changes.share import count_share, create_share
from ledger.changes.withdraw import suspend, withdraw
from ledger.desk.approvals import set_two_persons
from ledger.desk.hooks import create_hook, list_hooks, resume_hook, send_test, stop_hook
from ledger.desk.outbox import (
    AT_ONCE,
    KEPT_MS,
    MOST_FAILURES,
    MOST_OF_PARTY,
    RETRY_MS,
    TAKEN_MS,
    Couriers,
    Rounds,
    deliver,
    keep_house,
    latest_notices,
)
from ledger.desk.people import add_person
from ledger.issuing.issue import issue
from ledger.registry.approval import OPERATOR, UnapprovedError
from ledger.registry.folder import Home
from ledger.remote.mail import Mailer
from ledger.transfers.ship import Dispatch, accept, cancel, ship
from schemas.problem import InputError, MissingError, RefusedError
from schemas.requests import ShareRequest
from tests.support.http.processes import free_port
from tests.support.http.receiver import Receiver, receiving
from tests.support.http.server import ANN, BEN, CID, ORIGIN, PASSPHRASE, Served, plant, runtime, serve, status, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ledger.desk.hooks import Hook

DAY_MS = 24 * 60 * 60 * 1000


@pytest.fixture
def served(tmp_path: Path, database: str | None) -> Served:
    return serve(tmp_path, database)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as server:
        yield server


class Post(NamedTuple):
    """The outbox of a registry, and the keys that it sends with."""

    served: Served
    couriers: Couriers

    @classmethod
    def of(cls, served: Served, mailer: Mailer | None = None) -> Post:
        return cls(served, Couriers(mailer, ORIGIN))

    def hook(
        self, address: str, party: str = BEN, *, kinds: tuple[str, ...] = (), private: bool = True
    ) -> tuple[Hook, str]:
        hook, secret = create_hook(self.served.registry, party=party, address=address, kinds=kinds, private=private)
        return hook, secret or ""

    def deliver(self, *, later_ms: int = 0) -> int:
        """Deliver until nothing is due, at a later time."""
        clock = runtime()
        later = replace(clock, now_ms=lambda: clock.now_ms() + later_ms)
        registry, tried = replace(self.served.registry, runtime=later), 0
        while number := deliver(registry, self.couriers):
            tried += number
        return tried


@pytest.fixture
def post(served: Served) -> Post:
    return Post.of(served)


def issued(served: Served, lot: str = "A-1", party: str = ANN, mass: str = "100 kg", **inputs: str) -> None:
    record = blend(lot, mass, producer=party, plant=plant(party), inputs=inputs)
    issue(served.registry, [record], tables=tables())


def offered(served: Served, lot: str = "A-1") -> None:
    issued(served, lot)
    ship(served.registry, Dispatch(lot, ANN, BEN))


def kinds_of(served: Served, party: str) -> list[str]:
    return [each.kind for each in latest_notices(served.registry, party)]


def test_an_offer_and_its_acceptance_reach_both_signed(post: Post, receiver: Receiver) -> None:
    _, secret = post.hook(receiver.address)
    _, of_ann = post.hook(receiver.address, ANN, kinds=("accepted",))
    offered(post.served)
    assert post.deliver() == 1
    accept(post.served.registry, consignee=BEN)
    assert post.deliver() == 1
    (first_head, first), (second_head, second) = receiver.came
    told = Webhook(secret).verify(first, first_head)
    assert (told["type"], told["data"]["subject"], told["data"]["party"]) == ("offered", "A-1", BEN)
    assert told["data"]["facts"] == {"with": ANN, "mass_kg": "100"}
    assert Webhook(of_ann).verify(second, second_head)["type"] == "accepted"
    with pytest.raises(Exception, match="signature"):
        Webhook(of_ann).verify(first, first_head)
    assert post.deliver(later_ms=2 * DAY_MS) == 0, "what was taken is not sent again"


def test_what_was_refused_tells_nobody(post: Post) -> None:
    offered(post.served)
    with pytest.raises(RefusedError):
        ship(post.served.registry, Dispatch("A-1", ANN, BEN))
    with pytest.raises(MissingError):
        accept(post.served.registry, consignee=CID)
    cancel(post.served.registry, sender=ANN)
    with pytest.raises(MissingError):
        accept(post.served.registry, consignee=BEN)
    assert kinds_of(post.served, BEN) == ["offered"]
    assert kinds_of(post.served, ANN) == []


def test_a_failed_delivery_is_tried_again_over_a_day_under_the_same_id(post: Post, receiver: Receiver) -> None:
    receiver.status = 500
    hook, _ = post.hook(receiver.address)
    offered(post.served)
    waited = 0
    assert post.deliver() == 1
    assert post.deliver() == 0
    for pause in RETRY_MS:
        waited += pause + 1000
        assert post.deliver(later_ms=waited) == 1
    assert post.deliver(later_ms=waited + 30 * DAY_MS) == 0
    assert DAY_MS - 60_000 <= sum(RETRY_MS) <= DAY_MS + 600_000
    assert len({head["webhook-id"] for head, _ in receiver.came}) == 1
    assert list_hooks(post.served.registry, BEN)[0].failures == len(RETRY_MS) + 1
    assert list_hooks(post.served.registry, BEN)[0].id == hook.id


def test_ten_failures_switch_a_hook_off_with_a_notice_until_it_is_resumed(post: Post, receiver: Receiver) -> None:
    receiver.status = 503
    hook, _ = post.hook(receiver.address)
    for number in range(MOST_FAILURES):
        offered(post.served, f"A-{number}")
    post.deliver()
    (stopped,) = list_hooks(post.served.registry, BEN)
    assert (stopped.state, stopped.failures, stopped.waiting) == ("failures", MOST_FAILURES, 0)
    assert kinds_of(post.served, BEN)[0] == "hook-off"
    offered(post.served, "B-1")
    assert post.deliver(later_ms=DAY_MS) == 0
    receiver.status = 200
    resume_hook(post.served.registry, hook.id)
    offered(post.served, "B-2")
    assert post.deliver() == 1
    assert json.loads(receiver.came[-1][1])["data"]["subject"] == "B-2"
    assert list_hooks(post.served.registry, BEN)[0].failures == 0


def test_a_redirect_is_a_failure_and_not_followed(post: Post, receiver: Receiver) -> None:
    with receiving() as other:
        receiver.status, receiver.location = 307, other.address
        post.hook(receiver.address)
        offered(post.served)
        assert post.deliver() == 1
        assert not other.came
    assert list_hooks(post.served.registry, BEN)[0].failures == 1


def test_a_crash_between_taking_and_telling_sends_it_again(post: Post, receiver: Receiver) -> None:
    post.hook(receiver.address)
    offered(post.served)
    receiver.silent = Event()
    gone = Rounds(post.served.registry, post.couriers)
    assert gone.start() == 1  # and its process is gone: nobody settles it
    receiver.silent.set()
    assert post.deliver() == 0
    assert post.deliver(later_ms=TAKEN_MS + 1000) == 1
    gone.close()
    assert len({head["webhook-id"] for head, _ in receiver.came}) == 1


def test_of_two_processes_one_sends(post: Post, receiver: Receiver) -> None:
    from threading import Barrier, Thread

    post.hook(receiver.address)
    for number in range(5):
        offered(post.served, f"A-{number}")
    gate, posts = Barrier(3), [post, Post.of(post.served.beside()), Post.of(post.served.beside())]

    def run(each: Post) -> None:
        gate.wait()
        each.deliver()

    threads = [Thread(target=run, args=(each,)) for each in posts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [head["webhook-id"] for head, _ in receiver.came]
    assert len(ids) == len(set(ids)) == 5


@pytest.mark.parametrize(
    "address",
    [
        "http://erp.example/hook", "https://user@erp.example/", "https://erp.example/#x", "ftp://erp.example/",
        "https://ERP.example/", "https://erp.example:99999/", "mailto:nobody", "mailto:a@b.example,c@d.example",
        "mailto:a@b.example\nBcc: c@d.example", "https://erp.example/\r\nX: y", "https://127.0.0.1@erp.example/",
    ],
)  # fmt: skip
def test_an_address_has_one_spelling(post: Post, address: str) -> None:
    with pytest.raises(InputError) as refused:
        post.hook(address, private=False)
    assert refused.value.code == "hook.address"


def test_a_hook_stops_for_its_party_alone(post: Post, receiver: Receiver) -> None:
    hook, _ = post.hook(receiver.address)
    with pytest.raises(MissingError):
        stop_hook(post.served.registry, hook.id, party=ANN, by="person:1")
    stop_hook(post.served.registry, hook.id, party=BEN, by="person:2")
    offered(post.served)
    assert post.deliver() == 0
    assert list_hooks(post.served.registry, BEN)[0].state == "stopped"


def test_a_suspended_lot_tells_who_holds_it_and_who_made_of_it_with_the_share(post: Post) -> None:
    served = post.served
    offered(served)
    accept(served.registry, consignee=BEN)
    issued(served, "B-1", BEN, "60 kg", **{"A-1": "60 kg"})
    suspend(served.registry, "A-1", issuer=ANN, reason="assay in doubt", status=status(served))
    post.deliver()
    told = [each for each in latest_notices(served.registry, BEN) if each.kind == "upstream-suspended"]
    assert sorted(each.subject for each in told) == ["A-1", "B-1"]
    made = next(each for each in told if each.subject == "B-1")
    assert made.facts["upstream"] == "A-1"
    assert made.facts["percent_of_mass"] == "100"
    assert any(name.startswith("percent_of_") and name != "percent_of_mass" for name in made.facts)
    assert kinds_of(served, ANN) == ["accepted"]
    withdraw(served.registry, "A-1", issuer=ANN, reason="wrong assay", status=status(served))
    post.deliver()
    post.deliver()
    assert kinds_of(served, BEN).count("upstream-withdrawn") == 2


def test_an_approval_that_is_due_is_told_once(post: Post) -> None:
    registry = post.served.registry
    issued(post.served)
    set_two_persons(registry, "withdrawals", party=ANN, by=OPERATOR)
    clerk = add_person(registry, party=ANN, name="Clerk", roles=("quality",), by=OPERATOR)
    for _ in range(2):
        with pytest.raises(UnapprovedError):
            suspend(
                registry,
                "A-1",
                issuer=ANN,
                reason="assay in doubt",
                status=status(post.served),
                author=clerk.author,
            )
    assert [(each.kind, each.facts["verb"]) for each in latest_notices(registry, ANN)] == [("approval-due", "suspend")]


def test_the_first_opening_of_a_link_is_told_and_no_other(post: Post) -> None:
    issued(post.served)
    wanted = ShareRequest(lot="A-1", recipient="Example Motors", audience="customer", days=30)
    made = create_share(post.served.registry, wanted, party=ANN, origin=ORIGIN)
    for _ in range(3):
        count_share(post.served.registry, made.shared.id)
    (told,) = latest_notices(post.served.registry, ANN)
    assert (told.kind, told.facts["recipient"]) == ("link-opened", "Example Motors")


def test_what_ends_soon_is_told_thirty_seven_and_one_days_before_once_each(post: Post) -> None:
    registry, clock = post.served.registry, runtime()
    year = 365 * DAY_MS
    for days in (400, 31, 29.5, 29, 8, 6.9, 6, 0.9, 0.5):
        later = replace(clock, now_ms=lambda days=days: clock.now_ms() + int(year - days * DAY_MS))  # type: ignore[misc]
        keep_house(replace(registry, runtime=later))
    told = [each for each in latest_notices(registry, ANN) if each.kind == "trust-list-expiring"]
    assert [each.facts["days"] for each in told] == ["1", "7", "30"]


def test_a_restored_registry_sends_nothing_until_it_is_told(post: Post, receiver: Receiver, tmp_path: Path) -> None:
    served = post.served
    hook, _ = post.hook(receiver.address)
    offered(served)
    saved = tmp_path / "backup.tar"
    manifest = back_up(served.home, served.registry.engine, runtime(), saved)
    home = Home(tmp_path / "again")
    restore(saved, home, newest_head=manifest.head)
    again = replace(served, home=home, registry=open_book(home, runtime(), passphrase=PASSPHRASE))
    restored = Post.of(again)
    assert restored.deliver(later_ms=DAY_MS) == 0
    assert (list_hooks(again.registry)[0].state, list_hooks(again.registry)[0].waiting) == ("restored", 1)
    resume_hook(again.registry, hook.id)
    assert restored.deliver(later_ms=DAY_MS) == 1
    assert len(receiver.came) == 1


class _Letters:
    def __init__(self) -> None:
        self.came: list[str] = []

    async def handle_DATA(self, _server: object, _session: object, envelope: object) -> str:  # noqa: N802 - the library's name
        self.came.append(envelope.content.decode())  # type: ignore[attr-defined]
        return "250 OK"


@contextmanager
def mail_server(user: str = "", password: str | None = None) -> Iterator[tuple[Mailer, _Letters]]:
    letters = _Letters()
    controller = Controller(letters, hostname="127.0.0.1", port=free_port(), auth_require_tls=False)
    controller.start()
    try:
        server = f"smtp://{user}127.0.0.1:{controller.port}"
        yield Mailer.at(server, sender="oreprint@registry.example", password=password), letters
    finally:
        controller.stop()


def test_an_email_has_no_figure_and_no_lot(served: Served) -> None:
    with mail_server() as (mailer, letters):
        post = Post.of(served, mailer)
        post.hook("mailto:clerk@ben.example")
        offered(served)
        assert post.deliver() == 1
    (letter,) = letters.came
    assert "To: clerk@ben.example" in letter
    assert "A shipment was offered to you." in letter
    assert f"Sign in to see it: {ORIGIN}/desk" in letter
    assert "A-1" not in letter
    assert "100" not in letter.partition("\n\n")[2]
    assert ANN not in letter


def test_a_mail_server_that_is_away_fails_and_is_tried_again(served: Served) -> None:
    with mail_server() as (mailer, _):
        pass
    post = Post.of(served, mailer)
    post.hook("mailto:clerk@ben.example")
    offered(served)
    assert post.deliver() == 1
    assert list_hooks(served.registry)[0].failures == 1


def test_a_mail_password_that_cannot_be_sent_is_a_failure(served: Served) -> None:
    with mail_server("user@", "пароль") as (mailer, letters):
        post = Post.of(served, mailer)
        post.hook("mailto:clerk@ben.example")
        offered(served)
        assert post.deliver() == 1
    assert letters.came == []
    assert list_hooks(served.registry)[0].failures == 1


def test_mail_that_nobody_can_send_keeps_no_webhook_waiting(
    post: Post, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.desk.outbox._MOST_DUE", 1)
    post.hook("mailto:clerk@ben.example")
    offered(post.served)
    assert post.deliver() == 0
    post.hook(receiver.address)
    offered(post.served, "A-2")
    assert post.deliver() == 1
    assert [each.waiting for each in list_hooks(post.served.registry, BEN)] == [2, 0]


def test_old_notices_are_forgotten(post: Post) -> None:
    offered(post.served)
    post.deliver()
    clock = runtime()
    keep_house(replace(post.served.registry, runtime=replace(clock, now_ms=lambda: clock.now_ms() + KEPT_MS + 1000)))
    assert "offered" not in kinds_of(post.served, BEN)


def test_a_slow_receiver_keeps_no_other_waiting(post: Post, receiver: Receiver) -> None:
    """The healthy one gets all of 40 notices before the slow one has answered its first."""
    registry = post.served.registry
    rounds = Rounds(registry, post.couriers)
    with receiving() as slow:
        slow.silent = Event()
        post.hook(slow.address, ANN)
        post.hook(receiver.address, BEN)
        for number in range(40):
            for party in (ANN, BEN):
                send_test(registry, party=party, by=f"person:{number}")
        while len(receiver.came) < 40:
            rounds.round(wait_s=1)
            assert len(slow.came) <= 1, "the slow one was asked twice at a time"
        slow.silent.set()
        while len(slow.came) < 40 or rounds.under_way:
            rounds.round(wait_s=1)
    assert [each.waiting for each in list_hooks(registry)] == [0, 0]
    rounds.close()


def test_the_slow_hooks_of_one_party_leave_room_for_others(post: Post, receiver: Receiver) -> None:
    registry = post.served.registry
    rounds = Rounds(registry, post.couriers)
    with receiving() as slow:
        slow.silent = Event()
        for _ in range(AT_ONCE + 2):
            post.hook(slow.address, ANN)
        post.hook(receiver.address, BEN)
        for party in (ANN, BEN):
            send_test(registry, party=party, by="person:1")
        assert rounds.start() == MOST_OF_PARTY + 1
        assert rounds.start() == 0
        while not receiver.came:
            rounds.settle(wait_s=1)
        slow.silent.set()
        while len(slow.came) < AT_ONCE + 2 or rounds.under_way:
            rounds.round(wait_s=1)
    rounds.close()


@pytest.mark.parametrize(
    ("address", "private", "code"),
    [
        ("https://127.0.0.1/hook", False, "hook.not-public"),
        ("https://127.9.9.9:8443/hook", False, "hook.not-public"),
        ("https://[::1]/hook", False, "hook.not-public"),
        ("https://[::ffff:127.0.0.1]/hook", False, "hook.not-public"),
        ("https://10.0.0.1/hook", False, "hook.not-public"),
        ("https://169.254.169.254/latest", False, "hook.not-public"),
        ("http://169.254.169.254/latest", True, "hook.not-public"),
        ("http://[fe80::1]/hook", True, "hook.not-public"),
        ("http://[::ffff:169.254.169.254]/hook", True, "hook.not-public"),
        ("http://0.0.0.0/hook", True, "hook.not-public"),
        ("https://registry.example/hook", False, "hook.own"),
        ("http://registry.example:8080/hook", True, "hook.own"),
    ],
)
def test_an_address_that_nothing_is_sent_to_is_refused_at_once(
    post: Post, address: str, code: str, *, private: bool
) -> None:
    with pytest.raises(InputError) as refused:
        post.hook(address, private=private)
    assert refused.value.code == code
    assert list_hooks(post.served.registry) == []
