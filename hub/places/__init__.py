"""Where things are: the communes of France, and distances."""
