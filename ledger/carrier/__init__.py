"""The data carrier on a drum: the link, the seal in its fragment, the symbol, and the printed label.  Pure."""
