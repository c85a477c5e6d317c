"""Write `api/web/static/forms.js`, `tables.js` and `factors.js`, which a browser must know; `--check` compares instead.

The forms are read from the structs themselves, as `schemas.codec` reads them: members in their order, patterns,
lengths, words, bounds, and the names of checks that `api/web/static/form.js` has in JavaScript. Equal forms stand once,
and are named by their place. The tables are what steps 7 to 10 need (`tests.golden.make_tables`); whole.js loads them.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin

import msgspec

from ledger.seal.jws import _Header
from schemas.bundle import _MODELS as LINES
from schemas.certificate import CertificateRecord, Detail
from schemas.codec import _parted
from schemas.figures import INDICATOR_PLACE, _in_order, _rows_in_order
from schemas.holding import Holder
from schemas.instant import Period
from schemas.inventory import Credits, Direct, Electricity, Fuels, Materials, Transport, Waste
from schemas.lot import _lot
from schemas.name import ODD_BLANK, UNSEEN, _name
from schemas.one_of import is_one_of
from schemas.run import Input, Output, Run, Source
from schemas.seal import Seal
from schemas.split import Split
from schemas.statement import Move, StatusChange, Undo
from schemas.status import StatusCredential
from schemas.struct import Struct
from schemas.trust import TrustFile, TrustList
from schemas.upstream import UpstreamRecord
from schemas.vocabulary import UNIT_OF_INDICATOR
from tests.golden.make_tables import factors_made, tables_made

HERE: Final = Path(__file__).parent.parent.parent / "api/web/static"
KINDS: Final[dict[str, type[Struct]]] = {
    **{tag.decode(): kind for tag, kind in LINES.items()},
    "header": _Header,
    "record": CertificateRecord,
    "detail": Detail,
    "run": Run,
    "input": Input,
    "source": Source,
    "output": Output,
    **{kind.__name__.lower(): kind for kind in (Materials, Fuels, Electricity, Direct, Transport, Waste, Credits)},
    "holder": Holder,
    "split-text": Split,
    "move": Move,
    "undo": Undo,
    **dict.fromkeys(("withdraw", "suspend", "lift"), StatusChange),
    "status-list": StatusCredential,
    "upstream-word": UpstreamRecord,
    "trust-list": TrustList,
    "trust-file": TrustFile,
    "seal": Seal,
}
"""The documents that a browser reads, by the names that it has for them."""
CHECKS: Final = {_lot: "lot", _name: "name", _rows_in_order: "rows", _in_order: "order", Period: "period"}
"""Rules that no pattern can say, by the names of the functions that hold them in the browser."""


class Forms:
    """Forms, each once, by number."""

    def __init__(self) -> None:
        """Begin with none."""
        self.listed: list[str] = []

    def put(self, *form: object) -> int:
        """Return the number of a form."""
        told = json.dumps(form, ensure_ascii=True, separators=(",", ":"))
        if told not in self.listed:
            self.listed.append(told)
        return self.listed.index(told)

    def of(self, hint: Any, *, optional: bool = False) -> int:  # noqa: ANN401, PLR0911 - an annotation; one case for each form of type
        """Return the number of the form of a type."""
        if is_one_of(hint):
            return self.put("one", hint.member, {word: self.of(kind) for word, kind in hint.kinds.items()})
        hint, rules, validators = _parted(hint)
        checked = " ".join(CHECKS[each] for each in validators)
        lengths = (rules.get("min_length", 0), rules.get("max_length", 0))
        origin, args = get_origin(hint), get_args(hint)
        if origin in {Union, UnionType}:
            form = self.union([each for each in args if each is not NoneType])
            return self.put("null", form) if NoneType in args and not optional else form
        if origin is tuple and args[1:] == (...,):
            return self.put("list", self.of(args[0]), *lengths, checked)
        if origin is tuple:
            return self.put("row", [self.of(each) for each in args])
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            return self.struct(hint)
        if origin is Literal:
            return self.put("words", list(args))
        if hint is str:
            return self.put("text", in_javascript(rules.get("pattern", "")), *lengths, checked)
        if hint is int:
            return self.put("int", rules["ge"], rules["le"])
        if hint is bool:
            return self.put("bool")
        raise TypeError(hint)

    def union(self, kinds: list[Any]) -> int:
        """Return the form of one of several types, of which only words and rows need no tag."""
        if len(kinds) == 1:
            return self.of(kinds[0])
        if all(get_origin(_parted(kind)[0]) is Literal for kind in kinds):
            return self.put("words", [word for kind in kinds for word in get_args(_parted(kind)[0])])
        return self.put("any", [self.of(kind) for kind in kinds])

    def struct(self, kind: type[Any]) -> int:
        """Return the form of a struct: a member that may be left out has a question mark after its name."""
        if hasattr(kind, "__post_init__") and kind not in CHECKS:
            raise TypeError(kind)
        members = [
            [
                each.encode_name + ("?" if each.default is None else ""),
                self.of(each.type, optional=each.default is None),
            ]
            for each in msgspec.structs.fields(kind)
        ]
        return self.put("object", members, CHECKS.get(kind, ""))


def in_javascript(pattern: str) -> str:
    """Return a pattern as JavaScript has it: blanks by their property, and what nobody sees by its number."""
    pattern = pattern.replace(r"\s", r"\p{White_Space}")
    return re.sub(r"[^\x20-\x7e]", lambda found: f"\\u{{{ord(found[0]):x}}}", pattern)


def made() -> str:
    """Return the text of the file."""
    forms = Forms()
    kinds = {name: [forms.of(kind), kind.max_text_bytes] for name, kind in KINDS.items()}
    lines = [
        "// What sealed documents look like, written by tests/golden/make_forms.py from the documents in schemas/; form.js reads it.",
        "",
        "export const FORMS = [",
        *(f"{form}," for form in forms.listed),
        "];",
        f"export const KINDS = {json.dumps(kinds, separators=(',', ':'))};",
        f"export const UNITS = {json.dumps({name: UNIT_OF_INDICATOR[name] for name in INDICATOR_PLACE}, separators=(',', ':'))};",
        f"export const UNSEEN = {json.dumps(in_javascript(UNSEEN.pattern))};",
        f"export const ODD_BLANK = {json.dumps(in_javascript(ODD_BLANK.pattern))};",
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the files, or with ``--check`` return 1 where one is stale."""
    texts = {HERE / "forms.js": made(), HERE / "tables.js": tables_made(), HERE / "factors.js": factors_made()}
    if "--check" in sys.argv[1:]:
        return int(any(not path.exists() or path.read_text("utf-8") != text for path, text in texts.items()))
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
