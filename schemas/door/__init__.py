"""The one strict door: bytes that people and machines give, to values and documents.

Rules: whatever enters Oreprint as JSON or YAML enters here, once.  A document is validated from the very value
the door has parsed, so no second reader can understand it otherwise.  All problems of a document are
reported together.  Sealed documents, which have one spelling, are read by `schemas.document.Document.from_text`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Literal, TypeVar, get_origin

import orjson
from pydantic import BaseModel, TypeAdapter, ValidationError

from schemas.door.faults import as_pydantic, problems
from schemas.door.json_text import JsonValue, parse_json
from schemas.door.limits import MAX_BYTES, MAX_STRING_BYTES
from schemas.door.whole import with_whole_numbers
from schemas.garbage import gc_paused
from schemas.problem import InputError

__all__ = [
    "JsonValue",
    "as_pydantic",
    "as_read",
    "json_bytes",
    "parse_document",
    "parse_json",
    "parse_value",
    "problems",
    "validated",
]

Shape = TypeVar("Shape")


def parse_document(
    model: type[Shape] | TypeAdapter[Shape],
    given: bytes,
    *,
    media: Literal["json", "yaml"] = "json",
    max_bytes: int = MAX_BYTES,
) -> Shape:
    """Return the document in `given`, or raise InputError with all that is wrong.

    `model` is a pydantic model, or a TypeAdapter for a union of them.
    """
    with gc_paused():
        return validated(model, parse_value(given, media=media, max_bytes=max_bytes))


def parse_value(
    given: bytes,
    *,
    media: Literal["json", "yaml"],
    max_bytes: int = MAX_BYTES,
    max_string: int = MAX_STRING_BYTES,
) -> JsonValue:
    """Return the one value in `given`.

    Numbers of YAML arrive as text (`schemas.door.whole`).  `max_string` is for JSON that carries signed texts.
    """
    match media:
        case "json":
            return parse_json(given, max_bytes=max_bytes, max_string=max_string)
        case "yaml":
            from schemas.door.yaml_text import parse_yaml  # noqa: PLC0415 - PyYAML slows a start that reads none

            return parse_yaml(given, max_bytes=max_bytes)


def validated(model: type[Shape] | TypeAdapter[Shape], value: JsonValue) -> Shape:
    """Return a value of the door as a document, or raise InputError with all that is wrong."""
    try:
        return _validated(model, value)
    except ValidationError as error:
        # Only the schema knows where YAML's numbers are numbers, and pydantic tells it by refusing them.
        whole = with_whole_numbers(value, error)
        if whole == value:
            raise InputError(*problems(error, within=model, given=value)) from error
    try:
        return _validated(model, whole)
    except ValidationError as error:
        raise InputError(*problems(error, within=model, given=whole)) from error


def as_read(model: type[BaseModel], value: JsonValue) -> JsonValue:
    """Return a value of the door with whole numbers where the model has them; one that does not fit stays as it is."""
    try:
        _validated(model, value)
    except ValidationError as error:
        return with_whole_numbers(value, error)
    return value


def json_bytes(value: object) -> bytes:
    """Return a value of the door as JSON, real numbers with their own digits; raise TypeError for any other value."""
    return orjson.dumps(value, default=_exactly)


def _validated(model: type[Shape] | TypeAdapter[Shape], value: JsonValue) -> Shape:
    text = json_bytes(value)
    if isinstance(model, TypeAdapter):
        return model.validate_json(text)
    if get_origin(model) is None and issubclass(model, BaseModel):
        return model.model_validate_json(text)
    return TypeAdapter(model).validate_json(text)


def _exactly(value: object) -> orjson.Fragment:
    """Write a real number with its own digits; the door gives nothing else that orjson can't write itself."""
    if not isinstance(value, Decimal):
        raise TypeError(type(value))
    return orjson.Fragment(str(value))
