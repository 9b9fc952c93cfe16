-- Words that publications are found by; rowid is the publication's id. Tortoise cannot describe such a table.
CREATE VIRTUAL TABLE "search" USING fts5("words", tokenize = "ascii tokenchars '#'", detail = none);
