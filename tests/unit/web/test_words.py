"""Words in every language: every message has them, facts stay facts, numbers and times are told as people there tell
them.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from typing import TYPE_CHECKING, Any

import pytest
from babel.messages.catalog import Message
from markupsafe import escape

from api.desk.words import desk_words
from api.web.negotiation import chosen_language
from api.web.reread import reread
from api.web.spoken import spoken
from api.web.words import LANGUAGES, locale_of, words
from ledger.plausibility.told import counted_names
from ledger.tables import shipped_tables
from schemas.report import Check, ClaimAnswer
from schemas.sentences import CAUSES, WORTH

if TYPE_CHECKING:
    from pathlib import Path
    from types import ModuleType


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


@pytest.mark.parametrize(
    ("tag", "share", "largest"),
    [
        ("en", "4.5", "hydrochloric acid 2.5 %, my own acid 2.0 %"),
        ("zh-Hans", "4.5", "盐酸 2.5 %, my own acid 2.0 %"),
        ("ja", "4.5", "塩酸 2.5 %, my own acid 2.0 %"),
        ("de", "4,5", "Salzsäure 2,5 %, my own acid 2,0 %"),
    ],
)
def test_what_rests_on_a_word_is_named_in_the_reader_s_language(tag: str, share: str, largest: str) -> None:
    """A plant's own names stay as they are."""
    said = words(tag).worded(WORTH["word"], {"share": "4.5", "largest": "hydrochloric acid 2.5 %, my own acid 2.0 %"})
    assert f"{share} %" in said
    assert said.endswith(largest)


def test_the_browser_has_a_name_for_all_that_can_be_counted() -> None:
    names = set(counted_names(shipped_tables()))
    assert names >= {"hydrochloric acid", "natural gas burnt", "electricity", "direct emissions"}
    for tag, file in ((each, json.loads(spoken()[f"words-{each}.json"])) for each in LANGUAGES):
        assert set(file["counted"]) == (names if tag != "en" else set())


def translations(root: Path) -> ModuleType:
    """Return the script that makes the catalogues."""
    spec = spec_from_file_location("make_translations", root / "docs/make_translations.py")
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_kind_of_fault_in_a_catalogue_is_listed_with_its_language_and_message(root: Path) -> None:
    script = translations(root)
    known = script.read("de")
    assert list(script.faults("de", known)) == []
    fuzzy = Message("Accept.", "Annehmen.", flags=["fuzzy"])
    known |= {"Issuer": Message("Issuer", ""), "Accept.": fuzzy, "Mass": Message("Mass", "Mass")}
    known["{n} h"] = Message("{n} h", "{m} h")
    known["%(low)s to %(high)s."] = Message("%(low)s to %(high)s.", "%(low)s bis %(high)s %%.")
    del known["Chain"]
    assert {str(each) for each in script.faults("de", known)} == {
        "de: no translation: Issuer",
        "de: no translation: Chain",
        "de: fuzzy: Accept.",
        "de: the same as in English: Mass",
        "de: other facts in '{m} h': {n} h",
        "de: other facts in '%(low)s bis %(high)s %%.': %(low)s to %(high)s.",
    }


@pytest.mark.parametrize("tag", [tag for tag in LANGUAGES if tag != "en"])
def test_a_catalogue_keeps_to_the_marks_and_letters_of_its_language(root: Path, tag: str) -> None:
    for message, found in translations(root).read(locale_of(tag)).items():
        said = re.sub(r"`[^`]*`|\[\"<salt>\",<value>\]|\{\w+:|\{\w+\}", "0", str(found.string))
        assert said.strip() == said or message == "; ", message
        if tag == "de":
            assert not re.search(r"[\"'“][A-Za-z]|\b(?:the|and|of|with|not|is)\b", said), message
        else:
            assert not re.search("[\u3040-\u9fff][,;:!?]|[,;:.!?] ?[\u3040-\u9fff]", said), message
            assert not re.search("[\uff61-\uff9f]", said), "half-width kana"
        if tag == "ja" and message.endswith(".") and not message.startswith("kg "):
            reason_last = str(found.string).endswith("：{reason}")
            assert said.endswith(("。", "：")) or reason_last, message


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


@pytest.mark.parametrize(
    ("tag", "told"),
    [
        ("zh-Hans", ("1,631.100001", "2026年7月1日 13:52 UTC", "2026年7月1日", "中国", "未知", "5 分钟", "< 0.01 %")),
        ("ja", ("1,631.100001", "2026年7月1日 13:52 UTC", "2026年7月1日", "中国", "不明", "5分", "< 0.01 %")),
        ("de", ("1.631,100001", "1. Juli 2026, 13:52 UTC", "1. Juli 2026", "China", "unbekannt", "5 min", "< 0,01 %")),
    ],
)
def test_numbers_and_dates_are_written_as_in_the_language(tag: str, told: tuple[str, ...]) -> None:
    said = words(tag)
    assert told == (
        said.amount("1631.100001"),
        said.instant("2026-07-01T13:52:42Z"),
        said.day("2026-07-01"),
        said.country("CN"),
        said.country("ZZ"),
        said.age(300),
        said.percent("0.00001"),
    )


def test_a_fact_is_read_as_in_the_language_unless_it_is_a_name() -> None:
    german = words("de")
    assert german.fact("found", "44.1 kg") == "44,1 kg"
    assert german.fact("found", "0.16 to 0.75") == "0,16 to 0,75"
    assert german.fact("lot", "1.5") == "1.5", "a name with a point"
    assert german.fact("supplier", "Werk 1.5") == "Werk 1.5"
    assert german.fact("version", "3.1") == "3.1"
    assert german.fact("until", "2026-07-01T13:52:42Z") == "1. Juli 2026, 13:52 UTC"
    assert german.fact("countries", "CN, US") == "China, Vereinigte Staaten"
    assert german.fact("found", "proven") == "belegt"
    assert german.fact("found", "L4-0") == "L4-0"
    assert german.heading("in-situ-leaching") == "In-situ-Laugung"
    assert words("ja").fact("now", "4.3 kg CO2e per kg") == "4.3 kg CO2e/kg"


def test_a_reason_that_is_a_sentence_is_told_in_the_language_with_its_own_facts() -> None:
    signed = check(
        code="signature.valid",
        sentence="The signature is not valid: the text was changed, or another key signed it. "
        "L1-0: The signed part has 70000 bytes. At most 65536 are allowed.",
        facts={"reason": "L1-0: The signed part has 70000 bytes. At most 65536 are allowed."},
    )
    told = words("de").sentence(signed)
    assert '<bdi translate="no">L1-0</bdi>: Der signierte Teil hat <bdi>70000</bdi> Byte.' in told
    assert "lang" not in told
    assert reread("one.example: no head of the log of one.example is here") == (
        "one.example", CAUSES["no-head"], {"registry": "one.example"},
    )  # fmt: skip


def test_a_reason_of_no_sentence_stays_as_it_is_and_is_said_to_be_english() -> None:
    found = check(
        code="seal.label", facts={"reason": "<b> was said"}, sentence="The seal on the label is not valid: <b> was said"
    )
    told = words("ja")._filled("The seal on the label is not valid: {reason}", found.facts)
    assert told == 'ラベルの封印データが有効ではありません：<bdi lang="en">&lt;b&gt; was said</bdi>'


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
        (None, "de;q=1,en;q=abc", "de"),
        (None, "de-AT,de;q=0.9", "de"),
        (None, "ja-JP", "ja"),
        (None, "en-GB;q=0.8, ja ; Q=0.9, fr", "ja"),
        (None, "de;q=2,ja;q=nan,zh;q=-1,en;q=0.1", "en"),
        ("de-AT", "ja", "de"),
        ("JA-jp", None, "ja"),
        ("zh-CN", "de", "zh-Hans"),
        (None, "zh-TW,de;q=0.5", "de"),
        (None, "zh-TW,zh;q=0.9,en;q=0.8", "zh-Hans"),
        (None, "zh-Hant-HK", "zh-Hans"),
        (None, "fr,*;q=0.5", "en"),
        (None, "denmark,jam", "en"),
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
        own_criteria=True,
        path=("MG-88",),
        reason="step-unknown",
        facts={"step": "acid-roasting"},
        sentence="The place of the step acid-roasting is not known.",
    )
    assert "<bdi>acid roasting</bdi>" in words("en").reason(answer)
    assert "<bdi>酸法焙烧</bdi>" in words("zh-Hans").reason(answer)


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("where", "delivery notes and distances of what was bought", "所购货物的送货单和运距"),
        ("usual", "usually 5 to 30 MJ/kg oxide, here about 20400 MJ", "通常为 5 to 30 MJ/kg oxide，此处约 20400 MJ"),
        ("usual", "usually 0.9 kWh/kg REO", "通常为 0.9 kWh/kg REO"),
        ("usual", "no usual amount is known", "没有已知的通常值"),
        ("column", "Net mass", "净重"),
        ("unit", "kg, dry", "kg，干基"),
        ("unit", "kWh", "kWh"),
        ("expected", "'a', 'b' or 'c'", "'a', 'b' 或 'c'"),
        ("suggestion", "write one of kg, t", "请写下列之一：kg, t"),
        ("suggestion", "upper and lower case matter: write kWh", "区分大小写，请写 kWh"),
        ("what", "the fraction of Nd", "Nd 的质量分数"),
        ("what", "argon", "氩气"),
        ("reason", "the run made A-1, A-2", "该生产批次制成 A-1, A-2"),
        ("mark", "semicolons", "分号"),
        ("form", "a chemical formula, such as CaCO3", "化学式，例如 CaCO3"),
        ("what", "our own salt", "our own salt"),
    ],
)
def test_phrases_in_sentences_of_the_desk_are_told_in_its_language(name: str, value: str, told: str) -> None:
    assert desk_words("zh-Hans").isolated(name, value) == f"<bdi>{escape(told)}</bdi>"
    assert desk_words("en").isolated(name, value) == f"<bdi>{escape(value)}</bdi>"
