"""Mutants of sealed documents: what a forger, or a careless program, would write in the place of what is right.

A mutant is drawn from a seed. It changes a value, a member, an order, a number, the spelling, or characters that look
alike; how the document is sealed again is its user's.
"""

from __future__ import annotations

import copy
import json
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from random import Random

ODD: Final[tuple[Any, ...]] = (
    "1e9", "1E3", "1e-3", "-0", "00", "0.10", "1.", ".5", "+1", "-1", "0", "1", "1.0000001", "999999999999.999999", "1000000000000",
    "٣", "１", "NaN", "Infinity", "0x10", "1_000", "1,5", "<b>44</b>", "<script>alert(1)</script>", "", " ", "x" * 601, "x" * 5000,
    "\u202e44", "4\u200b4", "\ud800", "\udfff\ud83d", "\ufffd", "\u00a0", "a\u0301", "\u00e1", "\U0001f9f2", "\x00", "\x7f", "\u2028", "\ufeff",
    "2026-02-30", "2100-02-29", "2026-13-01", "1999-12-31", "2026-06-01T24:00:00Z", "2026-06-01t00:00:00z", "2026-06-01T00:00:00+00:00",
    "did:web:evil.example", "did:web:EVIL.example", "zQm" + "1" * 44, "A" * 43, "A" * 42 + "B", "https://x y", "javascript:alert(1)", "__proto__", "constructor",
    0, 1, -1, 2, 7, 7 - 2**32, 2**31 - 1, 2**31, 2**32, 2**53, 2**64, 10**30, 1.5, 1e21, -0.0, True, False, None,
    [], {}, [[]], [None], {"...": "A" * 43}, {"": ""}, ["x"], [0],
)  # fmt: skip
CHARACTERS: Final = (
    *"0123456789.-+eExX \t\n\"\\/<>&'~_=ANdé", "\u0301", "\u200b", "\u202e", "\ud800", "٣", "\U0001f9f2", "\x00", "ı", "ſ", "\u212a",
)  # fmt: skip
NAMES: Final = (
    "extra",
    "__proto__",
    "toString",
    "",
    "mass_kg",
    "t",
    "...",
    "_sd",
    "0",
    "oreprint",
    "net_mass_kg ",
    "Kind",
)
NUMBER: Final = re.compile(r"(?<=[:\[,])-?\d+(?=[,}\]])")
AMOUNT: Final = re.compile(r'"((?:0|[1-9][0-9]{0,11})(?:\.[0-9]*[1-9])?)"')
Place = tuple[Any, ...]


def places(value: Any, at: Place = ()) -> Iterator[Place]:  # noqa: ANN401 - any JSON
    """Yield the place of every value, the whole first."""
    yield at
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, each in inner:
        yield from places(each, (*at, step))


def at_place(value: Any, place: Place) -> Any:  # noqa: ANN401 - any JSON
    """Return what stands at a place."""
    for step in place:
        value = value[step]
    return value


def text_of(value: Any) -> str:  # noqa: ANN401 - any JSON
    """Return the compact text of a value; whatever it is."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def mutated(text: str, random: Random) -> str:
    """Return a mutant of the text of a JSON document."""
    if random.random() < 0.25:
        return random.choice(SPELLINGS)(text, random)
    value = copy.deepcopy(json.loads(text))
    for _ in range(random.choice((1, 1, 1, 2, 3))):
        value = _changed(value, random)
    return text_of(value)


def another_amount(text: str, random: Random) -> str:
    """Return a text with another amount in it, in the one spelling of amounts: what only its sums give away."""
    found = list(AMOUNT.finditer(text))
    if not found:
        return mutated(text, random)
    one = random.choice(found)
    whole, _, part = one[1].partition(".")
    new = random.choice(("0", "1", "0.5", f"{whole}.{part}1", f"2{whole}" if len(whole) < 12 else "2", whole))
    return text[: one.start(1)] + new + text[one.end(1) :]


def _changed(value: Any, random: Random) -> Any:  # noqa: ANN401 - any JSON
    known = list(places(value))
    place = random.choice(known[1:] or known)
    if not place:
        return random.choice(ODD)
    holder, step = at_place(value, place[:-1]), place[-1]
    other = copy.deepcopy(at_place(value, random.choice(known)))
    change = random.choice((_odd, _odd, _edit, _edit, _edit, _leave_out, _add, _rename, _reorder, _twice, _other))
    change(holder, step, other, random)
    return value


def _odd(holder: Any, step: Any, _: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    holder[step] = copy.deepcopy(random.choice(ODD))


def _other(holder: Any, step: Any, other: Any, _: Random) -> None:  # noqa: ANN401 - any JSON
    holder[step] = other


def _edit(holder: Any, step: Any, _: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    found = holder[step]
    if isinstance(found, str):
        holder[step] = _typed(found, random)
    elif isinstance(found, bool):
        holder[step] = int(found)
    elif isinstance(found, int):
        holder[step] = random.choice((found + 1, -found, found - 2**32, found + 2**31, str(found), found + 0.5))
    else:
        holder[step] = random.choice(ODD)


def _leave_out(holder: Any, step: Any, *_: object) -> None:  # noqa: ANN401 - any JSON
    del holder[step]


def _add(holder: Any, step: Any, other: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    if isinstance(holder, dict):
        holder[random.choice(NAMES)] = random.choice((other, *ODD[:6]))
    else:
        holder.insert(step, copy.deepcopy(random.choice((other, holder[step]))))


def _rename(holder: Any, step: Any, _: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    if isinstance(holder, dict):
        items = [
            (random.choice((*NAMES, str(name).upper())) if name == step else name, each)
            for name, each in holder.items()
        ]
        holder.clear()
        holder.update(items)
    else:
        holder[step] = {str(step): holder[step]}


def _reorder(holder: Any, _: Any, __: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    items = list(holder.items()) if isinstance(holder, dict) else list(holder)
    random.shuffle(items)
    holder.clear()
    holder.update(items) if isinstance(holder, dict) else holder.extend(items)


def _twice(holder: Any, step: Any, _: Any, random: Random) -> None:  # noqa: ANN401 - any JSON
    if isinstance(holder, list):
        holder += [copy.deepcopy(holder[step])] * random.choice((1, 2, 70, 300))
    else:
        holder[step] = [holder[step]] * 2


def _typed(text: str, random: Random) -> str:
    """Return a text with one character inserted, left out or changed."""
    at = random.randrange(len(text) + 1)
    new = random.choice((*CHARACTERS, chr(random.randrange(0x20, 0x3000))))
    return text[:at] + random.choice((new, "", new + text[at : at + 1])) + text[at + random.choice((0, 1)) :]


# -- another spelling of the same value, or of hardly another ----------------------------------------------------------


def _blank(text: str, random: Random) -> str:
    at = random.choice([found.end() for found in re.finditer(r"[\[{,:]", text)])
    return text[:at] + random.choice((" ", "\n", "\t", "\ufeff")) + text[at:]


def _escaped(text: str, random: Random) -> str:
    at = random.randrange(len(text))
    return f"{text[:at]}\\u{ord(text[at]) & 0xFFFF:04x}{text[at + 1 :]}"


def _doubled(text: str, random: Random) -> str:
    member = random.choice(re.findall(r'"[^"\\]*":(?:"[^"\\]*"|-?\d+|true|false)', text) or ['"a":1'])
    return text.replace(member, f"{member},{member}", 1)


def _number(text: str, random: Random) -> str:
    found = random.choice(list(NUMBER.finditer(text)) or [None])
    if found is None:
        return _slipped(text, random)
    new = random.choice(
        (
            f"{found[0]}.0",
            f"{found[0]}e0",
            f"0{found[0]}",
            f"-{found[0]}",
            f"{found[0]}0000000000",
            f"+{found[0]}",
            f'"{found[0]}"',
        )
    )
    return text[: found.start()] + new + text[found.end() :]


def _slipped(text: str, random: Random) -> str:
    return _typed(text, random)


def _cut(text: str, random: Random) -> str:
    return random.choice(
        (text[:-1], text[1:], text + text, text + " ", text + "}", "", "null", "[]", "{}", f"[{text}]")
    )


SPELLINGS: Final[tuple[Callable[[str, Random], str], ...]] = (
    _blank,
    _escaped,
    _doubled,
    _number,
    _slipped,
    _slipped,
    _cut,
)


# -- sealed texts ------------------------------------------------------------------------------------------------------


def spelled(text: str, random: Random) -> str:
    """Return a mutant of a text of base64url, dots and tildes."""
    at = random.randrange(len(text))
    new = random.choice("AQgwBz09-_=+/.~ \n%é")
    return random.choice(
        (
            text[:at] + new + text[at + 1 :],
            text[:at] + text[at + 1 :],
            text[:at] + new + text[at:],
            text + new,
            new + text,
        )
    )
