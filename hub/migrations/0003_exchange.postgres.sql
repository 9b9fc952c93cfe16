CREATE TABLE "participant" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "name" VARCHAR(160) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "locale" VARCHAR(5),
    "made_at" TIMESTAMPTZ NOT NULL,
    "erased_at" TIMESTAMPTZ,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE,
    "member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL
);

CREATE INDEX "idx_participant_made_at_2c2e9c" ON "participant" ("made_at");

CREATE INDEX "idx_participant_actor_i_9d4d5e" ON "participant" ("actor_id");

CREATE INDEX "idx_participant_member__8c6c60" ON "participant" ("member_id");

COMMENT ON COLUMN "participant"."actor_id" IS 'elsewhere';

COMMENT ON TABLE "participant" IS 'Somebody who asks, offers or helps: a member, an actor elsewhere, or a person who left a name and one';

CREATE TABLE "key" (
    "hash" VARCHAR(64) NOT NULL PRIMARY KEY,
    "made_at" TIMESTAMPTZ NOT NULL,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_key_partici_ad3611" ON "key" ("participant_id");

COMMENT ON TABLE "key" IS 'A link in a mail to somebody without an account; each mail has one of its own, and all of them open.';

CREATE TABLE "proposal" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "voice" VARCHAR(12) NOT NULL,
    "template" VARCHAR(40) NOT NULL,
    "category" VARCHAR(40) NOT NULL,
    "state" VARCHAR(12) NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "wanted" INT,
    "unit" VARCHAR(40) NOT NULL,
    "promised" INT NOT NULL,
    "delivered" INT NOT NULL,
    "starts_at" TIMESTAMPTZ,
    "ends_at" TIMESTAMPTZ,
    "moment" VARCHAR(12) NOT NULL,
    "nights" BOOL NOT NULL,
    "minutes" INT,
    "at_distance" BOOL NOT NULL,
    "area" VARCHAR(80) NOT NULL,
    "exact_place" TEXT NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "mode" VARCHAR(12) NOT NULL,
    "details" JSONB NOT NULL,
    "beneficiary" VARCHAR(160) NOT NULL,
    "link" VARCHAR(500) NOT NULL,
    "expires_at" TIMESTAMPTZ NOT NULL,
    "asked_at" TIMESTAMPTZ,
    "thanks" TEXT NOT NULL,
    "intent_uri" VARCHAR(2048),
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_proposal_categor_8cd90c" ON "proposal" ("category");

CREATE INDEX "idx_proposal_state_1f01e1" ON "proposal" ("state");

CREATE INDEX "idx_proposal_starts__dd14d7" ON "proposal" ("starts_at");

CREATE INDEX "idx_proposal_expires_a68502" ON "proposal" ("expires_at");

CREATE INDEX "idx_proposal_intent__b607df" ON "proposal" ("intent_uri");

CREATE INDEX "idx_proposal_organis_8b42c6" ON "proposal" ("organisation_id");

CREATE INDEX "idx_proposal_owner_i_e1c6d2" ON "proposal" ("owner_id");

COMMENT ON COLUMN "proposal"."voice" IS 'SELF: self\nORGANISATION: organisation\nTOWN_HALL: town-hall';

COMMENT ON COLUMN "proposal"."template" IS 'key of the template it was made from';

COMMENT ON COLUMN "proposal"."state" IS 'REVIEW: review\nOPEN: open\nUNDER_WAY: under-way\nCOVERED: covered\nTHANKED: thanked\nCLOSED: closed\nEXPIRED: expired\nREFUSED: refused';

COMMENT ON COLUMN "proposal"."changed_at" IS 'of the state';

COMMENT ON COLUMN "proposal"."wanted" IS 'how many; null: as many as there are';

COMMENT ON COLUMN "proposal"."moment" IS 'ANY: \nMORNING: morning\nAFTERNOON: afternoon\nEVENING: evening\nHOURS: hours';

COMMENT ON COLUMN "proposal"."nights" IS 'wanted is a capacity for each night between';

COMMENT ON COLUMN "proposal"."minutes" IS 'what it takes of one person''s time';

COMMENT ON COLUMN "proposal"."exact_place" IS 'for those whose pledge was accepted';

COMMENT ON COLUMN "proposal"."mode" IS 'GIFT: gift\nLOAN: loan\nEXCHANGE: exchange\nSHARED_COSTS: shared-costs';

COMMENT ON COLUMN "proposal"."details" IS 'own questions';

COMMENT ON COLUMN "proposal"."beneficiary" IS 'of a gift of money: legal name';

COMMENT ON COLUMN "proposal"."link" IS 'where a gift of money is made';

COMMENT ON COLUMN "proposal"."asked_at" IS 'when its author was asked whether it still holds';

COMMENT ON COLUMN "proposal"."intent_uri" IS 'what pledges satisfy';

COMMENT ON TABLE "proposal" IS 'A need or an offer: what hangs on the board, beside its publication.';

CREATE TABLE "slot" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "starts_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "wanted" INT NOT NULL,
    "promised" INT NOT NULL,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_slot_proposa_b47c1a" ON "slot" ("proposal_id");

COMMENT ON TABLE "slot" IS 'One of several times that a need or an offer is for; each is filled by itself.';

CREATE TABLE "pledge" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "state" VARCHAR(12) NOT NULL,
    "quantity" INT NOT NULL,
    "delivered" INT NOT NULL,
    "first_night" DATE,
    "last_night" DATE,
    "message" TEXT NOT NULL,
    "reason" TEXT NOT NULL,
    "thanks" TEXT NOT NULL,
    "code" VARCHAR(32) UNIQUE,
    "uri" VARCHAR(2048) UNIQUE,
    "agreement_uri" VARCHAR(2048) UNIQUE,
    "question_uri" VARCHAR(2048),
    "made_at" TIMESTAMPTZ NOT NULL,
    "decided_at" TIMESTAMPTZ,
    "helper_done_at" TIMESTAMPTZ,
    "owner_done_at" TIMESTAMPTZ,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "reply_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "slot_id" BIGINT REFERENCES "slot" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_pledge_questio_3b2863" ON "pledge" ("question_uri");

CREATE INDEX "idx_pledge_partici_2b573d" ON "pledge" ("participant_id");

CREATE INDEX "idx_pledge_proposa_face8d" ON "pledge" ("proposal_id");

CREATE INDEX "idx_pledge_reply_i_935fe9" ON "pledge" ("reply_id");

CREATE INDEX "idx_pledge_slot_id_a04774" ON "pledge" ("slot_id");

COMMENT ON COLUMN "pledge"."state" IS 'PROPOSED: proposed\nASKED: asked\nACCEPTED: accepted\nDECLINED: declined\nWITHDRAWN: withdrawn\nDONE: done';

COMMENT ON COLUMN "pledge"."reason" IS 'of who declined or withdrew';

COMMENT ON COLUMN "pledge"."helper_done_at" IS 'the helper says that it is done';

COMMENT ON COLUMN "pledge"."owner_done_at" IS 'the author says so';

COMMENT ON TABLE "pledge" IS 'Somebody''s \"I can help\", here or across villages; `code` makes a form that comes twice one pledge.';

CREATE TABLE "step" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "state" VARCHAR(12) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "by" VARCHAR(160) NOT NULL,
    "note" TEXT NOT NULL,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_step_proposa_28074a" ON "step" ("proposal_id");

COMMENT ON COLUMN "step"."state" IS 'REVIEW: review\nOPEN: open\nUNDER_WAY: under-way\nCOVERED: covered\nTHANKED: thanked\nCLOSED: closed\nEXPIRED: expired\nREFUSED: refused';

COMMENT ON COLUMN "step"."by" IS 'who, where that may be told';

COMMENT ON COLUMN "step"."note" IS 'why, where somebody said so';

COMMENT ON TABLE "step" IS 'A change of state, dated and shown.';

CREATE TABLE "support" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "wish" VARCHAR(12) NOT NULL,
    "shares_contact" BOOL NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_support_proposa_700413" UNIQUE ("proposal_id", "participant_id", "wish")
);

CREATE INDEX "idx_support_partici_d25eed" ON "support" ("participant_id");

CREATE INDEX "idx_support_proposa_e8b544" ON "support" ("proposal_id");

COMMENT ON COLUMN "support"."wish" IS 'ME_TOO: me-too\nTAKE_CHARGE: take-charge';

COMMENT ON COLUMN "support"."shares_contact" IS 'with the others who said so';

COMMENT ON TABLE "support" IS '\"Me too\", and \"I want to look after it\": who said so hears when there are enough for a group.';

CREATE TABLE "template" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "key" VARCHAR(40) NOT NULL UNIQUE,
    "kinds" JSONB NOT NULL,
    "names" JSONB NOT NULL,
    "hints" JSONB NOT NULL,
    "notices" JSONB NOT NULL,
    "category" VARCHAR(40) NOT NULL,
    "unit" JSONB NOT NULL,
    "mode" VARCHAR(12) NOT NULL,
    "asks" JSONB NOT NULL,
    "questions" JSONB NOT NULL,
    "days" INT NOT NULL,
    "position" INT NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "retired_at" TIMESTAMPTZ
);

COMMENT ON COLUMN "template"."kinds" IS 'need, offer or both';

COMMENT ON COLUMN "template"."notices" IS 'the law''s words';

COMMENT ON COLUMN "template"."unit" IS 'of what is counted';

COMMENT ON COLUMN "template"."mode" IS 'GIFT: gift\nLOAN: loan\nEXCHANGE: exchange\nSHARED_COSTS: shared-costs';

COMMENT ON COLUMN "template"."days" IS 'until it expires, unless somebody says otherwise';

COMMENT ON TABLE "template" IS 'What a kind of need or offer asks; data that agents may change.';
