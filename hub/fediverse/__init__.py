"""Our side of the protocol: what came in, what goes out, who follows whom."""
