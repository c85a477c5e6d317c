"""Recipes: the typical run of a product and a few typed facts become a production record."""
