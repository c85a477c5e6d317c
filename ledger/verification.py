"""Verifying a bundle with several processes: what one finds, found sooner.

Rules: each process judges a stretch of the records (`ledger.verify.reading.Share`) and follows those before; every record is judged
by exactly one, and this process, whose stretch is the last, puts all together.  Where nothing failed, that is the very report that one
process gives.  Where anything failed, in any share, one process judges all of it again: what follows from a record that fails is for
one to say.  So a share may trust that what it only follows did not fail; what is absent, it takes for absent.  All must have had the
very same lines: where a file changed meanwhile, one process judges what it reads, and so it does where the system begins no more
processes.  A process that ends without an answer fails the whole.

What this module does not do: judging (`ledger.verify.chain`).
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, NamedTuple, cast

from ledger.processes import CAN_SHARE, Processes, received
from ledger.verify.chain import Chain
from ledger.verify.closing import close
from ledger.verify.lines import read_bundle
from ledger.verify.reading import ALONE, NotSharedError, Share
from ledger.verify.shares import Shared, put_together
from schemas.document import uncollected
from schemas.problem import OreprintError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from multiprocessing.connection import Connection

    from ledger.footprint.factors import FactorTables
    from ledger.trust.pinned import Trust
    from ledger.verify.chain import Policy


LOOK_EVERY: Final = 1000
"""Lines after which a process looks whether another has given up: as many as a process refuses before it does (`MOST_REFUSED`)."""


class Task(NamedTuple):
    """What is to be verified, and by what."""

    lines: Callable[[], Iterable[bytes]]
    trust: Trust
    tables: FactorTables
    policy: Policy

    def judged(self) -> Chain:
        """Return the bundle judged by this process alone."""
        return self.judged_share(ALONE)

    def judged_share(self, share: Share) -> Chain:
        """Return the bundle judged as far as a share of it goes; raise NotSharedError where one process has to judge all."""
        chain = Chain(self.trust, self.tables, self.policy, share=share)
        read_bundle(chain, self.lines())
        return chain


def verify_shared(task: Task, *, processes: int) -> Chain:
    """Verify a bundle with some processes, this one among them.

    Raises:
        InputError: as `read_bundle`.
        StateError: `verify.process-ended`, when a process ended without an answer.

    """
    if processes < 2 or not CAN_SHARE:
        return task.judged()
    with Processes() as others:
        begun = all(others.begin(partial(_work, task, Share(number, processes))) for number in range(processes - 1))
        with uncollected():
            shared = _shared(task, others.connections) if begun else None
    return shared or task.judged()


def _shared(task: Task, others: Sequence[Connection]) -> Chain | None:
    """Judge the last share, and put those of the others before it; None where one process has to judge all."""
    answers: dict[Connection, Shared | None] = {}
    watched = task._replace(lines=partial(_watched, task, others, answers))
    try:
        chain = watched.judged_share(Share(len(others), len(others) + 1))
    except (OreprintError, NotSharedError):
        return None
    found = [answers[each] if each in answers else _answer(each) for each in others]
    try:
        put_together(chain, [answer for answer in found if answer])
    except NotSharedError:
        return None
    close(chain)
    return None if chain.judge.failed else chain


def _watched(task: Task, others: Sequence[Connection], answers: dict[Connection, Shared | None]) -> Iterator[bytes]:
    """Yield the lines while none of the others has given up: who judges the last share would read a bad bundle to its end.

    Raises:
        NotSharedError: when one of them has.

    """
    for number, line in enumerate(task.lines()):
        if number % LOOK_EVERY == 0:
            answers |= {each: _answer(each) for each in others if each not in answers and each.poll()}
            if None in answers.values():
                raise NotSharedError
        yield line


def _work(task: Task, share: Share, connection: Connection) -> None:
    """Judge a share in a process of its own, and send what was found."""
    with uncollected():
        try:
            shared = Shared.of(task.judged_share(share))
        except (OreprintError, NotSharedError):
            shared = None
        connection.send(shared)


def _answer(connection: Connection) -> Shared | None:
    return cast("Shared | None", received(connection, ended="verify.process-ended"))
