-- Words that publications are found by. Tortoise cannot describe such a table.
CREATE TABLE "search" (
    "publication_id" BIGINT NOT NULL PRIMARY KEY REFERENCES "publication" ("id") ON DELETE CASCADE,
    "words" TSVECTOR NOT NULL
);

CREATE INDEX "idx_search_words" ON "search" USING GIN ("words");
