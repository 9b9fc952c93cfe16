CREATE TABLE "participant" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "locale" VARCHAR(5),
    "made_at" TIMESTAMP NOT NULL,
    "erased_at" TIMESTAMP,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE /* elsewhere */,
    "member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL
) /* Somebody who asks, offers or helps: a member, an actor elsewhere, or a person who left a name and one */;

CREATE INDEX "idx_participant_made_at_2c2e9c" ON "participant" ("made_at");

CREATE INDEX "idx_participant_actor_i_9d4d5e" ON "participant" ("actor_id");

CREATE INDEX "idx_participant_member__8c6c60" ON "participant" ("member_id");

CREATE TABLE "key" (
    "hash" VARCHAR(64) NOT NULL PRIMARY KEY,
    "made_at" TIMESTAMP NOT NULL,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE
) /* A link in a mail to somebody without an account; each mail has one of its own, and all of them open. */;

CREATE INDEX "idx_key_partici_ad3611" ON "key" ("participant_id");

CREATE TABLE "proposal" (
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
    "intent_uri" VARCHAR(2048) /* what pledges satisfy */,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
) /* A need or an offer: what hangs on the board, beside its publication. */;

CREATE INDEX "idx_proposal_categor_8cd90c" ON "proposal" ("category");

CREATE INDEX "idx_proposal_state_1f01e1" ON "proposal" ("state");

CREATE INDEX "idx_proposal_starts__dd14d7" ON "proposal" ("starts_at");

CREATE INDEX "idx_proposal_expires_a68502" ON "proposal" ("expires_at");

CREATE INDEX "idx_proposal_intent__b607df" ON "proposal" ("intent_uri");

CREATE INDEX "idx_proposal_organis_8b42c6" ON "proposal" ("organisation_id");

CREATE INDEX "idx_proposal_owner_i_e1c6d2" ON "proposal" ("owner_id");

CREATE TABLE "slot" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "starts_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "wanted" INT NOT NULL,
    "promised" INT NOT NULL,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE
) /* One of several times that a need or an offer is for; each is filled by itself. */;

CREATE INDEX "idx_slot_proposa_b47c1a" ON "slot" ("proposal_id");

CREATE TABLE "pledge" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "state" VARCHAR(12) NOT NULL /* PROPOSED: proposed\nASKED: asked\nACCEPTED: accepted\nDECLINED: declined\nWITHDRAWN: withdrawn\nDONE: done */,
    "quantity" INT NOT NULL,
    "delivered" INT NOT NULL,
    "first_night" DATE,
    "last_night" DATE,
    "message" TEXT NOT NULL,
    "reason" TEXT NOT NULL /* of who declined or withdrew */,
    "thanks" TEXT NOT NULL,
    "code" VARCHAR(32) UNIQUE,
    "uri" VARCHAR(2048) UNIQUE,
    "agreement_uri" VARCHAR(2048) UNIQUE,
    "question_uri" VARCHAR(2048),
    "made_at" TIMESTAMP NOT NULL,
    "decided_at" TIMESTAMP,
    "helper_done_at" TIMESTAMP /* the helper says that it is done */,
    "owner_done_at" TIMESTAMP /* the author says so */,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "reply_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "slot_id" BIGINT REFERENCES "slot" ("id") ON DELETE CASCADE
) /* Somebody's "I can help", here or across villages; `code` makes a form that comes twice one pledge. */;

CREATE INDEX "idx_pledge_questio_3b2863" ON "pledge" ("question_uri");

CREATE INDEX "idx_pledge_partici_2b573d" ON "pledge" ("participant_id");

CREATE INDEX "idx_pledge_proposa_face8d" ON "pledge" ("proposal_id");

CREATE INDEX "idx_pledge_reply_i_935fe9" ON "pledge" ("reply_id");

CREATE INDEX "idx_pledge_slot_id_a04774" ON "pledge" ("slot_id");

CREATE TABLE "step" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "state" VARCHAR(12) NOT NULL /* REVIEW: review\nOPEN: open\nUNDER_WAY: under-way\nCOVERED: covered\nTHANKED: thanked\nCLOSED: closed\nEXPIRED: expired\nREFUSED: refused */,
    "at" TIMESTAMP NOT NULL,
    "by" VARCHAR(160) NOT NULL /* who, where that may be told */,
    "note" TEXT NOT NULL /* why, where somebody said so */,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE
) /* A change of state, dated and shown. */;

CREATE INDEX "idx_step_proposa_28074a" ON "step" ("proposal_id");

CREATE TABLE "support" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "wish" VARCHAR(12) NOT NULL /* ME_TOO: me-too\nTAKE_CHARGE: take-charge */,
    "shares_contact" INT NOT NULL /* with the others who said so */,
    "at" TIMESTAMP NOT NULL,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_support_proposa_700413" UNIQUE ("proposal_id", "participant_id", "wish")
) /* "Me too", and "I want to look after it": who said so hears when there are enough for a group. */;

CREATE INDEX "idx_support_partici_d25eed" ON "support" ("participant_id");

CREATE INDEX "idx_support_proposa_e8b544" ON "support" ("proposal_id");

CREATE TABLE "template" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "key" VARCHAR(40) NOT NULL UNIQUE,
    "kinds" JSON NOT NULL /* need, offer or both */,
    "names" JSON NOT NULL,
    "hints" JSON NOT NULL,
    "notices" JSON NOT NULL /* the law's words */,
    "category" VARCHAR(40) NOT NULL,
    "unit" JSON NOT NULL /* of what is counted */,
    "mode" VARCHAR(12) NOT NULL /* GIFT: gift\nLOAN: loan\nEXCHANGE: exchange\nSHARED_COSTS: shared-costs */,
    "asks" JSON NOT NULL,
    "questions" JSON NOT NULL,
    "days" INT NOT NULL /* until it expires, unless somebody says otherwise */,
    "position" INT NOT NULL,
    "changed_at" TIMESTAMP NOT NULL,
    "retired_at" TIMESTAMP
) /* What a kind of need or offer asks; data that agents may change. */;
