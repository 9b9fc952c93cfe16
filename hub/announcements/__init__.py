"""The village's news: one public note each."""
