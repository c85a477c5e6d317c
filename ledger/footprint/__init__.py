"""The footprint: the engine that turns a run and its certified inputs into figures."""
