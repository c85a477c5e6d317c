"""Make the message catalogues of the page and of the desk: gather every message, keep what is translated, compile.

Usage: python docs/make_translations.py [--check]

Messages come from the templates, from the words in `api/web` and `api/desk`, and from the sentences of `schemas`. What
the page's catalogue has, the desk's leaves out. A translation whose
message is gone is dropped. Each message without a translation is listed by its language, and the page shows it in
English; so is each translation with other facts than its message, in English by accident, or marked as fuzzy. With
--check nothing is written: it fails when anything is listed, or a compiled catalogue is not that of the written one.
`docs/translations.md` has the terms to keep to.
"""

from __future__ import annotations

import ast
import io
import re
import sys
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final, NamedTuple, get_args

from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from api.desk.words import DESK_LANGUAGES
from api.web.reread import TRANSLATED_AREAS
from api.web.words import LANGUAGES, locale_of
from ledger.claims.rules import RULES
from ledger.papers.clause import ACTIVITIES, MAGNET_TYPES, reasons
from ledger.plausibility.told import counted_names
from ledger.tables import shipped_tables
from ledger.workbook.file_kinds import MARKS
from schemas import vocabulary
from schemas.claim import KnownAnswer
from schemas.identifier import FORMS
from schemas.person import ROLES, SCOPES
from schemas.phrases import HERE_ABOUT, NO_USUAL, REPEATED, TEMPLATES
from schemas.quantity import AMBIGUOUS
from schemas.report import Ended
from schemas.sentences import (
    ACTIONS,
    ASSURANCES,
    AUDITED,
    AUDITED_NOT_PROVEN,
    BESIDE,
    CAUSES,
    CHECKS,
    CODES,
    DEMANDS,
    FLAG_PARTS,
    FLAGS,
    HELD,
    MARK_WORDS,
    NOT_AUDITED,
    NOT_COUNTED,
    NOT_PROVEN,
    OWN_CRITERIA,
    QUESTIONS,
    REASONS,
    REPLIES,
    WITHHELD,
    WORTH,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WEB: Final = Path(__file__).resolve().parent.parent / "api" / "web"
LOCALES: Final = tuple(locale_of(tag) for tag in LANGUAGES if tag != "en")
DESK: Final = WEB.parent / "desk"
PAPERS: Final = WEB.parent.parent / "ledger" / "papers"
SHOWN_AREAS: Final = ("bundle.", "log.", "seal.", "trust.")
"""Areas of codes whose facts stand beside the sentence among the checks."""
OPTIONS: Final = {
    "trim_blocks": "true",
    "lstrip_blocks": "true",
    "extensions": "jinja2.ext.i18n,jinja2.ext.do",
    "silent": "false",
}


@cache
def messages() -> list[str]:
    """Return every message of the page, each once, by the alphabet."""
    found = [*_templates(WEB), *_python(*WEB.glob("*.py"), *PAPERS.glob("*.py")), *_terms(), *_sentences()]
    return sorted(set(filter(None, found)))


@cache
def desk_messages() -> list[str]:
    """Return every message of the desk that the page has not, each once, by the alphabet."""
    sentences = (sentence for code, sentence in CODES.items() if code.startswith(DESK_AREAS))
    found = {*_templates(DESK), *_python(*DESK.rglob("*.py")), *sentences, *_phrases()}
    return sorted(found - set(messages()))


def _phrases() -> Iterator[str]:
    """Yield facts of the desk's sentences that are phrases of a closed list."""
    yield from FORMS.values()
    yield from (*AMBIGUOUS.values(), *TEMPLATES, HERE_ABOUT, NO_USUAL, *REPEATED.values())
    yield from (row.where for rows in shipped_tables().completeness.values() for row in rows)
    yield from MARKS.values()


HOLDINGS: Final = (
    "alike", "ambiguous", "consignee-unknown", "expired", "guest", "in-doubt", "instrument", "less-power", "many",
    "mark-used", "not-certified", "not-monitored", "not-yours", "offered", "path-long", "suspended", "to-yourself",
    "too-little", "trial", "undone", "unknown", "withdrawn",
)  # fmt: skip
"""Codes of refusals of lots that a run uses or ships."""
ISSUES: Final = (
    "corrected", "expired", "heat-short", "key-ended", "kind", "lot-", "no-key", "not-over", "not-registered",
    "not-your-plant", "nothing-certified", "over-capacity", "run-", "scrap-", "unknown-",
)  # fmt: skip
"""Codes of refusals of a record that was typed."""
DESK_AREAS: Final = (
    "upload.",
    "workbook.",
    "draft.",
    "recipe.",
    "desk.",
    "hook.",
    "incoming.",
    "forget.days",
    "label.",
    "people.",
    "approval.",
    "life.",
    "replace.",
    "party-rule.",
    "contact.",
    "shipment.",
    "token.",
    "operator-request.",
    "quantity.",
    "document.",
    "composition.",
    "footprint.",
    "record.",
    "claim.",
    *(f"holding.{each}" for each in HOLDINGS),
    *(f"issue.{each}" for each in ISSUES),
    *(f"factor.{each}" for each in ("unknown", "which-gas", "gwp-lacks", "no-table")),
)
"""Areas of codes whose sentences the desk tells in its languages."""


def _templates(package: Path) -> Iterator[str]:
    for path in sorted((package / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("_",), (), OPTIONS):
                for found in message if isinstance(message, tuple) else (message,):
                    if found:  # none where the message is a variable
                        yield found


def _python(*paths: Path) -> Iterator[str]:
    """Yield what is said by `said("…")` or `self("…")`, and the constants in capitals that hold messages."""
    for path in sorted(paths):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Name(id="said" | "self"), args=[ast.Constant(value=str(message))]):
                    yield message
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.AST() as value) if name in MESSAGE_CONSTANTS:
                    yield from (
                        leaf.value
                        for leaf in ast.walk(value)
                        if isinstance(leaf, ast.Constant) and isinstance(leaf.value, str) and leaf.value not in KEYS
                    )
        if path.name == "words.py":
            yield from ("{n} h", "{n} min")


MESSAGE_CONSTANTS: Final = frozenset(
    {
        "ROLE_WORDS", "SCOPE_WORDS",
        "RANGE_WORDS", "RESULTS", "DEMAND_STATES", "STEP_TITLES",
        "NO_DIGEST", "NO_LOT", "NO_FILE", "NO_RECORD", "NO_MATCH", "UNKNOWN_CODE", "ELSEWHERE", "MISSING", "LOST", "MISTYPED", "NOT_RIGHT", "NO_PAGE", "NOT_PUBLISHED", "NO_CODE",
    }
)  # fmt: skip
KEYS: Final = frozenset(
    {
        "far-below", "below", "within", "above", "none", "not-checked", "not-met", "not-shown", "text-not-read",
        *ROLES, *SCOPES,
    }
)  # fmt: skip


def _terms() -> Iterator[str]:
    attested = (vocabulary.AttestationScope, vocabulary.AssuranceLevel, vocabulary.Opinion)
    named = (vocabulary.Kind, vocabulary.Step, vocabulary.Stage, vocabulary.Indicator, vocabulary.InstrumentWord)
    for words in (*named, *attested, vocabulary.Purpose, KnownAnswer, Ended):
        yield from (word.replace("-", " ") for word in get_args(words))
    yield from (*MAGNET_TYPES.values(), *ACTIVITIES, *reasons())
    yield from (product.label for product in shipped_tables().products.values())
    yield from (f"{method} allocation" for method in get_args(vocabulary.AllocationMethod))
    yield from (profile.label for profile in shipped_tables().profiles.values())
    yield from counted_names(shipped_tables())


def _sentences() -> Iterator[str]:
    for words in CHECKS.values():
        yield from words
    for reply in REPLIES.values():
        yield from reply
    yield from ACTIONS.values()
    yield from QUESTIONS.values()
    yield from MARK_WORDS.values()
    yield from (*FLAGS.values(), *FLAG_PARTS.values())
    yield WITHHELD
    yield HELD
    yield from CAUSES.values()
    yield from ASSURANCES.values()
    yield from REASONS.values()
    yield OWN_CRITERIA
    yield from (rule.title for rule in RULES.values())
    yield from NOT_PROVEN.values()
    yield from NOT_COUNTED.values()
    yield from (*AUDITED.values(), *NOT_AUDITED.values(), *AUDITED_NOT_PROVEN.values())
    yield from WORTH.values()
    yield from BESIDE.values()
    yield from DEMANDS.values()
    judged = [sentence for code, sentence in CODES.items() if code.startswith(TRANSLATED_AREAS)]
    yield from judged
    told = [*(text for words in CHECKS.values() for text in words)]
    told += [sentence for code, sentence in CODES.items() if code.startswith(SHOWN_AREAS)]
    facts = {name for text in told for _, name, _, _ in Formatter().parse(text) if name}
    yield from sorted(facts | {"breach", "reason", "runs", "times"})


_FACTS: Final = re.compile(r"\{(\w+)(?::[^{}]*)?\}|%\((\w+)\)s|(%%)")
UNITS: Final = re.compile(r"(?:%\(\w+\)s|\{\w+\}|[^A-Za-z]|kg|CO2e|kWh|min|in|[hs])+")
"""Messages of units and facts alone, which every language may share with English."""
SHARED: Final = frozenset(
    {
        "Code", "DEMO", "DID", "Element", "Form", "Gas", "Log", "Material", "Status",
        "GHG Protocol Product Standard", "ISO 14067:2018", "PACT Methodology 3",
    }
)  # fmt: skip
"""Names, and words that German has too."""


class Fault(NamedTuple):
    """Something to mend in a catalogue: the language, what is wrong, and the English message."""

    locale: str
    wrong: str
    message: str

    def __str__(self) -> str:
        return f"{self.locale}: {self.wrong}: {self.message}"


class Domain(NamedTuple):
    """A catalogue in several languages: its name, its package, its locales, and its messages."""

    name: str
    package: Path
    locales: tuple[str, ...]
    messages: Callable[[], list[str]]

    def written(self, locale: str) -> Path:
        """Return the path of the written catalogue of a locale."""
        return self.package / "locale" / locale / "LC_MESSAGES" / f"{self.name}.po"


PAGE: Final = Domain("oreprint", WEB, LOCALES, messages)
DOMAINS: Final = (
    PAGE,
    Domain("desk", DESK, tuple(locale_of(tag) for tag in DESK_LANGUAGES if tag != "en"), desk_messages),
)


def faults(locale: str, known: dict[str, Message], domain: Domain = PAGE) -> Iterator[Fault]:
    """Yield what a catalogue lacks, or has wrong."""
    for message in domain.messages():
        found = known.get(message)
        if found is None or not found.string:
            yield Fault(locale, "no translation", message)
            continue
        words = str(found.string)
        if found.fuzzy:
            yield Fault(locale, "fuzzy", message)
        if _facts(words) != _facts(message):
            yield Fault(locale, f"other facts in {words!r}", message)
        if words == message and message not in SHARED and not UNITS.fullmatch(message):
            yield Fault(locale, "the same as in English", message)


def _facts(text: str) -> set[str]:
    return {"".join(found) for found in _FACTS.findall(text)}


def read(locale: str, domain: Domain = PAGE) -> dict[str, Message]:
    """Return the translations of a locale's written catalogue, by their English messages."""
    path = domain.written(locale)
    if not path.exists():
        return {}
    return {str(each.id): each for each in read_po(io.BytesIO(path.read_bytes()), locale=locale) if each.id}


def made(locale: str, known: dict[str, Message], domain: Domain = PAGE) -> bytes:
    """Return the catalogue of a locale as .po."""
    catalog = Catalog(locale=locale, project="Oreprint", charset="utf-8")
    catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Language", locale)]
    for message in domain.messages():
        found = known.get(message)
        catalog.add(message, str(found.string) if found else "", flags=["fuzzy"] if found and found.fuzzy else [])
    for each in catalog:
        each.flags.discard("python-format")
        each.flags.discard("python-brace-format")
    written = io.BytesIO()
    write_po(written, catalog, width=0, omit_header=True, no_location=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    return header.encode() + written.getvalue()


def compiled(text: bytes, locale: str) -> bytes:
    """Return a .po as .mo, without the time at which it was made."""
    file = io.BytesIO()
    catalog = read_po(io.BytesIO(text), locale=locale)
    catalog.creation_date = catalog.revision_date = datetime.fromtimestamp(0, tz=UTC)
    write_mo(file, catalog)
    return file.getvalue()


def main() -> int:
    """Write the catalogues, or check them."""
    wrong = False
    for domain, locale in ((each, locale) for each in DOMAINS for locale in each.locales):
        written = domain.written(locale)
        machine = written.with_suffix(".mo")
        known = read(locale, domain)
        found = list(faults(locale, known, domain))
        print(f"{domain.name} {locale}: {len(domain.messages())} messages, {len(found)} to mend", *found, sep="\n  ")
        if "--check" in sys.argv[1:]:
            wrong |= bool(found)
            if not machine.exists() or machine.read_bytes() != compiled(written.read_bytes(), locale):
                print(f"  {locale}: the compiled catalogue is not that of the written one")
                wrong = True
        else:
            written.parent.mkdir(parents=True, exist_ok=True)
            text = made(locale, known, domain)
            written.write_bytes(text)
            machine.write_bytes(compiled(text, locale))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
