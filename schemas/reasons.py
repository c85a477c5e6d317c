"""What decides the answer to a claim, in words: one sentence a reason, with its facts in ``{braces}``.

Rules: a sentence is about the run or batch at the end of the answer's path; it says what was found and, where that is not enough,
what would be.  What this module does not do: judging (`ledger.claims`).
"""

from __future__ import annotations

from typing import Final

REASONS: Final[dict[str, str]] = {
    # of any claim
    "as-stated": "So its certificate says.",
    "not-stated": "Its certificate does not state this claim.",
    "run-withheld": "How it was made is not shown, so this is the producer's word.",
    "inputs-withheld": "Where it comes from is not shown.",
    "open-branch": "{material} brings rare earth that no certificate stands behind.",
    "no-place": "A record has no place for the evidence, so this is the producer's word.",
    # water that leaves
    "discharged": "{found} m3 of water left the plant.",
    "meter-reads": "The meter {meter} at the fence read {found} m3.",
    "load": "The run states what the water that it discharged carried.",
    "salt-outside": "The waste {waste} left the plant, and no registered treatment took it.",
    "no-water": "The run states no water balance.",
    "meters": "{found} independent meter(s) at the fence read 0; it takes {possible}.",
    "water-open": "Of {possible} m3 of water, {found} m3 are accounted for.",
    "not-closed": "Of {possible} kg of {element} that went in, {found} kg are accounted for; at most 5 % may be missing.",
    "untracked": "The run leaves {element} out of its balance.",
    "no-composition": "The composition of {material} is not stated, so no balance shows where it went.",
    "no-destination": "Where the waste {waste} goes is not stated.",
    "evaporator-energy": "{found} m3 went to an evaporator whose energy is not in the run.",
    "evaporator-range": "The evaporator took {found} kWh for each m3; {possible} are usual.",
    "no-discharge": "Independent meters at the fence read 0, and the balances of water and salts close.",
    "reuse-low": "{found} of the water was used again; {possible} was claimed.",
    "reuse-unmetered": "{found} of the water was used again, by the producer's word: no meter of it is in the record.",
    # reagents
    "ammonia": "{material} brings {found} kg of ammonia nitrogen.",
    "nitrogen-unclear": "Whether the nitrogen in {material} is that of ammonia, its composition does not tell.",
    "no-ammonia": "No reagent brings ammonia or an ammonium salt.",
    # energy
    "fuel-energy": "The heating value of a fuel is not stated, so the energy can't be added up.",
    "no-product": "The run made no rare earth that its energy could be put against.",
    "no-baseline": "It took {found} kgce for each kg of oxide; no figure of the year before is stated.",
    "baseline-said": "It took {found} kgce for each kg of oxide, against {possible} a year before by the producer's word.",
    "baseline-other": "The certificate of the year before is not of this plant, step and period, or states another figure.",
    "not-metered": "{line} was not metered.",
    "intensity-high": "It took {found} kgce for each kg of oxide, against {possible} a year before: no such fall.",
    "intensity-fell": "It took {found} kgce for each kg of oxide, against {possible} a year before.",
    "no-electricity": "The run used no electricity.",
    "renewable": "{found} of the electricity is covered by renewable instruments of its own grid and year.",
    "renewable-low": "{found} of the electricity is covered by renewable instruments of its own grid and year; {possible} was claimed.",
    "renewable-chain": "{found} of the electricity of this step and of those before it is renewable, weighed by rare earth.",
    "renewable-chain-low": "At most {found} of the electricity of this step and of those before it is renewable; {possible} was claimed.",
    "renewable-open": "Between {found} and {possible} of the electricity is renewable: not every input states its share.",
    # figures of the batch
    "recycled": "{found} of its {element} is recycled, followed lot by lot.",
    "recycled-low": "{found} of its {element} is recycled; {possible} was claimed.",
    "recycled-said": "{found} of its {element} is recycled, part of it from scrap without a certificate.",
    "no-element": "There is no {element} in it.",
    "footprint-high": "It has {found} kg CO2e for each kg, by the larger of the two ways to count electricity; {possible} was claimed.",
    "footprint-placeholders": "It has {found} kg CO2e for each kg, but {lines} of its lines rest on factors that are no evidence.",
    "footprint-close": "It has {found} kg CO2e for each kg: less than {possible}, but within the uncertainty of the figure.",
    "footprint-below": "It has {found} kg CO2e for each kg, by more than its uncertainty below {possible}.",
    # where it was made
    "step-in": "The step {step} was done in {country}.",
    "step-unknown": "Where the step {step} was done is not known.",
    "steps-known": "Of every step it is known where it was done.",
    "steps-outside": "No step was done in {countries}.",
    # of several
    "parts": "Everything that it takes is proven.",
}
"""Sentences by reason; the reasons are those of `ledger.claims`."""
