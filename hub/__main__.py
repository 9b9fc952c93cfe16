"""`python -m hub` is the same as `lavoir`."""

from hub.cli import main

main()
