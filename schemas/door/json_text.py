"""The strict door for JSON: bytes in, one value out, or a refusal that says where and why.

Rules: RFC 8259 as I-JSON (RFC 7493) narrows it.  UTF-8 without a byte order mark; no member twice in an
object (compared after unescaping); no NaN or Infinity; integers within +-(2^53 - 1); reals exact, as Decimal, with
exponents in bounds; no lone surrogates; depth, members, strings and size limited; nothing after the value.

How: most documents are plain: no number, no escape, no member twice, all limits kept.  A cheap look tells so, and the
quickest reader there is makes the value (`_plain`).  Of any other text one grammar, the standard library's, makes it.
Only when that balks, or when a cheap look can't tell that the limits hold, a walk over the tokens finds the first fault
with its place.  The walk knows no grammar: it trusts the text up to the point where the grammar stopped.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal, InvalidOperation
from typing import Final, NoReturn, TypeAlias

import orjson

from schemas.door.encoding import text_of
from schemas.door.limits import (
    MAX_BYTES,
    MAX_DEPTH,
    MAX_EXPONENT,
    MAX_MEMBERS,
    MAX_NUMBER_CHARACTERS,
    MAX_SAFE_INTEGER,
    MAX_STRING_BYTES,
)
from schemas.door.place import line_and_column, spot
from schemas.problem import InputError

JsonValue: TypeAlias = "bool | int | Decimal | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What a document can hold; a real number is a Decimal, exactly as written."""

_TOKEN: Final = re.compile(
    r'("(?:[^"\\]|\\.)*+")[ \t\n\r]*+(:)?'
    r"|(-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?)"
    r"|([\[{])|([\]}])|(,)|(-?Infinity|NaN)",
    re.DOTALL,
)
_STRING, _COLON, _NUMBER, _OPEN, _CLOSE, _COMMA, _CONSTANT = range(1, 8)
_SHORT: Final = 15
"""Digits that always stay within `MAX_SAFE_INTEGER`."""
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_ROUND: Final = bytes.maketrans(b"[]{}", b"()()")
_PLAIN: Final = b"[]{}:, \t\n\rtruefalsn"
"""What stands outside of strings in JSON without numbers."""


class _NotPlainError(Exception):
    """The grammar's hooks met something forbidden; the walk says what and where."""

    def __init__(self, code: str, **facts: str) -> None:
        super().__init__(code)
        self.code = code
        self.facts = facts


def parse_json(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_depth: int = MAX_DEPTH, max_string: int = MAX_STRING_BYTES
) -> JsonValue:
    """Return the one JSON value in `data`, or raise InputError with a ``json.*`` code and the place."""
    text = text_of(data, area="json", max_bytes=max_bytes)
    between = _between_strings(data, max_depth, max_string)
    plain = None if between is None else _plain(data, between)
    if plain is not None:
        return plain
    try:
        value: JsonValue = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        walk = _Walk(text, max_depth=max_depth, max_string=max_string)
        at = _stopped_at(error)
        walk.until(at)
        _refuse_syntax(walk, error, at)
    except (_NotPlainError, RecursionError):
        _Walk(text, max_depth=max_depth, max_string=max_string).until(len(text))
        raise  # pragma: no cover - the walk raises for whatever a hook refuses
    if between is None:
        _Walk(text, max_depth=max_depth, max_string=max_string).until(len(text))
    return value


def _members(pairs: list[tuple[str, JsonValue]]) -> dict[str, JsonValue]:
    members = dict(pairs)
    if not len(members) == len(pairs) <= MAX_MEMBERS:
        raise _NotPlainError("json.duplicate-member")
    return members


def _integer(text: str) -> int:
    if len(text) > MAX_NUMBER_CHARACTERS or abs(number := int(text)) > MAX_SAFE_INTEGER:
        raise _NotPlainError("json.number-range", limit=str(MAX_SAFE_INTEGER))
    return number


def _real(text: str) -> Decimal:
    if len(text) > MAX_NUMBER_CHARACTERS:
        raise _NotPlainError("json.number-length", limit=str(MAX_NUMBER_CHARACTERS))
    try:
        number = Decimal(text)
    except InvalidOperation as error:
        raise _NotPlainError("json.exponent", limit=str(MAX_EXPONENT)) from error
    if abs(number.adjusted()) > MAX_EXPONENT:
        raise _NotPlainError("json.exponent", limit=str(MAX_EXPONENT))
    return number


def _constant(text: str) -> NoReturn:
    raise _NotPlainError("json.not-finite", value=text)


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_members, parse_int=_integer, parse_float=_real, parse_constant=_constant
)


def _plain(data: bytes, between: bytes) -> JsonValue:
    """Return the value of plain JSON, with what is `between` its strings; None for any other text.

    Numbers are not plain, since `orjson` reads reals as floats.  A member that stands twice is lost, so that fewer
    quotation marks are written than were read.
    """
    marks = data.count(b'"')
    if between.translate(None, _PLAIN) or marks > MAX_MEMBERS:
        return None
    try:
        value: JsonValue = orjson.loads(data)
    except orjson.JSONDecodeError:
        return None
    return value if orjson.dumps(value).count(b'"') == marks else None


def _between_strings(data: bytes, max_depth: int, max_string: int) -> bytes | None:
    """Return what stands outside of strings, where it is cheap to see that valid JSON keeps the limits; else None.

    Without a backslash every second piece between quotes is a string, whole and as it stands.
    """
    if b"\\" in data:
        return None
    pieces = data.split(b'"')
    if max(map(len, pieces[1::2]), default=0) > max_string:
        return None
    between = b"".join(pieces[::2])
    return between if _shallow(between, max_depth) else None


def _shallow(between: bytes, max_depth: int) -> bool:
    """Return whether what stands outside of strings is at most so deep."""
    brackets = between.translate(_ROUND, _NOT_BRACKETS)
    for _ in range(max_depth):
        brackets = brackets.replace(b"()", b"")  # each time the innermost level goes
        if not brackets:
            return True
    return False


class _Walk:
    """A walk over the tokens of a text, which knows where it is and stops at the first fault."""

    def __init__(self, text: str, *, max_depth: int, max_string: int = MAX_STRING_BYTES) -> None:
        self._text = text
        self._max_depth = max_depth
        self._max_string = max_string
        self._steps: list[str | int | None] = []
        self._seen: list[set[str]] = []
        self._at = 0

    def until(self, end: int) -> None:
        """Walk to the position `end`; raise InputError at the first thing that is forbidden before it."""
        for token in _TOKEN.finditer(self._text):
            self._at = token.start()
            if self._at >= end:
                break
            kind = token.lastindex
            if kind == _COMMA:
                self._next_item()
            elif kind == _NUMBER:
                number = token[_NUMBER]
                if len(number) > _SHORT or not number.isdigit():  # most numbers are plainly fine
                    self._number(number)
            elif kind == _OPEN:
                self._open(token[_OPEN])
            elif kind == _CLOSE:
                self._close()
            elif kind == _CONSTANT:
                self.refuse("json.not-finite", value=token[_CONSTANT])
            else:
                self._string(token[_STRING], is_member=kind == _COLON and token.end() <= end)
        self._at = end

    def refuse(self, code: str, **facts: str) -> NoReturn:
        """Raise InputError at the place the walk has come to."""
        line, column = line_and_column(self._text, self._at)
        place = spot(self._steps, line, column)
        raise InputError.at(code, place, line=str(line), column=str(column), **facts)

    def _next_item(self) -> None:
        last = self._steps[-1]
        self._steps[-1] = last + 1 if isinstance(last, int) else None

    def _open(self, bracket: str) -> None:
        if len(self._seen) >= self._max_depth:
            self.refuse("json.too-deep", limit=str(self._max_depth))
        self._seen.append(set())
        self._steps.append(None if bracket == "{" else 0)

    def _close(self) -> None:
        self._seen.pop()
        self._steps.pop()

    def _number(self, text: str) -> None:
        try:
            _real(text) if set(text) & set(".eE") else _integer(text)
        except _NotPlainError as error:
            self.refuse(error.code, value=text, **error.facts)

    def _string(self, quoted: str, *, is_member: bool) -> None:
        # a backslash that begins no escape is the grammar's to refuse, at its own place
        string = _unescaped(quoted)
        if is_member:
            self._member(string)
        if len(quoted) - 2 > self._max_string or len(quoted.encode()) - 2 > self._max_string:
            self.refuse("json.string-too-long", limit=str(self._max_string), value=string)
        if _SURROGATE.search(string):
            self.refuse("json.lone-surrogate", value=quoted)

    def _member(self, name: str) -> None:
        self._steps[-1] = name
        seen = self._seen[-1]
        if name in seen:
            self.refuse("json.duplicate-member", value=name)
        seen.add(name)
        if len(seen) > MAX_MEMBERS:
            self.refuse("json.too-many-members", limit=str(MAX_MEMBERS))


def _unescaped(quoted: str) -> str:
    if "\\" not in quoted:
        return quoted[1:-1]
    try:
        return str(json.loads(quoted))
    except json.JSONDecodeError:
        return quoted[1:-1]


def _stopped_at(error: json.JSONDecodeError) -> int:
    """Return where the grammar stopped: from Python 3.13 on a comma too many is told at the comma, not behind it."""
    comma = error.msg.startswith("Illegal trailing comma")
    rest = error.doc[error.pos + 1 :]
    return error.pos + 1 + len(rest) - len(rest.lstrip(" \t\n\r")) if comma else error.pos


def _refuse_syntax(walk: _Walk, error: json.JSONDecodeError, at: int) -> NoReturn:
    """Say what the grammar stopped at, in our words: its own differ between Python versions."""
    found = error.doc[at : at + 1]
    if not error.doc.strip(" \t\n\r"):
        walk.refuse("json.empty")
    if error.msg == "Extra data":
        walk.refuse("json.trailing", value=found)
    if error.msg.startswith("Invalid control character"):
        walk.refuse("json.control-character", value=found)
    if not found or error.msg.startswith("Unterminated string"):
        walk.refuse("json.truncated")
    walk.refuse("json.syntax", value=found)
