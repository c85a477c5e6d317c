"""Step 6: a status list counts only if all that it says of itself is right, since other verifiers of such lists read
that too.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

import pytest

from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.status import MOST_AGE_MS
from tests.support.worlds.broken_histories import case, mined
from tests.support.worlds.parties import START_MS
from tests.support.worlds.recipe import tables
from tests.support.worlds.world import World
from tests.support.worlds.wrong_status_lists import DAY, WRONG, key_ended, key_followed, relisted

if TYPE_CHECKING:
    from schemas.report import Report

REASONS: Final = {
    "another issuer": "its issuer is did:web:ann.example, but did:web:one.example signed it",
    "no issuer": "its issuer is , but did:web:one.example signed it",
    "of another day": f"its validFrom is {DAY}, and its entry in the log is of 2026-",
    "from before its end": "not a day after its validFrom",
    "until the end of the century": "its validUntil is 2099-01-01T00:00:00Z, not a day after its validFrom",
    "ended before it began": f"its validUntil is {DAY}, not a day after its validFrom",
}


def judged(world: World) -> Report:
    found = case(world, mined(world))
    return report(verify_bundle(found.lines, trust=found.cast.trust, tables=tables(), policy=found.policy))


def reasons(found: Report) -> list[str]:
    """Return why the status lists failed; nothing else may have."""
    failed = [check for check in found.checks if check.result == "failed"]
    assert {check.code for check in failed} == {"status.list"}
    return [check.sentence for check in failed]


def test_a_list_that_is_signed_anew_as_it_was_still_counts() -> None:
    assert judged(World(relist=relisted)).verdict == "genuine"


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_envelope_is_refused_with_the_reason(name: str) -> None:
    """Hard use 10: a status list whose issuer, validFrom or validUntil is wrong is no list, and the report says why."""
    found = judged(World(relist=partial(relisted, **WRONG[name])))
    assert found.verdict == "do-not-rely"
    assert all(REASONS[name] in told for told in reasons(found))


@pytest.mark.parametrize("member", ["issuer", "validFrom", "validUntil"])
def test_a_missing_member_of_the_envelope_is_refused_with_the_reason(member: str) -> None:
    """Hard use 10: a status list without issuer, validFrom or validUntil is no list, and the report names the
    member.
    """
    found = judged(World(relist=partial(relisted, left_out=member)))
    assert found.verdict == "do-not-rely"
    assert all(f"Add {member}" in told for told in reasons(found))


@pytest.mark.parametrize("member", ["until", "compromised"])
def test_a_list_signed_after_its_key_had_ended_does_not_count(member: str) -> None:
    """Hard use 10: the dates of a status key hold as those of every other key, at the time in the log."""
    late, in_time = (judged(World(people=key_ended(member, START_MS + later))) for later in (0, MOST_AGE_MS))
    assert (late.verdict, in_time.verdict) == ("do-not-rely", "genuine")
    assert all("was not valid when the record was logged" in told for told in reasons(late))


def test_a_list_signed_before_another_key_followed_counts_and_one_signed_later_does_not() -> None:
    late, in_time = (judged(World(people=key_followed(START_MS + later))) for later in (0, MOST_AGE_MS))
    assert (late.verdict, in_time.verdict) == ("do-not-rely", "genuine")
    assert all("was not valid when the record was logged" in told for told in reasons(late))
