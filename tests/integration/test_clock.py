"""Clocks that are wrong before a process begins: nothing is signed by them, and the way back is the one that the
refusal names.
"""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import pytest

from cli import parts
from ledger.admin.init import init, open_book, refresh_status
from ledger.audit.everything import audit
from ledger.log.entry import Entry
from ledger.log.witness import AddCheckpoint
from ledger.registry.folder import Home
from ledger.registry.lists import TRUST_RENEWED_MS, TRUST_YEARS_MS
from ledger.registry.readiness import MOST_IDLE_MS, MOST_OFF_MS, check_clock, obstacles
from ledger.store.engine import reading
from ledger.store.logs import entry, latest_head
from ledger.store.parties import keys
from ledger.transfers.mirror import public_file
from ledger.witnessing.collect import own_trust
from ledger.witnessing.cosigners import make_cosigner
from ledger.witnessing.monitor import Monitor
from schemas.door import validated
from schemas.instant import DAY_MS
from schemas.note import Note
from schemas.parties import Parties
from schemas.problem import StateError
from tests.faults.clocks import _set as set_clock
from tests.faults.clocks import _wait as wait_for
from tests.faults.clocks import library
from tests.faults.clocks import served as served_by_clock
from tests.faults.place import bought, filled
from tests.faults.under_load import looked, posted, token
from tests.support.http.processes import free_port
from tests.support.http.server import PASSPHRASE, runtime, tables
from tests.support.registries.outside_witnesses import PARTIES, one_lot

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ledger.log.witness import WitnessReply
    from ledger.registry.registry import OpenRegistry, Runtime

HOUR_MS = 60 * 60 * 1000
YEARS_MS = 3650 * DAY_MS
ZOE = {"did": "did:web:zoe.example", "names": [{"lang": "en", "text": "Zoe"}], "scopes": ["figure"]}


def off(ms: int, *, vouched: bool = False) -> Runtime:
    """Return a clock that was off by so much before its process began."""
    real = runtime()
    return replace(real, now_ms=lambda: real.now_ms() + ms, vouched=vouched)


def wanted(**more: object) -> Parties:
    return validated(Parties, PARTIES | more)  # type: ignore[arg-type]


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """A registry that was made now, with one lot."""
    registry = init(Home(tmp_path / "home"), wanted(), runtime(), passphrase=PASSPHRASE)
    one_lot(registry, "FIRST")
    registry.engine.dispose()
    return Home(tmp_path / "home")


def opened(home: Home, ms: int = 0) -> OpenRegistry:
    return open_book(home, off(ms), passphrase=PASSPHRASE)


def code(call: Callable[[], object]) -> str:
    with pytest.raises(StateError) as refused:
        call()
    return refused.value.code


def size(registry: OpenRegistry) -> int:
    with reading(registry.engine) as connection:
        return latest_head(connection).size


def times(registry: OpenRegistry) -> list[int]:
    with reading(registry.engine) as connection:
        return [Entry.parse(entry(connection, index)).time_ms for index in range(latest_head(connection).size)]


def test_a_clock_ten_years_ahead_signs_nothing_and_leaves_nothing_behind(home: Home) -> None:
    """Hard use 13: past the end of the trust list nothing is signed, and the next start with the right clock writes."""
    ahead = opened(home, YEARS_MS)
    before = size(ahead)
    assert code(lambda: one_lot(ahead, "NOT-NOW")) == "home.trust-expired"
    assert code(lambda: refresh_status(home, ahead, passphrase=PASSPHRASE)) == "home.trust-expired"
    parties = wanted(attestors=[ZOE])
    assert code(lambda: init(home, parties, off(YEARS_MS), passphrase=PASSPHRASE)) == "home.trust-expired"
    with reading(ahead.engine) as connection:
        assert ZOE["did"] not in {key.party for key in keys(connection)}
    assert size(ahead) == before
    one_lot(opened(home), "RIGHT-AGAIN")


def test_a_trust_list_is_renewed_in_its_last_days_and_after_its_end_by_a_persons_word(home: Home) -> None:
    """Hard use 13: who runs a registry for years needs the flag only where nobody renewed the list in time."""
    soon = TRUST_YEARS_MS - TRUST_RENEWED_MS + HOUR_MS
    monthly = range(30 * DAY_MS, soon, 30 * DAY_MS)
    for number, ms in enumerate(monthly):
        one_lot(opened(home, ms), f"MONTH-{number}")
    unchanged = size(opened(home))
    init(home, wanted(), off(monthly[-1]), passphrase=PASSPHRASE)
    assert size(opened(home)) == unchanged, "one that is good for long is not written anew"
    renewed = init(home, wanted(), off(soon), passphrase=PASSPHRASE)
    assert size(renewed) == unchanged + 1
    check_clock(opened(home, soon + 90 * DAY_MS))
    late = soon + TRUST_YEARS_MS + HOUR_MS
    assert code(lambda: check_clock(opened(home, late))) == "home.trust-expired"
    init(home, wanted(), off(late, vouched=True), passphrase=PASSPHRASE)
    one_lot(opened(home, late), "AFTER-ALL")


def test_a_long_rest_needs_a_persons_word(home: Home) -> None:
    """Hard use 13: implausibly long after the last entry nothing is signed without the flag."""
    check_clock(opened(home, MOST_IDLE_MS - HOUR_MS))
    rested = MOST_IDLE_MS + HOUR_MS
    error = obstacles(opened(home, rested))[0]
    assert (error.code, error.facts["days"]) == ("home.clock-ahead", "92")
    assert code(lambda: init(home, wanted(), off(rested), passphrase=PASSPHRASE)) == "home.clock-ahead"
    init(home, wanted(), off(rested, vouched=True), passphrase=PASSPHRASE)
    one_lot(opened(home, rested), "AWAKE")


def cosigned(this_registry: OpenRegistry, folder: Path) -> WitnessReply:
    """Return what a monitor with the right clock answers that has the registry's trust list of now."""
    key, signer = make_cosigner(Home(folder), "monitor.example", runtime(), passphrase=PASSPHRASE)
    trust, read = own_trust(this_registry), partial(public_file, this_registry)
    registry = trust.registry(this_registry.did)
    monitor = Monitor(folder, key, signer.sign, trust, registry, read, runtime().now_ms)
    with reading(this_registry.engine) as connection:
        note = latest_head(connection).note
    return monitor.add(AddCheckpoint(0, (), Note.parse(note)).to_text().encode())


def test_entries_of_a_wrong_clock_are_voided_and_the_log_goes_on(home: Home, tmp_path: Path) -> None:
    """Hard use 13: the way back from entries of a time to come, step by step as the messages name it."""
    ahead = opened(home, 20 * DAY_MS)
    assert refresh_status(home, ahead, passphrase=PASSPHRASE) > 1
    right = opened(home)
    assert code(lambda: one_lot(right, "NOT-NOW")) == "home.clock-behind"
    found = obstacles(right)
    assert [problem.code for problem in found] == ["home.clock-behind", "home.dated-later"]
    voided = [int(index) for index in found[1].facts["entries"].split(", ")]
    assert voided == [index for index, time in enumerate(times(right)) if time > runtime().now_ms() + MOST_OFF_MS]
    vouching = off(0, vouched=True)
    for parties, clock in ((wanted(), runtime()), (wanted(voided=voided), runtime())):
        assert code(partial(init, home, parties, clock, passphrase=PASSPHRASE)) == "home.clock-behind"
    for named in ([], voided[1:]):
        parties = wanted(voided=named)
        assert code(partial(init, home, parties, vouching, passphrase=PASSPHRASE)) == "home.dated-later"
    assert "[monitor.time]" in cosigned(right, tmp_path / "before").body
    init(home, wanted(voided=voided), vouching, passphrase=PASSPHRASE)
    right = opened(home)
    assert obstacles(right) == []
    one_lot(right, "GOES-ON")
    assert refresh_status(home, right, passphrase=PASSPHRASE) > 0, "lists that the wrong clock dated are published anew"
    assert cosigned(right, tmp_path / "after").status == 200
    counting = [time for index, time in enumerate(times(right)) if index not in voided]
    assert counting == sorted(counting)
    assert counting[-1] <= runtime().now_ms() + MOST_OFF_MS
    assert list(audit(home, tables=tables(), progress=lambda *_: None).faults) == []


@pytest.mark.parametrize("start", [-HOUR_MS, YEARS_MS], ids=["an hour behind", "ten years ahead"])
def test_a_clock_that_is_corrected_writes_again_by_itself(
    start: int, home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hard use 13: the correction of a clock that was wrong at the start is no jump; a jump from the right time
    still is.
    """
    real, steady, now = parts.now_ms, parts._steady_ms, [start]
    monkeypatch.setattr(parts, "now_ms", lambda: real() + now[0])
    monkeypatch.setattr(parts, "_steady_ms", steady)
    registry = open_book(home, parts.runtime(), passphrase=PASSPHRASE)
    wrong = "home.clock-behind" if start < 0 else "home.trust-expired"
    assert code(lambda: one_lot(registry, "NOT-NOW")) == wrong
    now[0] = 0
    one_lot(registry, "BY-ITSELF")
    for jump in (-HOUR_MS, YEARS_MS):
        now[0] = jump
        assert code(lambda: one_lot(registry, "NOT-NOW")) == "home.clock-jumped"
        now[0] = 0
        one_lot(registry, f"BACK-FROM-{jump}")


@pytest.mark.slow
@pytest.mark.parametrize(("start", "wrong"), [("-3600", "home.clock-behind"), ("+315360000", "home.trust-expired")])
def test_a_server_started_with_a_wrong_clock_writes_once_it_is_right(start: str, wrong: str, tmp_path: Path) -> None:
    """Hard use 13: by libfaketime, as it happens to a machine whose clock is set after the server has started."""
    if library() is None:
        pytest.skip("libfaketime is not installed: apt-get install faketime")
    place, port, faked = filled(tmp_path, lots=1), free_port(), tmp_path / "clock"
    secret = token(place)
    set_clock(faked, start)
    with served_by_clock(place, faked, port):
        wait_for(port)
        for _ in range(2):
            status, problem = posted(port, secret, bought("NOT-NOW"))
            assert (status, problem["problems"][0]["facts"]) == (503, {"cause": wrong})
        assert looked(port, "/readyz")[0] == 503
        set_clock(faked, "+0")
        assert posted(port, secret, bought("BY-ITSELF"))[0] == 201
        assert looked(port, "/readyz")[0] == 200
    said = [json.loads(line) for line in (place.folder / "said").read_text("utf-8").splitlines()]
    assert wrong in [each.get("code") for each in said]
