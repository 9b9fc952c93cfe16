"""The village itself: its facts, its pages of words, its set-up."""
