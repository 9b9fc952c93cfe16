-- Who sees what of the board, without a look at the publications themselves.
CREATE INDEX "idx_publication_kind_71776c" ON "publication" ("kind", "scope", "deleted_at", "hidden_at");
