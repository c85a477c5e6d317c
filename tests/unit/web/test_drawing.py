"""The drawing of a chain: everything is in it, no line runs through another batch, and it begins at the subject."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from api.web.drawing import MOST_DRAWN, ROW_HEIGHT, TEXT_WIDTH, cut, drawn
from schemas.chain import Branch, ChainBatch, ChainGraph


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


def ends(path: str) -> tuple[float, float, float, float, float]:
    """Return where a way begins, the lane in which it runs straight down, and where it begins and ends to do so."""
    found = re.fullmatch(r"M(\S+) (\S+)C\S+ \S+ \S+ \S+ (\S+) (\S+)V(\S+)", path)
    assert found is not None, path
    x, y, lane, turned, bottom = map(float, found.groups())
    return x, y, lane, turned, bottom


@given(chains())
def test_every_batch_and_every_branch_is_drawn_once_each_in_a_row_of_its_own(given_graph: ChainGraph) -> None:
    found = drawn(given_graph)
    assert found is not None
    branches = [branch for each in given_graph.batches for branch in each.branches]
    assert len(found.ways) == len(branches)
    assert sum(row.batch is not None for row in found.rows) == len(given_graph.batches)
    assert sum(row.batch is None for row in found.rows) == sum(branch.certificate is None for branch in branches)
    assert [row.y for row in found.rows] == [ROW_HEIGHT * (number + 0.5) for number in range(len(found.rows))]
    assert all(0 < row.x < found.text for row in found.rows)
    assert found.width - found.text == TEXT_WIDTH


@given(chains())
def test_the_subject_is_first_and_each_batch_stands_below_all_that_were_made_of_it(given_graph: ChainGraph) -> None:
    found = drawn(given_graph)
    assert found is not None
    first = found.rows[0].batch
    assert first is not None
    assert first.certificate == given_graph.subject or not used(given_graph, given_graph.subject)
    place = {row.batch.certificate: row.y for row in found.rows if row.batch}
    for each in given_graph.batches:
        for branch in each.branches:
            assert branch.certificate is None or place[branch.certificate] > place[each.certificate]


def used(given_graph: ChainGraph, certificate: str) -> bool:
    return any(branch.certificate == certificate for each in given_graph.batches for branch in each.branches)


@given(chains())
def test_no_line_runs_straight_through_the_place_of_another_batch(given_graph: ChainGraph) -> None:
    found = drawn(given_graph)
    assert found is not None
    for way in found.ways:
        _, _, lane, turned, bottom = ends(way.path)
        crossed = [row for row in found.rows if row.x == lane and turned <= row.y < bottom]
        assert crossed == []
        assert (lane, bottom) in {(row.x, row.y) for row in found.rows}


def test_a_use_is_told_at_the_batch_that_was_used() -> None:
    found = drawn(graph([[], [0], [0, 1]]))
    assert found is not None
    uses = {row.batch.lot: [(use.lot, use.mass_kg, use.unit) for use in row.uses] for row in found.rows if row.batch}
    assert uses == {"L2": [], "L1": [("L2", "2", "kg")], "L0": [("L1", "2", "kg"), ("L2", "2", "kg")]}


def test_a_text_is_cut_to_what_fits() -> None:
    assert cut("MG-88", 5) == "MG-88"
    assert cut("MG-880", 5) == "MG-88…"
    assert cut("镨钕氧化物", 6) == "镨钕氧…"


def test_a_chain_too_large_to_look_at_is_not_drawn() -> None:
    assert drawn(graph([[]] * (MOST_DRAWN + 1))) is None
