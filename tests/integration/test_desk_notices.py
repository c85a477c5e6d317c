"""What happened, on the desk: the section of Today, its counters, and the screen of hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ledger.desk.hooks import create_hook, list_hooks
from ledger.desk.outbox import latest_notices
from ledger.issuing.issue import issue
from ledger.transfers.ship import Dispatch, ship
from tests.support.http.desk import desk
from tests.support.http.server import ANN, BEN, Served, plant, serve, tables
from tests.support.worlds.blends import blend

if TYPE_CHECKING:
    pass


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """A registry in which Ann offered Ben a lot."""
    made = serve(tmp_path_factory.mktemp("notices"))
    issue(made.registry, [blend("A-1", "100 kg", producer=ANN, plant=plant(ANN))], tables=tables())
    ship(made.registry, Dispatch("A-1", ANN, BEN))
    for party in (ANN, BEN):
        create_hook(made.registry, party=party, address=f"https://{party[8:11]}-erp.example/hook")
    return made


def test_today_and_its_refresh_tell_a_party_what_concerns_it(served: Served) -> None:
    with desk(served, "goods-in", party=BEN) as own, desk(served, "clerk", party=ANN) as other:
        for path in ("/desk", "/desk/counters"):
            assert "A-1 was offered to you" in own.get(path).text
            assert "Incoming: 1" in own.get(path).text
            assert "A-1" not in other.get(path).text
            assert "Incoming:" not in other.get(path).text, "who accepts nothing"
        answer = own.get("/desk/counters", headers={"oreprint-refresh": "1"})
        assert answer.headers["cache-control"] == "no-store"
        assert "<html" not in answer.text
        assert "UTC" in answer.text
        assert 'href="/desk">Refresh' in answer.text


def test_counters_are_for_who_is_signed_in(served: Served) -> None:
    with desk(served, "goods-in", party=BEN) as own:
        own.post("/desk/sign-out")
        answer = own.client.get("/desk/counters", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, "/desk/sign-in?next=/desk/counters")


def test_an_admin_sees_stops_and_tests_the_partys_own_hooks_alone(served: Served) -> None:
    (of_ann,), (of_ben,) = (list_hooks(served.registry, party) for party in (ANN, BEN))
    with desk(served, "admin", party=BEN) as admin:
        shown = admin.get("/desk/admin/hooks").text
        assert "ben-erp.example" in shown
        assert "ann-erp.example" not in shown
        assert "whsec_" not in shown
        assert admin.post(f"/desk/admin/hooks/{of_ann.id}/stop").status_code == 404
        assert list_hooks(served.registry, ANN)[0].state == "on"
        assert "A test is on its way" in admin.post("/desk/admin/hooks/test", follow=True).text
        assert latest_notices(served.registry, BEN)[0].kind == "test"
        assert "stopped by a person" in admin.post(f"/desk/admin/hooks/{of_ben.id}/stop", follow=True).text
        assert list_hooks(served.registry, BEN)[0].state == "stopped"


def test_only_an_admin_comes_to_the_hooks(served: Served) -> None:
    with desk(served, "clerk", party=BEN) as clerk:
        assert clerk.get("/desk/admin/hooks").status_code == 403
        assert clerk.post("/desk/admin/hooks/test").status_code == 403


def test_a_form_of_elsewhere_stops_nothing(served: Served) -> None:
    (of_ann,) = list_hooks(served.registry, ANN)
    with desk(served, "admin", party=ANN) as admin:
        for more in ({"token": "x"}, {"headers": {"origin": "https://evil.example"}}):
            answer = admin.post(f"/desk/admin/hooks/{of_ann.id}/stop", **more)
            assert answer.status_code == 403
    assert list_hooks(served.registry, ANN)[0].state == "on"
