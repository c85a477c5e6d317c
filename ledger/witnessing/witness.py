"""A witness: it cosigns a checkpoint of a log that it knows, if that log only grew.

A monitor is a witness that also looks inside.

Rules:

1. Checking and writing down are one step under a lock of that log, and come before the signature: what is cosigned is
   never forgotten, and nothing smaller or different is cosigned after it, whatever crashes and however many ask at
   once.
2. Of each log the last checkpoint is kept, one file a log, as its own key signed it.
3. A look inside that finds anything wrong (`examine` raises) ends it there: nothing is written, nothing is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from ledger.files.atomic import locked, make_private_folder, write_durably
from ledger.log.head import Head, open_head
from ledger.log.vkey import VerifierKey, cosign_note
from ledger.log.witness import AddCheckpoint, LatestCosigned, WitnessReply, check_addition, cosigned, refusal
from schemas.note import Note
from schemas.problem import MissingError, OreprintError


@dataclass(frozen=True, slots=True)
class Witness:
    """A witness: its `key`, the `logs` that it knows by origin, the `folder` of its cosigned heads.

    `examine` is called with a head that is consistent and with its note, before anything is written.
    """

    folder: Path
    key: VerifierKey
    sign: Callable[[bytes], bytes]
    logs: Mapping[str, VerifierKey]
    now_ms: Callable[[], int]
    examine: Callable[[Head, str], None] | None = None

    def add(self, body: bytes) -> WitnessReply:
        """Answer a request to cosign."""
        try:
            request = AddCheckpoint.parse(body)
            if request.origin not in self.logs:
                raise MissingError.at("witness.unknown-log", origin=request.origin)
        except OreprintError as error:
            return refusal(error, latest=None)
        log = self.logs[request.origin]
        make_private_folder(self.folder)
        with locked(self._path(log).with_suffix(".lock")):
            return self._add(request, log)

    def _add(self, request: AddCheckpoint, log: VerifierKey) -> WitnessReply:
        known = self.latest(log.name)
        latest = None if known is None else LatestCosigned(known.size, known.root)
        try:
            head = check_addition(request, logs=self.logs, latest=latest)
            if self.examine is not None:
                self.examine(head, request.checkpoint.to_text())
        except OreprintError as error:
            return refusal(error, latest=latest)
        # A crash up to here: nothing was said, and nothing has changed.
        if latest is None or latest.size < head.size:
            own = Note(request.checkpoint.text, tuple(request.checkpoint.signed_by(log.name, log.key_id)))
            write_durably(self._path(log), own.to_text().encode())
        # A crash here: it is written down and nobody knows; who asks again is answered from this size on.
        line = cosign_note(request.checkpoint.text, self.key, time_s=self.now_ms() // 1000, sign=self.sign)
        return cosigned([line])

    def latest(self, origin: str) -> Head | None:
        """Return the last cosigned head of a known log; raise CheckError where its file was changed."""
        log = self.logs[origin]
        try:
            return open_head(self._path(log).read_bytes(), log)
        except FileNotFoundError:
            return None

    def _path(self, log: VerifierKey) -> Path:
        """Return the file of a log: an origin may hold what no file name can."""
        return self.folder / sha256(log.name.encode()).hexdigest()
