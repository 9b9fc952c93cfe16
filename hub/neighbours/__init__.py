"""Agreements with other hubs: proposed, accepted, paused and ended; what is open there is caught up with."""
