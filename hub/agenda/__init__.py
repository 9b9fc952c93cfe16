"""Events and workshops: when people meet, who comes, and what was decided there."""
