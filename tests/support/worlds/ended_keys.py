"""Trust lists in which a key of a registry has ended or leaked, and how a record of before is judged by them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from ledger.log.vkey import KeyType
from schemas.document import replace
from schemas.instant import instant_text
from schemas.status import MOST_AGE_MS
from schemas.trust import KeyDates, Quorum
from tests.support.worlds.parties import START_MS, cast, vkey

if TYPE_CHECKING:
    from schemas.report import Verdict
    from schemas.trust import TrustList
    from tests.support.worlds.parties import Cast

REGISTRY: Final = "one.example"
LATER: Final = instant_text(START_MS + MOST_AGE_MS)
BEFORE: Final = instant_text(START_MS)


def followed(role: Literal["witness", "monitor"], **dates: str) -> Cast:
    """Return the usual cast, where another witness or monitor followed the registry's one, which has these dates."""
    ended, following = (vkey(f"{each}.{REGISTRY}", KeyType.COSIGNATURE).to_text() for each in (role, f"later-{role}"))
    known = (KeyDates(key=ended, **dates), KeyDates(key=following, since=dates.get("until")))
    asked = Quorum(least=1, keys=(following,), dates=known)
    return _changed(**{"witnesses" if role == "witness" else "monitors": asked})


def log_leaked(at: str) -> Cast:
    """Return the usual cast, where others may have had the key of the registry's log."""
    (log,) = cast().listed.registries[0].logs
    return _changed(logs=(replace(log, compromised=at),))


def _changed(**members: object) -> Cast:
    def changed(listed: TrustList) -> TrustList:
        one, *others = listed.registries
        return replace(listed, registries=(replace(one, **members), *others))

    return cast().changed(changed)


ENDED: Final[dict[str, tuple[Cast, Verdict]]] = {
    "a witness ended later": (followed("witness", until=LATER), "genuine"),
    "a monitor ended later": (followed("monitor", until=LATER), "genuine"),
    "a witness ended before": (followed("witness", until=BEFORE), "incomplete"),
    "a witness began later": (followed("witness", since=LATER, until="2098-01-01T00:00:00Z"), "incomplete"),
    "a witness leaked later": (followed("witness", until=LATER, compromised=LATER), "incomplete"),
    "the log's key leaked later": (log_leaked(LATER), "genuine"),
    "the log's key leaked before": (log_leaked(BEFORE), "incomplete"),
}
"""What became of a key of the registry, and the verdict on a record whose head is of `START_MS` and a moment later."""
