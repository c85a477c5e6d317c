"""The door of a served registry, with a client and the tokens of its parties."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.support.http.server import ANN, Served, plant
from tests.support.worlds.blends import written

if TYPE_CHECKING:
    from starlette.testclient import TestClient


@dataclass(frozen=True)
class Door:
    """The door of a registry: a client without a socket, tokens of three parties, and the digest of a lot of Ann's."""

    served: Served
    client: TestClient
    ann: dict[str, str]
    ben: dict[str, str]
    digest: str

    def record(self, lot: str, mass: str = "1 kg", **more: object) -> dict[str, Any]:
        return {**written(lot, mass, producer=ANN, plant=plant(ANN)), **more}

    def issue(self, lot: str, mass: str = "1 kg") -> dict[str, Any]:
        answer = self.client.post("/v1/certificates", json=self.record(lot, mass), headers=self.ann)
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["certificates"][0])
