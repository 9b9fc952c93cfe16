"""What was published, here and elsewhere: the index that every slice writes and every page reads."""
