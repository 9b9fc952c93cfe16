"""Home and boards: what happens in the village, for everyone."""
