"""Bundles: the file for a whole chain, and what a registry knows of the chain's recalls."""
