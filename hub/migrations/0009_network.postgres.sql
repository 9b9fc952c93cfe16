-- Agreements between hubs, suggestions, guests of other servers, regions.
ALTER TABLE "publication" ADD COLUMN "told_to" VARCHAR(10);

DROP INDEX "idx_publication_author__2ae9b9";

CREATE INDEX "idx_publication_author__445e84" ON "publication" ("author_id", "published_at");

ALTER TABLE "reaction" ADD COLUMN "through" VARCHAR(2048);

CREATE INDEX "idx_reaction_actor_i_62680d" ON "reaction" ("actor_id", "deed", "id");

-- Until now whoever asked was let follow the server actor, and that meant nothing. From now on such a follow is
-- one side of an agreement, which both town halls make anew.
DELETE FROM "follow" WHERE
    "followed_id" IN (SELECT "id" FROM "actor" WHERE "role" = 'server')
    OR "follower_id" IN (SELECT "id" FROM "actor" WHERE "role" = 'server');

ALTER TABLE "follow" ADD COLUMN "refused_at" TIMESTAMPTZ;

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
    "by_us" BOOL NOT NULL,
    "answer_by" TIMESTAMPTZ,
    "caught_up_at" TIMESTAMPTZ,
    "reading_since" TIMESTAMPTZ,
    "complete_since" TIMESTAMPTZ,
    "actor_id" BIGINT NOT NULL UNIQUE REFERENCES "actor" ("id") ON DELETE CASCADE
);

COMMENT ON COLUMN "neighbour"."state" IS 'ASKED: asked\nASKS: asks\nAGREED: agreed\nPAUSED: paused\nREFUSED: refused\nENDED: ended';

COMMENT ON COLUMN "neighbour"."is_region" IS 'it shows villages, and is none';

COMMENT ON COLUMN "neighbour"."why" IS 'our reason, for everybody to read';

COMMENT ON COLUMN "neighbour"."their_why" IS 'theirs, plain text';

COMMENT ON COLUMN "neighbour"."changed_at" IS 'of the state';

COMMENT ON COLUMN "neighbour"."by_us" IS 'who refused or ended it: this side';

COMMENT ON COLUMN "neighbour"."answer_by" IS 'until when one side asked the other for time';

COMMENT ON COLUMN "neighbour"."caught_up_at" IS 'when all that is open there was last read';

COMMENT ON COLUMN "neighbour"."reading_since" IS 'when a reading under way last went on';

COMMENT ON COLUMN "neighbour"."complete_since" IS 'when the last reading was begun that left nothing out';

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

ALTER TABLE "village" ADD COLUMN "embed_hosts" TEXT;

ALTER TABLE "village" ADD COLUMN "is_region" BOOL NOT NULL DEFAULT false;

ALTER TABLE "village" ALTER COLUMN "is_region" DROP DEFAULT;

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
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_pin_made_at_97a74d" ON "pin" ("made_at");

CREATE INDEX "idx_pin_actor_i_58baad" ON "pin" ("actor_id");

COMMENT ON COLUMN "pin"."token" IS 'hash of the browser''s';

COMMENT ON COLUMN "pin"."number" IS 'hash, made with the token';

COMMENT ON TABLE "pin" IS 'A number that is sent in private to somebody elsewhere, to be typed here within minutes.';

ALTER TABLE "proposal" ADD COLUMN "brief" BOOL NOT NULL DEFAULT false;

ALTER TABLE "proposal" ALTER COLUMN "brief" DROP DEFAULT;

ALTER TABLE "proposal" ADD COLUMN "widened_at" TIMESTAMPTZ;

ALTER TABLE "proposal" ADD COLUMN "widens" BOOL NOT NULL DEFAULT false;

ALTER TABLE "proposal" ALTER COLUMN "widens" DROP DEFAULT;

CREATE INDEX "idx_proposal_area_b2e63c" ON "proposal" ("area");

CREATE INDEX "idx_proposal_at_dist_b54b49" ON "proposal" ("at_distance", "latitude", "longitude");

CREATE INDEX "idx_proposal_minutes_31d729" ON "proposal" ("minutes");

CREATE INDEX "idx_proposal_widens_820495" ON "proposal" ("widens", "state");

DROP INDEX "idx_event_ends_at_9e1237";

CREATE INDEX "idx_event_ends_at_822f76" ON "event" ("ends_at", "starts_at");

CREATE INDEX "idx_project_changed_4a5fe5" ON "project" ("changed_at");

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
    "proposed_at" TIMESTAMPTZ,
    "dismissed_at" TIMESTAMPTZ,
    "need_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "offer_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_suggestion_need_id_10e2cb" UNIQUE ("need_id", "offer_id")
);

CREATE INDEX "idx_suggestion_offer_i_46838c" ON "suggestion" ("offer_id");

CREATE INDEX "idx_suggestion_told_at_fbd559" ON "suggestion" ("told_at", "score");

COMMENT ON COLUMN "suggestion"."told_at" IS 'when somebody was told of it';

COMMENT ON COLUMN "suggestion"."proposed_at" IS 'when an agent put it to both sides';

COMMENT ON COLUMN "suggestion"."dismissed_at" IS 'somebody said that it does not suit';

COMMENT ON TABLE "suggestion" IS 'An offer that may suit a need. `reasons` are words for people: `{\"category\": \"…\", \"km\": 6, …}`.';

CREATE TABLE "trait" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "kind" VARCHAR(20) NOT NULL,
    "term" VARCHAR(40) NOT NULL,
    "cell" INT NOT NULL,
    "weight" DOUBLE PRECISION NOT NULL,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_trait_proposa_d20f6a" UNIQUE ("proposal_id", "term")
);

CREATE INDEX "idx_trait_kind_7b36f9" ON "trait" ("kind", "term", "cell", "proposal_id", "weight");

COMMENT ON COLUMN "trait"."kind" IS 'ANNOUNCEMENT: announcement\nNEED: need\nOFFER: offer\nEVENT: event\nPROJECT: project\nEXPERIENCE: experience\nANSWER: answer\nMESSAGE: message\nPOST: post';

COMMENT ON COLUMN "trait"."cell" IS 'of the map; -1: anywhere';

COMMENT ON TABLE "trait" IS 'What an open need or offer is about, so that hub.matching.finding finds what suits it by an index.';

CREATE TABLE "behind" (
    "host" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" VARCHAR(160) NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "region_id" INT NOT NULL REFERENCES "neighbour" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_behind_region__67e1af" ON "behind" ("region_id");

COMMENT ON TABLE "behind" IS 'A village that we have no agreement with, and know by a region that shows it.';

CREATE TABLE "tally" (
    "host" VARCHAR(255) NOT NULL PRIMARY KEY,
    "counts" JSONB NOT NULL,
    "counted_at" TIMESTAMPTZ NOT NULL
);

COMMENT ON COLUMN "tally"."host" IS 'empty: this village';

COMMENT ON TABLE "tally" IS 'What everybody may see of one village, and still holds. `counts`: `{kind: {category: number}}`.';
