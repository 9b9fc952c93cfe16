"""One view over many villages: board, map, figures, open data."""
