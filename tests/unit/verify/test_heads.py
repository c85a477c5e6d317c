"""A registry that closed a log and opened another: records of both stand in one bundle, each under the head of its
own log.
"""

from __future__ import annotations

import pytest

from ledger.log.entry import Entry, EntryKind, blinded
from ledger.log.head import sign_head
from ledger.log.merkle import Frontier, Growth, leaf_hash, prove_inclusion
from ledger.seal.digest import to_base64url
from ledger.verify.findings import Findings
from ledger.verify.heads import Heads
from schemas.bundle import HeadLine, Proof
from schemas.document import replace
from schemas.problem import InputError
from schemas.trust import Log, TrustList
from tests.support.worlds.ended_keys import BEFORE, ENDED
from tests.support.worlds.parties import START_MS, Cast, cast, key, vkey
from tests.support.worlds.world import cosign

REGISTRY = "one.example"
CLOSED = f"{REGISTRY}/2025"
OPEN = f"{REGISTRY}/log"


def grown(*digests: bytes) -> tuple[list[Entry], Growth]:
    entries = [Entry(EntryKind.RECORD, START_MS, blinded(digest), (), ()) for digest in digests]
    return entries, Frontier().append(leaf_hash(entry.to_bytes()) for entry in entries)


def head(origin: str, growth: Growth, size: int) -> HeadLine:
    root = growth.frontier.root()
    note = sign_head(vkey(origin), size=size, root=root, sign=key(origin).sign)
    signed = cosign(note, f"witness.{REGISTRY}", f"monitor.{REGISTRY}", time_s=START_MS // 1000)
    return HeadLine(t="head", registry=REGISTRY, checkpoint=signed)


def proof(entries: list[Entry], growth: Growth, index: int) -> Proof:
    path = prove_inclusion(growth, index=index, size=len(entries))
    return Proof(entry=to_base64url(entries[index].to_bytes()), index=index, path=tuple(map(to_base64url, path)))


def with_closed_log(size: int, **how_it_ended: str) -> Cast:
    def closed(listed: TrustList) -> TrustList:
        first, *others = listed.registries
        log = Log(origin=CLOSED, key=vkey(CLOSED).to_text(), final_size=size, **how_it_ended)
        return replace(listed, registries=(replace(first, logs=(log, *first.logs)), *others))

    return cast().changed(closed)


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_records_of_a_closed_log_and_of_the_open_one_are_found_in_their_own(order: tuple[int, int]) -> None:
    old, new = [b"a" * 32, b"b" * 32, b"c" * 32], [b"d" * 32, b"e" * 32]
    logs = [grown(*old), grown(*new)]
    heads = Heads(with_closed_log(len(old)).trust, Findings(), START_MS)
    lines = [head(CLOSED, logs[0][1], len(old)), head(OPEN, logs[1][1], len(new))]
    for number in order:
        heads.add(lines[number])
    assert heads.by_registry[REGISTRY].head.origin == OPEN
    for origin, digests, (entries, growth) in ((CLOSED, old, logs[0]), (OPEN, new, logs[1])):
        for index, digest in enumerate(digests):
            found = heads.logged("", REGISTRY, digest, proof(entries, growth, index))
            assert found is not None
            assert (found.origin, found.index) == (origin, index)
    assert not heads.findings.all


def test_of_a_closed_log_only_the_last_head_may_be_old_and_none_may_be_larger() -> None:
    (_, growth), late = grown(b"a" * 32, b"b" * 32), START_MS + 2 * 24 * 60 * 60 * 1000
    for final, found in ((2, []), (3, ["log.included"]), (1, ["log.closed"])):
        heads = Heads(with_closed_log(final).trust, Findings(), late)
        heads.add(head(CLOSED, growth, 2))
        assert [each.code for each in heads.findings.all] == found


@pytest.mark.parametrize("name", ENDED)
def test_a_head_of_before_counts_by_the_dates_of_its_keys(name: str) -> None:
    people, verdict = ENDED[name]
    heads = Heads(people.trust, Findings(), START_MS)
    heads.add(head(OPEN, grown(b"a" * 32)[1], 1))
    assert [each.code for each in heads.findings.all] == ([] if verdict == "genuine" else ["log.included"])


def test_the_listed_end_of_a_log_is_its_only_one_and_counts_though_the_key_leaked() -> None:
    (_, growth), (_, other) = grown(b"a" * 32, b"b" * 32), grown(b"a" * 32, b"c" * 32)
    leaked = with_closed_log(2, final_root=to_base64url(growth.frontier.root()), compromised=BEFORE)
    found = {}
    for name, tree in (("its end", growth), ("another end", other), ("before its end", grown(b"a" * 32)[1])):
        heads = Heads(leaked.trust, Findings(), START_MS)
        heads.add(head(CLOSED, tree, tree.frontier.size))
        found[name] = [each.code for each in heads.findings.all]
    assert found == {"its end": [], "another end": ["log.other-end"], "before its end": ["log.included"]}


def test_one_log_has_one_head() -> None:
    entries, growth = grown(b"a" * 32)
    heads = Heads(with_closed_log(1).trust, Findings(), START_MS)
    line = head(CLOSED, growth, len(entries))
    heads.add(line)
    with pytest.raises(InputError, match="head"):
        heads.add(line)
