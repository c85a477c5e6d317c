"""The codec of sealed documents: read a text strictly, and only in its one spelling.

Rules: one regular expression for each kind, put together from the types of its members, says how a text of it looks:
all members in their order, each once, no blanks, no null where a member is left out, and the patterns of all texts in
it.  `msgspec` decodes the text into the struct of its kind: this checks that it is JSON, the types of its members and
the bounds of numbers.  Validators are called.  What passes is in its one spelling, since nothing in it could be written
otherwise: texts without escapes and whole numbers have one spelling in JSON.  Pydantic reads a text that fails here
once more: it has the last word and says what is wrong.  It also reads any text with an escape, and the few kinds that
`msgspec` cannot decode: those with unions of structs that are no `schemas.one_of`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import asdict
from inspect import signature
from operator import attrgetter, itemgetter
from threading import Lock
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, NamedTuple, TypeAlias, Union, cast, get_args, get_origin

import msgspec
from pydantic import AfterValidator, StringConstraints, WithJsonSchema
from pydantic.fields import FieldInfo

from schemas.one_of import is_one_of

Check: TypeAlias = Callable[[Any], object]
"""Raises ValueError if a value breaks a rule."""


class Codec(NamedTuple):
    """How one kind is read: `matches` checks the form of a text, `check` what no pattern can say."""

    decode: Callable[[bytes], Any]
    matches: Callable[[str], object]
    check: Check

    def read(self, text: bytes) -> Any:  # noqa: ANN401 - a struct of the kind
        """Return the struct of a text that is surely valid and in its one spelling; None for any other text."""
        if b"\\" in text:
            return None
        try:
            if self.matches(text.decode()) is None:
                return None
            value = self.decode(text)
            self.check(value)
        except (msgspec.MsgspecError, ValueError):
            return None
        return value

    def read_trusted(self, text: bytes) -> Any:  # noqa: ANN401 - a struct of the kind
        """Return the struct of a text that was read strictly before; None if it does not even decode."""
        try:
            return self.decode(text)
        except (msgspec.MsgspecError, ValueError):
            return None


_CODECS: Final[dict[type[msgspec.Struct], Codec | None]] = {}
_BUILDING: Final = Lock()
"""Held while a decoder is built.  `msgspec` notes what it learns of a struct on the struct's class, member by member.
A second thread that builds a decoder with the same struct takes the half-filled note for a whole one, and the process
ends with SIGSEGV."""


def codec(kind: type[msgspec.Struct]) -> Codec | None:
    """Return the codec of a kind; None if only pydantic can read it."""
    try:
        return _CODECS[kind]
    except KeyError:
        pass
    with _BUILDING:
        if kind not in _CODECS:
            _CODECS[kind] = _built(kind)
    return _CODECS[kind]


def _built(kind: type[msgspec.Struct]) -> Codec | None:
    try:
        decode, pattern, check = msgspec.json.Decoder(kind, dec_hook=_one_of).decode, _pattern(kind), _check(kind)
    except TypeError:
        return None
    return Codec(decode, re.compile(pattern).fullmatch, check or (lambda _: None))


def _one_of(kind: type, value: Any) -> msgspec.Struct:  # noqa: ANN401 - what was decoded
    """Return one of several structs; `msgspec` asks for each type that it does not know."""
    if not (is_one_of(kind) and isinstance(value, dict)):
        raise TypeError(kind)
    return kind.read(value)


# -- patterns: they check the order of members and all texts; the decoder checks commas, words and numbers -------------

_STRING: Final = '"[^"]*+"'
_NO_QUOTES: Final = '[^"]*+'
_ANY_PIECE: Final = re.compile(r"\\.|\[\^?(?:\\.|[^\]\\])*\]|\.")
"""What stands for more than one character in a pattern."""
_RULES: Final = {"pattern", "min_length", "max_length", "ge", "le"}


def _pattern(hint: Any) -> str:  # noqa: ANN401, PLR0911 - an annotation; one case for each form of type
    """Return the pattern of a type; raise TypeError for a type that no sealed document has."""
    hint, rules, _ = _parted(hint)
    origin, args = get_origin(hint), get_args(hint)
    lengths = f"{{{rules.get('min_length', 0)},{rules.get('max_length', '')}}}"
    if origin in {Union, UnionType}:
        return f"(?:{_pattern(_present(hint))}|null)"
    if origin is tuple and args[1:] == (...,):
        return rf"\[(?:{_pattern(args[0])},?+){lengths}+\]"
    if origin is tuple:
        return rf"\[{','.join(map(_pattern, args))}\]"
    if _is_struct(hint):
        return rf"\{{{''.join(_members(hint))}\}}"
    if is_one_of(hint):
        return f"(?:{'|'.join(_worded(hint.member, word, kind) for word, kind in hint.kinds.items())})"
    if hint is str and rules:
        ahead = f'(?=[^"]{lengths}")' if rules.keys() - {"pattern"} else ""
        return f'(?>"{ahead}{_within_quotes(rules["pattern"]) if "pattern" in rules else _NO_QUOTES}")'
    if hint is str or (origin is Literal and all(isinstance(word, str) for word in args)):
        return _STRING  # the decoder checks words
    if hint in {int, bool}:
        return "[0-9a-z]++"
    raise TypeError(hint)


def _worded(member: str, word: str, kind: type[msgspec.Struct]) -> str:
    """Return the pattern of a struct whose first member is this word."""
    opening, pattern = rf'\{{"{member}":', _pattern(kind)
    if not pattern.startswith(opening + _STRING):
        raise TypeError(kind)
    return f'{opening}"{re.escape(word)}"{pattern[len(opening + _STRING) :]}'


def _members(kind: type[msgspec.Struct]) -> Iterator[str]:
    comma = ""
    for member in msgspec.structs.fields(kind):
        if (NoneType in get_args(_parted(member.type)[0])) != (member.default is None):
            raise TypeError(member)  # it would be null where it is absent
        optional = member.default is None  # and left out rather than null
        value = _pattern(_present(_parted(member.type)[0]) if optional else member.type)
        text = f'{comma}"{re.escape(member.encode_name)}":{value}'
        yield f"(?:{text})?+" if optional else text
        comma = ",?" if optional and comma != "," else ","


def _within_quotes(pattern: str) -> str:
    """Return a pattern without its anchors; raise TypeError if it could match a quotation mark."""
    inner = pattern[1:-1].replace("[^", '[^"')
    anchored = pattern.startswith("^") and pattern.endswith("$")
    if not anchored or '"' in pattern or any(re.fullmatch(piece, '"') for piece in _ANY_PIECE.findall(inner)):
        raise TypeError(pattern)
    return f"(?:{inner})"


# -- checks: validators, and bounds of numbers -------------------------------------------------------------------------


def _check(hint: Any) -> Check | None:  # noqa: ANN401 - an annotation
    """Return the check of a type; None if its pattern says all."""
    hint, _, validators = _parted(hint)
    origin, args = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        inner = _check(_present(hint))
        return inner and (lambda value: value is None or inner(value))
    if origin is tuple and args[1:] == (...,):
        parts = [_each(item)] if (item := _check(args[0])) else []
    elif origin is tuple:
        parts = [_at(itemgetter(place), check) for place, each in enumerate(args) if (check := _check(each))]
    elif is_one_of(hint):
        checks = {kind: check for kind in hint.kinds.values() if (check := _check(kind))}
        parts = [lambda value: checks[type(value)](value) if type(value) in checks else None] if checks else []
    elif _is_struct(hint):
        members = msgspec.structs.fields(hint)
        parts = [_at(attrgetter(each.name), check) for each in members if (check := _check(each.type))]
    else:
        parts = []
    return _all([*parts, *validators])


def _all(checks: list[Check]) -> Check | None:
    def check(value: object) -> None:
        for each in checks:
            each(value)

    return check if checks[1:] else checks[0] if checks else None


def _at(get: Callable[[Any], object], check: Check) -> Check:
    return lambda value: check(get(value))


def _each(check: Check) -> Check:
    return lambda values: [check(value) for value in values]


# -- annotations -------------------------------------------------------------------------------------------------------


def _parted(hint: Any) -> tuple[Any, dict[str, Any], list[Check]]:  # noqa: ANN401 - an annotation
    """Return the type in an annotation, its rules by name, and its validators; raise TypeError if it says more."""
    rules: dict[str, Any] = {}
    validators: list[Check] = []
    decoded: dict[str, Any] = {}
    if get_origin(hint) is not Annotated:
        return hint, rules, validators
    for each in hint.__metadata__:
        match each:
            case StringConstraints():
                rules |= {name: value for name, value in vars(each).items() if value is not None}
            case FieldInfo():
                rules |= {name: value for bound in each.metadata for name, value in asdict(bound).items()}
            case AfterValidator() if len(signature(each.func).parameters) == 1:
                validators.append(cast("Check", each.func))
            case msgspec.Meta():
                decoded |= {"ge": each.ge, "le": each.le}
            case WithJsonSchema():
                pass
            case _:
                raise TypeError(each)
    if not rules.keys() <= _RULES or {name: rules[name] for name in ("ge", "le") if name in rules} != decoded:
        raise TypeError(hint)  # bounds stand twice, for pydantic and for the decoder
    return hint.__origin__, rules, validators


def _present(union: Any) -> Any:  # noqa: ANN401 - an annotation
    """Return the type of an optional value; raise TypeError for a union of more than that, unless it is of words."""
    kinds = [each for each in get_args(union) if each is not NoneType]
    if len(kinds) > 1 and any(get_origin(each) is not Literal for each in kinds):
        raise TypeError(union)
    return kinds[0]


def _is_struct(hint: object) -> bool:
    return isinstance(hint, type) and issubclass(hint, msgspec.Struct)
