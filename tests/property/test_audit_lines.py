"""Whatever a bundle shows as auditors' records, nothing that no auditor signed counts, and nothing else changes."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from ledger.seal.digest import from_base64url, to_base64url
from ledger.verify.chain import Policy
from ledger.verify.verdict import report
from ledger.verify.verify import verify_bundle
from schemas.bundle import AuditLine, Proof, ShownLeaf, read_line
from schemas.document import replace
from schemas.sentences import NOT_AUDITED
from tests.support.worlds.auditors import EVA, FAY, AuditedWorld, leaf
from tests.support.worlds.broken_histories import mined
from tests.support.worlds.recipe import tables

if TYPE_CHECKING:
    from schemas.report import Report
    from tests.support.worlds.drafts import Issuance


@cache
def world() -> tuple[AuditedWorld, Issuance, list[bytes]]:
    found = AuditedWorld()
    made = mined(found)
    for name in (EVA, FAY):
        found.audit(name, [leaf(made)])
    return found, made, found.bundle(made.certificate, show="public")


def judged(lines: list[bytes]) -> Report:
    people = world()[0]
    policy = Policy(people.now_ms + 60_000)
    return report(verify_bundle(lines, trust=people.people.trust, tables=tables(), policy=policy))


def shown() -> tuple[int, AuditLine]:
    lines = world()[2]
    at = next(number for number, line in enumerate(lines) if line.startswith(b'{"t":"audit"'))
    first = read_line(lines[at], "")
    assert isinstance(first, AuditLine)
    return at, first


def changed(line: AuditLine) -> Report:
    at, _ = shown()
    lines = world()[2]
    return judged([*lines[:at], line.to_bytes() + b"\n", *lines[at + 1 :]])


digests = st.binary(min_size=32, max_size=32).map(to_base64url)
indexes = st.integers(0, 2**31 - 1)
paths = st.lists(digests, max_size=63).map(tuple)
encoded = st.binary(min_size=1, max_size=300).map(to_base64url)
proofs = st.builds(Proof, entry=encoded, index=indexes, path=paths)
leaves = st.lists(st.builds(ShownLeaf, leaf=encoded, index=indexes, path=paths), max_size=4).map(tuple)
changes = st.fixed_dictionaries(
    {},
    optional={
        "audit": st.text(max_size=200) | encoded,
        "proof": proofs,
        "leaves": leaves,
        "registry": st.sampled_from(["two.example", "nowhere.example"]),
    },
).filter(bool)


@given(changes)
def test_a_record_of_random_parts_never_counts_and_changes_nothing_else(change: dict[str, Any]) -> None:
    _, first = shown()
    found = changed(replace(first, **change))
    alone = judged(world()[2])
    assert found.audited is not None
    assert (found.verdict, found.audited.state, len(found.audited.counted)) == ("genuine", "short", 1)
    assert {each.reason for each in found.audited.not_counted} <= NOT_AUDITED.keys()
    assert (found.chain, found.claims, found.checks) == (alone.chain, alone.claims, alone.checks)


@given(st.integers(0, 200), st.integers(1, 255), st.sampled_from(["audit", "leaf", "entry"]))
def test_no_altered_byte_of_a_record_counts(at: int, flip: int, which: str) -> None:
    _, first = shown()
    found = changed(_flipped(first, at, flip, which))
    assert found.audited is not None
    assert (found.verdict, found.audited.state) == ("genuine", "short")


def _flipped(line: AuditLine, at: int, flip: int, which: str) -> AuditLine:
    if which == "audit":
        head, payload, signature = line.audit.split(".")
        return replace(line, audit=f"{head}.{_altered(payload, at, flip)}.{signature}")
    if which == "leaf":
        return replace(line, leaves=(replace(line.leaves[0], leaf=_altered(line.leaves[0].leaf, at, flip)),))
    return replace(line, proof=replace(line.proof, entry=_altered(line.proof.entry, at, flip)))


def _altered(text: str, at: int, flip: int) -> str:
    raw = bytearray(from_base64url(text))
    raw[at % len(raw)] ^= flip
    return to_base64url(bytes(raw))
