"""A monitor: it reads everything public that a registry logs, and cosigns a head only if all of it is as it must be.

Rules:

1. It needs no secrets: checkpoint, tiles, entry bundles and the lists that entries put in force, over HTTP or from a
   folder.
2. Entries are read in stretches; each is proven to be the beginning of the signed head before anything of it counts, so
   that a monitor that was stopped goes on where it was.
3. Held of every new entry: it is well formed; no mark and no record is in two entries; no revocation or refresh bit
   is taken back; no version of the trust list comes twice, and each can be read; a status list is its own entry and
   what the entries below it make; its time lies between the monitor's own clock when it cosigned before, less
   `MOST_OFF_MS`, and now plus as much, and not before the entry before it.
4. What is wrong it keeps as a file that anyone can verify (`ledger.verify.evidence`), and never cosigns past it; only a
   trust list that voids that entry lets it go on, which then counts for nothing.
5. The logs that a registry has closed are read first, each to the size at which the trust list says it ends; what they
   left in marks, records and bits holds on in the next one.  Beyond its end nothing of a closed log is cosigned.
6. It cosigns as any witness does (`ledger.witnessing.witness`), with a key of its own.

How new a head is, the monitor knows by its own clock where the registry asks it; where it fetched the head, by the
newest time of a trusted cosignature on it, and without one only by its last entry. A monitor sees nothing confidential.
Its caller passes a function that reads public files.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from hashlib import sha256
from http import HTTPStatus
from pathlib import Path
from typing import Final, NoReturn

from ledger.files.atomic import locked, make_private_folder, write_durably
from ledger.holdings.mark import status_digest, trust_digest
from ledger.log.entry import Entry, EntryKind, PurposeCode, StatusBit, blinded
from ledger.log.head import Head, open_head
from ledger.log.merkle import Frontier, leaf_hash, prove_consistency, verify_consistency
from ledger.log.origin import prefix_of
from ledger.log.tile import WIDTH, Tile, TileHashes
from ledger.log.vkey import VerifierKey
from ledger.log.witness import AddCheckpoint, WitnessReply
from ledger.store.followed import Bits, FinishedLog, FollowedLog, FollowStep, LogPosition
from ledger.trust.pinned import Trust, proposed_list
from ledger.trust.registries import TrustedLog, TrustedRegistry
from ledger.trust.status import StatusList, open_status_list
from ledger.verify.evidence import NEVER_CLEARED, convict, rebuilt_bits
from ledger.witnessing.misbehaviour import Looked
from ledger.witnessing.witness import Witness
from schemas.evidence import Evidence
from schemas.note import Note
from schemas.problem import CheckError, InputError, MissingError, OreprintError, StateError

MOST_OFF_MS: Final = 2 * 60 * 1000
"""By how much clocks may differ (design of the ledger: two minutes)."""
FOLLOWED: Final = "followed.db"
"""The file in a monitor's folder with what it remembers of the log."""
BUNDLES_A_STEP: Final = 64
"""Entry bundles in one stretch: 16,384 entries, some megabytes."""


class _Found(Exception):  # noqa: N818 - no error: it carries what was found out of a step, which is then undone
    def __init__(self, make: Callable[[], Evidence]) -> None:
        self.make = make
        super().__init__()


@dataclass(frozen=True, slots=True)
class Monitor:
    """A monitor of a registry's logs; `read` reads public files, `folder` keeps cosigned heads and evidence."""

    folder: Path
    key: VerifierKey
    sign: Callable[[bytes], bytes]
    trust: Trust
    registry: TrustedRegistry
    read: Callable[[str], bytes]
    now_ms: Callable[[], int]
    progress: Callable[[int, int], None] = field(default=lambda *_: None)

    @classmethod
    def that_only_reads(
        cls,
        folder: Path,
        trust: Trust,
        registry: TrustedRegistry,
        read: Callable[[str], bytes],
        now_ms: Callable[[], int],
        progress: Callable[[int, int], None] = lambda *_: None,
    ) -> Monitor:
        """Return a monitor without a key, for `audit`."""
        log = next(iter(registry.logs.values())).key
        return cls(folder, log, _sign_nothing, trust, registry, read, now_ms, progress)

    @property
    def followed(self) -> FollowedLog:
        """The monitor's memory of the log, in its folder."""
        return FollowedLog(self.folder / FOLLOWED)

    @property
    def log(self) -> TrustedLog:
        """The registry's open log; the last one, where all are closed."""
        logs = list(self.registry.logs.values())
        return next((log for log in logs if log.final_size is None), logs[-1])

    def add(self, body: bytes, *, fetched: bool = False) -> WitnessReply:
        """Answer a request to cosign; the head was sent by its registry, or `fetched`."""
        reply = self._witness(fetched=fetched).add(body)
        if reply.status == 422:  # signed by the log, and perhaps not one history with what was cosigned before
            with suppress(StateError, MissingError):  # without the other tree's tiles there is nothing to show
                self._keep_rebuilt(AddCheckpoint.parse(body).checkpoint.to_text())
        return reply

    def follow(self) -> WitnessReply | None:
        """Fetch the checkpoint of each log and look at it.

        Return the last answer, or None where none is newer than what was cosigned.

        Raises:
            StateError, MissingError: what `read` raises.
            InputError, CheckError: when the text there is not a head of its log.
        """
        reply = None
        for log in self.registry.logs.values():
            answered = self._follow(log)
            if answered is not None:
                reply = answered
                if answered.status != HTTPStatus.OK:
                    break
        return reply

    def _follow(self, log: TrustedLog) -> WitnessReply | None:
        latest = self._witness(fetched=True).latest(log.key.name)
        if latest is not None and latest.size == log.final_size:
            return None
        note = self._checkpoint(log)
        head = open_head(note, log.key)
        if latest is not None and (head.size < latest.size or (head.size, head.root) == (latest.size, latest.root)):
            return None
        old = latest.size if latest else 0
        hashes = self._hashes(head.origin, head.size)
        proof = prove_consistency(hashes, old_size=old, new_size=head.size) if old else ()
        return self.add(AddCheckpoint(old, tuple(proof), Note.parse(note)).to_text().encode(), fetched=True)

    def audit(self) -> Head:
        """Read all logs up to the newest checkpoint, cosigning nothing.

        Return that with the cosignatures that its trust list knows.

        Raises:
            StateError, MissingError: what `read` raises.
            InputError: when the text there is no head of this log; CheckError: what is wrong.
        """
        note = self._checkpoint(self.log)
        head = open_head(note, self.log.key, cosigners=self.registry.cosigners)
        try:
            self._examine(head, note, fetched=True)
        except CheckError:
            with suppress(StateError, MissingError):
                self._keep_rebuilt(note)
            raise
        return head

    def entries(self) -> int:
        """Return how many entries were read, of all logs."""
        return sum(each.size for each in self.followed.finished()) + self.followed.place().frontier.size

    def evidence(self) -> list[Path]:
        """Return the files of all evidence so far."""
        return sorted(self.folder.glob("evidence-*.json"))

    def _witness(self, *, fetched: bool) -> Witness:
        logs = {origin: log.key for origin, log in self.registry.logs.items()}
        look = partial(self._examine, fetched=fetched)
        return Witness(self.folder, self.key, self.sign, logs, self.now_ms, look)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _checkpoint(self, log: TrustedLog) -> str:
        return self.read(f"{prefix_of(log.key.name)}checkpoint").decode(errors="replace")

    def _looked(self, note: str, before: Sequence[FinishedLog] = ()) -> Looked:
        origin = note.partition("\n")[0]
        head = open_head(note, self.registry.logs[origin].key, cosigners=self.registry.witnesses)
        earlier = tuple(self._looked(each.note) for each in before)
        hashes, read = self._hashes(origin, head.size), partial(self._read_in, origin)
        return Looked(self.registry.listed.id, head, note, hashes, read, earlier)

    def _read_in(self, origin: str, path: str) -> bytes:
        return self.read(prefix_of(origin) + path)

    def _hashes(self, origin: str, size: int) -> TileHashes:
        kept: dict[Tile, bytes] = {}

        def fetch(tiles: Sequence[Tile]) -> list[bytes]:
            for tile in tiles:
                if tile not in kept:
                    kept[tile] = self._read_in(origin, tile.to_path())
            return [kept[tile] for tile in tiles]

        return TileHashes(size, fetch)

    def _examine(self, head: Head, note: str, *, fetched: bool) -> None:
        """Read on up to a head that only grew; raise CheckError or StateError where it may not be cosigned."""
        make_private_folder(self.folder)
        with locked(self.folder / "reading.lock"):  # heads of two logs may be asked about at once
            finished = {each.origin: each for each in self.followed.finished()}
            for origin, log in self.registry.logs.items():
                own = origin == head.origin
                told = (head, note) if own else None
                if origin in finished:
                    _check_end(log, finished[origin], head if own else None)
                else:
                    self._read_up(log, told, fetched=fetched)
                if own:
                    return

    def _read_up(self, log: TrustedLog, told: tuple[Head, str] | None, *, fetched: bool) -> None:
        """Read a log up to the given head or, without one, to its end."""
        note = self._checkpoint(log) if told is None else told[1]
        head = open_head(note, log.key)
        end = head.size if log.final_size is None else log.final_size
        if head.size > end or (told is None and head.size != log.final_size):
            raise CheckError.at("log.closed", origin=head.origin, size=head.size, final=end)
        now, place = self.now_ms(), self.followed.place()
        finished = self.followed.finished()
        looked, first = self._looked(note, finished), sum(each.size for each in finished)
        if head.size < place.frontier.size:  # read before, on the way to a larger head
            _check_beginning(head, self._hashes(head.origin, place.frontier.size), place.frontier)
            return
        while place.frontier.size < head.size:
            place = self._step(log, looked, place, first)
            self.progress(place.frontier.size, head.size)
        if place.frontier.root() != head.root:
            raise CheckError.at("log.consistency")
        seen = _newest(looked.head, now, place.time_ms) if fetched or told is None else now
        reached = replace(place, note=note, noted=place.frontier, seen_ms=seen)
        with self.followed.step() as step:
            if head.size == log.final_size:
                step.finish(FinishedLog(first, head.size, note), reached)
            else:
                step.arrive(reached)

    def _step(self, log: TrustedLog, looked: Looked, place: LogPosition, first: int) -> LogPosition:
        """Take in the next stretch of entries of a log that begins at `first`, and write down that it was."""
        start, size = place.frontier.size, looked.head.size
        end = min(size, (start // WIDTH + BUNDLES_A_STEP) * WIDTH)
        raws = list(looked.entries(start, end))
        frontier = place.frontier.append(map(leaf_hash, raws)).frontier
        proof = prove_consistency(looked.hashes, old_size=end, new_size=size)
        root = looked.head.root
        verify_consistency(proof, old_size=end, old_root=frontier.root(), new_size=size, new_root=root)
        try:
            with self.followed.step() as step:
                counted = [(index, raw) for index, raw in enumerate(raws, start) if index not in log.voided]
                time_ms = self._take(step, looked, place, counted, first)
                reached = replace(place, frontier=frontier, time_ms=time_ms)
                step.arrive(reached)
        except _Found as found:
            raise self._keep(found.make()) from found
        return reached

    # -- judging ------------------------------------------------------------------------------------------------------

    def _take(
        self, step: FollowStep, looked: Looked, place: LogPosition, raws: Sequence[tuple[int, bytes]], first: int
    ) -> int:
        """Check rule 3 for a stretch of entries, or raise. Return the time of its last entry."""
        entries = [(index, self._parsed(looked, index, raw)) for index, raw in raws]
        for what, found in (
            ("marks", [(mark, first + index) for index, entry in entries for mark in entry.marks]),
            ("records", [(entry.digest, first + index) for index, entry in entries]),
        ):
            repeated = step.add(what, found)  # type: ignore[arg-type] # one of two words
            if repeated is not None:
                raise _Found(partial(looked.repeat, repeated))
        _check_lists(step, entries, first)
        bits = step.bits()
        before = {name: set(positions) for name, positions in bits.items()}
        time_ms = place.time_ms
        for index, entry in entries:
            self._check_time(place, entry.time_ms, after=time_ms, index=index)
            time_ms = entry.time_ms
            self._check_bits(looked, index, entry, bits)
        step.keep_bits(before, bits)
        step.add_changes((bit, first + index, entry.time_ms) for index, entry in entries for bit in entry.bits)
        return time_ms

    def _parsed(self, looked: Looked, index: int, raw: bytes) -> Entry:
        try:
            return Entry.parse(raw)
        except InputError as error:
            raise _Found(partial(looked.malformed, index)) from error

    def _check_time(self, place: LogPosition, time_ms: int, *, after: int, index: int) -> None:
        earliest = max(after, place.seen_ms - MOST_OFF_MS)
        if not earliest <= time_ms <= self.now_ms() + MOST_OFF_MS:
            raise CheckError.at("monitor.time", index=index)

    def _check_bits(self, looked: Looked, index: int, entry: Entry, bits: Bits) -> None:
        if any(bit.purpose in NEVER_CLEARED and not bit.value for bit in entry.bits):
            raise _Found(partial(looked.cleared, index))
        if entry.kind is EntryKind.STATUS_LIST:
            self._check_list(looked, index, entry, bits)
        if entry.kind is EntryKind.TRUST_LIST:
            _check_trust(looked, index, entry)
        for bit in entry.bits:
            positions = bits.setdefault((bit.list_number, bit.purpose), set())
            (positions.add if bit.value else positions.discard)(bit.position)

    def _check_list(self, looked: Looked, index: int, entry: Entry, bits: Bits) -> None:
        """Check that a status list is that of its entry, at its size, and what the entries below it make."""
        text = looked.read(f"published/{index}").decode(errors="replace")
        listed = entry.listed
        same = listed is not None and sha256(text.encode()).digest() == listed.digest
        if not same or blinded(status_digest(text)) != entry.digest:
            raise CheckError.at("monitor.other-list", index=index)
        opened = self._opened(text, entry.time_ms)
        right = opened is not None and (opened.record.registry, opened.record.size) == (self.registry.listed.id, index)
        if opened is None or not right or opened.bits != rebuilt_bits(opened, _as_changes(bits)):
            raise _Found(partial(looked.false_list, index, text, opened))

    def _opened(self, text: str, logged: int) -> StatusList | None:
        """Return the status list logged at `logged` ms, or None for one that can't be opened."""
        try:
            opened = open_status_list(text, keys=self.registry.status_keys)
            opened.check_time(logged)
        except OreprintError:
            return None
        return opened

    # -- evidence -----------------------------------------------------------------------------------------------------

    def _keep(self, evidence: Evidence) -> CheckError:
        """Verify the evidence as any reader will, write it to a file, and return the refusal to cosign."""
        problem = convict(evidence, self.trust).problem
        text = evidence.to_bytes() + b"\n"
        write_durably(self.folder / f"evidence-{evidence.shows}-{sha256(text).hexdigest()[:16]}.json", text)
        return CheckError(problem)

    def _keep_rebuilt(self, note: str) -> None:
        """Write down two checkpoints that no one history has, if that is what these are."""
        place, looked = self.followed.place(), self._looked(note)
        if (
            not place.note.startswith(f"{looked.head.origin}\n")
            or looked.head.size < place.noted.size
            or looked.head.root == place.noted.root()
        ):
            return
        made = looked.rebuilt(place.note, place.noted)
        if made is not None:
            self._keep(made)


def _check_trust(looked: Looked, index: int, entry: Entry) -> None:
    """Check that a version of the trust list can be read by everybody, and is that of its entry, or raise."""
    text = looked.read(f"published/{index}").decode(errors="replace")
    same = entry.digest == blinded(trust_digest(text))
    with suppress(InputError):
        if same and entry.listed == (proposed_list(text).number, sha256(text.encode()).digest()):
            return
    raise CheckError.at("monitor.other-list", index=index)


def _check_lists(step: FollowStep, entries: Sequence[tuple[int, Entry]], first: int) -> None:
    """Check that no version of the trust list comes twice, or raise."""
    for index, entry in entries:
        if entry.kind is EntryKind.TRUST_LIST and entry.listed is not None:
            number = entry.listed.number
            if step.add("lists", [(number.to_bytes(8, "big"), first + index)]) is not None:
                raise CheckError.at("monitor.list-twice", index=index, number=number)


def _sign_nothing(_message: bytes) -> NoReturn:
    raise TypeError


def _newest(head: Head, now: int, last_ms: int) -> int:
    """Return the time at which a fetched head was the newest. Later entries cannot be much older."""
    times = [each.time_s * 1000 for each in head.cosignatures if each.time_s is not None]
    return min(now, max(times, default=last_ms))


def _check_end(log: TrustedLog, finished: FinishedLog, head: Head | None) -> None:
    """Check that a closed log was read to the end that the trust list gives, at its last head."""
    last = open_head(finished.note, log.key)
    asked = last if head is None else head
    if last.size != log.final_size or (asked.size, asked.root) != (last.size, last.root):
        raise CheckError.at("log.closed", origin=last.origin, size=asked.size, final=log.final_size or 0)


def _check_beginning(head: Head, hashes: TileHashes, frontier: Frontier) -> None:
    """Check that a head is the beginning of the tree that was read."""
    proof = prove_consistency(hashes, old_size=head.size, new_size=frontier.size)
    root = frontier.root()
    verify_consistency(proof, old_size=head.size, old_root=head.root, new_size=frontier.size, new_root=root)


def _as_changes(bits: Bits) -> Iterator[StatusBit]:
    """Yield the bits that are set as the changes that set them."""
    for (number, purpose), positions in bits.items():
        yield from (StatusBit(number, position, PurposeCode(purpose), 1) for position in positions)
