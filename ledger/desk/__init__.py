"""The producer's desk: kept recipes, and the runs made from them."""
