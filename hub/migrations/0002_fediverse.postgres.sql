CREATE TABLE "actor" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "role" VARCHAR(12),
    "host" VARCHAR(255) NOT NULL,
    "name" VARCHAR(128) NOT NULL,
    "handle" VARCHAR(400),
    "kind" VARCHAR(20) NOT NULL,
    "display_name" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "url" VARCHAR(2048) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "shared_inbox" VARCHAR(2048),
    "followers_uri" VARCHAR(2048),
    "featured_uri" VARCHAR(2048),
    "icon_url" VARCHAR(2048),
    "hidden" BOOL NOT NULL,
    "approves_followers" BOOL NOT NULL,
    "also_known_as" JSONB NOT NULL,
    "moved_to" VARCHAR(2048),
    "moved_at" TIMESTAMPTZ,
    "extra" JSONB NOT NULL,
    "updates" INT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL,
    "fetched_at" TIMESTAMPTZ,
    "suspended_at" TIMESTAMPTZ,
    "deleted_at" TIMESTAMPTZ
);

CREATE INDEX "idx_actor_host_b77a0a" ON "actor" ("host");

CREATE INDEX "idx_actor_handle_43690b" ON "actor" ("handle");

COMMENT ON COLUMN "actor"."role" IS 'null: lives elsewhere';

COMMENT ON COLUMN "actor"."host" IS 'empty: lives here';

COMMENT ON COLUMN "actor"."name" IS 'preferredUsername; of ours, the handle given here';

COMMENT ON COLUMN "actor"."kind" IS 'AS type';

COMMENT ON COLUMN "actor"."hidden" IS 'of ours: its page is for members only';

COMMENT ON COLUMN "actor"."extra" IS 'of ours: what its slice adds to its document, as its place';

COMMENT ON COLUMN "actor"."updates" IS 'Updates of itself that ours has sent';

COMMENT ON COLUMN "actor"."fetched_at" IS 'when its own server said all this';

COMMENT ON COLUMN "actor"."suspended_at" IS 'refused by us';

COMMENT ON COLUMN "actor"."deleted_at" IS 'gone for ever; the row keeps its place';

COMMENT ON TABLE "actor" IS 'An ActivityPub identity, ours or another server''s.';

CREATE TABLE "host" (
    "name" VARCHAR(255) NOT NULL PRIMARY KEY,
    "policy" VARCHAR(10) NOT NULL,
    "note" TEXT NOT NULL,
    "decided_at" TIMESTAMPTZ,
    "met_at" TIMESTAMPTZ NOT NULL,
    "heard_at" TIMESTAMPTZ,
    "succeeded_at" TIMESTAMPTZ,
    "scheme" VARCHAR(10) NOT NULL,
    "failing_since" TIMESTAMPTZ,
    "failures" INT NOT NULL,
    "asked_at" TIMESTAMPTZ,
    "revived_at" TIMESTAMPTZ,
    "last_error" VARCHAR(200) NOT NULL,
    "next_at" TIMESTAMPTZ,
    "lease_until" TIMESTAMPTZ
);

CREATE INDEX "idx_host_next_at_90698d" ON "host" ("next_at");

COMMENT ON COLUMN "host"."policy" IS 'NONE: \nBLOCKED: blocked\nALLOWED: allowed';

COMMENT ON COLUMN "host"."note" IS 'why, in the words of who decided; others may read it';

COMMENT ON COLUMN "host"."heard_at" IS 'last valid message from there';

COMMENT ON COLUMN "host"."succeeded_at" IS 'last delivery that was taken';

COMMENT ON COLUMN "host"."scheme" IS 'signatures that it understands';

COMMENT ON COLUMN "host"."failures" IS 'in a row';

COMMENT ON COLUMN "host"."asked_at" IS 'last try that failed';

COMMENT ON TABLE "host" IS 'Another server (its name, with a port if unusual), and the queue of what waits for it.';

CREATE TABLE "key_question" (
    "id" VARCHAR(2048) NOT NULL PRIMARY KEY,
    "asked_at" TIMESTAMPTZ NOT NULL
);

CREATE INDEX "idx_key_questio_asked_a_6a4e1b" ON "key_question" ("asked_at");

COMMENT ON COLUMN "key_question"."id" IS 'URI of the key';

COMMENT ON TABLE "key_question" IS 'When a key was last asked for, over all processes (SIG-20, DOS-16).';

CREATE TABLE "known_key" (
    "id" VARCHAR(2048) NOT NULL PRIMARY KEY,
    "owner" VARCHAR(2048) NOT NULL,
    "pem" TEXT NOT NULL,
    "seen_at" TIMESTAMPTZ NOT NULL
);

CREATE INDEX "idx_known_key_owner_898d27" ON "known_key" ("owner");

COMMENT ON COLUMN "known_key"."id" IS 'URI of the key';

COMMENT ON COLUMN "known_key"."owner" IS 'URI of the actor that lists it';

COMMENT ON TABLE "known_key" IS 'A public key of another server that has verified something.';

CREATE TABLE "signing_key" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "rsa_pem" TEXT NOT NULL,
    "ed25519_pem" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "retired_at" TIMESTAMPTZ,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_signing_key_actor_i_457fc3" ON "signing_key" ("actor_id");

COMMENT ON TABLE "signing_key" IS 'Both private keys of an actor of ours, PKCS 8; the newest that is not retired signs.';

CREATE TABLE "picture" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "url" VARCHAR(2048) NOT NULL UNIQUE,
    "file" VARCHAR(60) UNIQUE,
    "asked_at" TIMESTAMPTZ NOT NULL,
    "fetched_at" TIMESTAMPTZ,
    "failed_at" TIMESTAMPTZ
);

COMMENT ON TABLE "picture" IS '`file` is the name below LAVOIR_DATA/media, null while it was not fetched, or could not be.';

CREATE TABLE "gone" (
    "uri" VARCHAR(2048) NOT NULL PRIMARY KEY,
    "by" VARCHAR(2048) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL
);

CREATE INDEX "idx_gone_at_e869e8" ON "gone" ("at");

COMMENT ON COLUMN "gone"."by" IS 'URI of the actor who said so';

COMMENT ON TABLE "gone" IS 'A URI that was deleted or taken back, perhaps before it ever arrived: it does not come again.';

CREATE TABLE "publication" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "code" VARCHAR(8) UNIQUE,
    "kind" VARCHAR(20) NOT NULL,
    "type" VARCHAR(20) NOT NULL,
    "scope" VARCHAR(10) NOT NULL,
    "title" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "source" TEXT NOT NULL,
    "language" VARCHAR(35),
    "url" VARCHAR(2048) NOT NULL,
    "in_reply_to" VARCHAR(2048),
    "document" JSONB,
    "published_at" TIMESTAMPTZ NOT NULL,
    "updated_at" TIMESTAMPTZ,
    "edits" INT NOT NULL,
    "pinned_at" TIMESTAMPTZ,
    "hidden_at" TIMESTAMPTZ,
    "deleted_at" TIMESTAMPTZ,
    "likes" INT NOT NULL,
    "shares" INT NOT NULL,
    "replies" INT NOT NULL,
    "received_at" TIMESTAMPTZ NOT NULL,
    "author_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "root_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_publication_in_repl_374a62" ON "publication" ("in_reply_to");

CREATE INDEX "idx_publication_publish_3c9ede" ON "publication" ("published_at");

CREATE INDEX "idx_publication_author__2ae9b9" ON "publication" ("author_id");

CREATE INDEX "idx_publication_root_id_5e8836" ON "publication" ("root_id");

COMMENT ON COLUMN "publication"."code" IS 'of its page here';

COMMENT ON COLUMN "publication"."kind" IS 'ANNOUNCEMENT: announcement\nANSWER: answer\nMESSAGE: message\nPOST: post';

COMMENT ON COLUMN "publication"."type" IS 'AS type';

COMMENT ON COLUMN "publication"."scope" IS 'PUBLIC: public\nNEIGHBOURS: neighbours\nVILLAGE: village\nFOLLOWERS: followers\nDIRECT: direct';

COMMENT ON COLUMN "publication"."summary" IS 'content warning';

COMMENT ON COLUMN "publication"."source" IS 'of ours: what was typed';

COMMENT ON COLUMN "publication"."hidden_at" IS 'an agent took it off our pages';

COMMENT ON COLUMN "publication"."replies" IS 'public ones that are shown';

COMMENT ON TABLE "publication" IS '`html` and `summary` are clean; `document` is the JSON as served, of ours alone, without @context.';

CREATE TABLE "reaction" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "deed" VARCHAR(10) NOT NULL,
    "uri" VARCHAR(2048) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL REFERENCES "publication" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_reaction_actor_i_63265a" UNIQUE ("actor_id", "publication_id", "deed")
);

CREATE INDEX "idx_reaction_uri_6bfefa" ON "reaction" ("uri");

CREATE INDEX "idx_reaction_publica_c60323" ON "reaction" ("publication_id");

COMMENT ON COLUMN "reaction"."deed" IS 'LIKE: like\nANNOUNCE: announce';

COMMENT ON COLUMN "reaction"."uri" IS 'of the activity';

COMMENT ON TABLE "reaction" IS 'An actor liked a publication or passed it on: once each, whatever the ids of the activities.';

CREATE TABLE "stamp" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "quoting" VARCHAR(2048) NOT NULL,
    "actor" VARCHAR(2048) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "revoked_at" TIMESTAMPTZ,
    "publication_id" BIGINT NOT NULL REFERENCES "publication" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_stamp_publica_fd1b21" UNIQUE ("publication_id", "quoting")
);

CREATE INDEX "idx_stamp_publica_20a62e" ON "stamp" ("publication_id");

COMMENT ON COLUMN "stamp"."quoting" IS 'URI of what shows it';

COMMENT ON COLUMN "stamp"."actor" IS 'URI of who asked';

COMMENT ON TABLE "stamp" IS 'Our word that `quoting` may show a publication of ours (FEP-044f).';

CREATE TABLE "activity" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "type" VARCHAR(20) NOT NULL,
    "object_uri" VARCHAR(2048),
    "body" TEXT NOT NULL,
    "public" BOOL NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_activity_object__6dee9f" ON "activity" ("object_uri");

CREATE INDEX "idx_activity_made_at_b9bb08" ON "activity" ("made_at");

CREATE INDEX "idx_activity_actor_i_e87b03" ON "activity" ("actor_id");

COMMENT ON COLUMN "activity"."body" IS 'JSON, as it is sent';

COMMENT ON TABLE "activity" IS 'One that we sent: the exact text, under the id that it keeps. Public ones answer at their URI.';

CREATE TABLE "block" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "by_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "target_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_block_by_id_12bc7b" UNIQUE ("by_id", "target_id")
);

CREATE INDEX "idx_block_target__9503cf" ON "block" ("target_id");

COMMENT ON COLUMN "block"."uri" IS 'of the activity';

COMMENT ON TABLE "block" IS 'Somebody elsewhere wants to have nothing to do with an actor of ours.';

CREATE TABLE "delivery" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "actor_id" BIGINT NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "queued_at" TIMESTAMPTZ NOT NULL,
    "attempts" INT NOT NULL,
    "not_before" TIMESTAMPTZ,
    "activity_id" BIGINT NOT NULL REFERENCES "activity" ("id") ON DELETE CASCADE,
    "signing_key_id" INT REFERENCES "signing_key" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_delivery_activit_f10fc6" UNIQUE ("activity_id", "inbox")
);

CREATE INDEX "idx_delivery_host_d6c478" ON "delivery" ("host", "id");

COMMENT ON COLUMN "delivery"."actor_id" IS 'its author, within whose posts order is kept';

COMMENT ON COLUMN "delivery"."attempts" IS 'failures of this post, its host being well';

COMMENT ON COLUMN "delivery"."signing_key_id" IS 'the old one, for the news of a new one';

COMMENT ON TABLE "delivery" IS 'One activity for one inbox; deleted once it was taken. Its host''s row says when it may go.';

CREATE TABLE "follow" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL,
    "asked_at" TIMESTAMPTZ NOT NULL,
    "accepted_at" TIMESTAMPTZ,
    "followed_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "follower_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_follow_followe_b990b4" UNIQUE ("follower_id", "followed_id")
);

CREATE INDEX "idx_follow_uri_7bd3b7" ON "follow" ("uri");

CREATE INDEX "idx_follow_followe_1b564d" ON "follow" ("followed_id");

COMMENT ON COLUMN "follow"."uri" IS 'of the activity, the latest';

COMMENT ON TABLE "follow" IS '`accepted_at` is null while it waits for the followed, or for the person who decides for ours.';

CREATE TABLE "received" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL,
    "signer" VARCHAR(2048) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "body" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ NOT NULL,
    "attempts" INT NOT NULL,
    "not_before" TIMESTAMPTZ,
    "failed_at" TIMESTAMPTZ,
    "last_error" VARCHAR(1000) NOT NULL
);

COMMENT ON COLUMN "received"."signer" IS 'URI of the actor whose server sent it';

COMMENT ON COLUMN "received"."inbox" IS 'URI that it was posted to';

COMMENT ON COLUMN "received"."body" IS 'JSON, only what was verified';

COMMENT ON COLUMN "received"."failed_at" IS 'set aside after too many attempts';

COMMENT ON TABLE "received" IS 'A verified activity that waits to be handled; deleted with the transaction that handles it.';

CREATE TABLE "report" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "actor" VARCHAR(2048) NOT NULL,
    "host" VARCHAR(255) NOT NULL,
    "objects" JSONB NOT NULL,
    "content" TEXT NOT NULL,
    "received_at" TIMESTAMPTZ NOT NULL,
    "settled_at" TIMESTAMPTZ
);

CREATE INDEX "idx_report_host_e68c07" ON "report" ("host");

COMMENT ON COLUMN "report"."actor" IS 'URI of who reports, mostly a whole server';

COMMENT ON COLUMN "report"."objects" IS 'URIs of ours';

COMMENT ON COLUMN "report"."content" IS 'plain text';

COMMENT ON TABLE "report" IS 'A complaint of another server about an actor or a publication of ours (Flag).';

CREATE TABLE "seen" (
    "uri" VARCHAR(2048) NOT NULL PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL
);

CREATE INDEX "idx_seen_at_a0af2f" ON "seen" ("at");

COMMENT ON TABLE "seen" IS 'The id of an activity that came in: a second one changes nothing (INB-01, INB-02).';
