"""The pinned atomic weights, the rare earths, and their reference oxides.

Rules: the whole project uses this one table, never that of a library.  Libraries disagree (another release has Yb
173.054 and O 15.999405), and another weight gives another footprint.  Source: IUPAC/CIAAW 2021 standard atomic weights,
abridged, as shipped in periodictable 2.1.0 (public domain).  Weights are g/mol.

This module has no isotopes, no charges, and no elements that no rare-earth chain declares.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.quantity import trillionths

_WEIGHTS: Final = {
    "H": "1.008", "Li": "6.94", "B": "10.81", "C": "12.011", "N": "14.007", "O": "15.999",
    "F": "18.998403162", "Na": "22.98976928", "Mg": "24.305", "Al": "26.9815384", "Si": "28.085",
    "P": "30.973761998", "S": "32.06", "Cl": "35.45", "Ar": "39.95", "K": "39.0983",
    "Ca": "40.078", "Sc": "44.955907", "Ti": "47.867", "V": "50.9415", "Cr": "51.9961",
    "Mn": "54.938043", "Fe": "55.845", "Co": "58.933194", "Ni": "58.6934", "Cu": "63.546",
    "Zn": "65.38", "Ga": "69.723", "Sr": "87.62", "Y": "88.905838", "Zr": "91.224",
    "Nb": "92.90637", "Mo": "95.95", "Sn": "118.71", "Ba": "137.327", "La": "138.90547",
    "Ce": "140.116", "Pr": "140.90766", "Nd": "144.242", "Sm": "150.36", "Eu": "151.964",
    "Gd": "157.25", "Tb": "158.925354", "Dy": "162.5", "Ho": "164.930329", "Er": "167.259",
    "Tm": "168.934219", "Yb": "173.045", "Lu": "174.9668", "Hf": "178.486", "W": "183.84",
    "Pb": "207.2", "Bi": "208.9804", "Th": "232.0377", "U": "238.02891",
}  # fmt: skip

ATOMIC_WEIGHT: Final[Mapping[str, int]] = MappingProxyType(
    {element: trillionths(weight) for element, weight in _WEIGHTS.items()}
)
"""Standard atomic weight by element symbol, g/mol x 10^12 (a scaled number)."""

REFERENCE_OXIDE: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Y": "Y2O3", "Sc": "Sc2O3", "La": "La2O3", "Ce": "CeO2", "Pr": "Pr6O11", "Nd": "Nd2O3",
        "Sm": "Sm2O3", "Eu": "Eu2O3", "Gd": "Gd2O3", "Tb": "Tb4O7", "Dy": "Dy2O3", "Ho": "Ho2O3",
        "Er": "Er2O3", "Tm": "Tm2O3", "Yb": "Yb2O3", "Lu": "Lu2O3",
    }
)  # fmt: skip
"""The oxide in which each rare earth counts as REO: the one that is stable in air after ignition, as the trade uses it.
"""

RARE_EARTHS: Final[tuple[str, ...]] = tuple(REFERENCE_OXIDE)
"""Y, Sc and La to Lu, without promethium, which has no stable isotope and no standard weight."""

TRACKED: Final[tuple[str, ...]] = (*RARE_EARTHS, "B", "Co", "Ni")
"""Elements with mass, origin and recycled share in every batch: the rare earths, and the additions of magnets and AB5.
"""
