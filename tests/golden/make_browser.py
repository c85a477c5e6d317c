"""Write `browser/vectors.json`: what a browser must find in steps 1 to 6; with `--check`, compare instead.

Every case is a bundle judged by the verification in Python. Lines are kept once, and a case says by their numbers which
it has; one that is changed in its text is kept as what is put in whose place. The page's JavaScript is held to the same
cases.
"""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.web.page import own_steps
from ledger.verify.rule import Rule
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.document import replace as with_members
from schemas.instant import instant_text
from schemas.name import Name
from schemas.status import MOST_AGE_MS
from schemas.trust import FormerNames, TrustList
from tests.support.worlds.attestations import Vouched
from tests.support.worlds.broken_histories import BREAKS, DAY_MS, Case, case, drawn, mined
from tests.support.worlds.ended_keys import ENDED
from tests.support.worlds.parties import START_MS
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.upstream import WITHDRAWN, with_word
from tests.support.worlds.world import World
from tests.support.worlds.wrong_status_lists import WRONG, key_ended, key_followed, relisted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from schemas.report import Verdict
    from schemas.upstream import EndedBatch

HERE: Final = Path(__file__).parent / "browser" / "vectors.json"
LEFT: Final = frozenset({Rule.ENDED_BY, Rule.LOT_ONCE, Rule.STATUS_PLACE, Rule.INSTRUMENT_MARK})
"""Who ended a certificate is said by statements, what is there once by all certificates together, and how names are
folded by tables of Unicode: a browser leaves that to the server."""
RULES: Final = tuple(rule for rule in BREAKS if rule.step <= 6 and rule not in LEFT)


@dataclass
class Pool:
    """Lines, each once, by number."""

    lines: list[str] = field(default_factory=list)

    def put(self, text: str) -> int:
        if text not in self.lines:
            self.lines.append(text)
        return self.lines.index(text)


def honest(audience: str) -> Case:
    world = World()
    return case(world, world.issue("ben", [drawn(world)], [Make(300_000)]), "genuine", show=audience)


def stale() -> Case:
    found = honest("public")
    return replace(found, policy=replace(found.policy, at_ms=found.policy.at_ms + DAY_MS), verdict="incomplete")


def without_lists() -> Case:
    found = honest("public")
    kept = [line for line in found.lines if not line.startswith(b'{"t":"status')]
    return replace(found, lines=[*kept[:-1], b'{"t":"end","lines":%d}\n' % len(kept)], verdict="incomplete")


def suspended_then_lifted() -> Case:
    world = World()
    batch = mined(world)
    world.change("suspend", batch.certificate)
    world.change("lift", batch.certificate)
    return case(world, batch, "genuine")


def not_expired_yet() -> Case:
    world = World()
    return case(world, mined(world, valid_until=instant_text(world.now_ms + DAY_MS)), "genuine")


def attested() -> Case:
    world = Vouched()
    batch = mined(world)
    for _ in range(2):
        world.attest(batch.certificate)
    return case(world, batch, "genuine", also=[world.end("withdraw")])


def worded(verdict: Verdict, *ended: EndedBatch, age_ms: int = 0) -> Case:
    """Return the case of a hidden chain of whose ended lots the registry speaks."""
    world = World()
    batch = world.issue("ben", [drawn(world)], [Make(300_000)])
    made = instant_text(world.now_ms - age_ms)
    return case(world, batch, verdict, show="public", change=with_word(world, batch.certificate, *ended, made=made))


def renamed(verdict: Verdict, *, until: int, since: int, new: bool = False) -> Case:
    """Return the case of a batch whose issuer was renamed so many days after it; with `new` it has the new name."""
    world, other = World(), (Name(lang="en", text="Annabel"),)
    found = case(world, mined(world), verdict)
    renamed_at, ended_at = (instant_text(world.now_ms + days * DAY_MS) for days in (since, until))

    def change(listed: TrustList) -> TrustList:
        first, *rest = listed.parties
        names, had = (first.names, other) if new else (other, first.names)
        former = (FormerNames(names=had, until=ended_at),)
        party = with_members(first, names=names, renamed=renamed_at, former_names=former)
        return with_members(listed, parties=(party, *rest))

    return replace(found, cast=world.people.changed(change))


def cases() -> Iterator[tuple[str, Case]]:
    """Yield honest cases, and one for each rule of the steps that is broken."""
    for audience in ("public", "customer", "auditor"):
        yield f"honest, {audience}", honest(audience)
    yield "suspended, then lifted", suspended_then_lifted()
    yield "not expired yet", not_expired_yet()
    yield "attested twice, once withdrawn", attested()
    yield "a name of then", renamed("genuine", until=1, since=0)
    yield "a name that had ended", renamed("do-not-rely", until=-1, since=-2)
    yield "a name of now", renamed("genuine", until=1, since=-1, new=True)
    yield "a name before its time", renamed("do-not-rely", until=2, since=1, new=True)
    yield "status a day old", stale()
    yield "no status lists", without_lists()
    suspended = with_members(WITHDRAWN, state="suspended")
    yield "nothing hidden has ended", worded("genuine")
    yield "a hidden lot was withdrawn", worded("withdrawn", WITHDRAWN)
    yield "a hidden lot was withdrawn, says an old word", worded("withdrawn", WITHDRAWN, age_ms=2 * DAY_MS)
    yield "a hidden lot was suspended, says an old word", worded("genuine", suspended, age_ms=2 * DAY_MS)
    for rule in RULES:
        yield rule.value, BREAKS[rule]()


def edited() -> Iterator[tuple[str, Case]]:
    """Yield an honest bundle with one thing changed in the text of its last certificate."""
    found = honest("auditor")
    at = len(found.lines) - 2
    line = json.loads(found.lines[at])
    text: str = line["certificate"]
    jws, *disclosures = text.split("~")
    header, payload, signature = jws.split(".")
    swapped = signature[:10] + ("A" if signature[10] != "A" else "B") + signature[11:]
    changes = {
        "another signature": "~".join((f"{header}.{payload}.{swapped}", *disclosures)),
        "a disclosure out of order": "~".join((jws, disclosures[1], disclosures[0], *disclosures[2:])),
        "a disclosure twice": "~".join((jws, disclosures[0], *disclosures)),
        "no tilde at the end": text[:-1],
        "padding": "~".join((f"{header}.{payload}=.{signature}", *disclosures)),
        "a blank before it": f" {text}",
        "its own output withheld": "~".join((jws, *disclosures[:-2], "")),
        "another header": "~".join((f"eyJhbGciOiJub25lIn0.{payload}.{signature}", *disclosures)),
    }
    for name, changed in changes.items():
        new = json.dumps({**line, "certificate": changed}, separators=(",", ":")).encode() + b"\n"
        yield name, replace(found, lines=[*found.lines[:at], new, *found.lines[at + 1 :]])
    values = {**line, "values": ["A" * 43]}
    yield (
        "another value at its place",
        replace(
            found,
            lines=[
                *found.lines[:at],
                json.dumps(values, separators=(",", ":")).encode() + b"\n",
                *found.lines[at + 1 :],
            ],
        ),
    )
    yield "a line missing at the end", replace(found, lines=found.lines[:-1])


def wrong_lists() -> Iterator[tuple[str, Case]]:
    """Yield bundles whose status lists are rightly signed, and say something of themselves that isn't so."""
    for name, members in WRONG.items():
        world = World(relist=partial(relisted, **members))
        yield f"status lists: {name}", case(world, mined(world))
    world = World(relist=partial(relisted, left_out="validUntil"))
    yield "status lists: no end", case(world, mined(world))
    for member in ("until", "compromised"):
        world = World(people=key_ended(member, START_MS))
        yield f"status lists: after the key's {member}", case(world, mined(world))
    for when, at_ms in (("before", START_MS + MOST_AGE_MS), ("after", START_MS)):
        world = World(people=key_followed(at_ms))
        yield f"status lists: {when} another key followed", case(world, mined(world))


def ended_keys() -> Iterator[tuple[str, Case]]:
    """Yield bundles of before the key of a witness, a monitor or the log ended."""
    for name, (people, verdict) in ENDED.items():
        world = World(people=people)
        yield f"keys: {name}", case(world, mined(world), verdict)


def made() -> str:
    """Return the text of the file."""
    pool = Pool()
    found: list[dict[str, Any]] = []
    for name, each in (*cases(), *edited(), *wrong_lists(), *ended_keys()):
        chain = verify_bundle(each.lines, trust=each.cast.trust, tables=tables(), policy=each.policy)
        judged = report(chain)
        found.append(
            {
                "name": name,
                "trust": pool.put(each.cast.note),
                "now": each.policy.at_ms,
                "lines": [pool.put(line.decode()) for line in each.lines],
                "verdict": judged.verdict,
                "steps": list(own_steps(judged)),
                "codes": sorted(
                    {check.code for check in judged.checks if check.step <= 6 and check.result != "passed"}
                ),
            }
        )
    return json.dumps({"pool": pool.lines, "cases": found}, indent=0, ensure_ascii=False) + "\n"


def main() -> int:
    text = made()
    if "--check" in sys.argv[1:]:
        return int(not HERE.exists() or HERE.read_text(encoding="utf-8") != text)
    HERE.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
