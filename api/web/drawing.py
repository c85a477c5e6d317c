"""The chain as a drawing and as a nested list: batches in tiers from ore down to the subject, branches as curves.

Rules: every branch of the graph is drawn, and a withheld one as a box of its own; tiers are ordered so that few curves
cross; units are those of the drawing's view box.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Final, NamedTuple

from schemas.chain import Branch, ChainBatch, ChainGraph

BOX_WIDTH: Final = 180
BOX_HEIGHT: Final = 66
GAP: Final = 20
TIER_HEIGHT: Final = 134
MARGIN: Final = 8
BEND_WIDTH: Final = 26
"""What a curve takes where it passes a tier."""
SWEEPS: Final = 8
"""Passes over the tiers; more change no drawing of a dozen tiers."""
MOST_DRAWN: Final = 120
"""Batches in a drawing; a larger chain is listed, not drawn."""
DEEPEST: Final = 12
"""Greatest depth of the chain's nested list. Deeper lines are at this depth: browsers stop at 512."""
MOST_LISTED: Final = 1000
"""Lines of the chain's list on a page. The bundle has all of them."""


class Box(NamedTuple):
    """A drawn batch, or a withheld branch where `batch` is None: its left upper corner."""

    batch: ChainBatch | None
    branch: Branch | None
    x: float
    y: float


class Curve(NamedTuple):
    """A drawn branch: an SVG path, its mass if it is shown, in which unit, and where that is written."""

    path: str
    mass_kg: str | None
    unit: str
    x: float
    y: float


class Drawing(NamedTuple):
    """A whole drawing, `width` by `height` units."""

    width: float
    height: float
    boxes: tuple[Box, ...]
    curves: tuple[Curve, ...]


@dataclass(slots=True, eq=False)
class _Node:
    """A box, or the bend of a curve that passes a tier."""

    tier: int
    batch: ChainBatch | None = None
    branch: Branch | None = None
    bend: bool = False
    above: list[_Node] = field(default_factory=list)
    below: list[_Node] = field(default_factory=list)
    x: float = 0

    @property
    def width(self) -> float:
        """Return the width in the drawing's units; a bend takes less room than a box."""
        return BEND_WIDTH if self.bend else BOX_WIDTH


def drawn(graph: ChainGraph) -> Drawing | None:
    """Return the drawing of a chain; None when it is too large to be looked at."""
    if len(graph.batches) > MOST_DRAWN:
        return None
    tiers, links = _tiers(graph)
    _order(tiers)
    width = _place(tiers)
    nodes = [node for tier in tiers for node in tier]
    boxes = tuple(Box(node.batch, node.branch, node.x - BOX_WIDTH / 2, _top(node)) for node in nodes if not node.bend)
    curves = tuple(_curve(way, branch) for way, branch in links)
    height = MARGIN * 2 + (len(tiers) - 1) * TIER_HEIGHT + BOX_HEIGHT
    return Drawing(width, height, boxes, curves)


Link = tuple[list[_Node], "Branch"]


def _tiers(graph: ChainGraph) -> tuple[list[list[_Node]], list[Link]]:
    """Return the nodes tier by tier, and each branch as its way through them."""
    known: dict[str, _Node] = {}
    hidden: list[_Node] = []
    ways: list[tuple[_Node, _Node, Branch]] = []
    for batch in graph.batches:
        sources = [(known.get(branch.certificate or ""), branch) for branch in batch.branches]
        above = [node.tier + 1 for node, _ in sources if node] + [1 for node, _ in sources if not node]
        own = known[batch.certificate] = _Node(max(above, default=0), batch)
        for source, branch in sources:
            node = source or _Node(own.tier - 1, branch=branch)
            if source is None:
                hidden.append(node)
            ways.append((node, own, branch))
    _lower_sources(known, ways)
    tiers: list[list[_Node]] = [[] for _ in range(1 + max((node.tier for node in known.values()), default=0))]
    for node in (*known.values(), *hidden):
        tiers[node.tier].append(node)
    return tiers, [(_linked(source, own, tiers), branch) for source, own, branch in ways]


def _lower_sources(known: dict[str, _Node], ways: list[tuple[_Node, _Node, Branch]]) -> None:
    """Put each batch right above the first one that was made of it, so that curves stay short."""
    for node in reversed(known.values()):
        users = [own.tier for source, own, _ in ways if source is node]
        node.tier = min(users) - 1 if users else node.tier


def _linked(source: _Node, own: _Node, tiers: list[list[_Node]]) -> list[_Node]:
    """Return a branch's way: source, a bend in each tier between, own."""
    way = [source]
    for tier in range(source.tier + 1, own.tier):
        bend = _Node(tier, bend=True)
        tiers[tier].append(bend)
        way.append(bend)
    way.append(own)
    for upper, lower in pairwise(way):
        upper.below.append(lower)
        lower.above.append(upper)
    return way


def _order(tiers: list[list[_Node]]) -> None:
    """Order each tier by the middle of its neighbours, up and down, several times."""
    for tier in tiers:
        _number(tier)
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 0
        for tier in tiers if downwards else reversed(tiers):
            tier.sort(key=lambda node: _middle(node.above if downwards else node.below, node.x))
            _number(tier)


def _number(tier: list[_Node]) -> None:
    for place, node in enumerate(tier):
        node.x = place / max(len(tier) - 1, 1) if len(tier) > 1 else 0.5


def _middle(neighbours: list[_Node], otherwise: float) -> float:
    return sum(node.x for node in neighbours) / len(neighbours) if neighbours else otherwise


def _place(tiers: list[list[_Node]]) -> float:
    """Give each node its place across, near its neighbours and clear of its tier; return the drawing's width."""
    for tier in tiers:
        at = 0.0
        for node in tier:
            node.x = at + node.width / 2
            at += node.width + GAP
    for sweep in range(SWEEPS):
        downwards = sweep % 2 == 1
        for tier in tiers if downwards else reversed(tiers):
            _settle(tier, [_middle(node.above if downwards else node.below, node.x) for node in tier])
    left = min(node.x - node.width / 2 for tier in tiers for node in tier)
    for tier in tiers:
        for node in tier:
            node.x += MARGIN - left
    return max(node.x + node.width / 2 for tier in tiers for node in tier) + MARGIN


def _settle(tier: list[_Node], wishes: list[float]) -> None:
    """Put nodes where they wish, as far as there is room: the mean of packing from left and from right."""
    from_left, from_right = [], []
    edge = float("-inf")
    for node, wish in zip(tier, wishes, strict=True):
        from_left.append(max(wish, edge + node.width / 2))
        edge = from_left[-1] + node.width / 2 + GAP
    edge = float("inf")
    for node, wish in zip(reversed(tier), reversed(wishes), strict=True):
        from_right.append(min(wish, edge - node.width / 2))
        edge = from_right[-1] - node.width / 2 - GAP
    for node, left, right in zip(tier, from_left, reversed(from_right), strict=True):
        node.x = (left + right) / 2


def _top(node: _Node) -> float:
    return MARGIN + node.tier * TIER_HEIGHT


def _curve(way: list[_Node], branch: Branch) -> Curve:
    """Return the curve along a way, its mass written beside its beginning."""
    start = way[0]
    y = _top(start) + BOX_HEIGHT
    path = [f"M{start.x:.1f} {y:.1f}"]
    label = (start.x, y)
    for upper, lower in pairwise(way):
        begin = _top(upper) + BOX_HEIGHT
        end = _top(lower)
        half = (begin + end) / 2
        path.append(f"C{upper.x:.1f} {half:.1f} {lower.x:.1f} {half:.1f} {lower.x:.1f} {end:.1f}")
        if lower.bend:
            path.append(f"V{end + BOX_HEIGHT:.1f}")
        if upper is start:
            label = ((upper.x + lower.x) / 2, half)
    return Curve("".join(path), branch.mass_kg, branch.unit, *label)


class Depth(NamedTuple):
    """A line of the nested list: how much deeper (1) or shallower (negative) it stands, and what it shows."""

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
