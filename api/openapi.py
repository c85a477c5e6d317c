"""How bodies stand in the OpenAPI document: routes read them by the strict door, so FastAPI can't see them by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pydantic import BaseModel

JSON = "application/json"


def json_body(
    models: Sequence[type[BaseModel]],
    examples: Mapping[str, object],
    *,
    also: str | None = None,
    answer: object | None = None,
) -> dict[str, Any]:
    """Return what an operation says of its body: one of `models` as JSON, or text of the type `also`."""
    schemas = [model.model_json_schema(ref_template="#/components/schemas/{model}") for model in models]
    for each in schemas:
        each.pop("$defs", None)
    content: dict[str, Any] = {
        JSON: {
            "schema": schemas[0] if len(schemas) == 1 else {"oneOf": schemas},
            "examples": {name: {"value": value} for name, value in examples.items()},
        }
    }
    if also is not None:
        content[also] = {"schema": {"type": "string"}}
    told: dict[str, Any] = {"requestBody": {"required": True, "content": content}}
    if answer is not None:
        told["responses"] = {"201": {"description": "Done and durable.", "content": {JSON: {"example": answer}}}}
    return told


def text_body(*types: str) -> dict[str, Any]:
    """Return what an operation says of a body that is text of one of these types."""
    return {"requestBody": {"required": True, "content": {name: {"schema": {"type": "string"}} for name in types}}}


def components(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Return the schemas that those of `models` refer to, by name."""
    found: dict[str, Any] = {}
    for model in models:
        found |= model.model_json_schema(ref_template="#/components/schemas/{model}").get("$defs", {})
    return found
