"""The six questions of `oreprint init` without a file, and with a domain one more: who else holds a key.

Rules: each answer is checked at once, and a wrong one is asked for again. Questions go to stderr, so that stdout stays
the command's result.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import typer

from ledger.admin.first_party import FirstAnswers, checked_party_id, language_of, romanised
from ledger.admin.holders import holder_key
from ledger.seal.did import PARTIES
from ledger.tables import shipped_steps, shipped_tables
from schemas.identifier import is_trial
from schemas.name import checked_name
from schemas.problem import InputError

_Answer = TypeVar("_Answer")
_DOMAIN: Final = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z][a-z0-9-]*[a-z0-9]")
_PLACE: Final = re.compile(r"([A-Z]{2})(?:-[A-Z0-9]{1,3})?")
_HAN_LANGUAGES: Final = (
    ("zh-Hans", "Chinese, simplified (简体中文)"),
    ("zh-Hant", "Chinese, traditional (繁體中文)"),
    ("ja", "Japanese (日本語)"),
)
_NUMBERS: Final = re.compile(r"[0-9]{1,3}(?:[ ,]+[0-9]{1,3})*")
HOLDERS: Final = """Who else holds a key of your trust list? Then nobody changes it alone, nor whom it names as watchers.
  Each holder makes a key on its own machine with: oreprint keys holder NAME. Write the printed lines, with commas."""


def ask_six() -> FirstAnswers:
    """Ask a person for all that a home with one producer needs; raise typer.Abort where there is nobody to ask."""
    company = _ask("1/6 Company, as it signs certificates", checked_name)
    language = language_of(company) or _han()
    domain = _ask(
        "2/6 Domain for this registry, such as oreprint.your-company.com (empty: only try it out)", _domain, ""
    )
    country, region = _ask("3/6 Country of the plant, with its region for the electricity grid, such as CN-NM", _place)
    plant = _ask("4/6 Name of the plant", checked_name)
    made = shipped_tables().products.values()
    known = [each for each in shipped_steps() if any(each.step in product.steps for product in made)]
    steps = _choose("5/6 Steps of the plant", [(each.step, each.label) for each in known])
    products = [each for each in made if not steps.isdisjoint(each.steps)]
    chosen = _choose("6/6 Products that you certify", [(each.id, each.label) for each in products])
    kinds = tuple(dict.fromkeys(each.kind for each in products if each.id in chosen))
    steps_in_order = tuple(each.step for each in known if each.step in steps)
    ids = tuple(each.id for each in products if each.id in chosen)
    holders = () if domain is None else _ask(f"{HOLDERS}\nTheir keys (empty: nobody yet)", _holders, "")
    party_id = "company" if domain is None else _permanent(company, language, domain, plant, region or country)
    return FirstAnswers(
        company,
        domain,
        country,
        region,
        plant,
        kinds,
        steps_in_order,
        ids,
        holders,
        language=language,
        party_id=party_id,
    )


def _han() -> str:
    """Ask in which language a name is that has Chinese characters alone."""
    typer.echo("  This name can be Chinese or Japanese. Labels, pages and papers need to know which.", err=True)
    (chosen,) = _choose("    Its language", _HAN_LANGUAGES, one=True)
    return chosen


def _permanent(company: str, language: str, domain: str, plant: str, place: str) -> str:
    """Show what no one can change later, and ask for the last part of the company's address; Ctrl-C makes nothing."""
    proposed = romanised(company)
    typer.echo(
        "These are in every certificate and stay for ever. Press Ctrl-C if one is wrong: nothing is made.", err=True
    )
    typer.echo(f"  registry {domain}; plant {plant}, {place}; company {company} ({language})", err=True)
    typer.echo(f"  address of the company's keys: https://{domain}/{PARTIES}/{proposed}", err=True)
    return _ask(
        "Last part of this address: Enter keeps it, or type another in Latin letters", checked_party_id, proposed
    )


def _ask(question: str, parse: Callable[[str], _Answer], default: str | None = None) -> _Answer:
    """Ask until the answer can be read."""
    while True:
        text = typer.prompt(question, default=default, show_default=False, err=True).strip()
        try:
            return parse(text)
        except InputError as error:
            for problem in error.problems:
                typer.echo(f"  {problem.sentence()}", err=True)


def _choose(question: str, words: Sequence[tuple[str, str]], *, one: bool = False) -> frozenset[str]:
    """Ask for `one` or more of numbered words; return those chosen."""
    for number, (_, label) in enumerate(words, 1):
        typer.echo(f"  {number:>3}  {label}", err=True)

    def chosen(text: str) -> frozenset[str]:
        numbers = [int(each) for each in re.split("[ ,]+", text)] if _NUMBERS.fullmatch(text) else [0]
        if not all(1 <= number <= len(words) for number in numbers) or (one and len(numbers) > 1):
            raise InputError.at("init.numbers", value=text, most=len(words))
        return frozenset(words[number - 1][0] for number in numbers)

    return _ask(f"{question}: {'a number' if one else 'numbers with commas'}", chosen)


def _holders(text: str) -> tuple[str, ...]:
    """Return the keys of holders, as their own machines printed them."""
    return tuple(holder_key(each).to_text() for each in re.split("[ ,]+", text) if each)


def _domain(text: str) -> str | None:
    """Return a registry's domain, None where there is none."""
    if text and (not _DOMAIN.fullmatch(text.lower()) or is_trial(text.lower())):
        raise InputError.at("init.domain", value=text)
    return text.lower() or None


def _place(text: str) -> tuple[str, str | None]:
    """Return the country, by ISO 3166-1, and the region, by ISO 3166-2, of a code or of a country's name."""
    from babel import Locale

    countries = {code: name for code, name in Locale("en").territories.items() if len(code) == 2 and code.isalpha()}
    if (match := _PLACE.fullmatch(text.upper())) and match[1] in countries:
        return match[1], match[0] if match[0] != match[1] else None
    for language in ("en", "zh"):
        for code, name in Locale(language).territories.items():
            if code in countries and name.casefold() == text.casefold():
                return code, None
    raise InputError.at("init.country", value=text)
