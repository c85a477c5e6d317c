"""Emission factors, grids, products and profiles: the tables that a footprint is computed with."""
