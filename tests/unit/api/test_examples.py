"""The examples of the OpenAPI document are what the routes read."""

from __future__ import annotations

import json

from pydantic import TypeAdapter

from api.examples import MOVE, RECORD, SPLIT
from schemas.door import parse_document
from schemas.record import ProductionRecord
from schemas.requests import MoveRequest, SplitRequest, StatementRequest


def test_examples_are_read_by_the_strict_door() -> None:
    record = parse_document(ProductionRecord, json.dumps(RECORD).encode())
    assert record.outputs[0].lot == "OX-18"
    assert parse_document(SplitRequest, json.dumps(SPLIT).encode()).mass.amount == "855.9"
    said = parse_document(TypeAdapter(StatementRequest), json.dumps(MOVE).encode())
    assert isinstance(said, MoveRequest)
    assert said.to == "did:web:metal-a.example"
