from __future__ import annotations

from hashlib import sha256
from itertools import count

import pytest

from ledger.holdings.mark import commitment, holding_text, open_holding
from ledger.holdings.move import make_move
from ledger.holdings.spending import MOST_STEPS, Holding, UnusedHoldings, split, split_plan
from ledger.holdings.split import SplitPart, SplitRecord, check_parts
from ledger.seal.digest import from_base64url, to_base64url
from schemas.holding import Holder, Use
from schemas.problem import InputError, RefusedError
from schemas.split import MOST_PARTS

ANN = Holder(owner="did:web:ann.example", registry="registry.example")
BOB = Holder(owner="did:web:bob.example", registry="registry.example")
SALT = bytes(range(32))
_numbers = count()


def new_salt() -> bytes:
    return sha256(str(next(_numbers)).encode()).digest()


def root(mass_mg: int, *, steps: int = 0) -> Holding:
    text = holding_text(new_salt(), ANN)
    return Holding(commitment(text), text, sha256(b"issuance").digest(), None, mass_mg, steps)


@pytest.mark.parametrize("size", [0, 16, 31, 33])
def test_a_holding_needs_a_salt_of_256_bits(size: int) -> None:
    with pytest.raises(InputError, match="32 for a holding"):
        holding_text(bytes(size), ANN)


@pytest.mark.parametrize(
    "inner",
    [
        '["{salt}",{"owner":"did:web:ann.example","registry":"registry.example"} ]',
        '["{salt}", {"owner":"did:web:ann.example","registry":"registry.example"}]',
        '["{salt}",{"registry":"registry.example","owner":"did:web:ann.example"}]',
        '["{salt}",{"owner":"did:web:ann.example","registry":"Registry.example"}]',
        '["{salt}",{"owner":"did:web:ann.example","registry":"registry.example","mass_kg":"5"}]',
        '["short",{"owner":"did:web:ann.example","registry":"registry.example"}]',
        '[{"owner":"did:web:ann.example","registry":"registry.example"}]',
        "",
    ],
)
def test_a_holding_has_one_spelling(inner: str) -> None:
    good = holding_text(SALT, ANN)
    written = inner.replace("{salt}", to_base64url(SALT))
    assert open_holding(good) == ANN
    assert from_base64url(good).decode() != written
    with pytest.raises(InputError) as refused:
        open_holding(to_base64url(written.encode()))
    assert refused.value.code == "holding.text"


def test_a_holding_that_is_no_base64url_is_refused() -> None:
    with pytest.raises(InputError) as refused:
        open_holding(holding_text(SALT, ANN) + "=")
    assert refused.value.code == "holding.text"


@pytest.mark.parametrize(
    ("mass", "wanted", "records"),
    [
        (1_000_000, 1, 5),
        (1_000_000, 1_000_000, 0),
        (1_000_000, 999_999, 1),
        (16, 1, 1),
        (15, 1, 1),
        (17, 1, 1),
        (256, 1, 2),
    ],
)
def test_a_drawing_ends_with_exactly_what_is_wanted(mass: int, wanted: int, records: int) -> None:
    plan = split_plan(mass, wanted)
    assert len(plan) == records
    for parts in plan:
        assert sum(parts) == mass
        mass = parts[0]
    assert mass == wanted


@pytest.mark.parametrize("wanted", [0, -1, 11])
def test_there_is_no_plan_for_what_is_not_there(wanted: int) -> None:
    with pytest.raises(ValueError, match=str(wanted)):
        split_plan(10, wanted)


def test_a_shelf_takes_the_smallest_that_is_enough() -> None:
    shelf = UnusedHoldings.of(ANN, [root(50), root(7), root(20)])
    assert shelf.select(7) == (7,)
    assert shelf.select(8) == (8,)
    assert shelf.select(60) == (50, 10)
    assert shelf.select(77) == (50, 20, 7)
    assert shelf.select(78) is None
    assert shelf.spend(20, new_salt).splits == ()
    drawn = shelf.spend(8, new_salt)
    assert drawn.held.mass_mg == 8
    assert shelf.left_mg == 77 - 28
    with pytest.raises(LookupError):
        shelf.spend(43, new_salt)


def test_no_path_is_longer_than_64_records_and_the_shelf_stays() -> None:
    shelf = UnusedHoldings.of(ANN, [root(100, steps=MOST_STEPS - 1)])
    assert shelf.spend(99, new_salt).held.steps == MOST_STEPS
    with pytest.raises(RefusedError) as refused:
        UnusedHoldings.of(ANN, [root(100, steps=MOST_STEPS - 1)]).spend(1, new_salt)
    assert refused.value.code == "holding.path-long"


def test_a_holding_too_deep_leaves_the_next_one_to_be_drawn() -> None:
    shelf = UnusedHoldings.of(ANN, [root(10, steps=MOST_STEPS), root(100)])
    drawn = shelf.spend(4, new_salt)
    assert (drawn.held.mass_mg, drawn.held.steps) == (4, 2)
    assert shelf.spend(10, new_salt, after=1).held.steps == 1
    assert shelf.spend(10, new_salt).held.steps == MOST_STEPS


def test_a_split_says_what_its_parts_are() -> None:
    made = split(root(10), (3, 7), holder=ANN, new_salt=new_salt)
    record = SplitRecord.parse(made.text)
    assert record.pieces == (SplitPart(3, made.parts[0].commitment), SplitPart(7, made.parts[1].commitment))
    assert {open_holding(part.text) for part in made.parts} == {ANN}


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((10,), "holding.split-count"),
        ((1,) * (MOST_PARTS + 1), "holding.split-count"),
        ((10, 0), "holding.split-empty"),
        ((15, -5), "holding.split-empty"),
        ((5, 4), "holding.split-sum"),
        ((5, 6), "holding.split-sum"),
    ],
)
def test_mb_05_parts_are_positive_and_sum_up(parts: tuple[int, ...], code: str) -> None:
    with pytest.raises(InputError) as refused:
        check_parts(10, parts)
    assert refused.value.code == code


def test_mb_05_a_split_with_an_empty_part_is_refused() -> None:
    made = split(root(10), (3, 7), holder=ANN, new_salt=new_salt)
    with pytest.raises(InputError) as refused:
        SplitRecord.parse(made.text.replace('"mass_kg":"0.000003"', '"mass_kg":"0"'))
    assert refused.value.code == "holding.split-empty"


def test_a_move_keeps_the_mass_and_names_both_registries() -> None:
    used = root(41_200_000)
    to = holding_text(SALT, Holder(owner=BOB.owner, registry="other.example"))
    uses = Use(creator=to_base64url(used.creator), holding=used.text)
    move = make_move(uses, mass_mg=used.mass_mg, to=to, now_ms=1_764_075_600_999)
    assert (move.registry, move.to_registry) == ("registry.example", "other.example")
    assert move.creates.mass_kg == "41.2"
    assert from_base64url(move.creates.holding) == commitment(to)
    assert move.not_logged_after == "2025-12-02T13:00:00Z"
