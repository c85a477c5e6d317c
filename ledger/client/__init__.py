"""The client of another registry's HTTP interface, for a producer that keeps its own key."""
