"""Emission factors, grids, products and profiles: the tables behind a footprint."""
