-- Agreements between hubs, suggestions, guests of other servers, regions.
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
    "caught_up_at" TIMESTAMP /* when all that is open there was last read */,
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
    "actor_id" BIGINT NOT NULL REFERENCES "actor" ("id") ON DELETE CASCADE
) /* A number that was sent in private to somebody elsewhere, to be typed here within minutes. */;

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
    "dismissed_at" TIMESTAMP /* somebody said that it does not suit */,
    "need_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "offer_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_suggestion_need_id_10e2cb" UNIQUE ("need_id", "offer_id")
) /* An offer that may suit a need. `reasons` are words for people: `{"category": "…", "km": 6, …}`. */;

CREATE INDEX "idx_suggestion_offer_i_46838c" ON "suggestion" ("offer_id");
