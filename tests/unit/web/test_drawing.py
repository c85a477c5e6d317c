"""The drawing of a chain: everything is in it, nothing lies upon another, and it flows one way."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from api.web.drawing import BOX_HEIGHT, BOX_WIDTH, MOST_DRAWN, drawn
from schemas.chain import Branch, ChainBatch, ChainGraph

if TYPE_CHECKING:
    from api.web.drawing import Drawing


def digest(number: int) -> str:
    return "zQm" + str(number).rjust(44, "A")


def batch(number: int, sources: list[int | None]) -> ChainBatch:
    branches = tuple(
        Branch() if source is None else Branch(certificate=digest(source), mass_kg="2") for source in sources
    )
    return ChainBatch(
        certificate=digest(number),
        lot=f"L{number}",
        kind="oxide",
        step="blending",
        country="CN",
        issuer="Example",
        net_mass_kg="1",
        kg_co2e="1",
        kg_co2e_per_kg="1",
        outputs=1,
        run_shown=True,
        branches=branches,
    )


def graph(sources: list[list[int | None]]) -> ChainGraph:
    batches = tuple(batch(number, each) for number, each in enumerate(sources))
    return ChainGraph(subject=batches[-1].certificate, batches=batches)


@st.composite
def chains(draw: st.DrawFn) -> ChainGraph:
    """Return a chain in which each batch uses some earlier ones, and some that are withheld."""
    size = draw(st.integers(1, 14))
    sources: list[list[int | None]] = []
    for number in range(size):
        known = draw(st.lists(st.sampled_from(range(number)), unique=True, max_size=4)) if number else []
        sources.append([*known, *[None] * draw(st.integers(0, 2))])
    return graph(sources)


def apart(found: Drawing) -> bool:
    return all(
        abs(one.x - two.x) >= BOX_WIDTH or abs(one.y - two.y) >= BOX_HEIGHT for one, two in combinations(found.boxes, 2)
    )


@given(chains())
def test_every_batch_and_every_branch_is_drawn_once_and_no_box_lies_upon_another(given_graph: ChainGraph) -> None:
    found = drawn(given_graph)
    assert found is not None
    branches = [branch for each in given_graph.batches for branch in each.branches]
    assert len(found.curves) == len(branches)
    assert sum(box.batch is not None for box in found.boxes) == len(given_graph.batches)
    assert sum(box.batch is None for box in found.boxes) == sum(branch.certificate is None for branch in branches)
    assert apart(found)
    assert all(0 <= box.x <= found.width - BOX_WIDTH and 0 <= box.y <= found.height - BOX_HEIGHT for box in found.boxes)


@given(chains())
def test_what_was_used_stands_above_what_was_made_of_it(given_graph: ChainGraph) -> None:
    found = drawn(given_graph)
    assert found is not None
    top = {box.batch.certificate: box.y for box in found.boxes if box.batch}
    for each in given_graph.batches:
        for branch in each.branches:
            assert branch.certificate is None or top[branch.certificate] < top[each.certificate]


def test_a_chain_too_large_to_look_at_is_not_drawn() -> None:
    assert drawn(graph([[]] * (MOST_DRAWN + 1))) is None
