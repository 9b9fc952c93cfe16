"""HTML plumbing: it knows no subject."""
