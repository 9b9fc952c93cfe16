"""Pictures of other servers, fetched once and shown from here."""
