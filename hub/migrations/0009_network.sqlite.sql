-- Agreements between hubs, suggestions, guests of other servers, regions.
CREATE TABLE "new_publication" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL UNIQUE,
    "code" VARCHAR(8) UNIQUE /* of its page here */,
    "kind" VARCHAR(20) NOT NULL /* ANNOUNCEMENT: announcement\nNEED: need\nOFFER: offer\nEVENT: event\nPROJECT: project\nEXPERIENCE: experience\nANSWER: answer\nMESSAGE: message\nPOST: post */,
    "type" VARCHAR(20) NOT NULL /* AS type */,
    "scope" VARCHAR(10) NOT NULL /* PUBLIC: public\nNEIGHBOURS: neighbours\nVILLAGE: village\nFOLLOWERS: followers\nDIRECT: direct */,
    "told_to" VARCHAR(10) /* PUBLIC: public\nNEIGHBOURS: neighbours\nVILLAGE: village\nFOLLOWERS: followers\nDIRECT: direct */,
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

INSERT INTO "new_publication" (author_id, code, deleted_at, document, edits, hidden_at, html, id, in_reply_to, kind, language, likes, pinned_at, published_at, received_at, replies, root_id, scope, shares, source, summary, title, type, updated_at, uri, url)
SELECT "author_id", "code", "deleted_at", "document", "edits", "hidden_at", "html", "id", "in_reply_to", "kind", "language", "likes", "pinned_at", "published_at", "received_at", "replies", "root_id", "scope", "shares", "source", "summary", "title", "type", "updated_at", "uri", "url" FROM "publication";

DROP TABLE "publication";

ALTER TABLE "new_publication" RENAME TO "publication";

CREATE INDEX "idx_publication_in_repl_374a62" ON "publication" ("in_reply_to");

CREATE INDEX "idx_publication_publish_3c9ede" ON "publication" ("published_at");

CREATE INDEX "idx_publication_author__445e84" ON "publication" ("author_id", "published_at");

CREATE INDEX "idx_publication_root_id_5e8836" ON "publication" ("root_id");

CREATE INDEX "idx_publication_kind_71776c" ON "publication" ("kind", "scope", "deleted_at", "hidden_at");

CREATE TABLE "new_reaction" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "deed" VARCHAR(10) NOT NULL /* LIKE: like\nANNOUNCE: announce */,
    "uri" VARCHAR(2048) NOT NULL /* of the activity */,
    "at" TIMESTAMP NOT NULL,
    "through" VARCHAR(2048) /* of a region: server actors of the regions that it came by */,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL REFERENCES "publication" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_reaction_actor_i_63265a" UNIQUE ("actor_id", "publication_id", "deed")
) /* An actor liked a publication or passed it on: once each, whatever the ids of the activities. */;

INSERT INTO "new_reaction" (actor_id, at, deed, id, publication_id, uri)
SELECT "actor_id", "at", "deed", "id", "publication_id", "uri" FROM "reaction";

DROP TABLE "reaction";

ALTER TABLE "new_reaction" RENAME TO "reaction";

CREATE INDEX "idx_reaction_uri_6bfefa" ON "reaction" ("uri");

CREATE INDEX "idx_reaction_publica_c60323" ON "reaction" ("publication_id");

CREATE INDEX "idx_reaction_actor_i_62680d" ON "reaction" ("actor_id", "deed", "id");

-- Until now whoever asked was let follow the server actor, and that meant nothing. From now on such a follow is
-- one side of an agreement, which both town halls make anew.
DELETE FROM "follow" WHERE
    "followed_id" IN (SELECT "id" FROM "actor" WHERE "role" = 'server')
    OR "follower_id" IN (SELECT "id" FROM "actor" WHERE "role" = 'server');

CREATE TABLE "new_follow" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL /* of the activity, the latest */,
    "asked_at" TIMESTAMP NOT NULL,
    "accepted_at" TIMESTAMP,
    "refused_at" TIMESTAMP /* by us, for good: asking again changes nothing */,
    "followed_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    "follower_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_follow_followe_b990b4" UNIQUE ("follower_id", "followed_id")
) /* `accepted_at` is null while it waits for the followed, or for the person who decides for ours. */;

INSERT INTO "new_follow" (accepted_at, asked_at, followed_id, follower_id, id, uri)
SELECT "accepted_at", "asked_at", "followed_id", "follower_id", "id", "uri" FROM "follow";

DROP TABLE "follow";

ALTER TABLE "new_follow" RENAME TO "follow";

CREATE INDEX "idx_follow_uri_7bd3b7" ON "follow" ("uri");

CREATE INDEX "idx_follow_followe_1b564d" ON "follow" ("followed_id");

CREATE TABLE "neighbour" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "host" VARCHAR(255) NOT NULL UNIQUE,
    "state" VARCHAR(10) NOT NULL /* ASKED: asked\nASKS: asks\nAGREED: agreed\nPAUSED: paused\nREFUSED: refused\nENDED: ended */,
    "is_region" INT NOT NULL /* it shows villages, and is none */,
    "name" VARCHAR(160) NOT NULL,
    "latitude" REAL,
    "longitude" REAL,
    "sends" VARCHAR(200) NOT NULL,
    "receives" VARCHAR(200) NOT NULL,
    "within" INT,
    "their_within" INT,
    "why" TEXT NOT NULL /* our reason, for everybody to read */,
    "their_why" TEXT NOT NULL /* theirs, plain text */,
    "asked_at" TIMESTAMP NOT NULL,
    "agreed_at" TIMESTAMP,
    "changed_at" TIMESTAMP NOT NULL /* of the state */,
    "by_us" INT NOT NULL /* who refused or ended it: this side */,
    "answer_by" TIMESTAMP /* until when one side asked the other for time */,
    "caught_up_at" TIMESTAMP /* when all that is open there was last read */,
    "reading_since" TIMESTAMP /* when a reading under way last went on */,
    "complete_since" TIMESTAMP /* when the last reading was begun that left nothing out */,
    "actor_id" BIGINT NOT NULL UNIQUE REFERENCES "actor" ("id") ON DELETE CASCADE
) /* Another hub that this one exchanges with, or was asked to: one row for its server actor. */;

CREATE TABLE "receipt" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "uri" VARCHAR(2048) NOT NULL /* of the Delete */,
    "object_uri" VARCHAR(2048) NOT NULL /* of what was deleted */,
    "asked_at" TIMESTAMP NOT NULL /* when it was first sent */,
    "sent_at" TIMESTAMP NOT NULL /* when it was last sent */,
    "times" INT NOT NULL /* that it was sent */,
    "acknowledged_at" TIMESTAMP,
    "neighbour_id" INT NOT NULL REFERENCES "neighbour" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_receipt_neighbo_fe9fe5" UNIQUE ("neighbour_id", "uri")
) /* What a neighbour has to say to a Delete of ours: that it is gone there too. Sent again until then. */;

CREATE INDEX "idx_receipt_acknowl_37f40f" ON "receipt" ("acknowledged_at");

CREATE TABLE "new_village" (
    "id" SMALLINT NOT NULL PRIMARY KEY,
    "name" VARCHAR(120) NOT NULL,
    "handle" VARCHAR(40) NOT NULL /* of its actor; final */,
    "locale" VARCHAR(5) NOT NULL,
    "timezone" VARCHAR(40) NOT NULL,
    "insee" VARCHAR(5) /* code of the commune, its identity */,
    "latitude" REAL,
    "longitude" REAL,
    "address" TEXT NOT NULL,
    "hours" TEXT NOT NULL,
    "phone" VARCHAR(40) NOT NULL,
    "mail" VARCHAR(254) NOT NULL,
    "publisher" VARCHAR(120) NOT NULL /* publication director, for the legal notice */,
    "host" TEXT NOT NULL /* who runs the server, for the legal notice */,
    "visibility" VARCHAR(10) NOT NULL /* PUBLIC: public\nMEMBERS: members */,
    "sign_up" VARCHAR(10) NOT NULL /* OPEN: open\nINVITATION: invitation */,
    "colours" VARCHAR(10) NOT NULL /* WATER: water\nSLATE: slate\nVINE: vine */,
    "conformity" VARCHAR(10) NOT NULL /* NONE: none\nPARTIAL: partial\nFULL: full */,
    "is_region" INT NOT NULL /* a network that shows villages, and is none */,
    "embed_hosts" TEXT /* other sites that may show a part of the board: hosts, one a line */,
    "opened_at" TIMESTAMP NOT NULL
) /* The one row: what the village is called, where it is, who answers for it. */;

INSERT INTO "new_village" (address, colours, conformity, handle, host, hours, id, insee, is_region, latitude, locale, longitude, mail, name, opened_at, phone, publisher, sign_up, timezone, visibility)
SELECT "address", "colours", "conformity", "handle", "host", "hours", "id", "insee", 0, "latitude", "locale", "longitude", "mail", "name", "opened_at", "phone", "publisher", "sign_up", "timezone", "visibility" FROM "village";

DROP TABLE "village";

ALTER TABLE "new_village" RENAME TO "village";

CREATE TABLE "guest" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "hash" VARCHAR(64) NOT NULL UNIQUE /* of the browser's token */,
    "made_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
) /* A browser of somebody who is at home on another server, and proved it by a PIN. */;

CREATE INDEX "idx_guest_ends_at_6e7084" ON "guest" ("ends_at");

CREATE INDEX "idx_guest_actor_i_bb9ab9" ON "guest" ("actor_id");

CREATE TABLE "pin" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "token" VARCHAR(64) NOT NULL UNIQUE /* hash of the browser's */,
    "number" VARCHAR(64) NOT NULL /* hash, made with the token */,
    "tries" INT NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE
) /* A number that is sent in private to somebody elsewhere, to be typed here within minutes. */;

CREATE INDEX "idx_pin_made_at_97a74d" ON "pin" ("made_at");

CREATE INDEX "idx_pin_actor_i_58baad" ON "pin" ("actor_id");

CREATE TABLE "new_proposal" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "voice" VARCHAR(12) NOT NULL /* SELF: self\nORGANISATION: organisation\nTOWN_HALL: town-hall */,
    "template" VARCHAR(40) NOT NULL /* key of the template it was made from */,
    "category" VARCHAR(40) NOT NULL,
    "state" VARCHAR(12) NOT NULL /* REVIEW: review\nOPEN: open\nUNDER_WAY: under-way\nCOVERED: covered\nTHANKED: thanked\nCLOSED: closed\nEXPIRED: expired\nREFUSED: refused */,
    "changed_at" TIMESTAMP NOT NULL /* of the state */,
    "wanted" INT /* how many; null: as many as there are */,
    "unit" VARCHAR(40) NOT NULL,
    "promised" INT NOT NULL,
    "delivered" INT NOT NULL,
    "starts_at" TIMESTAMP,
    "ends_at" TIMESTAMP,
    "moment" VARCHAR(12) NOT NULL /* ANY: \nMORNING: morning\nAFTERNOON: afternoon\nEVENING: evening\nHOURS: hours */,
    "nights" INT NOT NULL /* wanted is a capacity for each night between */,
    "minutes" INT /* what it takes of one person's time */,
    "at_distance" INT NOT NULL,
    "area" VARCHAR(80) NOT NULL,
    "exact_place" TEXT NOT NULL /* for those whose pledge was accepted */,
    "latitude" REAL,
    "longitude" REAL,
    "mode" VARCHAR(12) NOT NULL /* GIFT: gift\nLOAN: loan\nEXCHANGE: exchange\nSHARED_COSTS: shared-costs */,
    "details" JSON NOT NULL /* own questions */,
    "beneficiary" VARCHAR(160) NOT NULL /* of a gift of money: legal name */,
    "link" VARCHAR(500) NOT NULL /* where a gift of money is made */,
    "expires_at" TIMESTAMP NOT NULL,
    "asked_at" TIMESTAMP /* when its author was asked whether it still holds */,
    "thanks" TEXT NOT NULL,
    "widens" INT NOT NULL /* its author agrees that villages around are asked where nobody here answers */,
    "brief" INT NOT NULL /* others get its title and area only */,
    "widened_at" TIMESTAMP /* when the circle was last made wider */,
    "intent_uri" VARCHAR(2048) /* what pledges satisfy */,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
) /* A need or an offer: what hangs on the board, beside its publication. */;

INSERT INTO "new_proposal" (area, asked_at, at_distance, beneficiary, brief, category, changed_at, delivered, details, ends_at, exact_place, expires_at, id, intent_uri, latitude, link, longitude, minutes, mode, moment, nights, organisation_id, owner_id, project_id, promised, publication_id, starts_at, state, template, thanks, unit, voice, wanted, widens)
SELECT "area", "asked_at", "at_distance", "beneficiary", 0, "category", "changed_at", "delivered", "details", "ends_at", "exact_place", "expires_at", "id", "intent_uri", "latitude", "link", "longitude", "minutes", "mode", "moment", "nights", "organisation_id", "owner_id", "project_id", "promised", "publication_id", "starts_at", "state", "template", "thanks", "unit", "voice", "wanted", 0 FROM "proposal";

DROP TABLE "proposal";

ALTER TABLE "new_proposal" RENAME TO "proposal";

CREATE INDEX "idx_proposal_categor_8cd90c" ON "proposal" ("category");

CREATE INDEX "idx_proposal_state_1f01e1" ON "proposal" ("state");

CREATE INDEX "idx_proposal_starts__dd14d7" ON "proposal" ("starts_at");

CREATE INDEX "idx_proposal_expires_a68502" ON "proposal" ("expires_at");

CREATE INDEX "idx_proposal_intent__b607df" ON "proposal" ("intent_uri");

CREATE INDEX "idx_proposal_organis_8b42c6" ON "proposal" ("organisation_id");

CREATE INDEX "idx_proposal_owner_i_e1c6d2" ON "proposal" ("owner_id");

CREATE INDEX "idx_proposal_project_9b1e1a" ON "proposal" ("project_id");

CREATE INDEX "idx_proposal_publica_90b345" ON "proposal" ("publication_id", "state", "expires_at");

CREATE INDEX "idx_proposal_state_0ceff8" ON "proposal" ("state", "changed_at");

CREATE INDEX "idx_proposal_ends_at_b8e330" ON "proposal" ("ends_at");

CREATE INDEX "idx_proposal_widens_820495" ON "proposal" ("widens", "state");

CREATE INDEX "idx_proposal_area_b2e63c" ON "proposal" ("area");

CREATE INDEX "idx_proposal_at_dist_b54b49" ON "proposal" ("at_distance", "latitude", "longitude");

CREATE INDEX "idx_proposal_minutes_31d729" ON "proposal" ("minutes");

CREATE TABLE "new_event" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "voice" VARCHAR(12) NOT NULL /* SELF: self\nORGANISATION: organisation\nTOWN_HALL: town-hall */,
    "is_exception" INT NOT NULL /* of a series, but changed by itself */,
    "standing" VARCHAR(12) NOT NULL /* REVIEW: review\nPLANNED: planned\nCANCELLED: cancelled\nREFUSED: refused */,
    "changed_at" TIMESTAMP NOT NULL /* of the standing */,
    "reason" TEXT NOT NULL /* why it was cancelled or refused */,
    "category" VARCHAR(40) NOT NULL,
    "starts_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "all_day" INT NOT NULL,
    "timezone" VARCHAR(64) NOT NULL /* IANA */,
    "place" VARCHAR(160) NOT NULL,
    "address" VARCHAR(300) NOT NULL,
    "online_url" VARCHAR(500) NOT NULL,
    "latitude" REAL,
    "longitude" REAL,
    "join_mode" VARCHAR(10) NOT NULL /* FREE: free\nNONE: none\nEXTERNAL: external */,
    "join_url" VARCHAR(500) NOT NULL /* where one signs up elsewhere */,
    "capacity" INT /* people; null: no limit */,
    "coming" INT NOT NULL /* people, counted anew with each change */,
    "waiting" INT NOT NULL,
    "came" INT /* people who were there, as somebody counted */,
    "method" VARCHAR(40) NOT NULL /* key of a method sheet: a workshop */,
    "minutes" TEXT NOT NULL /* what was said */,
    "next_step" TEXT NOT NULL,
    "minutes_at" TIMESTAMP /* when these were published */,
    "uid" VARCHAR(255) /* iCalendar, of imported */,
    "check_in" VARCHAR(32) UNIQUE /* of the QR at the door */,
    "sent_at" TIMESTAMP /* when others were told; of series, some days ahead */,
    "is_from_hub" INT NOT NULL /* elsewhere: who comes is known there by name */,
    "calendar_id" INT REFERENCES "calendar" ("id") ON DELETE SET NULL,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "series_id" BIGINT REFERENCES "series" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
) /* What the agenda holds, beside its publication. Other hubs' have no owner. */;

INSERT INTO "new_event" (address, all_day, calendar_id, came, capacity, category, changed_at, check_in, coming, ends_at, id, is_exception, is_from_hub, join_mode, join_url, latitude, longitude, method, minutes, minutes_at, next_step, online_url, organisation_id, owner_id, place, project_id, publication_id, reason, sent_at, series_id, standing, starts_at, timezone, uid, voice, waiting)
SELECT "address", "all_day", "calendar_id", "came", "capacity", "category", "changed_at", "check_in", "coming", "ends_at", "id", "is_exception", "is_from_hub", "join_mode", "join_url", "latitude", "longitude", "method", "minutes", "minutes_at", "next_step", "online_url", "organisation_id", "owner_id", "place", "project_id", "publication_id", "reason", "sent_at", "series_id", "standing", "starts_at", "timezone", "uid", "voice", "waiting" FROM "event";

DROP TABLE "event";

ALTER TABLE "new_event" RENAME TO "event";

CREATE INDEX "idx_event_categor_18b16f" ON "event" ("category");

CREATE INDEX "idx_event_starts__041da6" ON "event" ("starts_at");

CREATE INDEX "idx_event_uid_3080dc" ON "event" ("uid");

CREATE INDEX "idx_event_calenda_c17711" ON "event" ("calendar_id");

CREATE INDEX "idx_event_organis_dc1a65" ON "event" ("organisation_id");

CREATE INDEX "idx_event_owner_i_757ddd" ON "event" ("owner_id");

CREATE INDEX "idx_event_project_49c89b" ON "event" ("project_id");

CREATE INDEX "idx_event_series__fdc917" ON "event" ("series_id");

CREATE INDEX "idx_event_standin_6ee1e2" ON "event" ("standing", "starts_at");

CREATE INDEX "idx_event_ends_at_822f76" ON "event" ("ends_at", "starts_at");

CREATE INDEX "idx_event_calenda_79a5b5" ON "event" ("calendar_id", "uid");

CREATE TABLE "new_project" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "group_uri" VARCHAR(2048) NOT NULL /* of another hub's: who answers */,
    "stage" VARCHAR(12) NOT NULL /* OBSERVED: observed\nEXPLORED: explored\nDECIDED: decided\nRUNNING: running\nDONE: done\nKEPT_ALIVE: kept-alive\nENDED: ended */,
    "changed_at" TIMESTAMP NOT NULL /* of the stage */,
    "is_reviewed" INT NOT NULL /* false: an agent reads it first */,
    "template" VARCHAR(40) NOT NULL,
    "category" VARCHAR(40) NOT NULL,
    "area" VARCHAR(80) NOT NULL,
    "due" DATE,
    "call" TEXT NOT NULL /* whom it looks for (V4) */,
    "is_open" INT NOT NULL /* whether one can still join */,
    "approves" INT NOT NULL /* carriers say yes to each who joins */,
    "members" INT NOT NULL /* carriers included; counted anew with each change */,
    "agreements" TEXT NOT NULL /* what the group agreed on among itself */,
    "agreements_review" DATE /* when it looks at them again */,
    "reminded_on" DATE /* of the review */,
    "inspired_by" VARCHAR(2048) NOT NULL /* URI of an experience elsewhere */,
    "inspired_by_name" VARCHAR(300) NOT NULL /* whose it was: stays */,
    "remains" VARCHAR(12) /* ASSOCIATION: association\nCOOPERATIVE: cooperative\nMUNICIPAL: municipal\nINFORMAL: informal\nNOTHING: nothing */,
    "remains_words" TEXT NOT NULL /* what, and how it came */,
    "remains_contact" VARCHAR(300) NOT NULL /* whom to ask from now on */,
    "thanks" TEXT NOT NULL,
    "closed_at" TIMESTAMP,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE /* its group */,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
) /* Beside its publication. Of other hubs there is no `actor` of ours, and nobody to be looked after. */;

INSERT INTO "new_project" (actor_id, agreements, agreements_review, approves, area, call, category, changed_at, closed_at, due, group_uri, id, inspired_by, inspired_by_name, is_open, is_reviewed, members, publication_id, remains, remains_contact, remains_words, reminded_on, stage, template, thanks)
SELECT "actor_id", "agreements", "agreements_review", "approves", "area", "call", "category", "changed_at", "closed_at", "due", "group_uri", "id", "inspired_by", "inspired_by_name", "is_open", "is_reviewed", "members", "publication_id", "remains", "remains_contact", "remains_words", "reminded_on", "stage", "template", "thanks" FROM "project";

DROP TABLE "project";

ALTER TABLE "new_project" RENAME TO "project";

CREATE INDEX "idx_project_stage_b330b9" ON "project" ("stage");

CREATE INDEX "idx_project_categor_e307c2" ON "project" ("category");

CREATE INDEX "idx_project_actor_i_1bd87f" ON "project" ("actor_id");

CREATE INDEX "idx_project_changed_4a5fe5" ON "project" ("changed_at");

CREATE TABLE "objection" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "reason" TEXT NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "answer" TEXT NOT NULL,
    "answered_at" TIMESTAMP,
    "neighbour_id" INT NOT NULL REFERENCES "neighbour" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL
) /* Somebody from here is against an exchange with this neighbour; the town hall answers within 15 days. */;

CREATE INDEX "idx_objection_neighbo_2e44d3" ON "objection" ("neighbour_id");

CREATE INDEX "idx_objection_partici_f21e19" ON "objection" ("participant_id");

CREATE TABLE "suggestion" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "score" REAL NOT NULL,
    "reasons" JSON NOT NULL,
    "found_at" TIMESTAMP NOT NULL,
    "told_at" TIMESTAMP /* when somebody was told of it */,
    "proposed_at" TIMESTAMP /* when an agent put it to both sides */,
    "dismissed_at" TIMESTAMP /* somebody said that it does not suit */,
    "need_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "offer_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_suggestion_need_id_10e2cb" UNIQUE ("need_id", "offer_id")
) /* An offer that may suit a need. `reasons` are words for people: `{"category": "…", "km": 6, …}`. */;

CREATE INDEX "idx_suggestion_offer_i_46838c" ON "suggestion" ("offer_id");

CREATE INDEX "idx_suggestion_told_at_fbd559" ON "suggestion" ("told_at", "score");

CREATE TABLE "trait" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "kind" VARCHAR(20) NOT NULL /* ANNOUNCEMENT: announcement\nNEED: need\nOFFER: offer\nEVENT: event\nPROJECT: project\nEXPERIENCE: experience\nANSWER: answer\nMESSAGE: message\nPOST: post */,
    "term" VARCHAR(40) NOT NULL,
    "cell" INT NOT NULL /* of the map; -1: anywhere */,
    "weight" REAL NOT NULL,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_trait_proposa_d20f6a" UNIQUE ("proposal_id", "term")
) /* What an open need or offer is about, so that hub.matching.finding finds what suits it by an index. */;

CREATE INDEX "idx_trait_kind_7b36f9" ON "trait" ("kind", "term", "cell", "proposal_id", "weight");

CREATE TABLE "behind" (
    "host" VARCHAR(255) NOT NULL PRIMARY KEY,
    "name" VARCHAR(160) NOT NULL,
    "latitude" REAL,
    "longitude" REAL,
    "region_id" INT NOT NULL REFERENCES "neighbour" ("id") ON DELETE CASCADE
) /* A village that we have no agreement with, and know by a region that shows it. */;

CREATE INDEX "idx_behind_region__67e1af" ON "behind" ("region_id");

CREATE TABLE "tally" (
    "host" VARCHAR(255) NOT NULL PRIMARY KEY /* empty: this village */,
    "counts" JSON NOT NULL,
    "counted_at" TIMESTAMP NOT NULL
) /* What everybody may see of one village, and still holds. `counts`: `{kind: {category: number}}`. */;
