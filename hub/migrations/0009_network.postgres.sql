-- Agreements between hubs, suggestions, guests of other servers, regions.
CREATE TABLE "neighbour" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "host" VARCHAR(255) NOT NULL UNIQUE,
    "state" VARCHAR(10) NOT NULL,
    "is_region" BOOL NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "sends" VARCHAR(200) NOT NULL,
    "receives" VARCHAR(200) NOT NULL,
    "within" INT,
    "their_within" INT,
    "why" TEXT NOT NULL,
    "their_why" TEXT NOT NULL,
    "asked_at" TIMESTAMPTZ NOT NULL,
    "agreed_at" TIMESTAMPTZ,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "caught_up_at" TIMESTAMPTZ,
    "actor_id" BIGINT NOT NULL UNIQUE REFERENCES "actor" ("id") ON DELETE CASCADE
);

COMMENT ON COLUMN "neighbour"."state" IS 'ASKED: asked\nASKS: asks\nAGREED: agreed\nPAUSED: paused\nREFUSED: refused\nENDED: ended';

COMMENT ON COLUMN "neighbour"."is_region" IS 'it shows villages, and is none';

COMMENT ON COLUMN "neighbour"."why" IS 'our reason, for everybody to read';

COMMENT ON COLUMN "neighbour"."their_why" IS 'theirs, plain text';

COMMENT ON COLUMN "neighbour"."changed_at" IS 'of the state';

COMMENT ON COLUMN "neighbour"."caught_up_at" IS 'when all that is open there was last read';

COMMENT ON TABLE "neighbour" IS 'Another hub that this one exchanges with, or was asked to: one row for its server actor.';

CREATE TABLE "receipt" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL,
    "object_uri" VARCHAR(2048) NOT NULL,
    "asked_at" TIMESTAMPTZ NOT NULL,
    "sent_at" TIMESTAMPTZ NOT NULL,
    "times" INT NOT NULL,
    "acknowledged_at" TIMESTAMPTZ,
    "neighbour_id" INT NOT NULL REFERENCES "neighbour" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_receipt_neighbo_fe9fe5" UNIQUE ("neighbour_id", "uri")
);

CREATE INDEX "idx_receipt_acknowl_37f40f" ON "receipt" ("acknowledged_at");

COMMENT ON COLUMN "receipt"."uri" IS 'of the Delete';

COMMENT ON COLUMN "receipt"."object_uri" IS 'of what was deleted';

COMMENT ON COLUMN "receipt"."asked_at" IS 'when it was first sent';

COMMENT ON COLUMN "receipt"."sent_at" IS 'when it was last sent';

COMMENT ON COLUMN "receipt"."times" IS 'that it was sent';

COMMENT ON TABLE "receipt" IS 'What a neighbour has to say to a Delete of ours: that it is gone there too. Sent again until then.';

ALTER TABLE "village" ADD COLUMN "is_region" BOOL NOT NULL DEFAULT false;

CREATE TABLE "guest" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "hash" VARCHAR(64) NOT NULL UNIQUE,
    "made_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_guest_ends_at_6e7084" ON "guest" ("ends_at");

CREATE INDEX "idx_guest_actor_i_bb9ab9" ON "guest" ("actor_id");

COMMENT ON COLUMN "guest"."hash" IS 'of the browser''s token';

COMMENT ON TABLE "guest" IS 'A browser of somebody who is at home on another server, and proved it by a PIN.';

CREATE TABLE "pin" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "token" VARCHAR(64) NOT NULL UNIQUE,
    "number" VARCHAR(64) NOT NULL,
    "tries" INT NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_pin_made_at_97a74d" ON "pin" ("made_at");

CREATE INDEX "idx_pin_actor_i_58baad" ON "pin" ("actor_id");

COMMENT ON COLUMN "pin"."token" IS 'hash of the browser''s';

COMMENT ON COLUMN "pin"."number" IS 'hash, made with the token';

COMMENT ON TABLE "pin" IS 'A number that was sent in private to somebody elsewhere, to be typed here within minutes.';

ALTER TABLE "proposal" ADD COLUMN "brief" BOOL NOT NULL DEFAULT false;

ALTER TABLE "proposal" ADD COLUMN "widened_at" TIMESTAMPTZ;

ALTER TABLE "proposal" ADD COLUMN "widens" BOOL NOT NULL DEFAULT false;

CREATE TABLE "objection" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "reason" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "answer" TEXT NOT NULL,
    "answered_at" TIMESTAMPTZ,
    "neighbour_id" INT NOT NULL REFERENCES "neighbour" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL
);

CREATE INDEX "idx_objection_neighbo_2e44d3" ON "objection" ("neighbour_id");

CREATE INDEX "idx_objection_partici_f21e19" ON "objection" ("participant_id");

COMMENT ON TABLE "objection" IS 'Somebody from here is against an exchange with this neighbour; the town hall answers within 15 days.';

CREATE TABLE "suggestion" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "score" DOUBLE PRECISION NOT NULL,
    "reasons" JSONB NOT NULL,
    "found_at" TIMESTAMPTZ NOT NULL,
    "told_at" TIMESTAMPTZ,
    "dismissed_at" TIMESTAMPTZ,
    "need_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "offer_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_suggestion_need_id_10e2cb" UNIQUE ("need_id", "offer_id")
);

CREATE INDEX "idx_suggestion_offer_i_46838c" ON "suggestion" ("offer_id");

COMMENT ON COLUMN "suggestion"."told_at" IS 'when somebody was told of it';

COMMENT ON COLUMN "suggestion"."dismissed_at" IS 'somebody said that it does not suit';

COMMENT ON TABLE "suggestion" IS 'An offer that may suit a need. `reasons` are words for people: `{\"category\": \"…\", \"km\": 6, …}`.';
