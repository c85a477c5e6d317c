"""YAML as a careful person would write it: plain words, quotes only where they are needed, long lines folded.

Rules: what is written is what Oreprint's strict reader gives back (`written` reads it again to be sure).  Mappings
named in `in_line` stand on one line in braces, folded where it grows too long; everything else is in blocks.
"""

from __future__ import annotations

import re
from typing import TypeAlias

from schemas.door import parse_value

Tree: TypeAlias = "str | bool | list[Tree] | dict[str, Tree]"

WIDTH = 108
IN_LINE = frozenset({"composition", "elements", "period", "inputs", "discharge_meters", "untracked", "claims"})
_NEEDS_QUOTES = re.compile(r"^$|^[-?:](?:\s|$)|^[,\[\]{}#&*!|>'\"%@`]|: | #|:$|^(?:true|false|null|~)$")
_NEEDS_QUOTES_IN_LINE = re.compile(r"[,\[\]{}]")


def written(tree: dict[str, Tree], *, head: str) -> str:
    """Return a document: the head as a comment, then the members, with a blank line between sections."""
    comment = "".join(f"# {line}\n" for line in head.strip().splitlines())
    sections: list[str] = []
    previous_is_scalar = False
    for key, value in tree.items():
        is_scalar = isinstance(value, (str, bool)) or key in IN_LINE
        sections.append(("" if is_scalar and previous_is_scalar else "\n") + _member(key, value, ""))
        previous_is_scalar = is_scalar
    text = comment + "".join(sections)
    again = parse_value(text.encode(), media="yaml")
    if again != tree:
        msg = f"written otherwise than meant: {again} is not {tree}"
        raise ValueError(msg)
    return text


def _member(key: str, value: Tree, indent: str) -> str:
    start = f"{indent}{key}:"
    match value:
        case bool():
            return f"{start} {'true' if value else 'false'}\n"
        case str():
            return _folded(f"{start} {_scalar(value)}", indent + "  ")
        case dict() if key in IN_LINE:
            return _folded_braces(f"{start} ", _pairs(value), "{}")
        case dict():
            return f"{start}\n" + "".join(_member(name, inner, indent + "  ") for name, inner in value.items())
        case list() if all(isinstance(item, str) for item in value):
            return _folded_braces(f"{start} ", [_scalar(str(item), in_line=True) for item in value], "[]")
        case list():
            items = [_item(item, indent + "  ", in_line=key in IN_LINE) for item in value if isinstance(item, dict)]
            return f"{start}\n" + "".join(items)


def _item(item: dict[str, Tree], indent: str, *, in_line: bool) -> str:
    if in_line:
        return _folded_braces(f"{indent}- ", _pairs(item), "{}")
    text = "".join(_member(name, inner, indent + "  ") for name, inner in item.items())
    return f"{indent}- {text[len(indent) + 2 :]}"


def _pairs(mapping: dict[str, Tree]) -> list[str]:
    return [f"{name}: {_scalar(str(value), in_line=True)}" for name, value in mapping.items()]


def _scalar(text: str, *, in_line: bool = False) -> str:
    if _NEEDS_QUOTES.search(text) or (in_line and _NEEDS_QUOTES_IN_LINE.search(text)):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text


def _folded(line: str, indent: str) -> str:
    """Return a scalar's line, folded at blanks between its words; readers join them with one blank again."""
    key, _, words = line.lstrip().partition(" ")
    lines = [line[: len(line) - len(line.lstrip())] + key]
    for word in words.split(" "):
        if len(lines[-1]) + 1 + len(word) > WIDTH:
            lines.append(f"{indent}{word}")
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines) + "\n"


def _folded_braces(start: str, parts: list[str], braces: str) -> str:
    """Return parts in braces; the lines after the first stand under the first part."""
    indent = " " * (len(start) - len(start.lstrip()) + 2)
    whole = f"{start}{braces[0]}{', '.join(parts)}{braces[1]}\n"
    if len(whole) <= WIDTH:
        return whole
    lines = [""]
    for part in [*(f"{part}," for part in parts[:-1]), parts[-1]]:
        longer = f"{lines[-1]} {part}" if lines[-1] else indent + part
        if len(longer) > WIDTH:
            lines.append(indent + part)
        else:
            lines[-1] = longer
    return f"{start}{braces[0]}\n" + "\n".join(lines) + f"\n{indent[2:]}{braces[1]}\n"
