"""The browser's steps 7 to 10 on real chains with every claim, and on mutants of them that are sealed again.

The chains are the examples, issued by a registry; Python and the browser judge the same bundles.
"""

from __future__ import annotations

import json
import re
import sys
from collections import Counter
from random import Random
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pytest

from ledger.admin.init import refresh_status
from ledger.bundles.build import bundle_lines
from ledger.seal.sdjwt import open_certificate
from schemas.claim import WEAKEST_FIRST
from schemas.problem import OreprintError
from tests.support.browser.judged import Given, judged_in_browser, verdict
from tests.support.browser.mutants import another_amount, mutated
from tests.support.browser.resealed import resealed
from tests.support.registries.claimed import ROUTES, a_claimed_life, note_of
from tests.support.registries.lived_in import PASSPHRASE, Life

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from schemas.report import Report

AUDIENCES: Final = ("auditor", "partner", "customer", "public")
LEFT: Final = frozenset({"mass.physics", "mass.flagged", "mass.capacity", "mass.flags-stated"})
"""What only the server judges, as `whole.js` says."""
STEPS: Final = (8, 9, 10)
"""Steps whose results are compared for a certificate that is in no log."""


class Shown(NamedTuple):
    """A bundle of a registry."""

    life: Life
    lines: list[bytes]

    def judged(self) -> Report:
        return self.life.judge(self.lines)


def in_browser(bundles: list[Shown], root: Path) -> list[dict[str, Any]]:
    return judged_in_browser([Given(lines, note_of(life), life.clock.now) for life, lines in bundles], root)


def shown(life: Life, audiences: tuple[Any, ...]) -> Iterator[Shown]:
    refresh_status(life.home, life.registry, passphrase=PASSPHRASE)
    for digest in life.digests.values():
        for audience in audiences:
            yield Shown(life, list(bundle_lines(life.registry, digest, audience=audience)))


def retold(lines: list[bytes], at: int, text: str, digest: str) -> list[bytes]:
    """Return a bundle about another certificate, which stands in the place of the subject."""
    header, line = json.loads(lines[0]) | {"subject": digest}, json.loads(lines[at]) | {"certificate": text}
    first, own = (
        json.dumps(each, separators=(",", ":"), ensure_ascii=False).encode() + b"\n" for each in (header, line)
    )
    return [first, *lines[1:at], own, *lines[at + 1 :]]


def _figures(found: Report) -> dict[str, str]:
    """Return the range of a figure, and the published one of a product, by the names that the page has for them."""
    assert found.footprint is not None
    assert found.plausibility is not None
    figures, published = found.footprint, found.plausibility.published
    told = {"low": figures.kg_co2e_per_kg_low, "high": figures.kg_co2e_per_kg_high}
    if published is not None and published.low is not None:
        told |= {"published-low": published.low, "published-high": published.high}
        told |= {"studies": "; ".join(published.studies) or published.note}
    return {name: text for name, text in told.items() if text is not None}


@pytest.mark.parametrize(
    ("routes", "audiences"),
    [
        (("nimh-recycled", "smco-calcium", "ion-clay-magnesium"), ("auditor", "customer")),
        pytest.param(ROUTES, AUDIENCES, marks=pytest.mark.soak),
    ],
    ids=["three", "all"],
)
def test_every_claim_of_the_examples_is_answered_alike(
    routes: tuple[str, ...], audiences: tuple[str, ...], root: Path, tmp_path: Path
) -> None:
    bundles = [each for route in routes for each in shown(a_claimed_life(tmp_path / route / "home", route), audiences)]
    answers: Counter[str] = Counter()
    reasons: set[str] = set()
    beside: set[str] = set()
    named = 0
    for bundle, found in zip(bundles, in_browser(bundles, root), strict=True):
        due = bundle.judged()
        assert (found["own"], found["whole"], found["failed"]) == (due.verdict, due.verdict, [])
        assert set(found["left"]) == LEFT
        assert found["claims"] == [
            {"id": each.id, "scope": each.scope, "said": each.said, "answer": each.answer, "by": list(each.attested_by or ()), "reason": each.reason, "path": list(each.path)}
            for each in due.claims
        ]  # fmt: skip
        assert found["derived"] | _figures(due) == found["derived"]
        named += "published-low" in found["derived"]
        beside.update(fact.key for fact in (due.plausibility.beside if due.plausibility else ()))
        answers.update(each.answer for each in due.claims)
        reasons.update(each.reason for each in due.claims)
    sys.stdout.write(f"{answers.total()} answers alike, {len(reasons)} reasons: {dict(answers)}\n")
    assert set(answers) == set(WEAKEST_FIRST)
    assert named
    assert {"grid-power", "measured-share"} <= beside
    assert len(reasons) >= 15


@pytest.mark.parametrize(("count", "seed"), [(24, 5), pytest.param(2000, 2027, marks=pytest.mark.soak)])
def test_a_run_that_is_altered_and_sealed_again_fails_the_same_steps(
    count: int, seed: int, root: Path, tmp_path: Path
) -> None:
    routes = ("smco-calcium",) if count < 1000 else ("bastnaesite-us", "smco-calcium", "further-steps")
    whole = [each for route in routes for each in shown(a_claimed_life(tmp_path / route / "home", route), ("auditor",))]
    random = Random(seed)  # noqa: S311 - the same in every run
    bundles: list[Shown] = []
    while len(bundles) < count:
        life, lines = random.choice(whole)
        at = max(number for number, line in enumerate(lines) if line.startswith(b'{"t":"certificate"'))
        change = another_amount if random.random() < 0.6 else mutated
        text = resealed(json.loads(lines[at])["certificate"], random, change=change)
        try:
            digest = open_certificate(text).digest
        except OreprintError:
            continue  # the form of documents has a test of its own
        bundles.append(Shown(life, retold(lines, at, text, digest)))
    refused: Counter[str] = Counter()
    for bundle, found in zip(bundles, in_browser(bundles, root), strict=True):
        due = bundle.judged()
        failed = {each.step for each in due.checks if each.result == "failed" and each.code not in LEFT}
        refused.update(each.code for each in due.checks if each.result == "failed" and each.step in STEPS)
        here = {step for step in STEPS if found["steps"][step - 1] == "failed"}
        assert here == failed & {*STEPS}, (due.checks, found)
        answers = [(each.answer, each.reason) for each in due.claims]
        assert [(each["answer"], each["reason"]) for each in found["claims"]] == answers
    sys.stdout.write(f"{count} mutants sealed again: {dict(refused)}\n")
    assert {"footprint.recomputed", "footprint.quality", "footprint.whole", "footprint.clear"} <= set(refused)


class _OfTheRecord(Random):
    """Chooses the record of a certificate as what is altered."""

    def randrange(self, *_: object) -> int:  # type: ignore[explicit-override]
        return -1


@pytest.mark.parametrize("audience", ["auditor", "customer"])
def test_an_own_step_that_its_run_does_not_give_is_refused_by_both(audience: str, root: Path, tmp_path: Path) -> None:
    (life, lines), *_ = shown(a_claimed_life(tmp_path / "home", "smco-calcium"), (audience,))
    at = max(number for number, line in enumerate(lines) if line.startswith(b'{"t":"certificate"'))
    lower = resealed(
        json.loads(lines[at])["certificate"],
        _OfTheRecord(1),
        change=lambda text, _: re.sub(r'"own_step":"[^"]*"', '"own_step":"0.5"', text),
    )
    bundle = Shown(life, retold(lines, at, lower, open_certificate(lower).digest))
    (found,) = in_browser([bundle], root)
    failed = {each.code for each in bundle.judged().checks if each.result == "failed" and each.step == 9}
    assert failed == {"footprint.clear"}
    assert found["steps"][8] == "failed"


def test_a_record_without_a_product_has_the_range_that_its_composition_fits(root: Path, tmp_path: Path) -> None:
    (life, lines), *_ = shown(a_claimed_life(tmp_path / "home", "ion-clay-magnesium"), ("customer",))
    at = max(number for number, line in enumerate(lines) if line.startswith(b'{"t":"certificate"'))
    unnamed = resealed(
        json.loads(lines[at])["certificate"],
        _OfTheRecord(1),
        change=lambda text, _: text.replace('"product":"mixed-rare-earth-oxide",', ""),
    )
    both = [Shown(life, lines), Shown(life, retold(lines, at, unnamed, open_certificate(unnamed).digest))]
    ranges = [each["derived"].get("published-low") for each in in_browser(both, root)]
    assert ranges == ["17.8", "17.8"]


@pytest.mark.parametrize(("each", "seed"), [(1, 3), pytest.param(40, 4, marks=pytest.mark.soak)])
def test_whatever_line_of_a_bundle_is_altered_both_judge_it_alike(
    each: int, seed: int, root: Path, tmp_path: Path
) -> None:
    *_, (life, lines) = shown(a_claimed_life(tmp_path / "home", "smco-calcium"), ("auditor",))
    random = Random(seed)  # noqa: S311 - the same in every run
    bundles: list[Shown] = []
    for at, line in enumerate(lines):
        for _ in range(each):
            where = random.choice([place for place in range(6, len(line) - 3) if line[place] < 128])
            letter = b"7" if line[where : where + 1] != b"7" else b"8"
            changed = line[:where] + letter + line[where + 1 :]
            bundles.append(Shown(life, [*lines[:at], changed, *lines[at + 1 :]]))
    verdicts: Counter[str] = Counter()
    for bundle, found in zip(bundles, in_browser(bundles, root), strict=True):
        try:
            due = bundle.judged().verdict
        except OreprintError:
            due = "do-not-rely"  # a header that can't be read: its page says so
        assert verdict(found) == due, (found, bundle.lines)
        verdicts[due] += 1
    sys.stdout.write(f"{len(bundles)} bundles of which one line was altered: {dict(verdicts)}\n")
    assert verdicts["do-not-rely"] > len(bundles) / 2
    assert verdicts["genuine"] == 0
