-- The journal is written once: rows are added, and nothing changes or deletes them.
CREATE TABLE "entry" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "at" TIMESTAMP NOT NULL,
    "by_id" INT /* number of the member; null: the operator, or the program */,
    "by" VARCHAR(160) NOT NULL /* their name at that time */,
    "act" VARCHAR(40) NOT NULL,
    "about" VARCHAR(300) NOT NULL,
    "why" VARCHAR(1000) NOT NULL
) /* One thing that was done; `about` is a path of ours, a handle or the name of a server. */;

CREATE INDEX "idx_entry_at_80cd4a" ON "entry" ("at");

CREATE INDEX "idx_entry_act_f76dac" ON "entry" ("act");

CREATE INDEX "idx_entry_about_a2811f" ON "entry" ("about");

CREATE TRIGGER "entry_stays" BEFORE UPDATE ON "entry" BEGIN SELECT RAISE(ABORT, 'the journal is written once'); END;

CREATE TRIGGER "entry_is_kept" BEFORE DELETE ON "entry" BEGIN SELECT RAISE(ABORT, 'the journal is written once'); END;
