"""Write the annotated copy of an upload: its file, with the state of each row and its problems at their cells."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import PurePosixPath

import orjson

from ledger.desk.upload_rows import told_problems
from ledger.desk.uploads import upload_file, upload_state
from ledger.registry.registry import OpenRegistry
from ledger.store.engine import reading
from ledger.store.uploads import HELD, rows_of
from ledger.workbook.annotate import Say, annotated_apart, note
from schemas.columns import STATES, Language
from schemas.instant import time_text
from schemas.problem import Problem


def annotated_upload(
    registry: OpenRegistry,
    party: str,
    upload: str,
    *,
    says: Callable[[Language], Say] = lambda _: Problem.words,
    rest: bool = False,
) -> tuple[str, bytes]:
    """Return name and content of the annotated copy of an upload; with `rest`, without the rows that were issued.

    `says` gives what tells a problem in the language of the workbook; without it, problems are told in English.

    Raises:
        MissingError: `upload.unknown`; InputError: `workbook.too-slow`.
    """
    state, (name, content) = upload_state(registry, party, upload), upload_file(registry, party, upload)
    with reading(registry.engine) as connection:
        rows = [(each, orjson.loads(each.facts)) for each in rows_of(connection, party, upload)]
    language, say = state.language, says(state.language)
    notes = [note(each, "problem", say=say) for each in state.problems]
    notes += (note(each, "warning", say=say) for each in state.notes)
    written: dict[str, str] = {}
    gone: list[tuple[str, int]] = []
    for row, told in rows:
        if rest and row.state in {"issued", "unchanged", HELD, "replaced"}:
            gone += [(sheet, number) for sheet, number in told["rows"]]
            continue
        lot = ", ".join(each.get("lot", "") for each in told["facts"].get("outputs", ()))
        odd = [*told["warnings"], *told.get("unshipped", ())]
        for severity, some in (("problem", told["problems"]), ("warning", odd)):
            notes += (note(each, severity, told["name"], lot, say=say) for each in told_problems(some))
        digests = " ".join(digest for _, digest in orjson.loads(row.certificates))
        until = "" if row.due_ms is None else _until(row.due_ms)
        for column, text in (("status", STATES[row.state][language].format(until=until)), ("certificate", digests)):
            if column in told["cells"] and text:
                written[told["cells"][column]] = text
    stem = PurePosixPath(name).stem
    copy = annotated_apart(content, name, notes, language, written=written, gone=gone)
    return f"{stem}-{'rest' if rest else 'annotated'}.xlsx", copy


def _until(due_ms: int) -> str:
    day, _, time = time_text(due_ms).partition("T")
    return f"{time[:5]} UTC, {day}"
