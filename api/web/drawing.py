"""The chain as a drawing and as a nested list: this lot first, then what it was made of, down to the ores.

Rules: every batch and every withheld branch is a row of its own, below all that were made of it; a batch keeps one lane
from the first that used it down to its own row, so that lines of different batches never overlap. A
drawing fits a phone: it grows downwards, not sideways. Units are those of the view box, and a unit is a pixel.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from typing import Any, Final, NamedTuple

from schemas.chain import Branch, ChainBatch, ChainGraph

ROW_HEIGHT: Final = 56
LANE_WIDTH: Final = 16
LEAST_LANE_WIDTH: Final = 5
MOST_LANES_WIDTH: Final = 96
"""Width of all lanes together, as long as a lane has its least width."""
TEXT_WIDTH: Final = 232
"""Room for the text beside the lanes: a phone of 360 pixels shows both."""
MARGIN: Final = 10
MOST_DRAWN: Final = 120
"""Batches in a drawing; a larger chain is listed, not drawn."""
DEEPEST: Final = 12
"""Greatest depth of the chain's nested list. Deeper lines are at this depth: browsers stop at 512."""
MOST_LISTED: Final = 1000
"""Lines of the chain's list on a page. The bundle has all of them."""


class ShownUse(NamedTuple):
    """A use of a batch: the lot that was made of it, and the mass taken with its unit."""

    lot: str
    mass_kg: str
    unit: str


class Row(NamedTuple):
    """A drawn batch, or a withheld branch where `batch` is None: its middle, and the uses whose mass is shown."""

    batch: ChainBatch | None
    branch: Branch | None
    x: float
    y: float
    uses: tuple[ShownUse, ...]


class Way(NamedTuple):
    """A drawn branch: an SVG path, and whether the mass taken is withheld."""

    path: str
    hidden: bool


class Drawing(NamedTuple):
    """A whole drawing, `width` by `height` units; `text` is where the text begins."""

    width: int
    height: int
    text: int
    rows: tuple[Row, ...]
    ways: tuple[Way, ...]


Place = tuple[ChainBatch | None, Branch | None]
"""A batch, or the branch that withholds it."""


def drawn(graph: ChainGraph) -> Drawing | None:
    """Return the drawing of a chain; None when it is too large to be looked at."""
    if len(graph.batches) > MOST_DRAWN:
        return None
    places = _ordered(graph)
    lanes = _lanes(places)
    most = max(lanes.values(), default=0) + 1
    step = max(LEAST_LANE_WIDTH, min(LANE_WIDTH, MOST_LANES_WIDTH / most))
    at = {number: (round(MARGIN + lanes[number] * step, 1), number * ROW_HEIGHT + ROW_HEIGHT / 2) for number in lanes}
    rows, ways = [], []
    row_of = {batch.certificate: number for number, (batch, _) in enumerate(places) if batch is not None}
    uses = _uses(graph)
    for number, (batch, branch) in enumerate(places):
        used = uses.get(batch.certificate, ()) if batch else ()
        rows.append(Row(batch, branch, *at[number], tuple(used)))
        hidden = number
        for each in batch.branches if batch else ():
            source = row_of.get(each.certificate or "")
            if source is None:
                hidden = source = _next_hidden(places, each, hidden)
            ways.append(Way(_path(at[number], at[source]), hidden=each.mass_kg is None))
    text = round(MARGIN + most * step)
    return Drawing(text + TEXT_WIDTH, len(places) * ROW_HEIGHT, text, tuple(rows), tuple(ways))


def _ordered(graph: ChainGraph) -> list[Place]:
    """Return the rows: the subject, then each batch as soon as all that were made of it are there, branch by branch."""
    batches = {batch.certificate: batch for batch in graph.batches}
    waiting = Counter(
        each.certificate for batch in graph.batches for each in batch.branches if each.certificate in batches
    )
    first = [batch for batch in graph.batches if not waiting[batch.certificate]]
    ready: list[Place] = [
        (batch, None) for batch in sorted(first, key=lambda batch: batch.certificate == graph.subject)
    ]
    places: list[Place] = []
    while ready:
        place = ready.pop()
        places.append(place)
        enabled: list[Place] = []
        for branch in place[0].branches if place[0] else ():
            source = batches.get(branch.certificate or "")
            if source is None:
                enabled.append((None, branch))
                continue
            waiting[source.certificate] -= 1
            if not waiting[source.certificate]:
                enabled.append((source, None))
        ready += reversed(enabled)
    return places


def _lanes(places: list[Place]) -> dict[int, int]:
    """Return the lane of each row: the lowest that is free from the first row that uses it down to its own."""
    row_of = {batch.certificate: number for number, (batch, _) in enumerate(places) if batch is not None}
    lanes: dict[int, int] = {0: 0} if places else {}
    for number, (batch, _) in enumerate(places):
        lanes.setdefault(number, _free(lanes, number))
        hidden = number
        for branch in batch.branches if batch else ():
            source = row_of.get(branch.certificate or "")
            if source is None:
                hidden = source = _next_hidden(places, branch, hidden)
            if source not in lanes:
                lanes[source] = _free(lanes, number)
    return lanes


def _free(lanes: dict[int, int], after: int) -> int:
    """Return the lowest lane that no row below `after` waits in."""
    taken = {lane for row, lane in lanes.items() if row > after}
    return next(lane for lane in range(len(taken) + 1) if lane not in taken)


def _next_hidden(places: list[Place], branch: Branch, after: int) -> int:
    """Return the next row of a withheld branch."""
    return next(number for number in range(after + 1, len(places)) if places[number][1] is branch)


def _uses(graph: ChainGraph) -> dict[str, list[ShownUse]]:
    """Return the uses of each batch, by certificate, as far as their masses are shown."""
    found: dict[str, list[ShownUse]] = {}
    for batch in graph.batches:
        for branch in batch.branches:
            if branch.certificate is not None and branch.mass_kg is not None:
                found.setdefault(branch.certificate, []).append(ShownUse(batch.lot, branch.mass_kg, branch.unit))
    return found


def _path(start: tuple[float, float], end: tuple[float, float]) -> str:
    """Return the way from a batch to one of its inputs: into its lane within a row, then straight down."""
    (x, y), (lane, bottom) = start, end
    turned = y + ROW_HEIGHT
    half = (y + turned) / 2
    bend = f"C{x:g} {half:g} {lane:g} {half:g} {lane:g} {turned:g}"
    return f"M{x:g} {y:g}{bend}V{bottom:g}"


def cut(text: str, width: int) -> str:
    """Return a text cut to a width in Latin letters; a wide character takes two."""
    room = width
    for number, each in enumerate(text):
        room -= 2 if unicodedata.east_asian_width(each) in "WF" else 1
        if room < 0:
            return f"{text[:number]}…"
    return text


class Depth(NamedTuple):
    """A line of the nested list: how much deeper (1) or shallower (negative) it is, and what it shows."""

    opens: bool
    closes: int
    branch: Any
    batch: Any
    again: bool


def listed_depths(graph: ChainGraph) -> tuple[Depth, ...]:
    """Return the chain as lines of a nested list, the subject first; a batch used twice is shown once, then named."""
    batches = {batch.certificate: batch for batch in graph.batches}
    lines: list[tuple[int, Any, Any, bool]] = []
    listed: set[str] = set()
    waiting: list[tuple[int, Any, Any]] = [(0, None, batches[graph.subject])]
    while waiting and len(lines) < MOST_LISTED:
        depth, branch, batch = waiting.pop()
        again = batch is not None and batch.certificate in listed
        lines.append((depth, branch, batch, again))
        if batch is None or again:
            continue
        listed.add(batch.certificate)
        deeper = min(depth + 1, DEEPEST)
        waiting += [(deeper, each, batches.get(each.certificate or "")) for each in reversed(batch.branches)]
    follow = [*(depth for depth, *_ in lines[1:]), 0]
    return tuple(
        Depth(after > depth, max(depth - after, 0), branch, batch, again)
        for (depth, branch, batch, again), after in zip(lines, follow, strict=True)
    )
