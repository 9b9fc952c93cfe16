"""Keeping it kind: what people say should not be here, and what the town hall decides about it."""
