-- The journal is written once: rows are added, and nothing changes or deletes them.
CREATE TABLE "entry" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL,
    "by_id" INT,
    "by" VARCHAR(160) NOT NULL,
    "act" VARCHAR(40) NOT NULL,
    "about" VARCHAR(300) NOT NULL,
    "why" VARCHAR(1000) NOT NULL
);

CREATE INDEX "idx_entry_at_80cd4a" ON "entry" ("at");

CREATE INDEX "idx_entry_act_f76dac" ON "entry" ("act");

CREATE INDEX "idx_entry_about_a2811f" ON "entry" ("about");

COMMENT ON COLUMN "entry"."by_id" IS 'number of the member; null: the operator, or the program';

COMMENT ON COLUMN "entry"."by" IS 'their name at that time';

COMMENT ON TABLE "entry" IS 'One thing that was done; `about` is a path of ours, a handle or the name of a server.';

CREATE FUNCTION entry_is_written_once() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'the journal is written once'; END $$;

CREATE TRIGGER entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON "entry" FOR EACH STATEMENT EXECUTE FUNCTION entry_is_written_once();
