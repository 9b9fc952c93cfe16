"""Lavoir: a community hub for one village."""

__version__ = "0.1.0"
