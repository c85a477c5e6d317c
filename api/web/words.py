"""The page's languages: words by gettext, numbers and dates by CLDR.

Rules: signed text is never translated.  A sentence of the catalogue is translated as a template; then its facts are
put in, each escaped and isolated (``<bdi>``).  A sentence that is not in the catalogue is shown as it is.
"""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from importlib.resources import files
from typing import Final, NamedTuple

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, get_decimal_symbol
from markupsafe import Markup, escape

from api.web.reread import reread
from ledger.claims.rules import RULES
from ledger.factors.products import Product
from ledger.factors.profiles import Profile
from ledger.footprint.digits import MANY, shown
from schemas.columns import SHEETS
from schemas.line_names import line_name_in
from schemas.phrases import HERE_ABOUT, taken_apart
from schemas.problem import Problem
from schemas.recipe_columns import RECIPE_SHEETS
from schemas.report import Action, Audited, Check, ClaimAnswer, OpenFlag, RegistryFinding, Reply
from schemas.sentences import (
    ACTIONS,
    AUDITED,
    AUDITED_NOT_PROVEN,
    CAUSES,
    CHECKS,
    CODES,
    FLAG_PARTS,
    FLAGS,
    OWN_CRITERIA,
    QUESTIONS,
    REASONS,
    REPLIES,
    WITHHELD,
    agreed,
    filled,
)

LANGUAGES: Final = {"en": "English", "zh-Hans": "简体中文", "ja": "日本語", "de": "Deutsch"}
"""Language tags (BCP 47) of the page, each with its name in its own language; the first is the one to fall back to."""
_INSTANT: Final = {
    "en": "d MMM y, HH:mm",
    "zh-Hans": "y年M月d日 HH:mm",
    "ja": "y年M月d日 HH:mm",
    "de": "d. MMMM y, HH:mm",
}
_DAY: Final = {"en": "d MMM y", "zh-Hans": "y年M月d日", "ja": "y年M月d日", "de": "d. MMMM y"}
_MORE_DECIMALS: Final = "#,##0.############"
LEAST_SHOWN: Final = Decimal("0.0001")
"""A rounded figure below this is shown as being below it; the record has all digits."""
UNKNOWN_COUNTRY: Final = "ZZ"
"""The user-assigned code that records give a place nobody vouches for."""


MOST_DIGITS: Final = 8
"""Significant digits of a figure in a sentence; the report has all."""
COMPARED: Final = frozenset({"supplier", "domain", "registry", "day", "mass"})
"""Facts of answers that a browser compares with what it knows by itself (`api/web/static/shown.js`)."""
_LONG: Final = re.compile(r"[0-9]+\.[0-9]{6,}")
_DECIMALS: Final = re.compile(r"(?<![0-9.])([0-9]+)\.([0-9]+)(?![0-9.])")
"""The decimal numbers of a fact; a version or an address with more points is none."""
_PER_KG: Final = "kg CO2e per kg"
_TIME: Final = re.compile(r"\d{4}-\d\d-\d\d(?:T\d\d:\d\d:\d\d(?:\.\d+)?Z)?")
_WORDS: Final = frozenset(
    {"claim", "found", "gas", "indicator", "kind", "mark", "opinion", "purpose", "said", "stage", "state"}
)
"""Facts that may be words of a closed list; where they are not, they stay as they are."""
_HEADINGS: Final[dict[str, Mapping[str, str]]] = {
    words["en"]: dict(words.items())
    for columns in (*SHEETS.values(), *RECIPE_SHEETS.values())
    for column in columns
    for words in (column.heading, column.help)
}
"""Headings and help texts of the workbooks' columns, by the English one."""
_PHRASES: Final = frozenset(
    {"column", "countries", "country", "expected", "form", "suggestion", "unit", "usual", "where"}
)
"""Facts that are phrases of ours, as `Language._phrase` reads them."""
_HERE: Final = HERE_ABOUT.format(usual="", known="")
_LINES: Final = frozenset({"label", "what", "found"})
"""Facts that may be the name of a line of a record."""
_AMOUNTS_BY_NAME: Final = frozenset({"largest", "steps"})
"""Facts that list names, each with its amount and one word more."""
_NUMBER: Final = re.compile(r"[ (<+-]*[0-9]")
_NAMES: Final = frozenset(
    {"engine", "facility", "line", "lot", "material", "meter", "names", "output", "reason", "statement", "version"}
)
"""Facts whose points are no decimal points: people compare them letter by letter."""


class SaidReply(NamedTuple):
    """An answer to a question of a purchaser in a language: in a few words, and in sentences."""

    code: str
    answer: Markup
    sentence: Markup


@dataclass(frozen=True, slots=True)
class Language:
    """One language: call it with an English message to get the words; `tag` is its BCP 47 tag."""

    tag: str
    locale: Locale
    translations: gettext.NullTranslations

    def __call__(self, message: str) -> str:
        """Return the words for an English message."""
        return self.translations.gettext(message) if message else ""

    def term(self, word: str) -> str:
        """Return a word of a closed list of the documents (a kind, step, stage, gas) as people say it."""
        return self(word.replace("-", " "))

    def figure(self, text: str, digits: int = MANY) -> str:
        """Return a computed figure rounded to `digits` significant ones."""
        number = Decimal(text)
        if 0 < abs(number) < LEAST_SHOWN:
            return f"< {self.amount(str(LEAST_SHOWN))}"
        rounded = shown(text, digits)
        decimals = len(rounded.partition(".")[2])
        pattern = _MORE_DECIMALS if Decimal(rounded) == number or not decimals else "#,##0." + "0" * decimals
        return _decimal(rounded, pattern, self.tag)

    def amount(self, text: str) -> str:
        """Return an amount with all its digits."""
        return _decimal(text, _MORE_DECIMALS, self.tag)

    def fact(self, name: str, value: str) -> str:
        """Return a fact of a sentence as people here read it: a country, a day, a time, a number, a word of a list."""
        if name in _PHRASES:
            return self._phrase(name, value)
        if name in _LINES:
            value = self._built(self.line(value)) if name == "what" else self.line(value)
        word = self._word(value) if name in _WORDS or value in CAUSES.values() else value
        if word != value or name in _NAMES or not _NUMBER.match(value):
            return word
        if _TIME.fullmatch(value):
            try:
                return self.instant(value) if "T" in value else self.day(value)
            except ValueError:
                return value  # no day of the calendar: a refusal repeats what was typed
        decimal = _DECIMALS.sub(rf"\1{get_decimal_symbol(self.locale)}\2", value)
        return decimal.replace(_PER_KG, self(_PER_KG))

    def _word(self, value: str) -> str:
        """Return the words for a fact that may be a claim, a word of a closed list, or a phrase of the catalogue."""
        if value in RULES:
            return self(RULES[value].title)
        said = self.term(value)
        if said != value.replace("-", " "):
            return said
        return self(value) if value in CAUSES.values() else value

    def _phrase(self, name: str, value: str) -> str:
        """Return a fact that is a list of countries, a column or its unit, what is expected, or how to write it."""
        match name:
            case "countries" | "country":
                return ", ".join(map(self.country, value.split(", ")))
            case "column" | "unit":
                return _HEADINGS.get(value, {}).get(self.tag, value)
            case "expected":
                return value.replace(" or ", f" {self('or')} ")
            case "usual":
                usual, there, here = value.partition(_HERE)
                usual = self._built(usual)
                return self(HERE_ABOUT).format(usual=usual, known=here) if there else usual
            case _:
                return self._built(value)

    def _built(self, value: str) -> str:
        """Return a phrase of ours, whole or around something that differs."""
        found = taken_apart(value)
        return self(value) if found is None else self(found[0]).replace("{known}", found[1])

    def line(self, label: str) -> str:
        """Return the name of a line of a record; a plant's own names stay as they are."""
        return line_name_in(label, self.tag)

    def heading(self, word: str) -> str:
        """Return a word of a closed list with a capital at its beginning."""
        said = self.term(word)
        return said[:1].upper() + said[1:]

    def percent(self, fraction: str | Decimal, digits: int = 3) -> str:
        """Return a fraction in percent: of `digits` significant ones, and less than 0.01 % as such."""
        number = Decimal(fraction) * 100
        if 0 < number < Decimal("0.01"):
            return f"< {self.figure('0.01')} %"
        return f"{self.figure(str(number), digits)} %"

    def profile(self, profile: Profile | None) -> str:
        """Return the name of a method profile, or nothing if it is unknown."""
        if profile is None:
            return ""
        return profile.label_zh if self.tag == "zh-Hans" else self(profile.label)

    def product(self, product: Product | None) -> str:
        """Return the name of a product, or nothing if it is unknown."""
        if product is None:
            return ""
        return product.label_zh if self.tag == "zh-Hans" else self(product.label)

    def instant(self, text: str) -> str:
        """Return a time of the documents (RFC 3339, UTC), to the minute."""
        return _instant(text[:16], self.tag)

    def day(self, text: str) -> str:
        """Return a day of the documents."""
        return str(format_date(date.fromisoformat(text), _DAY[self.tag], locale=self.locale))

    def country(self, code: str) -> str:
        """Return the name of a country by its ISO 3166 code."""
        if code == UNKNOWN_COUNTRY:
            return self("unknown")
        return str(self.locale.territories.get(code, code))

    def age(self, seconds: int) -> str:
        """Return an age in the largest whole unit that says enough."""
        for size, message in ((3600, "{n} h"), (60, "{n} min")):
            if abs(seconds) >= 2 * size:
                return self(message).format(n=seconds // size)
        return self("{n} s").format(n=seconds)

    def sentence(self, check: Check) -> Markup:
        """Return the sentence of a check, its facts escaped and isolated."""
        begin = filled(WITHHELD, check.facts)
        if check.sentence.startswith(begin):
            told = self._told([WITHHELD], check.facts, begin)
            return Markup("{} {}").format(told, self(CHECKS[check.code].passed))
        return self._told(_templates(check.code), check.facts, check.sentence)

    def problem(self, problem: Problem) -> Markup:
        """Return the sentence of a problem, its facts escaped and isolated."""
        return self._filled(CODES[problem.code], problem.facts)

    def finding(self, found: RegistryFinding) -> Markup:
        """Return a finding of the registry."""
        return self._told(_templates(found.code), found.facts, found.sentence)

    def reason(self, claim: ClaimAnswer) -> Markup:
        """Return the sentence that says what decides a claim, its facts escaped and isolated."""
        if claim.attested_by is None:
            return self._told(filter(None, [REASONS.get(claim.reason)]), claim.facts, claim.sentence)
        word = REASONS[f"{RULES[claim.id].rests}-{'attested' if claim.attested_by else 'unattested'}"]
        return self._filled(REASONS[claim.reason], claim.facts) + " " + self._filled(word, claim.facts)

    def audited(self, word: Audited) -> Markup:
        """Return all that auditors say of a chain; their answer on the first screen is shorter."""
        return self._filled(AUDITED[word.words], self._read(word.facts))

    def audited_claim(self, word: Audited, number: int) -> Markup:
        """Return the answer of the auditors who count to a claim, by its place among the claims; else nothing."""
        if number >= len(word.answers):
            return Markup()
        return self._filled(AUDITED["claim"], word.facts | {"answer": self(word.answers[number])})

    def flag(self, flag: OpenFlag) -> str:
        """Return an open flag, with the part of the figure that rests on it."""
        if flag.percent is None:
            part = self(FLAG_PARTS["unknown"])
        else:
            part = filled(
                self(FLAG_PARTS.get(flag.rule, FLAG_PARTS["known"])), {"percent": self.figure(flag.percent, 2)}
            )
        return f"{self(FLAGS.get(flag.rule, flag.rule))} {part}"

    def worded(self, template: str, facts: Mapping[str, str]) -> str:
        """Return a sentence about a figure, with its numbers and words of the vocabulary as people here read them."""
        told = {name: self.fact(name, value) for name, value in facts.items()}
        if "instruments" in facts:
            told["instruments"] = ", ".join(map(self.term, facts["instruments"].split(", ")))
        for name in _AMOUNTS_BY_NAME & facts.keys():
            parts = (each.rsplit(" ", 2) for each in facts[name].split(", "))
            told[name] = ", ".join(
                f"{self(word)} {self.fact(name, f'{amount} {rest}')}" for word, amount, rest in parts
            )
        return filled(self(template), told)

    def limit(self, sentence: str, word: Audited | None) -> Markup:
        """Return a sentence that says what is not proven; those about auditors have facts."""
        facts = {} if word is None else word.facts
        if any(filled(template, facts) == sentence for template in AUDITED_NOT_PROVEN.values()):
            return self._told(AUDITED_NOT_PROVEN.values(), facts, sentence)
        return escape(self(sentence))

    def reply(self, reply: Reply) -> SaidReply:
        """Return an answer to a question of a purchaser, its facts escaped and isolated."""
        answer, sentence = (self._filled(text, self._read(reply.facts), named=True) for text in REPLIES[reply.code])
        return SaidReply(reply.code, answer, sentence)

    def action(self, action: Action) -> Markup:
        """Return the recommended action, its facts escaped and isolated."""
        what = escape(self("; ")).join(self._filled(QUESTIONS[each.key], each.facts) for each in action.about)
        return self._filled(ACTIONS[action.code], self._read(action.facts), named=True, what=what)

    def _read(self, facts: Mapping[str, str]) -> dict[str, str]:
        """Return the facts of an answer or an action as people here read them."""
        reading: dict[str, Callable[[str], str]] = {
            "as_of": self.day,
            "day": self.day,
            "made": self.instant,
            "mass": self.mass,
            "state": self.term,
        }
        return {name: reading[name](value) if name in reading and value else value for name, value in facts.items()}

    def mass(self, text: str) -> str:
        """Return a mass with its unit, which stay on one line."""
        number, _, unit = text.partition(" ")
        return f"{self.amount(number)}\u00a0{unit}"

    def claim(self, claim: ClaimAnswer) -> Markup:
        """Return the claim: the title of its rule, and what the producer chose."""
        rule = RULES.get(claim.id)
        title = Markup("<bdi>{}</bdi>").format(claim.id) if rule is None else escape(self(rule.title))
        countries = ", ".join(map(self.country, claim.countries or ()))
        bound = "" if claim.threshold is None else self._bound(claim.threshold, rule.unit if rule else "")
        named = Markup('<span data-chosen="{}">{}</span>')
        element = named.format("element", claim.element) if claim.element else ""
        chosen = [each for each in (element, countries, bound and named.format("threshold", bound)) if each]
        told = Markup("{}").format(title)
        if chosen:
            told = Markup("{} <bdi>{}</bdi>").format(told, Markup(", ").join(chosen))
        return Markup("{} ({})").format(told, self(OWN_CRITERIA)) if claim.own_criteria else told

    def _bound(self, threshold: str, unit: str) -> str:
        """Return the figure a claim is held to; a unit with words after it is that of another figure of the rule."""
        if unit == "1":
            return self.percent(threshold)
        return self.amount(threshold) if ";" in unit else f"{self.amount(threshold)} {unit}"

    def _told(self, templates: Iterable[str], facts: Mapping[str, str], sentence: str) -> Markup:
        """Return a sentence in this language with its facts isolated; one that matches no template stays as it is."""
        for template in templates:
            if filled(template, facts).strip() == sentence:
                return self._filled(template, facts)
        return Markup('<bdi lang="en">{}</bdi>').format(sentence)

    def _filled(self, template: str, facts: Mapping[str, str], *, named: bool = False, **parts: Markup) -> Markup:
        """Return a sentence of the catalogue in this language, its facts escaped and isolated.

        Facts that a browser knows by itself are `named`, so that it compares them; `parts` are markup already.
        """
        isolated = {name: self.isolated(name, value, named=named) for name, value in facts.items()} | parts
        return Markup(escape(agreed(self(template), facts)).format_map(_Isolated(isolated)))  # noqa: S704 - facts are escaped

    def isolated(self, name: str, value: str, *, named: bool = False) -> Markup:
        """Return a fact, isolated; a reason is a sentence itself, and stays in English if the catalogue lacks it."""
        if named and name in COMPARED:
            return Markup('<bdi data-fact="{}">{}</bdi>').format(name, value)
        if name in {"place", "step"}:
            kept = Markup(' translate="no"' if name == "place" else "")  # noqa: S704 - a constant
            return Markup("<bdi{}>{}</bdi>").format(kept, value if kept else self.term(value))
        found = reread(value.strip()) if name in {"change", "reason"} and self.tag != "en" else None
        if found is not None and self(found.template) != found.template:
            place = Markup('<bdi translate="no">{}</bdi>: ').format(found.place) if found.place else Markup()
            return place + self._filled(found.template, found.facts)
        if _LONG.fullmatch(value):
            return Markup("<bdi>{}</bdi>").format(self.figure(value, MOST_DIGITS))
        if name == "reason" and (built := self._built(value)) != value:
            return Markup("<bdi>{}</bdi>").format(built)
        language = ' lang="en"' if name == "reason" and self.tag != "en" else ""
        return Markup("<bdi{}>{}</bdi>").format(Markup(language), self.fact(name, value))  # noqa: S704 - a constant


@lru_cache(maxsize=16384)
def _decimal(number: str, pattern: str, tag: str) -> str:
    """Return a number in a CLDR pattern; kept, as below."""
    return str(format_decimal(Decimal(number), format=pattern, locale=locale_of(tag)))


@lru_cache(maxsize=4096)
def _instant(minute: str, tag: str) -> str:
    """Return a minute, such as ``2026-11-25T13:52``, in words; cached, since CLDR's patterns are slow."""
    return f"{format_datetime(datetime.fromisoformat(minute), _INSTANT[tag], locale=locale_of(tag))} UTC"


class _Isolated(dict[str, Markup]):
    def __missing__(self, key: str) -> Markup:
        return Markup()


def _templates(code: str) -> Iterator[str]:
    """Yield the English sentences that a check of this code may have been given."""
    if code in CHECKS:
        yield from filter(None, CHECKS[code])
    if code in CODES:
        yield CODES[code]


def locale_of(tag: str) -> str:
    """Return the name of a language's locale, as CLDR and gettext write it."""
    return tag.replace("-", "_")


@lru_cache(maxsize=len(LANGUAGES))
def words(tag: str) -> Language:
    """Return the words of a language of `LANGUAGES`."""
    locale = locale_of(tag)
    if tag == "en":
        return Language(tag, Locale.parse(locale), gettext.NullTranslations())
    compiled = files("api.web") / "locale" / locale / "LC_MESSAGES" / "oreprint.mo"
    with compiled.open("rb") as file:
        return Language(tag, Locale.parse(locale), gettext.GNUTranslations(file))
