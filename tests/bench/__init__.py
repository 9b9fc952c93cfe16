"""How fast a village is and what it costs. README.md says what each number means."""
