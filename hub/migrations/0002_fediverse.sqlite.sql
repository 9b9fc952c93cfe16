CREATE TABLE "actor" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "role" VARCHAR(12) /* null: lives elsewhere */,
    "host" VARCHAR(255) NOT NULL /* empty: lives here */,
    "name" VARCHAR(128) NOT NULL /* preferredUsername; of ours, the handle given here */,
    "handle" VARCHAR(400),
    "kind" VARCHAR(20) NOT NULL /* AS type */,
    "display_name" TEXT NOT NULL,
    "summary" TEXT NOT NULL,
    "url" VARCHAR(2048) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "shared_inbox" VARCHAR(2048),
    "followers_uri" VARCHAR(2048),
    "featured_uri" VARCHAR(2048),
    "icon_url" VARCHAR(2048),
    "hidden" INT NOT NULL /* of ours: its page is for members only */,
    "approves_followers" INT NOT NULL,
    "also_known_as" JSON NOT NULL,
    "moved_to" VARCHAR(2048),
    "moved_at" TIMESTAMP,
    "extra" JSON NOT NULL /* of ours: what its slice adds to its document, as its place */,
    "updates" INT NOT NULL /* Updates of itself that ours has sent */,
    "created_at" TIMESTAMP NOT NULL,
    "fetched_at" TIMESTAMP /* when its own server said all this */,
    "suspended_at" TIMESTAMP /* refused by us */,
    "deleted_at" TIMESTAMP /* gone for ever; the row keeps its place */
) /* An ActivityPub identity, ours or another server's. */;

CREATE INDEX "idx_actor_host_b77a0a" ON "actor" ("host");

CREATE INDEX "idx_actor_handle_43690b" ON "actor" ("handle");

CREATE TABLE "host" (
    "name" VARCHAR(255) NOT NULL PRIMARY KEY,
    "policy" VARCHAR(10) NOT NULL /* NONE: \nBLOCKED: blocked\nALLOWED: allowed */,
    "note" TEXT NOT NULL /* why, in the words of who decided; others may read it */,
    "decided_at" TIMESTAMP,
    "met_at" TIMESTAMP NOT NULL,
    "heard_at" TIMESTAMP /* last valid message from there */,
    "succeeded_at" TIMESTAMP /* last delivery that was taken */,
    "scheme" VARCHAR(10) NOT NULL /* signatures that it understands */,
    "failing_since" TIMESTAMP,
    "failures" INT NOT NULL /* in a row */,
    "asked_at" TIMESTAMP /* last try that failed */,
    "revived_at" TIMESTAMP,
    "last_error" VARCHAR(200) NOT NULL,
    "next_at" TIMESTAMP,
    "lease_until" TIMESTAMP
) /* Another server (its name, with a port if unusual), and the queue of what waits for it. */;

CREATE INDEX "idx_host_next_at_90698d" ON "host" ("next_at");

CREATE TABLE "key_question" (
    "id" VARCHAR(2048) NOT NULL PRIMARY KEY /* URI of the key */,
    "asked_at" TIMESTAMP NOT NULL
) /* When a key was last asked for, over all processes (SIG-20, DOS-16). */;

CREATE INDEX "idx_key_questio_asked_a_6a4e1b" ON "key_question" ("asked_at");

CREATE TABLE "known_key" (
    "id" VARCHAR(2048) NOT NULL PRIMARY KEY /* URI of the key */,
    "owner" VARCHAR(2048) NOT NULL /* URI of the actor that lists it */,
    "pem" TEXT NOT NULL,
    "seen_at" TIMESTAMP NOT NULL
) /* A public key of another server that has verified something. */;

CREATE INDEX "idx_known_key_owner_898d27" ON "known_key" ("owner");

CREATE TABLE "signing_key" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "rsa_pem" TEXT NOT NULL,
    "ed25519_pem" TEXT NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "retired_at" TIMESTAMP,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
) /* Both private keys of an actor of ours, PKCS 8; the newest that is not retired signs. */;

CREATE INDEX "idx_signing_key_actor_i_457fc3" ON "signing_key" ("actor_id");

CREATE TABLE "picture" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "url" VARCHAR(2048) NOT NULL UNIQUE,
    "file" VARCHAR(60) UNIQUE,
    "asked_at" TIMESTAMP NOT NULL,
    "fetched_at" TIMESTAMP,
    "failed_at" TIMESTAMP
) /* `file` is the name below LAVOIR_DATA\/media, null while it was not fetched, or could not be. */;

CREATE TABLE "gone" (
    "uri" VARCHAR(2048) NOT NULL PRIMARY KEY,
    "by" VARCHAR(2048) NOT NULL /* URI of the actor who said so */,
    "at" TIMESTAMP NOT NULL
) /* A URI that was deleted or taken back, perhaps before it ever arrived: it does not come again. */;

CREATE INDEX "idx_gone_at_e869e8" ON "gone" ("at");

CREATE TABLE "publication" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "code" VARCHAR(8) UNIQUE /* of its page here */,
    "kind" VARCHAR(20) NOT NULL /* ANNOUNCEMENT: announcement\nANSWER: answer\nMESSAGE: message\nPOST: post */,
    "type" VARCHAR(20) NOT NULL /* AS type */,
    "scope" VARCHAR(10) NOT NULL /* PUBLIC: public\nNEIGHBOURS: neighbours\nVILLAGE: village\nFOLLOWERS: followers\nDIRECT: direct */,
    "title" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "summary" TEXT NOT NULL /* content warning */,
    "source" TEXT NOT NULL /* of ours: what was typed */,
    "language" VARCHAR(35),
    "url" VARCHAR(2048) NOT NULL,
    "in_reply_to" VARCHAR(2048),
    "document" JSON,
    "published_at" TIMESTAMP NOT NULL,
    "updated_at" TIMESTAMP,
    "edits" INT NOT NULL,
    "pinned_at" TIMESTAMP,
    "hidden_at" TIMESTAMP /* an agent took it off our pages */,
    "deleted_at" TIMESTAMP,
    "likes" INT NOT NULL,
    "shares" INT NOT NULL,
    "replies" INT NOT NULL /* public ones that are shown */,
    "received_at" TIMESTAMP NOT NULL,
    "author_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "root_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
) /* `html` and `summary` are clean; `document` is the JSON as served, of ours alone, without @context. */;

CREATE INDEX "idx_publication_in_repl_374a62" ON "publication" ("in_reply_to");

CREATE INDEX "idx_publication_publish_3c9ede" ON "publication" ("published_at");

CREATE INDEX "idx_publication_author__2ae9b9" ON "publication" ("author_id");

CREATE INDEX "idx_publication_root_id_5e8836" ON "publication" ("root_id");

CREATE TABLE "reaction" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "deed" VARCHAR(10) NOT NULL /* LIKE: like\nANNOUNCE: announce */,
    "uri" VARCHAR(2048) NOT NULL /* of the activity */,
    "at" TIMESTAMP NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL REFERENCES "publication" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_reaction_actor_i_63265a" UNIQUE ("actor_id", "publication_id", "deed")
) /* An actor liked a publication or passed it on: once each, whatever the ids of the activities. */;

CREATE INDEX "idx_reaction_uri_6bfefa" ON "reaction" ("uri");

CREATE INDEX "idx_reaction_publica_c60323" ON "reaction" ("publication_id");

CREATE TABLE "stamp" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "quoting" VARCHAR(2048) NOT NULL /* URI of what shows it */,
    "actor" VARCHAR(2048) NOT NULL /* URI of who asked */,
    "made_at" TIMESTAMP NOT NULL,
    "revoked_at" TIMESTAMP,
    "publication_id" BIGINT NOT NULL REFERENCES "publication" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_stamp_publica_fd1b21" UNIQUE ("publication_id", "quoting")
) /* Our word that `quoting` may show a publication of ours (FEP-044f). */;

CREATE INDEX "idx_stamp_publica_20a62e" ON "stamp" ("publication_id");

CREATE TABLE "activity" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "type" VARCHAR(20) NOT NULL,
    "object_uri" VARCHAR(2048),
    "body" TEXT NOT NULL /* JSON, as it is sent */,
    "public" INT NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
) /* One that we sent: the exact text, under the id that it keeps. Public ones answer at their URI. */;

CREATE INDEX "idx_activity_object__6dee9f" ON "activity" ("object_uri");

CREATE INDEX "idx_activity_made_at_b9bb08" ON "activity" ("made_at");

CREATE INDEX "idx_activity_actor_i_e87b03" ON "activity" ("actor_id");

CREATE TABLE "block" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL /* of the activity */,
    "at" TIMESTAMP NOT NULL,
    "by_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "target_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_block_by_id_12bc7b" UNIQUE ("by_id", "target_id")
) /* Somebody elsewhere wants to have nothing to do with an actor of ours. */;

CREATE INDEX "idx_block_target__9503cf" ON "block" ("target_id");

CREATE TABLE "delivery" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "actor_id" BIGINT NOT NULL /* its author, within whose posts order is kept */,
    "host" VARCHAR(255) NOT NULL,
    "inbox" VARCHAR(2048) NOT NULL,
    "queued_at" TIMESTAMP NOT NULL,
    "attempts" INT NOT NULL /* failures of this post, its host being well */,
    "not_before" TIMESTAMP,
    "activity_id" BIGINT NOT NULL REFERENCES "activity" ("id") ON DELETE CASCADE,
    "signing_key_id" INT REFERENCES "signing_key" ("id") ON DELETE CASCADE /* the old one, for the news of a new one */,
    CONSTRAINT "uid_delivery_activit_f10fc6" UNIQUE ("activity_id", "inbox")
) /* One activity for one inbox; deleted once it was taken. Its host's row says when it may go. */;

CREATE INDEX "idx_delivery_host_d6c478" ON "delivery" ("host", "id");

CREATE TABLE "follow" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL /* of the activity, the latest */,
    "asked_at" TIMESTAMP NOT NULL,
    "accepted_at" TIMESTAMP,
    "followed_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "follower_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_follow_followe_b990b4" UNIQUE ("follower_id", "followed_id")
) /* `accepted_at` is null while it waits for the followed, or for the person who decides for ours. */;

CREATE INDEX "idx_follow_uri_7bd3b7" ON "follow" ("uri");

CREATE INDEX "idx_follow_followe_1b564d" ON "follow" ("followed_id");

CREATE TABLE "received" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL,
    "signer" VARCHAR(2048) NOT NULL /* URI of the actor whose server sent it */,
    "inbox" VARCHAR(2048) NOT NULL /* URI that it was posted to */,
    "body" TEXT NOT NULL /* JSON, only what was verified */,
    "received_at" TIMESTAMP NOT NULL,
    "attempts" INT NOT NULL,
    "not_before" TIMESTAMP,
    "failed_at" TIMESTAMP /* set aside after too many attempts */,
    "last_error" VARCHAR(1000) NOT NULL
) /* A verified activity that waits to be handled; deleted with the transaction that handles it. */;

CREATE TABLE "report" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "actor" VARCHAR(2048) NOT NULL /* URI of who reports, mostly a whole server */,
    "host" VARCHAR(255) NOT NULL,
    "objects" JSON NOT NULL /* URIs of ours */,
    "content" TEXT NOT NULL /* plain text */,
    "received_at" TIMESTAMP NOT NULL,
    "settled_at" TIMESTAMP
) /* A complaint of another server about an actor or a publication of ours (Flag). */;

CREATE INDEX "idx_report_host_e68c07" ON "report" ("host");

CREATE TABLE "seen" (
    "uri" VARCHAR(2048) NOT NULL PRIMARY KEY,
    "at" TIMESTAMP NOT NULL
) /* The id of an activity that came in: a second one changes nothing (INB-01, INB-02). */;

CREATE INDEX "idx_seen_at_a0af2f" ON "seen" ("at");
