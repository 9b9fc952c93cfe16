"""The first minute: from an empty folder to a village."""
