"""Who takes part, here with an account or without one, or from another server."""
