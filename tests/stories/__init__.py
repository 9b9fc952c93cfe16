"""Whole stories, over several servers: what people do, and what they see."""
