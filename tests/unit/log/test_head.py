from __future__ import annotations

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ledger.log.head import Head, open_head, sign_head
from ledger.log.merkle import EMPTY_ROOT
from ledger.log.vkey import Endorsement, KeyType, VerifierKey, open_note, sign_note
from schemas.checkpoint import Checkpoint
from schemas.note import Cosignature, Note, Signature
from schemas.problem import CheckError, InputError

SECRET = Ed25519PrivateKey.from_private_bytes(b"\x01" * 32)
WITNESS = Ed25519PrivateKey.from_private_bytes(b"\x02" * 32)
LOG = VerifierKey("log.example/1", SECRET.public_key().public_bytes_raw())
WITNESS_KEY = VerifierKey("witness.example/w", WITNESS.public_key().public_bytes_raw(), KeyType.COSIGNATURE)
ROOT = b"\x09" * 32


def cosign(note: Note, time: int, key: VerifierKey = WITNESS_KEY) -> Note:
    signature = WITNESS.sign(Cosignature(time, bytes(64)).message(note.text))
    line = Signature(key.name, key.key_id, Cosignature(time, signature).to_bytes())
    return Note(note.text, (*note.signatures, line))


def test_a_signed_head_opens_with_its_own_key() -> None:
    text = sign_head(LOG, size=12, root=ROOT, sign=SECRET.sign)
    assert text.startswith("log.example/1\n12\n")
    assert open_head(text, LOG) == open_head(text.encode(), LOG) == Head("log.example/1", 12, ROOT)


def test_a_cosigned_head_tells_who_and_when() -> None:
    note = cosign(Note.parse(sign_head(LOG, size=12, root=ROOT, sign=SECRET.sign)), 1_679_315_147)
    text = note.to_text()
    stranger = VerifierKey("other.example", WITNESS_KEY.public, KeyType.COSIGNATURE)
    assert open_head(text, LOG).cosignatures == ()
    assert open_head(text, LOG, cosigners=[stranger]).cosignatures == ()
    opened = open_head(text, LOG, cosigners=[stranger, WITNESS_KEY])
    assert opened.cosignatures == (Endorsement(WITNESS_KEY, 1_679_315_147),)


def test_a_cosignature_is_over_its_time_and_of_its_type() -> None:
    signed = Note.parse(sign_head(LOG, size=12, root=ROOT, sign=SECRET.sign))
    line = cosign(signed, 5).signatures[1]
    later = Signature(line.name, line.key_id, (6).to_bytes(8, "big") + line.signature[8:])
    bare = Signature(line.name, line.key_id, WITNESS.sign(signed.text.encode()))
    far = Signature(line.name, line.key_id, b"\xff" * 8 + line.signature[8:])
    for wrong in (later, bare, far):
        with pytest.raises(CheckError) as failed:
            open_head(Note(signed.text, (*signed.signatures, wrong)).to_text(), LOG, cosigners=[WITNESS_KEY])
        assert failed.value.code == "log.signature"


def test_a_cosignature_is_no_signature_of_the_log() -> None:
    note = Note.parse(sign_head(LOG, size=12, root=ROOT, sign=SECRET.sign))
    alone = Note(note.text, cosign(note, 5).signatures[1:])
    with pytest.raises(CheckError) as failed:
        open_head(alone.to_text(), LOG, cosigners=[WITNESS_KEY])
    assert failed.value.code == "log.unsigned"


def test_a_key_that_cosigns_signs_no_head() -> None:
    with pytest.raises(InputError) as refused:
        sign_head(WITNESS_KEY, size=1, root=ROOT, sign=WITNESS.sign)
    assert refused.value.code == "log.vkey"


def test_a_head_of_another_log_is_refused() -> None:
    text = sign_note(Checkpoint("log.example/2", 1, ROOT).to_text(), LOG, SECRET.sign).to_text()
    with pytest.raises(CheckError) as failed:
        open_head(text, LOG)
    assert failed.value.code == "log.origin"


def test_an_empty_log_has_the_empty_root() -> None:
    assert open_head(sign_head(LOG, size=0, root=EMPTY_ROOT, sign=SECRET.sign), LOG).size == 0
    with pytest.raises(CheckError) as failed:
        open_head(sign_head(LOG, size=0, root=ROOT, sign=SECRET.sign), LOG)
    assert failed.value.code == "log.empty-root"


def test_a_key_goes_through_its_text() -> None:
    for key in (LOG, WITNESS_KEY):
        assert VerifierKey.parse(key.to_text()) == key


@pytest.mark.parametrize(
    "text",
    [
        "",
        "log.example/1",
        "log.example/1+12345678",
        LOG.to_text().upper(),
        LOG.to_text().replace("+", "++", 1),
        LOG.to_text() + "\n",
        LOG.to_text()[:-1],
        LOG.to_text() + "A",
        "é" + LOG.to_text(),
        LOG.to_text()[:-3] + "é=",
        f"n+00000000+{base64.b64encode(bytes([2]) + LOG.public).decode()}",
        f"n+00000000+{base64.b64encode(bytes([1]) + LOG.public + b'x').decode()}",
        "n+00000000+",
    ],
)
def test_a_verifier_key_has_one_spelling(text: str) -> None:
    with pytest.raises(InputError) as refused:
        VerifierKey.parse(text)
    assert refused.value.code in {"log.vkey", "log.key-name"}


def test_bytes_that_are_no_key_verify_nothing() -> None:
    note = Note("text\n", (Signature("n", VerifierKey("n", b"\x02" + bytes(31)).key_id, bytes(64)),))
    with pytest.raises(CheckError) as failed:
        open_note(note, [VerifierKey("n", b"\x02" + bytes(31))])
    assert failed.value.code == "log.signature"
