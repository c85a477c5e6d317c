"""Threads of one process that read the same kinds of document for the first time, all at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

from tests.faults.victim import FORKS
from tests.support.worlds.sample_records import certificate_facts, details, inputs, inventory, outputs, run_facts

if TYPE_CHECKING:
    from schemas.document import Document

PROCESSES: Final = 12
"""Without a lock around the building, every second process dies."""
THREADS: Final = 6
PATIENCE_SECONDS: Final = 120


def _texts() -> list[tuple[type[Document], bytes]]:
    """Return a text of each kind that a run and its certificates are made of: they share structs, such as figures
    and shares.
    """
    used, source = inputs()[0]
    documents = [run_facts(), certificate_facts(), outputs()[0], details()[0], used, source, *inventory()]
    return [(type(each), each.to_bytes()) for each in documents]


def _read_at_once() -> None:
    """Let all threads read the first text of each kind, which builds its decoder."""
    texts = _texts()
    begun = threading.Barrier(THREADS)

    def read(number: int) -> None:
        begun.wait()
        for kind, text in texts[number:] + texts[:number]:
            kind.from_text(text)

    threads = [threading.Thread(target=read, args=(number,)) for number in range(THREADS)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()


def test_threads_that_read_a_kind_for_the_first_time_crash_no_process() -> None:
    """Hard use 1: six threads build the decoders of `msgspec` at once, in many processes; none dies of SIGSEGV."""
    processes = [FORKS.Process(target=_read_at_once) for _ in range(PROCESSES)]
    for each in processes:
        each.start()
    for each in processes:
        each.join(PATIENCE_SECONDS)
    assert [each.exitcode for each in processes] == [0] * PROCESSES
