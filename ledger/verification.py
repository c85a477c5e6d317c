"""Verifying a bundle with several processes: what one finds, found sooner.

Rules: each process judges a stretch of the records (`ledger.verify.reading.Share`) and follows those before; every record is judged
by exactly one, and this process, whose stretch is the last, sees all.  Where nothing failed, the shares put together are the very report that one process gives.  Where anything
failed, in any share, one process judges all of it again: what follows from a record that fails is for one to say.  So a share
may trust that what it only looked at holds.  All must have read the very same lines: where a file changed meanwhile, one process
judges what it reads.  A process that ends without an answer fails the whole.

What this module does not do: judging (`ledger.verify.chain`).
"""

from __future__ import annotations

import multiprocessing
from collections import deque
from hashlib import sha256
from typing import TYPE_CHECKING, Final, NamedTuple

from ledger.verify.chain import Chain
from ledger.verify.reading import ALONE, Share
from schemas.problem import OreprintError, StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from hashlib import _Hash as Hash
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

    from ledger.footprint.factors import FactorTables
    from ledger.trust.pinned import Trust
    from ledger.verify.chain import Policy
    from ledger.verify.claims import Judged
    from ledger.verify.judge import Finding
    from ledger.verify.rule import Rule

CAN_SHARE: Final = "fork" in multiprocessing.get_all_start_methods()
"""Whether this system makes a process that begins with all that its parent has loaded; else one process does all."""


class _Answer(NamedTuple):
    """What a share found, and the SHA-256 of all it read; None instead where it could not go on, so that one must judge all."""

    made: dict[Rule, int]
    findings: list[Finding]
    claims: dict[str, Judged]
    read: bytes


class Task(NamedTuple):
    """What is to be verified, and by what."""

    lines: Callable[[], Iterable[bytes]]
    trust: Trust
    tables: FactorTables
    policy: Policy

    def judged(self, share: Share = ALONE) -> Chain:
        """Return the bundle judged, as far as a share of it goes."""
        chain = Chain(self.trust, self.tables, self.policy, share=share)
        chain.read(self.lines())
        return chain

    def judged_share(self, share: Share) -> tuple[Chain, bytes]:
        """Return the bundle judged as far as a share of it goes, and the SHA-256 of all its lines."""
        chain, read = Chain(self.trust, self.tables, self.policy, share=share), sha256()
        lines = _noted(self.lines(), read)
        chain.read(lines)
        deque(lines, maxlen=0)  # what comes after the share is read, and not looked at
        return chain, read.digest()


def verify_shared(task: Task, *, processes: int) -> Chain:
    """Verify a bundle with some processes, this one among them.

    Raises:
        InputError: as `Chain.read`.
        StateError: `verify.process-ended`, when a process ended without an answer.

    """
    if processes < 2 or not CAN_SHARE:
        return task.judged()
    others = [_begin(task, Share(number, processes)) for number in range(processes - 1)]
    try:
        own = _own_share(task, processes)
        answers = [_answer(connection) for _, connection in others]
    finally:
        for process, connection in others:
            connection.close()
            process.terminate()
            process.join()
    if own is None:
        return task.judged()
    chain, read = own
    if any(answer is None or answer.read != read for answer in answers):
        return task.judged()
    for answer in filter(None, answers):
        chain.judge.join(answer.made, answer.findings)
        chain.claims.judged |= answer.claims
    return chain


def _noted(lines: Iterable[bytes], read: Hash) -> Iterator[bytes]:
    """Yield lines as they are, and take them into a digest."""
    for line in lines:
        read.update(line)
        yield line


def _own_share(task: Task, processes: int) -> tuple[Chain, bytes] | None:
    try:
        chain, read = task.judged_share(Share(processes - 1, processes))
    except OreprintError:
        return None
    return None if chain.judge.failed or chain.uneven else (chain, read)


def _begin(task: Task, share: Share) -> tuple[BaseProcess, Connection]:
    """Begin another process on its share."""
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_work, args=(task, share, theirs), daemon=True)
    process.start()
    theirs.close()  # so that the end of the process is seen as the end of the pipe
    return process, ours


def _work(task: Task, share: Share, connection: Connection) -> None:
    """Judge a share in a process of its own, and send what was found."""
    try:
        chain, read = task.judged_share(share)
    except OreprintError:
        connection.send(None)
        return
    judge = chain.judge
    connection.send(None if judge.failed else _Answer(judge.made, judge.findings, chain.claims.judged, read))


def _answer(connection: Connection) -> _Answer | None:
    try:
        answer: _Answer | None = connection.recv()
    except EOFError as error:
        raise StateError.at("verify.process-ended") from error
    return answer
