from __future__ import annotations

import base64

import pytest

from schemas.checkpoint import Checkpoint
from schemas.note import Cosignature, Note, Signature
from schemas.problem import InputError

LINE = f"— key.example {base64.b64encode(b'0000signature').decode()}\n"


def test_the_last_blank_line_parts_text_and_signatures() -> None:
    note = Note.parse("one\n\ntwo\n\n" + LINE)
    assert note.text == "one\n\ntwo\n"
    assert note.signatures == (Signature("key.example", b"0000", b"signature"),)
    assert note.to_text() == "one\n\ntwo\n\n" + LINE


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "log.note-form"),
        ("text\n", "log.note-form"),
        ("text\n\n", "log.note-form"),
        (LINE, "log.note-form"),
        ("text\n\n" + LINE[:-1], "log.note-form"),
        ("text\n\n" + LINE + "\n", "log.note-form"),
        ("text\n\n" + LINE + "more\n", "log.note-signature"),
        ("text\n\n" + LINE.replace("—", "-"), "log.note-signature"),
        ("text\n\n— key.example\n", "log.note-signature"),
        ("text\n\n— key.example \n", "log.note-signature"),
        ("text\n\n— key.example MDAwMA==\n", "log.note-signature"),
        ("text\n\n— key.example MDAwMHM\n", "log.note-signature"),
        ("text\n\n— key.example MDAwMHN=\n", "log.note-signature"),
        ("text\n\n— key.example MDAwMHNz==\n", "log.note-signature"),
        ("text\n\n— key.example MDAw MHNz\n", "log.note-signature"),
        ("text\n\n— key.example MDAwMHN-\n", "log.note-signature"),
        ("text\n\n— key.example MDAwMHNé\n", "log.note-signature"),
        ("text\n\n—  MDAwMHNz\n", "log.key-name"),
        ("text\n\n— a+b MDAwMHNz\n", "log.key-name"),
        ("text\n\n— a\u00a0b MDAwMHNz\n", "log.key-name"),
        ("text\n\n— a\u2003b MDAwMHNz\n", "log.key-name"),
        ("te\rxt\n\n" + LINE, "log.note-control"),
        ("te\txt\n\n" + LINE, "log.note-control"),
        ("te\x00xt\n\n" + LINE, "log.note-control"),
        ("te\ud800xt\n\n" + LINE, "log.note-encoding"),
        ("text\n\n" + LINE * 101, "log.note-signatures"),
        ("é" * 500_000 + "\n\n" + LINE, "log.note-size"),
    ],
)
def test_a_note_has_one_spelling(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        Note.parse(text)
    assert refused.value.code == code


def test_a_hundred_signatures_are_read() -> None:
    assert len(Note.parse("text\n\n" + LINE * 100).signatures) == 100


def test_a_note_cannot_be_made_without_newline_or_signature() -> None:
    signature = Signature("key.example", b"0000", b"s")
    for text, signatures, code in [
        ("text", (signature,), "log.note-form"),
        ("text\n", (), "log.note-signatures"),
        ("te\x1fxt\n", (signature,), "log.note-control"),
    ]:
        with pytest.raises(InputError) as refused:
            Note(text, signatures)
        assert refused.value.code == code


def test_a_cosignature_is_a_time_and_a_signature() -> None:
    raw = (1_679_315_147).to_bytes(8, "big") + bytes(range(64))
    assert Cosignature.parse(raw) == Cosignature(1_679_315_147, bytes(range(64)))
    assert Cosignature.parse(raw).to_bytes() == raw
    for wrong in (raw[:-1], raw + b"x", b"\x80" + raw[1:], b""):
        with pytest.raises(InputError) as refused:
            Cosignature.parse(wrong)
        assert refused.value.code == "log.cosignature"


ROOT = base64.b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "log.checkpoint-form"),
        (f"o\n1\n{ROOT}", "log.checkpoint-form"),
        (f"o\n1\n{ROOT}\nextension\n", "log.checkpoint-form"),
        (f"\n1\n{ROOT}\n", "log.checkpoint-origin"),
        (f"o\x7f\x1f\n1\n{ROOT}\n", "log.checkpoint-origin"),
        (f"o\n007\n{ROOT}\n", "log.checkpoint-form"),
        (f"o\n\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n-1\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n+1\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n1_0\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n١\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n{2**63}\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n{'9' * 5000}\n{ROOT}\n", "log.checkpoint-size"),
        (f"o\n1\n{ROOT[:-2]}\n", "log.checkpoint-root"),
        (f"o\n1\n{base64.b64encode(bytes(31)).decode()}\n", "log.checkpoint-root"),
        (f"o\n1\n{ROOT[:-2]}B=\n", "log.checkpoint-form"),
        (f"o\n1\né{ROOT}\n", "log.checkpoint-root"),
    ],
)
def test_a_checkpoint_has_one_spelling(text: str, code: str) -> None:
    with pytest.raises(InputError) as refused:
        Checkpoint.parse(text)
    assert refused.value.code == code


def test_a_checkpoint_is_three_lines() -> None:
    told = Checkpoint("log.example/1", 2**63 - 1, bytes(32))
    assert told.to_text() == f"log.example/1\n9223372036854775807\n{ROOT}\n"
    assert Checkpoint.parse(told.to_text()) == told
