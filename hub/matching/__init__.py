"""Needs meet offers, here and at neighbours: suggested to people, who decide."""
