"""A random search for histories in which verification believes what can't be.

With every check made, nothing believed in one history is ever sold twice, lost or stolen, whoever colludes. Without any
one of the checks below the search finds a history in which it is: each is needed. Which cheats are tried for a check is
told, since blind luck finds the rarest only after tens of thousands of histories; all else is random, from fixed seeds.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, Final

import pytest

from ledger.verify.rule import Rule
from tests.support.worlds import random_histories as cheat
from tests.support.worlds.oracle import believe, violation
from tests.support.worlds.random_histories import History, play

if TYPE_CHECKING:
    from collections.abc import Callable

    Act = Callable[[History], object]

HISTORIES: Final = 400
GUEST_HISTORIES: Final = 160
SOAK: Final = 400_000
BUDGET: Final = 400
"""Histories in which a missing check must be missed."""
SUBJECTS: Final = 4
"""Certificates of each history that are shown to verifiers."""

NEEDED: Final[dict[Rule, tuple[Act, ...]]] = {
    Rule.INCLUDED: (cheat.never_log,),
    Rule.SAME_RECORD: (cheat.pass_off_an_entry,),
    Rule.OWN_PLACE: (cheat.a_second_certificate,),
    Rule.SAME_ISSUER: (cheat.produce_for_another,),
    Rule.SAME_REGISTRY: (cheat.issue_elsewhere,),
    Rule.OUTPUT_AS_CLEAR: (cheat.say_more_in_clear,),
    Rule.NOT_WITHDRAWN: (History.change,),
    Rule.NOT_SUSPENDED: (History.change,),
    Rule.NOT_SUPERSEDED: (History.follow,),
    Rule.ENTRY_MARKS: (cheat.spend_again,),
    Rule.MARK: (cheat.spend_again,),
    Rule.ROOT: (cheat.cite_another_batch,),
    Rule.PATH: (cheat.forge_a_holding,),
    Rule.OWNER: (cheat.use_what_is_hers,),
    Rule.HOME: (cheat.spend_elsewhere,),
    Rule.TAKEN: (cheat.overdraw,),
    Rule.SPLIT_SUM: (cheat.split_into_more,),
    Rule.SPLIT_KEEPS: (cheat.split_for_another,),
    Rule.MOVE_MASS: (cheat.move_more,),
    Rule.MOVE_SIGNED: (cheat.move_what_is_hers,),
    Rule.FIRST_RUN: (cheat.follow_and_spend_again,),
    Rule.FOLLOWS_REPEATS: (cheat.follow_with_more,),
    Rule.FOLLOWS_ENDS: (cheat.follow_and_leave_one,),
    Rule.SUCCESSOR_HOME: (cheat.undo_elsewhere,),
    Rule.UNDO_ALL: (cheat.undo_a_part,),
    Rule.UNDO_SAME: (cheat.undo_for_more,),
    Rule.UNDO_ENDS: (cheat.undo_and_leave_one,),
    Rule.UNDO_SIGNED: (cheat.undo_what_is_hers,),
    Rule.BITS: (cheat.end_without_a_bit,),
    Rule.SOURCE_STANDS: (cheat.use_while_suspended,),
    Rule.WHOLE: (cheat.give_the_hidden_output_less,),
    Rule.CONTRIBUTION: (cheat.bring_less,),
    Rule.INSTRUMENT: (cheat.enter_in_two, cheat.follow_with_another_statement),
    Rule.INSTRUMENT_MARK: (cheat.enter_twice, cheat.enter_as_if_freed),
    Rule.INSTRUMENT_HOME: (cheat.enter_elsewhere,),
    Rule.INSTRUMENT_DRAWN: (cheat.claim_more, cheat.claim_alone),
}
"""Checks that the search shows to be needed, each with the cheats that it is there for."""

TOGETHER: Final[dict[frozenset[Rule], tuple[Act, ...]]] = {
    frozenset({Rule.SIGNED, Rule.PRODUCER_SIGNED}): (cheat.sign_for_another,),
    frozenset({Rule.ELEMENTS, Rule.GAINS, Rule.PHYSICS}): (cheat.make_from_nothing,),
    frozenset({Rule.COMPOSITION, Rule.PHYSICS}): (cheat.say_it_is_richer,),
    frozenset({Rule.RECOMPUTED, Rule.QUALITY}): (cheat.add_up_less,),
}
"""Checks that cover each other: every certificate in a bundle must be well signed, so also that of a producer on a
path; what a run makes beyond its inputs breaks the balance, the bound of gains and the plausibility rule M-ELEM at
once; and that rule reads the compositions, wherever a run is shown whole; and what is left out of a sum is missing from
the weights of its quality.
"""

FIRST: Final = {Rule.MOVE_SIGNED: 173, Rule.ENTRY_MARKS: 37, Rule.SPLIT_KEEPS: 37, Rule.SPLIT_SUM: 34}
"""The turn at which a fraud was last found, where the search comes to one late: it begins there, then tries the others.
"""

CHEATS: Final = tuple(
    dict.fromkeys(act for acts in (*NEEDED.values(), *TOGETHER.values(), cheat.GUEST_CHEATS) for act in acts)
)

APART: Final[dict[Rule, str]] = {
    Rule.USED_ONCE: "the public rule says it of a whole log; it shows a repeat in one bundle without a monitor",
    Rule.MARK_COUNT: "covered by the entry's marks where the run is shown; it is for views without the run",
    Rule.TIME_ORDER: "hashes already order what is linked; it is for entries that a registry dates back",
    Rule.FOLLOWS_NAMES: "says nothing of masses or figures: it is for readers who don't see the run",
    Rule.SOURCE_SHOWN: "a source without its certificate leaves a bundle incomplete, and no figure is believed",
    Rule.ORIGIN: "no mass and no figure depends on it",
    Rule.SHARES: "no mass and no figure depends on it",
    Rule.CLEAR_FIGURES: "the next run takes rows, not totals: it is for who reads the totals",
    Rule.FACTORS: "without it other factors are at hand than the run names: there is no table to compute with",
    **dict.fromkeys((Rule.FLAGGED, Rule.LATE, Rule.CAPACITY), "a flag is no failure"),
    Rule.BESIDE: "what stands beside a figure changes no mass and no figure",
    Rule.UPSTREAM: "what a registry says of ended lots changes no mass and no figure",
    Rule.FLAGS_STATED: "how many flags a certificate states changes no mass and no figure",
    **{rule: "what a third party says changes no mass and no figure" for rule in Rule if rule.step == 11},
    Rule.WITHIN_BATCH: "covered by the ways of holdings where these are shown; it is for ways that are withheld",
    Rule.AS_CITED: "what an input is called changes no mass and no figure",
    Rule.CUSTODY: "a label",
    Rule.LOT_ONCE: "a name; what is of the lot goes by its issuance",
    Rule.POSSIBLE: "what else is said of a batch changes no mass and no figure",
    Rule.SIZE: "masses that can't be told",
    Rule.TERMS: "where and by which engine figures count, not how large they are",
    Rule.ALLOCATION: "for views without compositions; the plausibility rules hold it where a run is shown whole",
    Rule.NEGATIVE: "for views without lines, whose sums are the producer's word",
    Rule.INSTRUMENTS: "covered by mark and home of a statement; it is for schemes that have no home",
    Rule.OWN_HOLDING: "a question of the reader's",
    Rule.INDICATORS: "figures besides greenhouse gases; the search looks at CO2e",
    Rule.STATED: "a claim changes no mass and no figure",
    Rule.ANSWERED: "a claim changes no mass and no figure",
    Rule.ENDED_BY: "who may end a certificate: a false one only ends too much",
    **dict.fromkeys(
        (
            Rule.ATTESTATION_ENTRY,
            Rule.ATTESTATION_SIGNED,
            Rule.ATTESTOR,
            Rule.ATTESTED,
            Rule.INDEPENDENT,
            Rule.ATTESTATION_STANDS,
            Rule.OPINION,
        ),
        "what others attest changes no mass and no figure; the unit tests show each to be needed or told",
    ),
    **dict.fromkeys(
        (
            Rule.TRUST_CURRENT,
            Rule.ON_TIME,
            Rule.ISSUED,
            Rule.ISSUER_NAMES,
            Rule.STATUS_PLACE,
            Rule.NOT_VOIDED,
            Rule.ISSUER_KEY,
            Rule.ISSUER_MAY,
            Rule.STATUS_LIST,
            Rule.NOT_EXPIRED,
        ),
        "what a trust list, a date or a list says is meant as it is said; the unit tests show each to be made",
    ),
}
"""Checks that the search does not show to be needed, and why."""


def search(
    seed: int, acts: tuple[Act, ...], off: frozenset[Rule], *, honest: float, whole: bool = True
) -> tuple[str | None, int, int]:
    """Return what is wrong with one history, and how many takes and moves out of guests of it are believed."""
    random = Random(seed)  # noqa: S311 - the same in every run
    history = play(random, acts, acts=random.randint(3, 9), honest=honest)
    believed = believe(history, off=off, subjects=SUBJECTS, whole=whole)
    return violation(believed), believed.takes, believed.from_guests


def searched(seeds: range) -> tuple[int, int, int, int]:
    """Search with every check made, a quarter with parts withheld; return histories, those in which a take is
    believed, takes, and moves out of guests that are believed.
    """
    some = takes = guests = 0
    for seed in seeds:
        wrong, believed, moved = search(seed, CHEATS, frozenset(), honest=0.8, whole=seed % 4 != 0)
        assert wrong is None, (seed, wrong)
        some += believed > 0
        takes += believed
        guests += moved
    return len(seeds), some, takes, guests


@pytest.mark.slow
def test_nothing_is_sold_twice_lost_or_stolen_whoever_colludes(capsys: pytest.CaptureFixture[str]) -> None:
    done, some, takes, guests = searched(range(HISTORIES))
    with capsys.disabled():
        print(f" {done} histories, {some} with believed takes, {takes} takes, {guests} by guests ", end="")  # noqa: T201
    assert some > done // 8
    assert guests > 0


def _leave_and_use(history: History) -> None:
    """Move what the guest holds back or on, and let its new owner use it."""
    history.leave()
    history.issue([history.fresh[-1]])


@pytest.mark.slow
def test_nothing_that_a_guest_holds_is_sold_twice_or_made_into_anything_by_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    usual: tuple[Act, ...] = (History.hold, History.hold, History.split, _leave_and_use, _leave_and_use, History.leave)
    guests = 0
    for seed in range(GUEST_HISTORIES):
        random = Random(seed)  # noqa: S311 - the same in every run
        history = play(random, (*cheat.GUEST_CHEATS, cheat.spend_again), acts=7, honest=0.85, usual=usual)
        believed = believe(history, off=frozenset(), subjects=SUBJECTS)
        assert violation(believed) is None, seed
        guests += believed.from_guests
    with capsys.disabled():
        print(f" {GUEST_HISTORIES} histories, {guests} moves out of guests are believed ", end="")  # noqa: T201
    assert guests > GUEST_HISTORIES // 8


@pytest.mark.soak
def test_nothing_is_sold_twice_lost_or_stolen_in_a_long_search(capsys: pytest.CaptureFixture[str]) -> None:
    step = 2_000
    some = takes = 0
    for start in range(HISTORIES, SOAK, step):
        _, found, taken, _ = searched(range(start, min(start + step, SOAK)))
        some, takes = some + found, takes + taken
        with capsys.disabled():
            print(f"{start + step} histories, {some} with believed takes, {takes} takes", flush=True)  # noqa: T201
    assert some > SOAK // 8


def test_every_rule_is_needed_or_it_is_said_why_not() -> None:
    together = {rule for rules in TOGETHER for rule in rules}
    assert set(NEEDED) | set(APART) | together == set(Rule)
    assert not (set(NEEDED) & (set(APART) | together)) | (set(APART) & together)


def _found(acts: tuple[Act, ...], off: frozenset[Rule], first: int = 0) -> int | None:
    """Return the turn at which the search finds something wrong that is not believed with every check, or None; it
    tries turn `first` before all others.

    What a bundle tells of one batch or lot is bounded by what there is of it, whatever else is not checked; so that is
    off as well.
    """
    for turn in (first, *(turn for turn in range(BUDGET) if turn != first)):
        wrong, *_ = search(turn, acts, off | {Rule.WITHIN_BATCH, Rule.LOT_ONCE}, honest=0.6)
        if wrong is not None and search(turn, acts, frozenset(), honest=0.6)[0] is None:
            return turn
    return None


@pytest.mark.slow
@pytest.mark.parametrize("rule", NEEDED, ids=lambda rule: rule.value)
def test_without_one_check_the_search_finds_a_fraud(rule: Rule) -> None:
    assert _found(NEEDED[rule], frozenset({rule}), FIRST.get(rule, 0)) is not None


@pytest.mark.slow
@pytest.mark.parametrize("rules", TOGETHER, ids=lambda rules: " ".join(sorted(rule.value for rule in rules)))
def test_without_checks_that_cover_each_other_the_search_finds_a_fraud(rules: frozenset[Rule]) -> None:
    assert _found(TOGETHER[rules], rules) is not None
