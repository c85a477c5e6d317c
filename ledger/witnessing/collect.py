"""Asking witnesses and monitors to cosign the log's newest head, and keeping what they signed.

Rules:

1. Each is asked in a thread of its own and has at most one question before it; who is slow or away holds up nobody
   else.
2. Everybody is asked about the newest head; an answer about an earlier one still counts for that one.  Of a log that
   was closed everybody is asked about the last head, too, until as many as the trust list asks for have cosigned that.
3. A signature counts only by a key of the registry's own trust list and only if it verifies.  When as many witnesses as
   the list asks for have cosigned a head, it is kept as *witnessed*; with as many monitors, as *monitored*
   (`ledger.registry.registry.CosignedHeads`).
4. Nothing is lost when a round is cut off: who has cosigned says so to the next question, and signs again.
5. Who has cosigned a larger log than this one, or another, knows more than this registry, which then signs nothing
   until that one cosigns again (`ledger.registry.readiness.check_head`): it is a copy or an old state.  Everybody is
   asked before the first signature, and again every `AGAIN_MS`; who can't be asked is named.
6. A process signs nothing before as many witnesses have answered as the trust list asks for (where it names none, as
   many monitors), since those who are silent may know a newer head.  With a majority, as is the default, at least one
   of those who cosigned that head has then answered.  Once so many have answered, cosigners that go away delay
   cosignatures, not signing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from threading import Event, Lock
from types import TracebackType
from typing import Final, Protocol, Self

from ledger.log.head import open_head
from ledger.log.merkle import prove_consistency
from ledger.log.vkey import VerifierKey, open_note
from ledger.log.witness import AddCheckpoint, WitnessReply, cosigned_size, is_other_history, signature_lines
from ledger.registry.registry import Cosigning as Assurance
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.logs import StoredHead, last_heads, tile_hashes
from ledger.store.reading import latest_published
from ledger.trust.pinned import Trust, open_trust
from ledger.trust.registries import TrustedRegistry
from schemas.note import Note, Signature
from schemas.problem import MissingError, OreprintError, Problem, RefusedError, StateError

TRIES: Final = 3
"""Questions to one cosigner about one head: what it says to know may change while the proof is made."""
HEADS_KEPT: Final = 64
"""Heads of which late answers still count."""
LOOK_SECONDS: Final = 5
"""Time that the first signature waits for the cosigners."""
AGAIN_MS: Final = 10_000
"""After this time who has cosigned the newest head is asked about it again: it may know a newer one by now."""
AHEAD: Final = frozenset({"cosign.ahead", "cosign.differs"})
"""Codes of those who know more than is here, or another history."""
_KNOWS_NO_MORE: Final = frozenset({"403", "404", "409", "422"})
"""Statuses of refusals by which a cosigner tells that it has cosigned no head of this log that isn't here."""


class CosignerClient(Protocol):
    """A witness or a monitor: its key, and the answer to a request (c2sp.org/tlog-witness)."""

    @property
    def key(self) -> VerifierKey:
        """The key with which it cosigns."""

    def add(self, body: bytes) -> WitnessReply:
        """Answer a request; raise StateError where no answer can be had, such as `remote.unreachable`."""


def ask(
    registry: OpenRegistry,
    cosigner: CosignerClient,
    head: StoredHead,
    *,
    old: int,
    closed: Callable[[], bool] = lambda: False,
) -> Signature:
    """Return the signature line of `cosigner` under a head. `old` is the size that it is expected to have.

    Once `closed` says so, no further question is put.

    Raises:
        RefusedError: `cosign.refused`.
        StateError: `cosign.ahead`, `cosign.differs`; what the cosigner raises, such as `remote.unreachable`.
        InputError, CheckError: when the answer can't be read, or the signature is wrong or missing.
    """
    note = Note.parse(head.note)
    reply = _asked(registry, cosigner, head, note, old)
    for _ in range(TRIES - 1):
        if closed() or reply.status != 409 or (known := cosigned_size(reply)) > head.size:
            break
        reply = _asked(registry, cosigner, head, note, known)
    if reply.status == 200:
        signed = Note(note.text, signature_lines(reply))
        open_note(signed, [cosigner.key])
        return next(signed.signed_by(cosigner.key.name, cosigner.key.key_id))
    if reply.status == 409:
        _check_ahead(registry, head.origin, cosigner.key.name, cosigned_size(reply))
    if is_other_history(reply):
        raise StateError.at("cosign.differs", name=cosigner.key.name, size=head.size, here=head.size)
    raise RefusedError.at("cosign.refused", name=cosigner.key.name, status=reply.status, reason=reply.body.strip())


def _asked(registry: OpenRegistry, cosigner: CosignerClient, head: StoredHead, note: Note, old: int) -> WitnessReply:
    with reading(registry.engine) as connection:
        hashes = tile_hashes(connection, head.size, first=head.first)
        proof = prove_consistency(hashes, old_size=old, new_size=head.size) if 0 < old < head.size else []
    return cosigner.add(AddCheckpoint(old, tuple(proof), note).to_text().encode())


def _check_ahead(registry: OpenRegistry, origin: str, name: str, size: int) -> None:
    with reading(registry.engine) as connection:
        here = next((each.size for each in last_heads(connection) if each.origin == origin), 0)
    if size > here:
        raise StateError.at("cosign.ahead", name=name, size=size, here=here)


def own_trust(registry: OpenRegistry) -> Trust:
    """Return the registry's own trust list; raise MissingError `store.record-missing` before there is one."""
    with reading(registry.engine) as connection:
        stored = latest_published(connection, "trust")
    if stored is None:
        raise MissingError.at("store.record-missing")
    return open_trust(stored.text)


def own_registry(registry: OpenRegistry) -> TrustedRegistry:
    """Return this registry as its own trust list has it; raise as `own_trust`."""
    return own_trust(registry).registry(registry.did)


def _text(head: StoredHead) -> str:
    """Return the text of a head without its signatures."""
    return head.note.partition("\n\n")[0]


def _tells(error: OreprintError) -> bool:
    """Return whether a failure is the cosigner's answer about its own head of the log."""
    refused = error.code == "cosign.refused" and error.problems[0].facts["status"] in _KNOWS_NO_MORE
    return refused or error.code in AHEAD


class Cosigning:
    """All cosigners of the log of `registry`. It has threads: close it, or use it in a `with`."""

    def __init__(self, registry: OpenRegistry, cosigners: Sequence[CosignerClient]) -> None:
        self._book, self._cosigners = registry, cosigners
        self._threads = ThreadPoolExecutor(max(1, len(cosigners)), "cosign")
        self._closed = Event()
        self._lock = Lock()
        self._asked: dict[str, Future[None]] = {}
        self._known: dict[tuple[str, str], int] = {}
        self._lines: dict[str, dict[str, Signature]] = {}
        self._failed: dict[str, OreprintError] = {}
        self._when: dict[str, int] = {}
        self._heard: set[str] = set()

    def __enter__(self) -> Self:
        """Give itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Ask nobody any more; the process ends after the question that runs."""
        self._closed.set()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def look(self) -> list[Problem]:
        """Ask all cosigners for longer logs before the first signature. Return those that could not be asked.

        If too few have answered, nothing is signed until a later round hears enough of them (rules 5 and 6).
        """
        failed = self.round(wait_s=LOOK_SECONDS)
        self._hold()
        late = StateError.at("remote.unreachable", reason=f"no answer within {LOOK_SECONDS} seconds")
        with self._lock:
            silent = {name: failed.get(name, late) for name in self._asked if name not in self._when}
        return [
            Problem.at("cosign.not-asked", name=name, reason=error.problems[0].facts.get("reason", error.code))
            for name, error in silent.items()
            if error.code not in AHEAD
        ]

    def round(self, *, wait_s: int) -> Mapping[str, OreprintError]:
        """Ask each cosigner that is free and behind, and wait this long. Return the last failures with reasons."""
        now = self._book.runtime.now_ms()
        with reading(self._book.engine) as connection:
            *closed, head = last_heads(connection)
        due_too = [each for each in closed if not self.vouched(each)]
        with self._lock:
            have = self._lines.setdefault(head.note, {})
            while len(self._lines) > HEADS_KEPT:
                self._lines.pop(next(iter(self._lines)))
            for cosigner in self._cosigners:
                name = cosigner.key.name
                due = name not in have or now - self._when[name] >= AGAIN_MS
                if due and (name not in self._asked or self._asked[name].done()):
                    self._asked[name] = self._threads.submit(partial(self._ask_all, cosigner, [*due_too, head]))
            waiting = list(self._asked.values())
        for done in wait(waiting, timeout=wait_s).done:
            done.result()  # what is no refusal is a mistake of ours, and is told
        if self._book.cosigned.held() is not None:
            self._hold()
        with self._lock:
            return dict(self._failed)

    def vouched(self, head: StoredHead) -> bool:
        """Return whether a quorum has cosigned a head of a log, or a later one that is here."""
        asked = own_registry(self._book).listed
        needed: Assurance = "monitored" if asked.monitors.least else "witnessed"
        kept = self._book.cosigned.read(needed, head.origin)
        if kept is None or kept.size <= head.size:
            return kept is not None and _text(kept) == _text(head)
        with reading(self._book.engine) as connection:
            return any(each.origin == head.origin and kept.size <= each.size for each in last_heads(connection))

    def _hold(self) -> None:
        """Block signing until as many cosigners have answered as rule 6 requires."""
        registry = own_registry(self._book)
        quorum, keys = registry.listed.witnesses, registry.witnesses
        if not quorum.least:
            quorum, keys = registry.listed.monitors, registry.monitors
        asked = {each.key.name for each in self._cosigners} & {key.name for key in keys}
        with self._lock:
            heard = asked & self._heard
        needed = min(quorum.least, len(asked))  # one of a home's own whose folder is gone is not asked
        too_few = Problem.at("cosign.too-few", heard=len(heard), needed=needed, names=", ".join(sorted(asked - heard)))
        self._book.cosigned.hold(too_few if len(heard) < needed else None)

    def _ask_all(self, cosigner: CosignerClient, heads: Sequence[StoredHead]) -> None:
        """Ask a cosigner about each head, and keep the first refusal, or that there is none."""
        name, failed, heard = cosigner.key.name, None, True
        for head in heads:
            if self._closed.is_set():
                return
            try:
                self._ask(cosigner, head)
            except OreprintError as error:
                failed = failed or error
                heard &= _tells(error)
        if failed is None:
            self._book.cosigned.forget({name})
        elif failed.code in AHEAD:
            self._book.cosigned.warn(name, int(failed.problems[0].facts["size"]))
        with self._lock:
            if heard:
                self._heard.add(name)
            if failed is None:
                self._failed.pop(name, None)
            else:
                self._failed[name] = failed

    def _ask(self, cosigner: CosignerClient, head: StoredHead) -> None:
        name = cosigner.key.name
        line = ask(self._book, cosigner, head, old=self._known.get((name, head.origin), 0), closed=self._closed.is_set)
        with self._lock:
            self._when[name] = self._book.runtime.now_ms()
            self._known[name, head.origin] = head.size
            lines = self._lines.get(head.note, {}) | {name: line}
            note = Note.parse(head.note)
            text = Note(note.text, (*note.signatures, *(lines[each] for each in sorted(lines)))).to_text()
            self._keep(text)
            self._lines[head.note] = lines  # only now: where it couldn't be kept, who signed is asked again at once

    def _keep(self, note: str) -> None:
        """Keep a head as what can be said of it (rule 3)."""
        registry = own_registry(self._book)
        log = registry.logs[note.partition("\n")[0]].key
        head = open_head(note, log, cosigners=registry.cosigners)
        witnessed, monitored = registry.vouched(head)
        if witnessed and registry.listed.witnesses.least:
            self._book.cosigned.keep(note, "witnessed")
        if witnessed and monitored and registry.listed.monitors.least:
            self._book.cosigned.keep(note, "monitored")
