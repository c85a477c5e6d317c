"""Electricity instruments: each statement is entered once, and drawn for exactly the kWh of its lines.

Only the home registry of its scheme may enter it.

Rules:

1. A lot of electricity comes of nothing: its run takes and burns nothing, and its certificate says what the scheme's
   statement says, the same in every correction.
2. The entry of its issuance has the mark that anyone can compute from scheme and statement, so that a log has it once.
   A statement that is entered again shows the undo that freed it.
3. Where the trust list names the home of a scheme, its statements are entered there, by its agents where it names any.
4. A line's instrument is of the statement that the run's input is of, and the kWh of all lines are those drawn.  One
   that is drawn from no lot, as in old records, is the registry's word; of a scheme that has a home it counts for
   nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from ledger.holdings.mark import instrument_mark
from ledger.seal.digest import digest_bytes
from ledger.seal.sdjwt import OpenRun
from ledger.trust.pinned import Trust
from ledger.verify.certificate import ShownCertificate
from ledger.verify.findings import Findings, Outcome
from ledger.verify.rule import Rule
from schemas.certificate import CertificateRecord
from schemas.inventory import Cancelled, Electricity, Instrument, instrument_key
from schemas.quantity import millionths, millionths_text
from schemas.sentences import CAUSES
from schemas.vocabulary import CANCELLATION, GROUPS

Key = tuple[str, str]
"""The key that identifies a scheme's statement."""
_POWER = GROUPS.index("electricity")


def marks_of(record: CertificateRecord) -> list[bytes]:
    """Return the nullifier of a certificate's electricity statement, if it has one.

    Its issuance leaves it in the log beside those of every issuance.
    """
    said = record.instrument
    return [] if said is None else [instrument_mark(said.key, digest_bytes(said.after) if said.after else b"")]


@dataclass(slots=True)
class Instruments:
    """The instruments of a chain.

    `uses` are the issuances that enter a statement, or name it in a line alone, with their places; `entered` the
    statement of each issuance that enters one, `undoes` the issuance that each undo undid; `homeless` and `alone` tell
    whether anything rests on the registry's word.
    """

    findings: Findings
    trust: Trust
    uses: dict[Key, dict[bytes, str]] = field(default_factory=dict)
    entered: dict[bytes, Key] = field(default_factory=dict)
    undoes: dict[bytes, bytes] = field(default_factory=dict)
    homeless: bool = False
    alone: bool = False

    def check_clear(self, seen: ShownCertificate) -> None:
        """Judge the certificate of a lot of electricity."""
        record, place = seen.record, seen.place
        stated, batch = record.instrument, record.batch
        named = (stated is not None, batch.kind == "electricity", batch.step == CANCELLATION)
        if not any(named):
            return
        before = seen.predecessor
        same = before is None or before.record.instrument == stated
        self.findings.require(Rule.INSTRUMENT, place, holds=all(named) and same and _of_nothing(record))
        if stated is None:
            return
        self.entered[seen.issuance] = stated.key
        self.uses.setdefault(stated.key, {})[seen.issuance] = place
        terms = {"scheme": stated.scheme, "statement": stated.statement}
        if seen.logged is not None:
            left = record.follows is not None or set(marks_of(record)) <= set(seen.logged.entry.marks)
            self.findings.require(Rule.INSTRUMENT_MARK, place, holds=left and self._free(stated), **terms)
            self._home(seen, stated, seen.logged.entry.time_ms)

    def _free(self, said: Cancelled) -> bool:
        """Return whether the undo that a repeated statement names has freed it."""
        if said.after is None:
            return True
        undone = self.undoes.get(digest_bytes(said.after))
        return undone is not None and self.entered.get(undone) == said.key

    def _home(self, seen: ShownCertificate, said: Cancelled, time_ms: int) -> None:
        home = self.trust.home_of(said.scheme, logged=time_ms)
        if home is None:
            self.homeless = True
            return
        may = not home.agents or seen.record.issuer.did in home.agents
        holds = may and seen.record.registry == home.registry
        self.findings.require(Rule.INSTRUMENT_HOME, seen.place, holds=holds, scheme=said.scheme, home=home.registry)

    def check(self, run: OpenRun, seen: ShownCertificate) -> None:
        """Judge what the electricity lines of a run name, against the lots that it draws from."""
        power = run.inventory[_POWER]
        if not isinstance(power, Electricity):
            self.findings.add(Rule.INSTRUMENT_DRAWN, Outcome.WITHHELD, seen.place, statement=CAUSES["hidden-line"])
            return
        named: dict[Key, list[Instrument]] = {}
        for line in power.lines:
            for item in line.instruments:
                if item.kind != "supplier":
                    named.setdefault(instrument_key(item.scheme, item.statement), []).append(item)
        drawn, whole = self._drawn(run, seen)
        for key in {**named, **drawn}:
            if key in drawn:
                self._same(seen, drawn[key], named.get(key, []))
            elif whole:
                self._alone(seen, key, named[key][0])
            else:
                self.findings.add(Rule.INSTRUMENT_DRAWN, Outcome.WITHHELD, seen.place, statement=key[1])

    def _drawn(self, run: OpenRun, seen: ShownCertificate) -> tuple[dict[Key, list[tuple[Cancelled, int]]], bool]:
        """Return the energy drawn from each statement, in mWh, and whether all inputs are shown."""
        drawn: dict[Key, list[tuple[Cancelled, int]]] = {}
        whole = True
        for shown in run.inputs:
            cited = seen.named.get(shown.source.certificate) if shown and shown.source else None
            if shown is None or cited is None:
                whole = False
            elif cited.record.instrument is not None:
                said = cited.record.instrument
                drawn.setdefault(said.key, []).append((said, millionths(shown.value.mass_kg)))
        return drawn, whole

    def _same(self, seen: ShownCertificate, drawn: list[tuple[Cancelled, int]], items: list[Instrument]) -> None:
        """Check that the lines match the drawn statement: the same instrument, the same words, the same kWh."""
        taken, named = sum(mwh for _, mwh in drawn), sum(millionths(item.kwh) for item in items)
        holds = taken == named and all(said.covers(item) for said, _ in drawn for item in items)
        told = {} if holds else {"drawn": millionths_text(taken), "named": millionths_text(named)}
        self.findings.require(Rule.INSTRUMENT_DRAWN, seen.place, holds=holds, statement=drawn[0][0].statement, **told)

    def _alone(self, seen: ShownCertificate, key: Key, item: Instrument) -> None:
        """Take in an instrument that is drawn from no lot."""
        self.uses.setdefault(key, {})[seen.issuance] = seen.place
        self.alone = True
        time_ms = seen.logged.entry.time_ms if seen.logged else 0
        homeless = self.trust.home_of(item.scheme, logged=time_ms) is None
        told = {"statement": item.statement, "drawn": "0", "named": item.kwh}
        self.findings.require(Rule.INSTRUMENT_DRAWN, seen.place, holds=homeless, **told)


def _of_nothing(record: CertificateRecord) -> bool:
    """Return whether a lot has no inputs, and no content except its kWh."""
    counts, figures = record.counts, record.footprint
    lone = (counts.inputs, counts.holdings, counts.lines, counts.outputs) == (0, 0, 0, 1)
    told = (*record.composition, *figures.rows, *record.indicators.rows, *record.indicators.partial, *record.claims)
    return lone and not told and record.batch.coating is None
