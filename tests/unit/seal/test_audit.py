"""An auditor's record as signed text, its leaves, and what these hide: one spelling, read strictly."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.seal.audit import AUDIT_TYPE, inside_digest, open_audit, seal_audit, seal_inside
from ledger.seal.digest import digest_bytes, text_digest
from ledger.seal.jws import sign_jws
from schemas.audit import AuditedHead, AuditLeaf, AuditRecord, AuditState, Behind, Inside
from schemas.document import replace
from schemas.problem import InputError
from tests.support.worlds.parties import did, key

D = text_digest("d")
RECORD = AuditRecord(
    oreprint="audit/1",
    registry="one.example",
    auditor=did("eva"),
    number=7,
    head=AuditedHead(origin="one.example/log", size=12, root=D),
    depth=10,
    root=D,
    engine="2",
    rules=(D,),
    trust=(D,),
    made="2026-05-28T10:00:00Z",
    not_logged_after="2026-05-28T10:30:00Z",
)
LEAF = AuditLeaf(bytes(32), 3, b"c" * 32, AuditState.RELIED, b"i" * 32, ("proven", "unknown"))
INSIDE = Inside(first=D, holding=D, gains=(("Nd", "0.001"),), behind=Behind(unseen="run-withheld", scrap=()))


def test_a_record_opens_as_it_was_sealed() -> None:
    opened = open_audit(seal_audit(RECORD, signer=key("eva")))
    opened.jws.verify(key("eva").public)
    assert opened.record == RECORD


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"depth": 9}, "document.too-small"),
        ({"depth": 31}, "document.too-large"),
        ({"number": 0}, "document.too-small"),
        ({"rules": ()}, "document.too-few"),
        ({"trust": (D,) * 101}, "document.too-many"),
        ({"root": "short"}, "document.pattern"),
        ({"made": "yesterday"}, "quantity.instant"),
    ],
)
def test_a_record_out_of_form_is_refused(changed: dict[str, Any], code: str) -> None:
    text = sign_jws(replace(RECORD, **changed).to_bytes(), typ=AUDIT_TYPE, signer=key("eva"))
    with pytest.raises(InputError) as refused:
        open_audit(text)
    assert refused.value.code == code


def test_a_record_names_the_owner_of_its_key() -> None:
    with pytest.raises(InputError) as refused:
        seal_audit(RECORD, signer=key("ann"))
    assert refused.value.code == "seal.issuer"
    with pytest.raises(InputError) as refused:
        open_audit(sign_jws(RECORD.to_bytes(), typ=AUDIT_TYPE, signer=key("ann")))
    assert refused.value.code == "seal.issuer"


@pytest.mark.parametrize("text", ["", "..", "no", "é.é.é", "a" * 40_000])
def test_what_is_no_record_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        open_audit(text)


def test_a_leaf_has_one_spelling() -> None:
    raw = LEAF.to_bytes()
    assert raw.startswith(b"oreprint audit leaf v1\n")
    assert len(raw) == 23 + 32 + 2 + 32 + 1 + 32 + 2 + 2
    assert AuditLeaf.parse(raw) == LEAF


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        LEAF.to_bytes()[:-1],
        LEAF.to_bytes() + b"\x01",
        LEAF.to_bytes()[:-1] + b"\x00",
        LEAF.to_bytes()[:-1] + b"\x05",
        LEAF.to_bytes()[:89] + b"\x00" + LEAF.to_bytes()[90:],
        LEAF.to_bytes()[:89] + b"\x04" + LEAF.to_bytes()[90:],
        LEAF.to_bytes().replace(b"v1", b"v2"),
        b"x" * 5000,
    ],
)
def test_what_is_no_leaf_is_refused(raw: bytes) -> None:
    with pytest.raises(InputError) as refused:
        AuditLeaf.parse(raw)
    assert refused.value.code == "audit.leaf"


@pytest.mark.parametrize("changed", [{"inside": b""}, {"output": 2**16}, {"output": -1}, {"answers": ("proven",) * 33}])
def test_a_leaf_that_does_not_fit_is_not_written(changed: dict[str, Any]) -> None:
    with pytest.raises(InputError) as refused:
        replace(LEAF, **changed).to_bytes()
    assert refused.value.code == "audit.leaf"


def test_who_saw_the_run_finds_the_same_inside_and_nobody_else_can() -> None:
    assert inside_digest(INSIDE, run="the run") == inside_digest(INSIDE, run="the run")
    assert inside_digest(INSIDE, run="the run") != inside_digest(INSIDE, run="another run")
    disclosure = seal_inside(INSIDE, run="the run")
    assert digest_bytes(disclosure.digest) == inside_digest(INSIDE, run="the run")
    assert digest_bytes(text_digest(disclosure.text)) == inside_digest(INSIDE, run="the run")
