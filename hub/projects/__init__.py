"""Projects: what many hands build, from what was observed to what remains."""
