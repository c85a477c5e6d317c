"""The strict door for YAML: a safe subset, and the same values as the door for JSON.

Rules: one document of mappings with text keys, sequences and scalars.  Strings stay strings: a plain scalar is the text
as written, except `true`, `false` and `null`; so `NO`, `1e3`, `2026-01-01`, `0x1F` and `1.50` arrive as written.  A
plain `3` arrives as a text too, which remembers that it may be a whole number (`WholeText`): only a document's schema
says whether it is one (`schemas.door.validated`).  Refused: anchors and aliases, tags, directives, merge keys,
duplicate keys, several documents, values left empty, and whatever exceeds a limit of the door.

How: the event stream of PyYAML with libyaml (its pure form is too slow for a door), without a constructor, so
nothing is ever resolved or expanded.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn, Protocol

import yaml

from schemas.door.encoding import text_of
from schemas.door.json_text import JsonValue
from schemas.door.limits import MAX_BYTES, MAX_DEPTH, MAX_MEMBERS, MAX_STRING_BYTES
from schemas.door.place import spot
from schemas.door.whole import WHOLE, WholeText
from schemas.problem import InputError

_Loader: Final = yaml.CSafeLoader
_PLAIN_WORDS: Final[dict[str, bool | None]] = {"true": True, "false": False, "null": None}
_FORBIDDEN_CHARACTER: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x84\x86-\x9f\ufeff\ufffe\uffff]")
"""YAML 1.2.2 section 5.1 without the carriage return alone, and without a byte order mark inside."""


def parse_yaml(data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH) -> JsonValue:
    """Return the one document in `data` as a JSON value, or raise InputError with a ``yaml.*`` code and the place."""
    text = text_of(data, area="yaml", max_bytes=max_bytes).replace("\r\n", "\n")
    builder = _Builder(max_depth=max_depth)
    if bad := _FORBIDDEN_CHARACTER.search(text):
        line = text.count("\n", 0, bad.start()) + 1
        column = bad.start() - text.rfind("\n", 0, bad.start())
        raise InputError.at("yaml.control-character", spot((), line, column), value=bad[0])
    try:
        for event in yaml.parse(text, Loader=_Loader):
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        if "nesting depth" in (error.problem or ""):
            builder.refuse("yaml.too-deep", error.problem_mark, limit=str(max_depth))
        builder.refuse("yaml.syntax", error.problem_mark, reason=error.problem or "not YAML")
    if not builder.documents:
        raise InputError.at("yaml.empty-document", spot((), 1, 1))
    return builder.documents[0]


class _Mark(Protocol):
    """A place in the text, as the parser counts: from 0."""

    line: int
    column: int


class _Builder:
    """Builds the value of one document from its events, and knows where it is."""

    def __init__(self, *, max_depth: int) -> None:
        self.documents: list[JsonValue] = []
        self._max_depth = max_depth
        self._open: list[list[JsonValue] | dict[str, JsonValue]] = []
        self._steps: list[str | int | None] = []
        self._awaits_key: list[bool] = []

    def take(self, event: yaml.Event) -> None:
        """Take the next event; raise InputError if it is outside the subset."""
        match event:
            case yaml.ScalarEvent():
                self._scalar(event)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._start(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._steps.pop()
                self._awaits_key.pop()
                self._put(self._open.pop())
            case yaml.AliasEvent():
                self.refuse("yaml.alias", event.start_mark, value=f"*{event.anchor}")
            case yaml.DocumentStartEvent():
                self._start_document(event)
            case _:
                pass  # the ends of stream and document say nothing more

    def refuse(self, code: str, mark: _Mark | None, **facts: str) -> NoReturn:
        """Raise InputError at a mark of the parser, with the path built so far."""
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        place = spot(self._steps, line, column)
        raise InputError.at(code, place, line=str(line), column=str(column), **facts)

    def _start_document(self, event: yaml.DocumentStartEvent) -> None:
        if event.version or event.tags:
            self.refuse("yaml.directive", event.start_mark)
        if self.documents:
            self.refuse("yaml.several-documents", event.start_mark)

    def _start(self, event: yaml.CollectionStartEvent) -> None:
        self._check_node(event)
        is_mapping = isinstance(event, yaml.MappingStartEvent)
        if self._awaits_key and self._awaits_key[-1]:
            self.refuse("yaml.key-not-text", event.start_mark)
        if len(self._open) >= self._max_depth:
            self.refuse("yaml.too-deep", event.start_mark, limit=str(self._max_depth))
        self._open.append({} if is_mapping else [])
        self._steps.append(None if is_mapping else 0)
        self._awaits_key.append(is_mapping)

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        self._check_node(event)
        if len(event.value.encode()) > MAX_STRING_BYTES:
            self.refuse("yaml.string-too-long", event.start_mark, value=event.value, limit=str(MAX_STRING_BYTES))
        if self._awaits_key and self._awaits_key[-1]:
            self._key(event)
            return
        if event.implicit[0] and event.value == "":
            self.refuse("yaml.empty-value", event.start_mark)
        self._put(_plain(event.value) if event.implicit[0] else event.value)

    def _check_node(self, event: yaml.ScalarEvent | yaml.CollectionStartEvent) -> None:
        if event.anchor:
            self.refuse("yaml.alias", event.start_mark, value=f"&{event.anchor}")
        if event.tag:
            self.refuse("yaml.tag", event.start_mark, value=event.tag)

    def _key(self, event: yaml.ScalarEvent) -> None:
        mapping = self._open[-1]
        self._steps[-1] = event.value
        if event.implicit[0] and event.value in {"<<", "", *_PLAIN_WORDS}:
            self.refuse("yaml.key-not-text", event.start_mark)
        if event.value in mapping:
            self.refuse("yaml.duplicate-key", event.start_mark, value=event.value)
        if len(mapping) >= MAX_MEMBERS:
            self.refuse("yaml.too-many-members", event.start_mark, limit=str(MAX_MEMBERS))
        self._awaits_key[-1] = False

    def _put(self, value: JsonValue) -> None:
        if not self._open:
            self.documents.append(value)
            return
        parent, step = self._open[-1], self._steps[-1]
        if isinstance(parent, list):
            parent.append(value)
            self._steps[-1] = len(parent)
        else:
            parent[str(step)] = value
            self._steps[-1] = None
            self._awaits_key[-1] = True


def _plain(text: str) -> JsonValue:
    """Return the value of a scalar without quotes."""
    if WHOLE.fullmatch(text):
        return WholeText(text)
    return _PLAIN_WORDS.get(text, text)
