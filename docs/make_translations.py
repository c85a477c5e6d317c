"""Make the page's message catalogues: gather every message, keep what is translated, compile.

Usage: python docs/make_translations.py [--check]

Messages come from the templates, from the words in `api/web` and from the sentences of `schemas`. A translation whose
message is gone is dropped; a message without one is listed, and the page shows it in English. With --check nothing is
written: it fails when a message has no translation, or the compiled catalogue is not that of the written one.
"""

from __future__ import annotations

import ast
import io
import sys
from datetime import UTC, datetime
from pathlib import Path
from string import Formatter
from typing import TYPE_CHECKING, Final, get_args

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from jinja2.ext import babel_extract

from ledger.claims.rules import RULES
from ledger.papers.support import MAGNET_TYPES
from schemas import vocabulary
from schemas.claim import Answer
from schemas.report import Ended
from schemas.sentences import (
    ACTIONS,
    ASSURANCES,
    AUDITED,
    AUDITED_NOT_PROVEN,
    BESIDE,
    CHECKS,
    CODES,
    DEMANDS,
    NOT_AUDITED,
    NOT_COUNTED,
    NOT_PROVEN,
    REASONS,
    REPLIES,
    WITHHELD,
    WORTH,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

WEB: Final = Path(__file__).resolve().parent.parent / "api" / "web"
LOCALES: Final = ("zh_Hans",)
JUDGED_AREAS: Final = ("bundle.", "seal.", "log.", "trust.", "registry.", "paper.", "pdf.")
"""Areas of codes that a page shows: what a verification could not read, what the registry found, papers refused."""
PAPERS: Final = WEB.parent.parent / "ledger" / "papers"
OPTIONS: Final = {"trim_blocks": "true", "lstrip_blocks": "true", "extensions": "jinja2.ext.i18n"}


def messages() -> list[str]:
    """Return every message, each once, by the alphabet."""
    found = [*_templates(), *_python(), *_terms(), *_sentences()]
    return sorted(set(filter(None, found)))


def _templates() -> Iterator[str]:
    for path in sorted((WEB / "templates").glob("*.html")):
        with path.open("rb") as file:
            for _, _, message, _ in babel_extract(file, ("_",), (), OPTIONS):
                found = message[0] if isinstance(message, tuple) else message
                if found:  # none where the message is a variable
                    yield found


def _python() -> Iterator[str]:
    """Yield what is said by `said("…")` or `self("…")`, and the constants in capitals that hold messages."""
    for path in sorted((*WEB.glob("*.py"), *PAPERS.glob("*.py"))):
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
        "RANGE_WORDS", "RESULTS", "DEMAND_STATES", "STEP_TITLES",
        "NO_DIGEST", "NO_LOT", "NO_FILE", "NO_RECORD", "MISSING", "LOST", "MISTYPED", "NOT_RIGHT", "NO_PAGE", "NOT_PUBLISHED", "NO_CODE",
    }
)  # fmt: skip
KEYS: Final = frozenset(
    {
        "far-below", "below", "within", "above", "none", "not-checked", "not-met", "not-shown", "text-not-read",
    }
)  # fmt: skip


def _terms() -> Iterator[str]:
    attested = (vocabulary.AttestationScope, vocabulary.AssuranceLevel, vocabulary.Opinion)
    named = (vocabulary.Kind, vocabulary.Step, vocabulary.Stage, vocabulary.Indicator, vocabulary.InstrumentWord)
    for words in (*named, *attested, Answer, Ended):
        yield from (word.replace("-", " ") for word in get_args(words))
    yield from MAGNET_TYPES.values()
    yield from (f"{method} allocation" for method in get_args(vocabulary.AllocationMethod))


def _sentences() -> Iterator[str]:
    for words in CHECKS.values():
        yield from words
    for reply in REPLIES.values():
        yield from reply
    yield from ACTIONS.values()
    yield WITHHELD
    yield from ASSURANCES.values()
    yield from REASONS.values()
    yield from (rule.title for rule in RULES.values())
    yield from NOT_PROVEN.values()
    yield from NOT_COUNTED.values()
    yield from (*AUDITED.values(), *NOT_AUDITED.values(), *AUDITED_NOT_PROVEN.values())
    yield from WORTH.values()
    yield from BESIDE.values()
    yield from DEMANDS.values()
    judged = [sentence for code, sentence in CODES.items() if code.startswith(JUDGED_AREAS)]
    yield from judged
    facts = {name for words in CHECKS.values() for text in words for _, name, _, _ in Formatter().parse(text) if name}
    yield from sorted(facts | {"times", "reason", "runs"})


def made(locale: str) -> tuple[bytes, list[str]]:
    """Return the catalogue of a locale as .po, and the messages that have no translation."""
    path = WEB / "locale" / locale / "LC_MESSAGES" / "oreprint.po"
    known: dict[str, str] = {}
    if path.exists():
        known = {str(each.id): str(each.string) for each in read_po(io.BytesIO(path.read_bytes()), locale=locale)}
    catalog = Catalog(locale=locale, project="Oreprint", charset="utf-8", header_comment="# Words of Oreprint's page.")
    catalog.mime_headers = [("Content-Type", "text/plain; charset=utf-8"), ("Language", locale)]
    wanted = messages()
    for message in wanted:
        catalog.add(message, known.get(message) or "")
    for each in catalog:
        each.flags.discard("python-format")
        each.flags.discard("python-brace-format")
    written = io.BytesIO()
    write_po(written, catalog, width=0, omit_header=True, no_location=True)
    header = f'msgid ""\nmsgstr ""\n"Language: {locale}\\n"\n"MIME-Version: 1.0\\n"\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    text = header.encode() + written.getvalue()
    return text, [message for message in wanted if not known.get(message)]


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
    for locale in LOCALES:
        folder = WEB / "locale" / locale / "LC_MESSAGES"
        written, machine = folder / "oreprint.po", folder / "oreprint.mo"
        text, missing = made(locale)
        print(f"{locale}: {len(messages())} messages, {len(missing)} without translation", *missing, sep="\n  ")
        if "--check" in sys.argv[1:]:
            wrong |= bool(missing) or machine.read_bytes() != compiled(written.read_bytes(), locale)
        else:
            written.write_bytes(text)
            machine.write_bytes(compiled(text, locale))
    return int(wrong)


if __name__ == "__main__":
    sys.exit(main())
