"""Write `api/answers.json`, the example answers of the OpenAPI document; with `--check`, say whether they are stale.

Each is the answer to a real request: reads are asked of the registry of the Bayan Obo example, and what a desk does of
a registry with three parties. Long texts and lists are cut, so that people can read them. Keys and times differ each
time, so `--check` compares operations, members and types. Run as ``python -m tests.golden.make_answers``.
"""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from api.app import create_app
from api.app_state import Parts
from api.request_body import AUDIT
from ledger.admin.init import init
from ledger.admin.rollover import close_log
from ledger.admin.tokens import create_token
from ledger.desk.approvals import set_two_persons
from ledger.registry.approval import OPERATOR
from ledger.store.engine import reading
from schemas.door import validated
from schemas.parties import Parties
from tests.support.http.client import Client
from tests.support.http.server import ANN, BEN, ORIGIN, plant, runtime, serve
from tests.support.http.server import PASSPHRASE as OF_SERVED
from tests.support.registries.auditing import EVA, auditor_of, leaves_of, record_by_hand, written
from tests.support.registries.desk_runs import READING, recipe
from tests.support.registries.lived_in import PASSPHRASE, TABLES, a_life
from tests.support.worlds import blends
from tests.support.worlds.oxide_days import day, row

if TYPE_CHECKING:
    from httpx2 import Response

    from ledger.registry.registry import OpenRegistry
    from schemas.person import Scope
    from tests.support.http.server import Served
    from tests.support.registries.lived_in import Life

HERE: Final = Path(__file__).parents[2] / "api" / "answers.json"
MOST_TEXT, MOST_ITEMS, MOST_ROW, MOST_BYTES = 160, 2, 8, 12
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ALL: Final[tuple[Scope, ...]] = (
    "read", "issue", "move", "withdraw", "share", "recipe", "approve", "admin", "audit",
)  # fmt: skip
LAB: Final = "did:web:lab-a.example"
GTIN, GLN = "04006381333931", "4006381333900"
Examples = dict[str, dict[str, dict[str, Any]]]


@dataclass
class Asked:
    """A client of a registry that keeps what it was answered, by operation, status and media type."""

    client: Client
    registry: OpenRegistry
    found: Examples
    tokens: dict[str, dict[str, str]] = field(default_factory=dict)

    def token(self, party: str) -> dict[str, str]:
        """Return the header of a token that may do all for a party."""
        if party not in self.tokens:
            _, secret = create_token(self.registry, tenant=party, scopes=ALL, label="example")
            self.tokens[party] = {"Authorization": f"Bearer {secret}"}
        return self.tokens[party]

    def ask(self, operation: str, by: str | None = None, **more: Any) -> Response:  # noqa: ANN401 - of the request
        """Ask with a party's token, or without one; `at` fills the path, `refused` is the status that must come."""
        method, path = operation.split()
        for name, value in more.pop("at", {}).items():
            path = path.replace(f"{{{name}}}", value)
        assert "{" not in path, path
        good = {more.pop("refused")} if "refused" in more else {200, 201, 202}
        headers = {**(self.token(by) if by else {}), **more.pop("headers", {})}
        answer = self.client.request(method, path, headers=headers, follow_redirects=False, **more)
        assert answer.status_code in good, (operation, answer.status_code, answer.text[:600])
        media = answer.headers["content-type"].partition(";")[0]
        self.found.setdefault(operation, {}).setdefault(str(answer.status_code), {}).setdefault(media, _cut(answer))
        return answer


def _cut(answer: Response) -> object:
    """Return an answer that people can read: JSON with short lists, a text or the first bytes of a file."""
    media = answer.headers["content-type"].partition(";")[0]
    if media == "application/json" or media.endswith("+json"):
        return _shortened(answer.json())
    try:
        return _shortened(answer.content.decode())
    except UnicodeDecodeError:
        return answer.content[:MOST_BYTES].decode("latin-1") + "…"


def _shortened(value: Any) -> Any:  # noqa: ANN401 - any JSON
    match value:
        case str() if len(value) > MOST_TEXT and " " not in value[:MOST_TEXT].strip():
            return f"{value[: MOST_TEXT - 1]}…"
        case str() if len(value) > 4 * MOST_TEXT:
            return f"{value[: 4 * MOST_TEXT - 1]}…"
        case list() if len(value) > MOST_ROW or any(isinstance(each, (dict, list)) for each in value):
            return [_shortened(each) for each in value[:MOST_ITEMS]]
        case list():  # a row, whose items have fixed places
            return value
        case dict():
            return {name: _shortened(each) for name, each in value.items()}
        case _:
            return value


def answers() -> Examples:
    """Return an answer of every operation."""
    found: Examples = {}
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        auditors = written(EVA)
        auditors["attestors"].append(
            {"did": LAB, "names": [{"lang": "en", "text": "Lab A"}], "scopes": ["composition"]}
        )
        life = a_life(Path(folder, "life"), **auditors)
        app = create_app(
            Parts(life.registry, TABLES, life.status, ORIGIN, security_contact="mailto:flaws@registry.example")
        )
        reader = Asked(stack.enter_context(Client(app, ORIGIN)), life.registry, found)
        _reads(reader, life.digests)
        _audits(reader, life, Path(folder, "auditor"))
        close_log(life.home, life.registry, 1, passphrase=PASSPHRASE)
        _later_log(reader)
        served = _with_its_own_party(serve(Path(folder, "desk")))
        desk = Asked(stack.enter_context(served.client()), served.registry, found)
        desk.ask("GET /parties/{name}/did.json", at={"name": "dee"})
        _writes(desk)
        _recipes(desk)
        _customers(desk)
        _approvals(desk)
    return dict(sorted(found.items()))


def _with_its_own_party(served: Served) -> Served:
    """Return the registry with a party whose name lies under the registry's."""
    party = {
        "did": "did:web:registry.example:parties:dee",
        "names": [{"lang": "en", "text": "Dee"}],
        "facilities": [{"id": f"{ORIGIN}/plants/1", "name": "Plant D", "country": "CN", "region": "CN-NM"}],
        "kinds": ["oxide"],
    }
    parties = {"oreprint": "parties/1", "registry": "registry.example", "parties": [party]}
    init(served.home, validated(Parties, parties), runtime(), passphrase=OF_SERVED)  # type: ignore[arg-type]
    return served.beside()


def _reads(at: Asked, digests: dict[str, str]) -> None:
    """Ask what anybody may read of the magnet of the example, and what its maker may."""
    magnet, maker = digests["MG-88"], "did:web:magnet-a.example"
    for path in ("/healthz", "/readyz", "/checkpoint", "/trust.json", "/.well-known/did.json", "/ns/v1"):
        at.ask(f"GET {path}")
    at.ask("GET /problems/{code}", at={"code": "holding.not-yours"})
    at.ask("GET /status/{name}", at={"name": "revocation-0"})
    at.ask("GET /trust/{number}", at={"number": "1"})
    at.ask("GET /metrics", maker)
    size = at.client.get("/checkpoint").text.splitlines()[1]
    at.ask("GET /tile/{path}", at={"path": f"0/000.p/{size}"})
    at.ask("GET /published/{index}", at={"index": "0"})
    about = "/v1/certificates/{digest}"
    at.ask(f"GET {about}", at={"digest": magnet}, headers={"accept": "application/json"})
    for end in (
        "", "/verification", "/chain", "/bundle", "/label.svg", "/label.png", "/certificate.pdf", "/figures.csv",
    ):  # fmt: skip
        at.ask(f"GET {about}{end}", at={"digest": magnet})
    at.ask(f"GET {about}/crma.pdf", maker, at={"digest": magnet})
    at.ask(f"GET {about}/dfars.pdf", maker, at={"digest": magnet}, refused=409)  # it was mined in China
    bundle = at.client.get(f"/v1/certificates/{magnet}/bundle").content
    at.ask("POST /v1/verify", content=bundle, headers={"content-type": "application/vnd.oreprint.bundle+jsonl"})
    at.ask("GET /v1/certificates", maker)
    at.ask("GET /v1/holdings", maker)
    at.ask("GET /v1/party", maker)
    at.ask("GET /v1/party/everything", maker)
    at.ask("GET /v1/instruments", maker, params={"scheme": "Example attributes", "statement": "EX-2026-000731"})
    plant_of = "https://magnet-a.example/plants/magnets"
    at.ask("POST /v1/identifiers", maker, json={"lot": "MG-88", "gtin": GTIN})
    at.ask("POST /v1/identifiers", maker, json={"lot": "MG-88", "gtin": GTIN, "serial": "0001"})
    at.ask("POST /v1/identifiers", maker, json={"facility": plant_of, "gln": GLN})
    every = {"linkType": "linkset"}
    at.ask("GET /01/{gtin}", at={"gtin": GTIN}, params=every)
    at.ask("GET /01/{gtin}/10/{lot}", at={"gtin": GTIN, "lot": "MG-88"}, params=every)
    at.ask("GET /01/{gtin}/21/{serial}", at={"gtin": GTIN, "serial": "0001"}, params=every)
    at.ask("GET /414/{gln}", at={"gln": GLN}, params=every)
    at.ask("GET /414/{gln}/254/{extension}", at={"gln": GLN, "extension": "1"}, params=every)
    at.ask("GET /.well-known/gs1resolver")
    at.ask("GET /.well-known/security.txt")
    figure = {"certificate": digests["OX-17"], "scopes": ["composition"], "criteria": ["an assay of a sample"]}
    at.ask("POST /v1/attestations", LAB, json=figure)


def _audits(at: Asked, life: Life, folder: Path) -> None:
    """Let an auditor judge the example, and another record of it come by HTTP."""
    auditor_of(life, EVA, folder).round()
    at.ask("GET /v1/audit/steps", EVA, params={"limit": 1})
    made = record_by_hand(at.registry, EVA, leaves_of(at.registry), 2_000_000_000)
    at.ask("POST /v1/audit/records", EVA, content=made.to_bytes(), headers={"content-type": AUDIT})
    with reading(at.registry.engine) as connection:
        (text,) = connection.exec_driver_sql("SELECT text FROM holdings LIMIT 1").scalars()
    for digest in life.digests.values():
        answer = at.client.post("/v1/audit/inside", json={"certificate": digest, "holding": text})
        if answer.status_code == 200:
            at.ask("POST /v1/audit/inside", json={"certificate": digest, "holding": text})
            return


def _later_log(at: Asked) -> None:
    """Read the log that was opened when the first one was closed."""
    number = {"number": "2"}
    size = at.ask("GET /log/{number}/checkpoint", at=number).text.splitlines()[1]
    at.ask("GET /log/{number}/tile/{path}", at={**number, "path": f"0/000.p/{size}"})
    at.ask("GET /log/{number}/published/{index}", at={**number, "index": "0"})


def _writes(at: Asked) -> None:
    """Issue, split, move, share and correct lots."""
    record = blends.written("OX-18", "20 kg", producer=ANN, plant=plant(ANN))
    at.ask("POST /v1/certificates", ANN, json=record, params={"dry_run": "true"})
    at.ask("POST /v1/certificates", ANN, json=record)
    at.ask(
        "POST /v1/corrections", ANN, json={**record, "outputs": [{**record["outputs"][0], "description": "PrNd oxide"}]}
    )
    at.ask("POST /v1/splits", ANN, json={"lot": "OX-18", "mass": "5 kg"})
    at.ask("POST /v1/status-entries", ANN, json={"count": 1})
    move = {"statement": "move", "lot": "OX-18", "to": BEN, "mass": "2 kg"}
    at.ask("POST /v1/drafts", ANN, json=move)
    at.ask("POST /v1/statements", ANN, json=move)
    share = {"lot": "OX-18", "recipient": "Metal A", "audience": "customer", "days": 30}
    link = at.ask("POST /v1/shares", ANN, json=share).json()
    at.ask("GET /v1/shares", ANN)
    at.ask("DELETE /v1/shares/{share}", ANN, at={"share": link["shared"]["id"]})


def _recipes(at: Asked) -> None:
    """Keep a recipe, issue a run of it, and upload a workbook of runs."""
    sent = at.ask("POST /v1/recipes", ANN, json=recipe()).json()
    decision = {"decision": "send", "digest": sent["digest"]}
    at.ask("POST /v1/recipes/{recipe}/decisions", ANN, at={"recipe": "OX"}, json=decision)
    _, other = create_token(at.registry, tenant=ANN, scopes=("read", "approve"), label="quality")
    approved = {"decision": "approve", "digest": sent["digest"]}
    headers = {"Authorization": f"Bearer {other}"}
    at.ask("POST /v1/recipes/{recipe}/decisions", at={"recipe": "OX"}, json=approved, headers=headers)
    at.ask("GET /v1/recipes", ANN)
    at.ask("GET /v1/recipes/{recipe}", ANN, at={"recipe": "OX"})
    facts = {
        "oreprint": "recipe-facts/1",
        "recipe": "OX",
        "period": {"start": "2026-05-01", "end": "2026-05-01"},
        "outputs": [{"lot": "OX-19", "mass": "101 kg"}],
        "readings": {READING: "101 kg"},
    }
    at.ask("POST /v1/rehearsals", ANN, json=facts)
    at.ask("POST /v1/recipes/{recipe}/runs", ANN, at={"recipe": "OX"}, json=facts)
    made = at.ask("POST /v1/uploads", ANN, content=day([row(31), row(32)]), headers={"content-type": XLSX}).json()
    upload = {"upload": made["id"]}
    at.ask("GET /v1/uploads/{upload}", ANN, at=upload)
    at.ask("GET /v1/uploads/{upload}/annotated.xlsx", ANN, at=upload)
    at.ask("POST /v1/uploads/{upload}/issue", ANN, at=upload, json={"rows": "ready"})
    at.ask("POST /v1/uploads/{upload}/take-back", ANN, at=upload)
    at.ask("POST /v1/uploads/{upload}/issue", ANN, at=upload, json={"rows": "ready"})
    at.ask("POST /v1/uploads/{upload}/sign", ANN, at=upload)


def _customers(at: Asked) -> None:
    """Ship to a guest, who says that it came, sends some back, and is claimed by a party."""
    guest = at.ask("POST /v1/contacts", ANN, json={"name": "Motor Works"}).json()
    contact = {"contact": guest["id"]}
    goods = {
        "contact": "Motor Works",
        "lots": [{"lot": "OX-19", "mass": "30 kg"}],
        "number": "DN-2026-114",
        "po": "4500012345",
    }
    made = at.ask("POST /v1/shipments", ANN, json=goods).json()
    at.ask("GET /v1/shipments", ANN)
    link = made["lots"][0]["link"]
    secret = {"Authorization": f"Bearer {link.partition('#key=')[2]}"}
    hook = at.ask("POST /v1/hooks", headers=secret, json={"address": "https://erp.example/oreprint"}).json()["hook"]
    at.ask("GET /v1/hooks", headers=secret)
    at.ask("DELETE /v1/hooks/{hook}", headers=secret, at={"hook": hook["id"]})
    at.ask("GET /v1/changes", headers=secret)
    at.ask("POST /v1/receipts", headers=secret)
    at.ask("GET /v1/notices", ANN)
    at.ask("POST /v1/shipments/{shipment}/links", ANN, at={"shipment": made["id"]})
    at.ask("POST /v1/contacts/{contact}/returns", ANN, at=contact, json={"lot": "OX-19", "mass": "4 kg"})
    code = at.ask("POST /v1/contacts/{contact}/claim-code", ANN, at=contact).json()["code"]
    at.ask("POST /v1/claims", BEN, json={"code": code})
    at.ask("POST /v1/contacts/{contact}/claims", ANN, at=contact, json={"claimant": BEN, "confirm": True})
    at.ask("GET /v1/guest-requests", ANN)
    at.ask("GET /v1/contacts", ANN)
    other = at.ask("POST /v1/contacts", ANN, json={"name": "Ben", "did": BEN}).json()
    at.ask("DELETE /v1/contacts/{contact}", ANN, at={"contact": other["id"]})


def _approvals(at: Asked) -> None:
    """Ask for what needs a second person, who approves it."""
    set_two_persons(at.registry, "all", party=ANN, by=OPERATOR)
    record = blends.written("OX-20", "20 kg", producer=ANN, plant=plant(ANN))
    approval = {"approval": at.ask("POST /v1/certificates", ANN, json=record).json()["approval"]}
    at.ask("GET /v1/approvals", ANN)
    at.ask("GET /v1/approvals/{approval}", ANN, at=approval)
    _, secret = create_token(at.registry, tenant=ANN, scopes=("read", "approve"), label="quality")
    headers = {"Authorization": f"Bearer {secret}"}
    at.ask("POST /v1/approvals/{approval}", at=approval, json={"decision": "approve"}, headers=headers)


def shape(value: Any, path: str = "") -> set[str]:  # noqa: ANN401 - any JSON
    """Return each member of a JSON value by its path, with its type; `*` stands for the items of a list."""
    match value:
        case dict():
            return {path}.union(*(shape(each, f"{path}/{name}") for name, each in value.items()))
        case list():
            return {f"{path} []"}.union(*(shape(each, f"{path}/*") for each in value))
        case _:
            return {f"{path} {type(value).__name__}"}


def stale(made: Examples) -> bool:
    """Return whether the file has other operations, members or types than these answers."""
    return not HERE.exists() or shape(json.loads(HERE.read_text("utf-8"))) != shape(made)


def main() -> int:
    """Write the file, or with `--check` return 1 if it is stale."""
    made = answers()
    if "--check" in sys.argv[1:]:
        return int(stale(made))
    HERE.write_text(json.dumps(made, indent=1, ensure_ascii=False) + "\n", "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
