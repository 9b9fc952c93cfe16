"""Names by which the fediverse and our own pages know somebody."""
