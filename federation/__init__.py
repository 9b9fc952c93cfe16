"""ActivityPub as a library: signatures, documents, the network; it never imports the hub."""
