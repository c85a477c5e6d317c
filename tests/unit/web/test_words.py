"""Words in two languages: every message has them, facts stay facts, numbers and times are told as people there tell
them.
"""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from api.web.words import LANGUAGES, chosen_language, words
from schemas.report import Check, ClaimAnswer
from schemas.sentences import CHECKS

if TYPE_CHECKING:
    from pathlib import Path


def test_every_message_is_translated_and_the_catalogues_are_compiled(root: Path) -> None:
    script = root / "docs/make_translations.py"
    done = subprocess.run(
        [sys.executable, script, "--check"],
        check=False,
        cwd=root,
        env={"PYTHONPATH": str(root)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, f"{done.stdout}run python docs/make_translations.py and translate what is missing"


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_a_translated_sentence_has_the_facts_of_the_english_one(tag: str) -> None:
    said = words(tag)
    for sentences in CHECKS.values():
        for sentence in filter(None, sentences):
            translated = said(sentence)
            assert set(re.findall(r"{(\w+)", translated)) == set(re.findall(r"{(\w+)", sentence)), sentence


def check(**change: object) -> Check:
    given: dict[str, Any] = {
        "step": 8,
        "code": "mass.elements",
        "result": "failed",
        "sentence": "Mass balance broken: 61 kg of Dy out of 40 kg in.",
        "facts": {"made": "61", "element": "Dy", "taken": "40"},
    }
    return Check(**{**given, **change})


def test_a_sentence_is_translated_as_its_template_and_its_facts_are_isolated() -> None:
    assert words("en").sentence(check()) == (
        "Mass balance broken: <bdi>61</bdi> kg of <bdi>Dy</bdi> out of <bdi>40</bdi> kg in."
    )
    assert (
        words("zh-Hans").sentence(check())
        == "质量平衡被破坏：投入 <bdi>40</bdi> kg <bdi>Dy</bdi>，产出却有 <bdi>61</bdi> kg。"
    )


def test_the_words_of_a_sentence_agree_with_its_count() -> None:
    one, two = ({"inputs": count} for count in ("1", "2"))
    for facts, english in ((one, "1 input is not shown here."), (two, "2 inputs are not shown here.")):
        found = check(code="inputs.certificate", sentence=english, facts=facts)
        shown = re.sub("</?bdi>", "", words("en").sentence(found))
        assert shown == english, "the page finds the template of the sentence and fills it the same way"
        assert "lang" not in words("zh-Hans").sentence(found)


def test_a_sentence_of_no_template_stays_as_it_is_and_is_said_to_be_english() -> None:
    assert words("zh-Hans").sentence(check(sentence="<b>")) == '<bdi lang="en">&lt;b&gt;</bdi>'


def test_a_fact_can_neither_open_a_tag_nor_name_another_fact() -> None:
    facts = {"made": "<i>", "element": "{taken}", "taken": "40"}
    said = words("en").sentence(check(facts=facts, sentence="Mass balance broken: <i> kg of {taken} out of 40 kg in."))
    assert "<bdi>&lt;i&gt;</bdi> kg of <bdi>{taken}</bdi>" in said


@pytest.mark.parametrize(
    ("text", "digits", "shown"),
    [
        ("44.113349603462", 4, "44.11"),
        ("4.3999", 3, "4.40"),
        ("22056.67", 4, "22,060"),
        ("0", 4, "0"),
        ("0.9", 3, "0.9"),
        ("0.00000906", 3, "< 0.0001"),
        ("-1234.56", 3, "-1,230"),
        ("0.591012", 4, "0.5910"),
    ],
)
def test_a_figure_is_rounded_to_its_digits_also_before_the_point(text: str, digits: int, shown: str) -> None:
    assert words("en").figure(text, digits) == shown


def test_amounts_times_and_countries_are_told_as_people_there_tell_them() -> None:
    english, chinese = words("en"), words("zh-Hans")
    assert english.amount("1631.100001") == "1,631.100001"
    assert english.instant("2026-11-25T13:52:42Z") == "25 Nov 2026, 13:52 UTC"
    assert chinese.instant("2026-11-25T13:52:42Z") == "2026年11月25日 13:52 UTC"
    assert (english.country("CN"), chinese.country("CN")) == ("China", "中国")
    assert (english.country("ZZ"), chinese.country("ZZ")) == ("unknown", "未知")
    assert (english.age(59), english.age(300), english.age(90_000)) == ("59 s", "5 min", "25 h")
    assert english.percent("0.00001") == "< 0.01 %"


@pytest.mark.parametrize(
    ("asked", "accepted", "tag"),
    [
        (None, None, "en"),
        ("zh-Hans", "en", "zh-Hans"),
        ("xx", "zh-CN,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "fr,en;q=0.5,zh;q=0.7", "zh-Hans"),
        (None, "de;q=1,en;q=abc", "en"),
        (None, "zh;q=0,en", "en"),
        (None, "x" * 10_000, "en"),
    ],
)
def test_the_language_is_what_is_asked_for_else_what_is_preferred(
    asked: str | None, accepted: str | None, tag: str
) -> None:
    assert chosen_language(asked, accepted) == tag


def test_a_step_is_told_as_people_call_it() -> None:
    answer = ClaimAnswer(
        id="origin-known",
        scope="chain",
        answer="unknown",
        said="unknown",
        path=("MG-88",),
        reason="step-unknown",
        facts={"step": "acid-roasting"},
        sentence="The place of the step acid-roasting is not known.",
    )
    assert "<bdi>acid roasting</bdi>" in words("en").reason(answer)
    assert "<bdi>酸法焙烧</bdi>" in words("zh-Hans").reason(answer)
