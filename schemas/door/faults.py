"""Pydantic's errors in our words: code, place, value and remedy for each of them.

Rules: every error of a validation becomes one `Problem`, in the order found, up to a limit; the place is the path
in the document as the giver wrote it; an unknown member names the nearest known one.  A validator of ours
says more than pydantic can by raising what `as_pydantic` makes of an InputError.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from typing import Any, Final, get_args

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from schemas.door.limits import MAX_PROBLEMS
from schemas.door.place import path
from schemas.identifier import FORMS, UNNAMED
from schemas.patterns import CODE_OF_PATTERN
from schemas.problem import InputError, Problem, shown
from schemas.sentences import CODES
from schemas.vocabulary import Step

_CODE_OF_TYPE: Final = {
    "missing": "document.missing-member",
    "string_type": "document.not-text",
    "int_type": "document.not-whole-number",
    "int_from_float": "document.not-whole-number",
    "int_parsing": "document.not-whole-number",
    "bool_type": "document.not-true-false",
    "bool_parsing": "document.not-true-false",
    "model_type": "document.not-object",
    "dataclass_type": "document.not-object",
    "model_attributes_type": "document.not-object",
    "dict_type": "document.not-object",
    "tuple_type": "document.not-list",
    "list_type": "document.not-list",
    "none_required": "document.not-null",
    "union_tag_invalid": "document.unknown-tag",
    "union_tag_not_found": "document.missing-tag",
    "json_invalid": "document.not-json",
}
"""Pydantic's error types with a code of ours; further ones are told apart in `_problem`."""

_QUOTED: Final = re.compile("'([^']+)'")
_LISTED_CHARACTERS: Final = 200
"""A longer list of words is not repeated in a message."""

_COUNTED: Final = {
    "too_short": ("document.too-few", "min_length"),
    "too_long": ("document.too-many", "max_length"),
    "string_too_short": ("document.too-short", "min_length"),
    "string_too_long": ("document.too-long", "max_length"),
    "greater_than_equal": ("document.too-small", "ge"),
    "greater_than": ("document.too-small", "gt"),
    "less_than_equal": ("document.too-large", "le"),
    "less_than": ("document.too-large", "lt"),
}


def as_pydantic(error: InputError) -> PydanticCustomError:
    """Return the first problem of `error` as a validator raises it; code and facts come back in `problems`."""
    problem = error.problems[0]
    return PydanticCustomError(problem.code, "{refusal}", {"refusal": problem.sentence(), **problem.facts})


def problems(error: ValidationError, *, within: object, given: object = None) -> tuple[Problem, ...]:
    """Return what is wrong as problems; `within` is the model or type asked for, `given` the value if at hand."""
    details = [detail for detail in error.errors(include_url=False) if not _is_echo(detail)]
    found = [_problem(each, within, given) for each in details[:MAX_PROBLEMS]]
    if len(details) > MAX_PROBLEMS:
        found.append(Problem.at("document.more-problems", count=str(len(details) - MAX_PROBLEMS)))
    return tuple(found)


def fault_of(detail: ErrorDetails) -> Problem:
    """Return one error as a problem without a place."""
    return _problem({**detail, "loc": ()}, None, None)


def _is_echo(detail: ErrorDetails) -> bool:
    """Tell whether a list is only called too short because pydantic does not count its faulty items."""
    return detail["type"] == "too_short" and len(detail["input"]) >= detail["ctx"]["min_length"]


def _problem(detail: ErrorDetails, within: object, given: object) -> Problem:
    kind, value = detail["type"], detail["input"]
    place = path(steps_of(detail, given))
    facts = {name: str(fact) for name, fact in detail.get("ctx", {}).items() if name != "refusal"}
    match kind:
        case _ if kind in CODES:
            return Problem.at(kind, place, **{"value": _said(value), **facts})
        case "extra_forbidden" | "unexpected_keyword_argument":
            return _unknown_member(detail, within, place)
        case "string_pattern_mismatch":
            pattern = facts["pattern"]
            code, form = CODE_OF_PATTERN.get(pattern, "document.pattern"), FORMS.get(pattern, UNNAMED)
            return Problem.at(code, place, value=_said(value), form=form)
        case "literal_error" | "enum":
            return _foreign_word(place, value, facts["expected"])
        case _ if kind in _COUNTED:
            code, limit = _COUNTED[kind]
            return Problem.at(code, place, value=_said(value), limit=facts[limit])
        case _:
            absent = value is None and kind.endswith("_type")
            code = "document.null" if absent else _CODE_OF_TYPE.get(kind, "document.invalid")
            told = {
                "value": _said(value),
                "reason": detail["msg"].removeprefix("Value error, "),
                "member": str(detail["loc"][-1:] and detail["loc"][-1]),
            }
            return Problem.at(code, place, **{**told, **facts})


def steps_of(detail: ErrorDetails, given: object) -> list[int | str]:
    """Return the place of an error in the given value, without the steps that only pydantic takes, such as tags."""
    steps: list[int | str] = []
    for step in detail["loc"]:
        match given:
            case dict() if step in given:
                given = given[step]
            case list() if isinstance(step, int) and step < len(given):
                given = given[step]
            case dict() | list() if not (detail["type"] == "missing" and step is detail["loc"][-1]):
                continue
            case _:
                pass
        steps.append(step)
    return steps


def _said(value: object) -> str:
    """Return a value as the giver would recognise it; objects and lists only by their kind."""
    match value:
        case None | bool():
            return {None: "null", True: "true", False: "false"}[value]
        case dict():
            return "an object"
        case list() | tuple():
            return "a list"
        case str():
            return f'"{value}"'
        case _:
            return str(value)


def _foreign_word(place: str, value: object, expected: str) -> Problem:
    """Return the problem of a word that is not in its list, with the list, or with the nearest words of a long one."""
    words = _QUOTED.findall(expected)
    if len(expected) > _LISTED_CHARACTERS:
        nearest = difflib.get_close_matches(str(value)[:64], words, n=3, cutoff=0) or words[:3]
        where = "oreprint vocabulary steps" if set(words) == set(get_args(Step)) else "oreprint schema"
        expected = f"{', '.join(map(repr, nearest))} and {len(words) - len(nearest)} others that `{where}` lists"
    return Problem("document.not-one-of", place, {"value": shown(_said(value)), "expected": expected})


def _unknown_member(detail: ErrorDetails, within: object, place: str) -> Problem:
    *parents, name = detail["loc"]
    known = sorted(_members(_models_at(within, parents)))
    nearest = difflib.get_close_matches(str(name)[:64], known, n=1, cutoff=0.6)
    if nearest:
        return Problem.at("document.unknown-member", place, member=name, nearest=nearest[0])
    return Problem.at("document.foreign-member", place, member=name, known=", ".join(known))


def _members(models: list[type]) -> set[str]:
    return {field.alias or name for model in models for name, field in _fields(model).items()}


def _fields(model: type) -> dict[str, FieldInfo]:
    """Return the members of a model or a struct; nothing of any other type."""
    return getattr(model, "model_fields", {})


def _models_at(within: object, steps: list[int | str]) -> list[type]:
    """Return the models that may stand at a path; positions and tags of unions name no member and are passed over."""
    models = list(_models(within))
    for step in steps:
        tagged = [model for model in models if step in _tags(model)]
        inner = [
            deeper
            for model in models
            for name, field in _fields(model).items()
            if (field.alias or name) == step
            for deeper in _models(field.annotation)
        ]
        models = inner or tagged or models
    return models


def _tags(model: type) -> set[object]:
    return {tag for field in _fields(model).values() for tag in get_args(field.annotation)}


def _models(annotation: Any) -> Iterator[type]:  # noqa: ANN401 - annotations have no common type
    if isinstance(annotation, TypeAdapter):
        annotation = annotation._type  # noqa: SLF001 - the only way to the type it adapts
    if isinstance(annotation, type) and _fields(annotation):
        yield annotation
        return
    for inner in (*get_args(annotation), *get_args(getattr(annotation, "__value__", None))):
        yield from _models(inner)
