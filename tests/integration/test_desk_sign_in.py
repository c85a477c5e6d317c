"""Signing in by password and code, proving it again, and what ends a session."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

import pytest
from argon2 import PasswordHasher, extract_parameters
from argon2.profiles import CHEAPEST, RFC_9106_LOW_MEMORY

from api.app import create_app
from api.app_state import Parts
from api.desk.access import cookie_name
from api.desk.routes import sign_in as sign_in_route
from api.lanes import MOST_PASSWORDS, PASSWORDS
from api.rates import WRONG_CODES_A_MINUTE, WRONG_SIGN_INS_A_MINUTE, WRONG_TRIES_A_MINUTE, Rates
from ledger.desk import passwords
from ledger.desk.account import Account, account_of
from ledger.desk.passwords import STEP_MS
from ledger.desk.people import change_person, end_person, one_time_link, recover_person
from ledger.desk.sessions import FRESH_MS, IDLE_MS, LONGEST_MS
from ledger.registry.approval import OPERATOR
from ledger.registry.idempotency import happened
from ledger.registry.registry import Runtime
from schemas.problem import AccessError
from tests.support.http.desk import (
    PASSWORD,
    desk,
    form_token,
    person,
    set_up,
    sign_in,
    type_in,
    visitor,
)
from tests.support.http.server import ANN, ORIGIN, Served, serve, status, tables

if TYPE_CHECKING:
    from pathlib import Path

    from starlette.testclient import TestClient


KEPT_BY = passwords._HASHER


@pytest.fixture(autouse=True)
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep passwords at the least cost; a name that nobody has costs as much as ever."""
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher.from_parameters(CHEAPEST))


def test_a_password_costs_what_rfc_9106_says_whether_or_not_it_is_kept() -> None:
    assert extract_parameters(KEPT_BY.hash(PASSWORD)) == extract_parameters(passwords._NOBODY) == RFC_9106_LOW_MEMORY
    assert not passwords._verify(passwords._NOBODY, PASSWORD)


class Clock:
    """The time of the machine, and more."""

    def __init__(self) -> None:
        self.more = 0

    def __call__(self) -> int:
        return time.time_ns() // 1_000_000 + self.more


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def served(tmp_path: Path, database: str | None, clock: Clock) -> Served:
    """A registry whose clock the test sets."""
    made = serve(tmp_path, database)
    registry = replace(made.registry, runtime=Runtime(clock, made.registry.runtime.random))
    return replace(made, registry=registry, app=create_app(Parts(registry, tables(), status(made), ORIGIN)))


def signed_in(client: TestClient) -> bool:
    return client.get("/desk", follow_redirects=False).status_code == 200


def test_a_person_sets_password_and_app_and_signs_in_by_them(served: Served, clock: Clock) -> None:
    with desk(served, "clerk", name="Li Wei") as at:
        app, codes = set_up(at)
        assert at.get("/desk").status_code == 200, "this session goes on"
        assert "Recovery codes left" in at.get("/desk/account").text
    with visitor(served) as client:
        code = app.now()
        assert type_in(client, "Li Wei", PASSWORD, code).status_code == 403, "this step was taken when it was set up"
        clock.more += STEP_MS
        code = app.at(clock() // 1000)
        assert type_in(client, "li  WEI", PASSWORD, code).headers["location"] == "/desk"
        assert signed_in(client)
    with visitor(served) as thief:
        assert type_in(thief, "Li Wei", PASSWORD, code).status_code == 403, "a step is taken once"
        assert type_in(thief, "Li Wei", "x" + PASSWORD, codes[0]).status_code == 403
        assert type_in(thief, "Li Wei", PASSWORD, codes[0].lower().replace("-", " ")).status_code == 303
        assert type_in(thief, "Li Wei", PASSWORD, codes[0]).status_code == 403, "a recovery code is taken once"


def test_whatever_is_wrong_the_answer_is_the_same(served: Served) -> None:
    with desk(served, "clerk", name="Li Wei") as at:
        app, _ = set_up(at)
    with visitor(served) as client:
        answers = [
            type_in(client, name, password, code)
            for name, password, code in (
                ("Nobody", PASSWORD, app.now()),
                ("Li Wei", "wrong password", app.now()),
                ("Li Wei", PASSWORD, "000000"),
            )
        ]
        said = {answer.text.replace("Nobody", "").replace("Li Wei", "") for answer in answers}
        assert {answer.status_code for answer in answers} == {403}
        assert len(said) == 1
        assert PASSWORD not in answers[2].text
    told = [
        each for each in happened(served.registry, last=50) if each.action == "sign in" and each.outcome == "refused"
    ]
    assert len(told) == 2, "tries at an account are events"


def test_passwords_and_codes_are_held_to_their_form(served: Served) -> None:
    with desk(served, "clerk", name="Li Wei") as at:
        page = at.get("/desk/account/password").text
        for fields, said in (
            ({"password": "short", "again": "short", "code": "1"}, "at least"),
            ({"password": PASSWORD, "again": PASSWORD + "x", "code": "1"}, "passwords differ"),
            ({"password": PASSWORD, "again": PASSWORD, "code": "000000"}, "does not fit the secret"),
            ({"password": "aaaaaaaaaaaa", "again": "aaaaaaaaaaaa", "code": "1"}, "few different characters"),
            ({"password": "li wei li wei", "again": "li wei li wei", "code": "1"}, "your name"),
            ({"password": PASSWORD, "again": PASSWORD, "code": "1", "sealed": "forged"}, "open for too long"),
        ):
            sealed = page.split('name="sealed" value="')[1].split('"')[0]
            answer = at.post("/desk/account/password", {"sealed": sealed, **fields}, token=form_token(page))
            assert (answer.status_code, said in answer.text) == (422, True), answer.text
            assert PASSWORD not in answer.text


def test_the_secret_of_one_person_is_no_use_to_another(served: Served) -> None:
    with desk(served, "clerk") as first, desk(served, "clerk") as second:
        page = first.get("/desk/account/password").text
        sealed = page.split('name="sealed" value="')[1].split('"')[0]
        fields = {"sealed": sealed, "code": "000000", "password": PASSWORD, "again": PASSWORD}
        answer = second.post("/desk/account/password", fields)
        assert "of another person" in answer.text


def test_a_session_rests_half_an_hour_and_lasts_twelve(served: Served, clock: Clock) -> None:
    with desk(served, "clerk") as at:
        for _ in range(3):
            clock.more += IDLE_MS - 60_000
            assert signed_in(at.client)
        clock.more += IDLE_MS - 1000
        assert at.get("/desk", headers={"oreprint-refresh": "1"}).url.path == "/desk"
        clock.more += 1000
        assert not signed_in(at.client), "what a page asks by itself keeps nobody signed in"
    with desk(served, "clerk") as at:
        for _ in range(LONGEST_MS // (IDLE_MS - 60_000)):
            assert signed_in(at.client)
            clock.more += IDLE_MS - 60_000
        clock.more += LONGEST_MS % (IDLE_MS - 60_000)
        assert not signed_in(at.client)


def test_what_needs_a_fresh_proof_asks_for_it_and_goes_on(served: Served, clock: Clock) -> None:
    with desk(served, "clerk", name="Li Wei") as at:
        app, _ = set_up(at)
        clock.more += FRESH_MS
        token, before = at.token(), dict(at.client.cookies)
        asked = at.post("/desk/account/recovery", token=token)
        assert asked.headers["location"] == "/desk/prove?next=/desk/account"
        code = app.at(clock() // 1000)
        wrong = at.post("/desk/prove", {"password": "wrong", "code": code, "next": "/desk/account"}, token=token)
        assert wrong.status_code == 403
        proof = {"password": PASSWORD, "code": code, "next": "https://evil.example", "name": "x"}
        assert at.post("/desk/prove", proof, token=token).headers["location"] == "/desk", "no form leads elsewhere"
        assert dict(at.client.cookies) != before, "a fresh proof gives a new session"
        assert at.post("/desk/account/recovery", token=token).status_code == 200, "forms of other tabs go on"
    with visitor(served) as thief:
        thief.cookies.update(before)
        assert not signed_in(thief)


def test_who_came_by_a_link_may_take_time_to_set_up(served: Served, clock: Clock) -> None:
    with desk(served, "clerk", "admin") as at:
        clock.more += FRESH_MS
        assert at.post("/desk/admin/people", {}).headers["location"].startswith("/desk/prove")
        assert "/desk/account" in at.get("/desk/prove").text
        set_up(at, now_ms=clock())
        assert at.post("/desk/admin/people", {}).status_code == 422, "setting it up is a fresh proof"
        clock.more += FRESH_MS
        answer = at.client.get("/desk/account/password", follow_redirects=False)
        assert answer.headers["location"] == "/desk/prove?next=/desk/account/password"


def test_a_change_of_password_roles_or_person_ends_all_sessions(served: Served, clock: Clock) -> None:
    who = person(served, "admin", "clerk", name="Li Wei")
    person(served, "admin", name="Another admin")
    with visitor(served) as one, visitor(served) as two:
        first, second = sign_in(served, one, who), sign_in(served, two, who)
        app, _ = set_up(first)
        assert (signed_in(one), signed_in(two)) == (True, False), "the one that changed it goes on"
        clock.more += STEP_MS
        assert type_in(two, "Li Wei", PASSWORD, app.at(clock() // 1000)).status_code == 303
        change_person(served.registry, who.id, party=ANN, roles=["quality"], plants=[], by=OPERATOR)
        assert (signed_in(one), signed_in(two)) == (False, False)
        link = one_time_link(served.registry, who.id, by=OPERATOR)
        assert sign_in(served, one, who).get("/desk").status_code == 200
        assert two.get(f"/desk/link/{link}").status_code == 410, "a newer link ends the one before"
        end_person(served.registry, who.id, party=ANN, by=OPERATOR)
        assert not signed_in(one)
        clock.more += STEP_MS
        assert type_in(two, "Li Wei", PASSWORD, app.at(clock() // 1000)).status_code == 403
    assert second.person == who
    person(served, "clerk", name="Li Wei")  # the name is free


def test_the_operator_recovers_whoever_lost_everything(served: Served, clock: Clock) -> None:
    with desk(served, "clerk", name="Li Wei") as at:
        app, codes = set_up(at)
        secret = recover_person(served.registry, at.person.id, party=ANN)
        assert not signed_in(at.client)
        clock.more += STEP_MS
        assert type_in(at.client, "Li Wei", PASSWORD, app.at(clock() // 1000)).status_code == 403
        assert type_in(at.client, "Li Wei", PASSWORD, codes[0]).status_code == 403
        page = at.client.get(f"/desk/link/{secret}")
        token = form_token(page.text)
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}
        assert at.client.post(f"/desk/link/{secret}", data={"csrf": token}, headers=headers).status_code == 200
        assert "Set up how you sign in" in at.get("/desk/account").text


def test_a_request_that_a_recovery_overtakes_sets_nothing_up(served: Served) -> None:
    with desk(served, "clerk", name="Li Wei") as at:
        set_up(at)
        session = at.client.cookies[cookie_name(ORIGIN)]
        recover_person(served.registry, at.person.id, party=ANN)
        with pytest.raises(AccessError) as refused:
            passwords.new_recovery_codes(served.registry, at.person, session=session)
        assert refused.value.code == "desk.signed-out"
        assert account_of(served.registry, at.person) == Account(None, 0, ())


def test_secrets_are_kept_by_nobody(served: Served) -> None:
    """What the database holds is of no use to whoever reads it."""
    with desk(served, "clerk", name="Li Wei") as at:
        app, codes = set_up(at)
        cookie = at.client.cookies["__Host-oreprint-desk"]
        csrf = at.token()
    from ledger.store.desk_schema import CREDENTIALS, SESSIONS
    from ledger.store.engine import reading

    with reading(served.registry.engine) as connection:
        kept = repr([*connection.execute(CREDENTIALS.select()), *connection.execute(SESSIONS.select())])
    for secret in (cookie, cookie[5:], PASSWORD, app.secret, *codes):
        assert secret not in kept
    assert csrf in kept, "the test reads what is kept"


def test_wrong_tries_are_told_to_wait_and_a_right_password_is_taken(served: Served) -> None:
    with desk(served, "clerk", name="Li Wei") as at, visitor(served) as client:
        _, codes = set_up(at)
        wrong = [type_in(client, "Li Wei", "wrong password", "1") for _ in range(WRONG_TRIES_A_MINUTE + 1)]
        assert [each.status_code for each in wrong] == [403] * WRONG_TRIES_A_MINUTE + [429]
        assert 0 < int(wrong[-1].headers["retry-after"]) <= 60
        assert type_in(client, "Wang Fang", "wrong password", "1").status_code == 403
        assert type_in(client, "Li Wei", PASSWORD, codes[0]).status_code == 303


def test_wrong_names_of_a_stranger_keep_nobody_out(served: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    """60 wrong names a minute from the one address of a proxy: before, nobody else could sign in by a password."""
    cheap = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)  # counted here; what it costs is no part of this
    monkeypatch.setattr(passwords, "_NOBODY", cheap.hash(PASSWORD[::-1]))
    with desk(served, "clerk", name="Li Wei") as at, visitor(served) as client:
        _, codes = set_up(at)
        wrong = [
            type_in(client, f"Nobody {number}", "wrong password", "1").status_code
            for number in range(WRONG_SIGN_INS_A_MINUTE + 1)
        ]
        assert wrong == [403] * WRONG_SIGN_INS_A_MINUTE + [429]
        assert type_in(client, "Li Wei", PASSWORD, codes[0]).status_code == 303


def test_who_knows_a_password_guesses_few_codes_from_whichever_address(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = count()
    monkeypatch.setattr(sign_in_route, "address_of", lambda _: f"192.0.2.{next(addresses)}")
    with desk(served, "clerk", name="Li Wei") as at, visitor(served) as client:
        _, codes = set_up(at)
        for _ in range(WRONG_CODES_A_MINUTE + 1):
            assert type_in(client, "Li Wei", PASSWORD, "000000").status_code == 403
        assert type_in(client, "Li Wei", PASSWORD, codes[0]).status_code == 403
        served.app.state.server.rates = Rates()
        assert type_in(client, "Li Wei", PASSWORD, codes[0]).status_code == 303


def test_a_flood_of_passwords_is_turned_away_and_the_server_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served = serve(tmp_path)
    flood, found = 60, list[int]()
    turned_away, check = threading.Event(), passwords._verify

    def slow(kept: str, password: str) -> bool:
        """Check a password that takes until all others have been turned away."""
        turned_away.wait(25)
        return check(kept, password)

    monkeypatch.setattr(passwords, "_verify", slow)
    monkeypatch.setattr(passwords, "_NOBODY", passwords._HASHER.hash(PASSWORD[::-1]))
    with visitor(served) as client:
        token = form_token(client.get("/desk/sign-in").text)
        headers = {"origin": ORIGIN, "sec-fetch-site": "same-origin"}

        def try_in(number: int) -> None:
            fields = {"name": f"Nobody {number}", "password": PASSWORD, "code": "000000", "csrf": token}
            found.append(client.post("/desk/sign-in", data=fields, headers=headers).status_code)
            if found.count(503) >= flood - PASSWORDS - MOST_PASSWORDS:
                turned_away.set()

        threads = [threading.Thread(target=try_in, args=(number,)) for number in range(flood)]
        for thread in threads:
            thread.start()
        assert client.get("/healthz").status_code == 200
        for thread in threads:
            thread.join()
    assert sorted(found) == [403] * (PASSWORDS + MOST_PASSWORDS) + [503] * (flood - PASSWORDS - MOST_PASSWORDS)
