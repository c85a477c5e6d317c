"""Problems: a code and its facts.

Rules: every refusal in Oreprint is one of the errors below, by whose fault it is; each carries one or
more `Problem`s with a stable code from `schemas.sentences`, the place it was found, and the facts its
sentence is made of.  The English sentence is made only in `Problem.sentence`; pages translate code and facts.
"""
# mypy: disable-error-code="explicit-override"
# (`typing.override` is there from Python 3.12 on)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from typing import NamedTuple, Self

from schemas.sentences import CODES, filled

_WORDS_KEPT = 1024
"""Sentences that stay written: a plant's runs are flagged for the same reasons, batch after batch."""
SHOWN_VALUE_CHARACTERS = 80
"""A value is repeated in a message only up to this length, so that no input floods a terminal or a log."""
SHOWN_SENTENCE_CHARACTERS = 1000


class Sentence(str):
    """A sentence that is a fact of another: ours, or another registry's.

    It is cut late, since it says at its end what to do.
    """

    __slots__ = ()


def shown(value: object) -> str:
    """Return `value` as it is repeated in a message: printable, on one line, cut to a fair length."""
    text = value if isinstance(value, str) else _told(value)
    most = SHOWN_SENTENCE_CHARACTERS if isinstance(value, Sentence) else SHOWN_VALUE_CHARACTERS
    cut = text if len(text) <= most else text[: most - 1] + "…"
    return cut if cut.isprintable() else "".join(map(_visible, cut))


def _told(value: object) -> str:
    """Return a value in words, as its giver would write it, not as the program holds it."""
    match value:
        case None:
            return "nothing"
        case Mapping():
            return ", ".join(f"{name} {_told(each)}" for name, each in value.items())
        case tuple() | list():
            return ", ".join(map(_told, value))
        case bytes():
            return repr(value)
        case _ if members := _members(value):
            return _told({name: each for name in members if (each := getattr(value, name)) is not None})
        case _:
            return str(value)


def _members(value: object) -> Iterable[str]:
    """Return the names of what a document or a struct says; nothing of any other value."""
    names: Iterable[str] = getattr(type(value), "model_fields", ())
    return names


def _visible(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


class Problem(NamedTuple):
    """One thing that is wrong: `code` (stable), `place` (a path such as ``inputs[2].mass``), `facts` (strings)."""

    code: str
    place: str
    facts: Mapping[str, str]

    @classmethod
    def at(cls, code: str, place: str = "", **facts: object) -> Self:
        """Make a problem from loose facts, each cut and escaped for display.

        A code that the catalogue lacks is a programming mistake, and refused as such (LookupError).
        """
        if code not in CODES:
            raise LookupError(code)
        return cls(code, place, {name: shown(value) for name, value in facts.items()})

    def sentence(self) -> str:
        """Return what is wrong and what would mend it, as plain English: place, fault, remedy."""
        words = self.words()
        return f"{self.place}: {words}" if self.place else words

    def words(self) -> str:
        """Return the sentence without the place."""
        return _words(self.code, tuple(self.facts.items()))


@lru_cache(_WORDS_KEPT)
def _words(code: str, facts: tuple[tuple[str, str], ...]) -> str:
    return filled(CODES[code], dict(facts), missing="<{}>")


class OreprintError(Exception):
    """The root of every refusal; carries at least one `Problem`."""

    def __init__(self, *problems: Problem) -> None:
        """Keep the problems; the exception's text is their sentences, one a line."""
        self.problems = problems
        super().__init__("\n".join(problem.sentence() for problem in problems))

    def __reduce__(self) -> tuple[type[Self], tuple[Problem, ...]]:
        """Say how to make this error again in another process."""
        return type(self), self.problems

    @classmethod
    def at(cls, code: str, place: str = "", **facts: object) -> Self:
        """Make an error of one problem."""
        return cls(Problem.at(code, place, **facts))

    @property
    def code(self) -> str:
        """The stable code of the first problem."""
        return self.problems[0].code

    @property
    def place(self) -> str:
        """The place of the first problem, such as a file or ``inputs[2].mass``; empty if it has none."""
        return self.problems[0].place


class placed:  # noqa: N801 - a context manager; a class is entered in half the time of a generator
    """Say the place of a refusal that was raised by what knows none."""

    __slots__ = ("_place",)

    def __init__(self, place: str) -> None:
        """Keep the place."""
        self._place = place

    def __enter__(self) -> None:
        """Begin the block."""

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Give each problem of a refusal its place."""
        if isinstance(error, OreprintError):
            given = (each if each.place else each._replace(place=self._place) for each in error.problems)
            raise type(error)(*given) from error


class InputError(OreprintError):
    """What was given can't be read or says something impossible: the giver's to mend. Nothing was changed."""


class RefusedError(OreprintError):
    """Well-formed, but a rule or the state of the ledger forbids it. Nothing was changed."""


class MissingError(OreprintError):
    """What was named is not here, or not for the caller to see; the two look the same."""


class AccessError(OreprintError):
    """Who asked isn't known, may not do this, or asks too often. Nothing was changed."""


class CheckError(OreprintError):
    """A check of a certificate, proof or signature failed: the thing checked is not what it claims."""


class StateError(OreprintError):
    """The home, database or head store is not in a state to work on: the operator's to mend."""


def within(file: str, problem: Problem) -> Problem:
    """Return a problem with the file that it was found in before its place; without a name it stays as it is."""
    if not file:
        return problem
    place = file if not problem.place or problem.place == file else f"{file}: {problem.place}"
    return problem._replace(place=place)


@contextmanager
def problems_in(name: str) -> Iterator[None]:
    """Put the name of what is read before the place of each problem found in it."""
    try:
        yield
    except InputError as error:
        raise InputError(*(within(name, each) for each in error.problems)) from error
