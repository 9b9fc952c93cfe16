"""What a person is told. For now: by mail."""
