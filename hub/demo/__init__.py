"""`lavoir demo`: two villages and their region on this machine, with a story in them, federating live."""
