"""Needs, offers, and the hands that answer them."""
