"""The producer's desk: recipes that are kept here, and what is made of them."""
