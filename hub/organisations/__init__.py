"""Associations, companies, groups and town halls that a member may speak for."""
