"""Whatever happened, and whatever of it is shown: several processes report what one does."""

from __future__ import annotations

import re
from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from ledger.verification import Task
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from schemas.bundle import EndLine, Header, entry_of, is_record, read_line
from tests.histories import play
from tests.property.test_search import CHEATS
from tests.recipe import tables
from tests.shared import shared_report

if TYPE_CHECKING:
    from schemas.vocabulary import Audience

HISTORIES: Final = 300
AUDIENCES: Final[tuple[Audience, ...]] = ("auditor", "partner", "partner", "public")


def tampered(lines: list[bytes], random: Random) -> None:
    """Have a record stand elsewhere or twice, show nothing, have the entry of another, or be left out."""
    records = [number for number, line in enumerate(lines) if is_record(line)]
    one, other = sorted(random.choices(records, k=2))
    match random.choice(("moved", "twice", "hidden", "entry", "out")):
        case "moved":
            lines.insert(one, lines.pop(other))
        case "twice":
            lines.insert(other, lines[one])
        case "hidden":
            lines[one] = re.sub(rb'~[^"]*', b"~", lines[one])
        case "entry":
            lines[one] = lines[one].replace(entry_of(lines[one]), entry_of(lines[other]))
        case _:
            del lines[one]
    header, records_now = read_line(lines[0], ""), sum(map(is_record, lines))
    if isinstance(header, Header):
        lines[0] = header.model_copy(update={"records": records_now}).to_bytes() + b"\n"
        lines[-1] = EndLine(t="end", lines=len(lines)).to_bytes() + b"\n"


@pytest.mark.slow
@pytest.mark.parametrize("processes", [2, 3])
def test_several_processes_report_what_one_does(processes: int) -> None:
    shared = 0
    for seed in range(HISTORIES):
        random = Random(seed)  # noqa: S311 - the same in every run
        history = play(random, CHEATS, acts=random.randint(3, 14), honest=random.choice((1.0, 0.8)))
        certificates = [each for made in history.issuances for each in made.certificates if each]
        views: dict[str, Audience] = {each.digest: "auditor" for each in certificates}
        if seed % 3 == 0:
            views = {digest: random.choice(AUDIENCES) for digest in views}
        lines = history.world.bundle(certificates[-1], views.__getitem__)
        if seed % 2:
            tampered(lines, random)
        people, policy = history.world.people, Policy(history.world.now_ms + 60_000)
        task = Task(lambda lines=lines: iter(lines), people.trust, tables(), policy)  # type: ignore[misc]
        found = shared_report(task, processes=processes)
        assert found is None or found == report(task.judged()), seed
        shared += found is not None
    assert shared > HISTORIES // 8
