"""The terminal: reads the environment, builds the parts together, prints. The composition root of Oreprint."""

__version__ = "0.1.0"
