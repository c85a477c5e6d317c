"""Sign the next version of a registry's trust list: by the key in its home, and by those who hold its other keys.

Rules:

1. The keys in the home sign first.  Where that is enough, the list is published at once, as ever.
2. Where the list needs other holders, it is kept in the home as a proposal, ``proposal/trust-N.json``, and nothing else
   changes.  Holders sign a copy (`add_signature`), and so do witnesses and monitors who agree to a change that can
   weaken what readers rely on.  `take_signatures` brings the signatures home.
3. The same command again then publishes it.  A proposal keeps the time at which it was made, so that the same change
   makes the same text.  Another change in the meantime makes another text, and asks for new signatures.

This module publishes nothing, and doesn't judge what a list says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple, TypeAlias

from ledger.files.atomic import make_private_folder, write_durably
from ledger.files.token import token_public
from ledger.log.vkey import KeyType, VerifierKey, cosign_note, open_note, sign_note
from ledger.registry.folder import Home
from ledger.registry.registry import Runtime
from ledger.seal.keys import check_public_key
from ledger.seal.signer import SoftwareSigner
from ledger.trust.pinned import Trust, follow, holders_on, note_in, open_trust, proposed_list, sign_trust
from schemas.instant import epoch_ms
from schemas.note import Note, Signature, check_key_name
from schemas.problem import CheckError, InputError, MissingError, Sentence, StateError
from schemas.trust import TrustFile, TrustList

KEY: Final = "holder"
"""The name of a holder's key in its own home."""
Endorser: TypeAlias = tuple[VerifierKey, Callable[[bytes], bytes]]
"""A key of a trust list, and what signs by it."""
PROPOSALS: Final = "proposal"
"""The folder of proposed lists in a home."""
PARTIES_CHANGE: Final = "parties"
"""How the change by a parties file is named, with the digest of that file."""
HOLDERS_CHANGE: Final = "holders"
"""How a change of the keys of the list is named."""


class Proposal(NamedTuple):
    """A list that waits for signatures: its note, and the change that it is for, as the command named it."""

    note: str
    change: str


@dataclass(frozen=True, slots=True)
class ListSigner:
    """Signs the next list of a home for one `change`, named alike each time that the same command runs.

    `parties` is the text of the parties file that the list enters, if it enters one.
    """

    home: Home
    endorsers: Sequence[Endorser]
    change: str
    parties: bytes | None = None

    def time(self, known: Trust | None, now_ms: int) -> int:
        """Return the time of the next list in ms: that of its proposal, if there is one for this change, else now."""
        found = proposal(self.home, _next_number(known))
        if found is None or found.change != self.change:
            return now_ms
        return epoch_ms(proposed_list(found.note).issued)

    def signed(self, known: Trust | None, listed: TrustList) -> str:
        """Return the note of a list that enough have signed, to follow `known`.

        Raises:
            StateError: `list.holders-wait`; the proposal then lies in the home.
            InputError, CheckError: as `open_trust` and `follow`.
        """
        note = self.noted(listed)
        try:
            check_signatures(self.home, known, note)
        except StateError:
            self.propose(listed)
            raise
        return note

    def alone(self, known: Trust) -> bool:
        """Return whether a key in the home is enough for the next list."""
        return known.listed.threshold == 1 and any(key.to_text() in known.listed.keys for key, _ in self.endorsers)

    def noted(self, listed: TrustList) -> str:
        """Return the note of a list with the signature of the home, and with those on its proposal."""
        note, found = sign_trust(listed, self.endorsers), proposal(self.home, listed.number)
        return note if found is None else _with_signatures(note, found.note)

    def propose(self, listed: TrustList) -> Path:
        """Keep a list as a proposal, with the parties file that it enters; return its file."""
        place = _keep(self.home, listed.number, Proposal(self.noted(listed), self.change))
        if self.parties is not None:
            write_durably(parties_of(self.home, listed.number), self.parties)
        return place


def check_signatures(home: Home, known: Trust | None, note: str) -> None:
    """Check that a list follows the one before and that enough have signed it, or raise.

    Raises:
        StateError: `list.holders-wait`, with those who could still sign.
        InputError, CheckError: as `open_trust` and `follow`.
    """
    try:
        _ = open_trust(note) if known is None else follow(known, note)
    except CheckError as error:
        if error.code != "trust.threshold":
            raise
        listed = proposed_list(note)
        missing, place = Sentence(", ".join(_missing(note, listed, known))), _file(home, listed.number)
        raise StateError.at(
            "list.holders-wait", str(place), number=listed.number, holders=missing, path=place
        ) from error


def proposal(home: Home, number: int) -> Proposal | None:
    """Return the proposal for a version, or None."""
    with suppress(FileNotFoundError):
        return Proposal(note_in(_file(home, number).read_bytes()), _change(home, number).read_text("utf-8"))
    return None


def take_signatures(home: Home, note: str) -> Proposal:
    """Add the signatures on a copy of a proposal to the proposal in the home; return that.

    Raises:
        MissingError: `list.proposal-unknown`, where the text is not that of a proposal here.
    """
    given, number = Note.parse(note), proposed_list(note).number
    found = proposal(home, number)
    if found is None or Note.parse(found.note).text != given.text:
        raise MissingError.at("list.proposal-unknown", number=number)
    taken = found._replace(note=_with_signatures(found.note, note))
    _keep(home, number, taken)
    return taken


def forget_proposals(home: Home, number: int) -> None:
    """Remove the proposals that a published version has overtaken."""
    for file in (home.path / PROPOSALS).glob("trust-*"):
        if file.stem.removeprefix("trust-").isdecimal() and int(file.stem.removeprefix("trust-")) <= number:
            file.unlink(missing_ok=True)


def add_signature(note: str, key: VerifierKey, sign: Callable[[bytes], bytes], *, now_ms: int) -> str:
    """Return a list with one signature more: of a holder, or of a witness or monitor that agrees to the list."""
    opened = Note.parse(note)
    if key.type is KeyType.COSIGNATURE:
        line = cosign_note(opened.text, key, time_s=now_ms // 1000, sign=sign)
    else:
        (line,) = sign_note(opened.text, key, sign).signatures
    return _joined(opened, (line,))


def given_signature(note: str, signature: bytes, keys: Iterable[VerifierKey]) -> tuple[str, VerifierKey]:
    """Return a list with a signature that a token made over its text, and the key of these whose it is.

    Raises:
        CheckError: `list.not-holder`.
    """
    opened = Note.parse(note)
    for key in keys:
        with suppress(CheckError, InputError):
            line = Signature(key.name, key.key_id, signature)
            open_note(Note(opened.text, (line,)), [key])
            return _joined(opened, (line,)), key
    raise CheckError.at("list.not-holder")


def make_holder(home: Home, name: str, runtime: Runtime, *, passphrase: bytes) -> VerifierKey:
    """Return the key of a holder. Create it in the holder's own home if there is none.

    Raises:
        InputError: `log.key-name`, `home.passphrase`; `seal.key-file` for a wrong passphrase.
    """
    check_key_name(name)
    return VerifierKey(name, home.key(KEY, kid=name, passphrase=passphrase, random=runtime.random).public)


def holder_on_token(name: str, uri: str) -> VerifierKey:
    """Return the key of a holder that a token keeps.

    Raises:
        InputError: `log.key-name`, `seal.key-*`; as `ledger.files.token.token_public`.
    """
    check_key_name(name)
    public = token_public(uri)
    check_public_key(public)
    return VerifierKey(name, public)


def own_holder(home: Home, *, passphrase: bytes) -> SoftwareSigner:
    """Return the key of the holder of a home; raise StateError `home.key-missing`, InputError `seal.key-file`."""
    return home.read_key(KEY, kid=KEY, passphrase=passphrase)


def holder_key(text: str) -> VerifierKey:
    """Return the key of a holder, by its text.

    Raises:
        InputError: `log.vkey`, also for the key of a witness or monitor.
    """
    key = VerifierKey.parse(text)
    if key.type is not KeyType.ED25519:
        raise InputError.at("list.holder-cosigns", key=key.name)
    return key


def parties_of(home: Home, number: int) -> Path:
    """Return the place of the parties file from which a version was proposed."""
    return home.path / PROPOSALS / f"trust-{number}.parties"


def _missing(note: str, listed: TrustList, known: Trust | None) -> list[str]:
    """Return the names of the holders who could still sign, by the list before and by this one."""
    lists = [listed] if known is None else [known.listed, listed]
    signed = {public for each in lists for public in holders_on(note, each)}
    keys = {key.public: key.name for each in lists for key in map(VerifierKey.parse, each.keys)}
    return [name for public, name in keys.items() if public not in signed]


def _with_signatures(note: str, other: str) -> str:
    """Return a note with the signatures of another one of the same text; of another text, as it is."""
    own, more = Note.parse(note), Note.parse(other)
    return _joined(own, more.signatures) if own.text == more.text else note


def _joined(note: Note, more: tuple[Signature, ...]) -> str:
    known = {(each.name, each.key_id) for each in note.signatures}
    return Note(
        note.text, (*note.signatures, *(each for each in more if (each.name, each.key_id) not in known))
    ).to_text()


def _next_number(known: Trust | None) -> int:
    return 1 if known is None else known.listed.number + 1


def _keep(home: Home, number: int, found: Proposal) -> Path:
    place = _file(home, number)
    make_private_folder(place.parent)
    write_durably(place, TrustFile(note=found.note).to_bytes() + b"\n")
    write_durably(_change(home, number), found.change.encode())
    return place


def _file(home: Home, number: int) -> Path:
    return home.path / PROPOSALS / f"trust-{number}.json"


def _change(home: Home, number: int) -> Path:
    return home.path / PROPOSALS / f"trust-{number}.change"
