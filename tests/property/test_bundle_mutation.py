"""Nothing in a bundle can be changed unseen: characters, lines, and the structure of what is signed.

Each mutation is drawn from a fixed seed. A changed bundle is never genuine, and nothing but InputError is ever raised.
"""

from __future__ import annotations

import copy
import json
from contextlib import suppress
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.holdings.split import SplitRecord
from ledger.seal.digest import from_base64url, to_base64url
from ledger.verify.chain import Policy
from ledger.verify.verdict import exit_code, report
from ledger.verify.verify import verify_bundle
from schemas.bundle import CertificateLine, SplitLine, read_line
from schemas.problem import InputError
from schemas.split import Split
from tests.support.worlds.broken_histories import drawn
from tests.support.worlds.recipe import Make, tables
from tests.support.worlds.world import World, opened_once

if TYPE_CHECKING:
    from schemas.report import Report

FLIPS = 1_800
SOAK = 5_400
STRUCTURES = 1_000
ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@cache
def small() -> tuple[World, tuple[bytes, ...]]:
    """Return a bundle with a line of every kind: two certificates, a split, a move, a lift, and a holding."""
    world = World()
    lump = drawn(world)
    world.change("suspend", lump.issuance.certificate)
    world.change("lift", lump.issuance.certificate)
    batch = world.issue("ben", [lump], [Make(300_000)])
    return world, tuple(world.bundle(batch.certificate, own=batch.lumps[0]))


def judged(lines: list[bytes]) -> Report | None:
    """Return the report on a bundle; None where it is none."""
    world, _ = small()
    try:
        policy = Policy(world.now_ms + 60_000)
        chain = verify_bundle(lines, trust=world.people.trust, tables=tables(), policy=policy, opening=opened_once)
    except InputError:
        return None
    return report(chain)


def assert_found(lines: list[bytes], told: object) -> None:
    result = judged(lines)
    assert result is None or (result.verdict != "genuine" and exit_code(result) in {1, 2}), told


def test_the_bundle_is_genuine_and_has_a_line_of_every_kind() -> None:
    _, lines = small()
    result = judged(list(lines))
    assert result is not None
    assert result.verdict == "genuine", result.headline
    kinds = {json.loads(line)["t"] for line in lines}
    assert kinds == {"bundle/1", "trust", "head", "status", "certificate", "split", "statement", "holding", "end"}


@pytest.mark.slow
@pytest.mark.parametrize("flips", [FLIPS, pytest.param(SOAK, marks=pytest.mark.soak)])
def test_a_changed_character_anywhere_is_found(flips: int) -> None:
    random = Random(20260601)  # noqa: S311 - the same in every run
    _, lines = small()
    for turn in range(flips):
        number = turn % len(lines)  # each line has its share, however short it is
        line = lines[number]
        at = random.randrange(len(line))
        pool = ALPHABET if line[at] in ALPHABET and turn % 3 else bytes(range(256))
        new = random.choice([value for value in pool if value != line[at]])
        changed = [*lines[:number], line[:at] + bytes([new]) + line[at + 1 :], *lines[number + 1 :]]
        assert_found(changed, (number, at, line[at], new))


def test_a_dropped_or_repeated_line_is_found() -> None:
    _, lines = small()
    for number, line in enumerate(lines):
        assert_found([*lines[:number], *lines[number + 1 :]], ("dropped", number))
        for place in range(1, len(lines) + 1):
            assert_found([*lines[:place], line, *lines[place:]], ("repeated", number, place))


def test_swapped_lines_are_found_unless_they_say_the_same_in_either_order() -> None:
    _, lines = small()
    honest = judged(list(lines))
    for one in range(len(lines)):
        for two in range(one):
            changed = list(lines)
            changed[one], changed[two] = changed[two], changed[one]
            result = judged(changed)
            kinds = {json.loads(lines[number])["t"] for number in (one, two)}
            if result is not None and result.verdict == "genuine":
                assert kinds == {"status"} or kinds <= {"certificate", "split", "statement"}, (one, two)
                assert honest is not None
                assert sorted(map(str, result.checks)) == sorted(map(str, honest.checks))


def test_cut_text_and_added_bytes_are_found() -> None:
    _, lines = small()
    for number, line in enumerate(lines):
        for changed in (
            line[:-1],
            line[:-2] + b"\n",
            b" " + line,
            line[:-1] + b"\r\n",
            line + b"\n",
            line[:-1] + b"\0\n",
        ):
            assert_found([*lines[:number], changed, *lines[number + 1 :]], (number, changed[-5:]))


# -- structure ------------------------------------------------------------------------------------------------------


def _containers(value: Any, found: list[Any]) -> list[Any]:  # noqa: ANN401 - JSON
    if isinstance(value, dict | list):
        found.append(value)
        for item in value.values() if isinstance(value, dict) else value:
            _containers(item, found)
    return found


def mutated(value: Any, random: Random) -> Any:  # noqa: ANN401 - JSON
    """Return a JSON value with one change of structure: swapped, lifted, doubled, reordered, or nothing."""
    value = copy.deepcopy(value)
    containers = _containers(value, [])
    chosen = random.choice([each for each in containers if each])
    match random.randrange(5), chosen:
        case 0, dict():
            one, two = random.choice(list(chosen)), random.choice(list(chosen))
            chosen[one], chosen[two] = chosen[two], chosen[one]
        case 1, dict():
            inner = [each for each in chosen.values() if isinstance(each, dict) and each]
            if inner:
                lifted = random.choice(inner)
                name = random.choice(list(lifted))
                chosen[name] = lifted.pop(name)
        case 2, list():
            chosen.append(random.choice(chosen))
        case 3, list():
            random.shuffle(chosen)
        case _, dict():
            chosen[random.choice(list(chosen))] = None
        case _:
            chosen[random.randrange(len(chosen))] = None
    return value


def _written(value: object) -> bytes:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def _changed_text(text: str, random: Random) -> str:
    """Change the structure of a header, a payload or a disclosure of a certificate or statement, and encode it
    again.
    """
    first, *rest = text.split("~")
    parts = first.split(".")
    if rest and random.random() < 0.5:
        number = random.randrange(len(rest) - 1)
        rest[number] = to_base64url(_written(mutated(json.loads(from_base64url(rest[number])), random)))
    else:
        number = random.randrange(2)
        parts[number] = to_base64url(_written(mutated(json.loads(from_base64url(parts[number])), random)))
    return "~".join((".".join(parts), *rest))


@pytest.mark.slow
def test_cr_20_a_changed_structure_of_what_is_signed_is_found() -> None:
    random = Random(20)  # noqa: S311 - the same in every run
    _, lines = small()
    texts = {"certificate": "certificate", "statement": "statement", "status": "credential"}
    judged_already = set(enumerate(lines))
    signed = [number for number, line in enumerate(lines) if json.loads(line)["t"] in texts]
    for turn in range(STRUCTURES):
        number = signed[turn % len(signed)]
        document = json.loads(lines[number])
        member = texts[document["t"]]
        changed = _written(document | {member: _changed_text(document[member], random)}) + b"\n"
        if (number, changed) not in judged_already:
            judged_already.add((number, changed))
            assert_found([*lines[:number], changed, *lines[number + 1 :]], (turn, number))


def test_cr_20_a_changed_structure_of_a_line_is_found() -> None:
    random = Random(21)  # noqa: S311 - the same in every run
    _, lines = small()
    judged_already = set(enumerate(lines))
    for turn in range(STRUCTURES):
        number = turn % len(lines)
        changed = _written(mutated(json.loads(lines[number]), random)) + b"\n"
        if (number, changed) not in judged_already:
            judged_already.add((number, changed))
            assert_found([*lines[:number], changed, *lines[number + 1 :]], (turn, number))


@given(st.lists(st.binary(max_size=200), max_size=6))
def test_what_is_no_bundle_is_refused_and_nothing_else_happens(lines: list[bytes]) -> None:
    with pytest.raises(InputError):
        verify_bundle(lines, trust=small()[0].people.trust, tables=tables(), policy=Policy(0))


@given(st.lists(st.binary(max_size=400), min_size=1, max_size=4), st.integers(1, 8))
def test_lines_that_are_none_never_make_a_report_fail(lines: list[bytes], place: int) -> None:
    _, honest = small()
    assert_found([*honest[:place], *lines, *honest[place:]], lines)


@pytest.mark.parametrize("kind", ["certificate", "split"])
def test_a_line_read_by_its_pattern_is_the_line_of_its_model(kind: str) -> None:
    random = Random(20260602)  # noqa: S311 - the same in every run
    _, lines = small()
    line = next(line for line in lines if line.startswith(f'{{"t":"{kind}"'.encode()))
    model = CertificateLine if kind == "certificate" else SplitLine
    assert read_line(line, "") == model.from_text(line[:-1])
    start = line.rindex(b'"values"') - 3 if kind == "certificate" else 0
    for turn in range(3_000):
        at = random.randrange(start, len(line) - 1)
        new = random.choice(b'",:[]{}\\0A-/. \x01\x7f\xc3' if turn % 2 else ALPHABET)
        changed = line[:at] + bytes([new]) * random.choice((0, 1, 2)) + line[at + 1 :]
        read = model_read = None
        with suppress(InputError):
            read = read_line(changed, "")
        with suppress(InputError):
            model_read = model.from_text(changed[:-1])
        assert read == model_read, changed


def test_a_split_read_by_its_pattern_is_the_split_of_its_model() -> None:
    random = Random(20260603)  # noqa: S311 - the same in every run
    _, lines = small()
    text = next(read.split for line in lines if isinstance(read := read_line(line, ""), SplitLine))
    for turn in range(3_000):
        at = random.randrange(len(text))
        new = random.choice('",:[]{}\\0A-/. \x01\x7fß' if turn % 2 else ALPHABET.decode())
        changed = text[:at] + new * random.choice((0, 1, 2)) + text[at + 1 :]
        written = model_written = None
        with suppress(InputError):
            written = SplitRecord.parse(changed).to_text()
        with suppress(InputError):
            model_written = Split.from_text(changed).to_text()
        empty = '"mass_kg":"0"' in changed
        assert written == (None if empty else model_written), changed
