ALTER TABLE "actor" ADD COLUMN "silenced_at" TIMESTAMPTZ;

CREATE TABLE "mail_stop" (
    "reader" VARCHAR(80) NOT NULL PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL
);

COMMENT ON TABLE "mail_stop" IS 'Somebody without an account who wants no more mails about this.';

ALTER TABLE "member" ADD COLUMN "own_rhythm" VARCHAR(10);

CREATE TABLE "photo" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "position" INT NOT NULL,
    "file" VARCHAR(32) NOT NULL UNIQUE,
    "width" INT NOT NULL,
    "height" INT NOT NULL,
    "small_width" INT NOT NULL,
    "small_height" INT NOT NULL,
    "alt" TEXT NOT NULL,
    "consent" VARCHAR(10) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "publication_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_photo_made_at_b0e18b" ON "photo" ("made_at");

CREATE INDEX "idx_photo_member__49db28" ON "photo" ("member_id");

CREATE INDEX "idx_photo_publica_0806eb" ON "photo" ("publication_id");

COMMENT ON COLUMN "photo"."alt" IS 'what it shows; empty: only decoration';

COMMENT ON COLUMN "photo"."consent" IS 'NOBODY: nobody\nADULTS: adults\nCHILDREN: children';

COMMENT ON TABLE "photo" IS 'A photo in two sizes; `file` is its name, which nobody can guess, and its key while it is no one''s yet.';

CREATE TABLE "digest" (
    "until" TIMESTAMPTZ NOT NULL,
    "member_id" INT NOT NULL PRIMARY KEY REFERENCES "member" ("id") ON DELETE CASCADE
);

COMMENT ON TABLE "digest" IS 'Until when a member was told what is new in the village.';

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

CREATE TABLE "notice" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "reader" VARCHAR(80) NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "locale" VARCHAR(5),
    "kind" VARCHAR(40) NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "values" JSONB NOT NULL,
    "path" VARCHAR(200) NOT NULL,
    "acts" JSONB NOT NULL,
    "urgent" BOOL NOT NULL,
    "due_at" TIMESTAMPTZ,
    "before" TIMESTAMPTZ,
    "made_at" TIMESTAMPTZ NOT NULL,
    "seen_at" TIMESTAMPTZ,
    "mail_after" TIMESTAMPTZ,
    "held_until" TIMESTAMPTZ,
    "mailed_at" TIMESTAMPTZ,
    "call_after" TIMESTAMPTZ,
    "called_at" TIMESTAMPTZ,
    "called_by" VARCHAR(80) NOT NULL,
    "missed_at" TIMESTAMPTZ,
    "member_id" INT REFERENCES "member" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_notice_reader_04a6a0" ON "notice" ("reader");

CREATE INDEX "idx_notice_made_at_a5989c" ON "notice" ("made_at");

CREATE INDEX "idx_notice_call_af_13cc8d" ON "notice" ("call_after");

CREATE INDEX "idx_notice_member__df82cf" ON "notice" ("member_id");

CREATE INDEX "idx_notice_partici_cd2464" ON "notice" ("participant_id");

CREATE INDEX "idx_notice_publica_fc9025" ON "notice" ("publication_id");

COMMENT ON COLUMN "notice"."reader" IS 'whose mails are one: member:5';

COMMENT ON COLUMN "notice"."mail" IS 'of somebody without an account';

COMMENT ON COLUMN "notice"."due_at" IS 'not told before';

COMMENT ON COLUMN "notice"."before" IS 'of no use any more from then on';

COMMENT ON COLUMN "notice"."mail_after" IS 'to be mailed, not before';

COMMENT ON COLUMN "notice"."held_until" IS 'its mail is being written';

COMMENT ON COLUMN "notice"."call_after" IS 'to be called, not before';

COMMENT ON COLUMN "notice"."missed_at" IS 'when nobody answered the telephone';

COMMENT ON COLUMN "notice"."publication_id" IS 'what it is about';

COMMENT ON TABLE "notice" IS 'Something that one reader is told: on their page, by mail or by a call.';

CREATE TABLE "mail_link" (
    "hash" VARCHAR(64) NOT NULL PRIMARY KEY,
    "name" VARCHAR(40) NOT NULL,
    "reader" VARCHAR(80) NOT NULL,
    "label" TEXT NOT NULL,
    "explains" TEXT NOT NULL,
    "arguments" JSONB NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "used_at" TIMESTAMPTZ,
    "member_id" INT REFERENCES "member" ("id") ON DELETE CASCADE,
    "notice_id" BIGINT REFERENCES "notice" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_mail_link_ends_at_b12d2b" ON "mail_link" ("ends_at");

CREATE INDEX "idx_mail_link_member__275868" ON "mail_link" ("member_id");

CREATE INDEX "idx_mail_link_notice__26b684" ON "mail_link" ("notice_id");

COMMENT ON COLUMN "mail_link"."name" IS 'of an act, or STOP_…';

COMMENT ON TABLE "mail_link" IS 'A link of a mail that works without signing in: to do one thing, once, or to stop the mails.';

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

CREATE INDEX "idx_proposal_publica_90b345" ON "proposal" ("publication_id", "state", "expires_at");

CREATE INDEX "idx_proposal_state_0ceff8" ON "proposal" ("state", "changed_at");

CREATE INDEX "idx_proposal_ends_at_b8e330" ON "proposal" ("ends_at");

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

CREATE INDEX "idx_slot_starts__250a54" ON "slot" ("starts_at");

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
    "answer_uri" VARCHAR(2048),
    "owner_contact" VARCHAR(300) NOT NULL,
    "owner_place" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "decided_at" TIMESTAMPTZ,
    "helper_done_at" TIMESTAMPTZ,
    "owner_done_at" TIMESTAMPTZ,
    "reminded_at" TIMESTAMPTZ,
    "asked_at" TIMESTAMPTZ,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "reply_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "slot_id" BIGINT REFERENCES "slot" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_pledge_questio_3b2863" ON "pledge" ("question_uri");

CREATE INDEX "idx_pledge_answer__f842a7" ON "pledge" ("answer_uri");

CREATE INDEX "idx_pledge_partici_2b573d" ON "pledge" ("participant_id");

CREATE INDEX "idx_pledge_proposa_face8d" ON "pledge" ("proposal_id");

CREATE INDEX "idx_pledge_reply_i_935fe9" ON "pledge" ("reply_id");

CREATE INDEX "idx_pledge_slot_id_a04774" ON "pledge" ("slot_id");

COMMENT ON COLUMN "pledge"."state" IS 'PROPOSED: proposed\nASKED: asked\nACCEPTED: accepted\nDECLINED: declined\nWITHDRAWN: withdrawn\nDONE: done';

COMMENT ON COLUMN "pledge"."reason" IS 'of who declined or withdrew';

COMMENT ON COLUMN "pledge"."owner_contact" IS 'of another hub''s author';

COMMENT ON COLUMN "pledge"."owner_place" IS 'where exactly, of another hub''s need';

COMMENT ON COLUMN "pledge"."helper_done_at" IS 'the helper says that it is done';

COMMENT ON COLUMN "pledge"."owner_done_at" IS 'the author says so';

COMMENT ON COLUMN "pledge"."reminded_at" IS 'the day before';

COMMENT ON COLUMN "pledge"."asked_at" IS 'the day after: whether it was done';

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

CREATE TABLE "moderation_case" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "thing" VARCHAR(340) NOT NULL,
    "open_thing" VARCHAR(340) UNIQUE,
    "path" VARCHAR(300) NOT NULL,
    "opened_at" TIMESTAMPTZ NOT NULL,
    "read_at" TIMESTAMPTZ,
    "taken_by" VARCHAR(160) NOT NULL,
    "hidden_at" TIMESTAMPTZ,
    "passed_on_at" TIMESTAMPTZ,
    "decided_at" TIMESTAMPTZ,
    "key" VARCHAR(64) NOT NULL UNIQUE,
    "contested_at" TIMESTAMPTZ,
    "contest" TEXT NOT NULL,
    "settled_at" TIMESTAMPTZ,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_moderation__thing_6a76a5" ON "moderation_case" ("thing");

CREATE INDEX "idx_moderation__opened__52b6fa" ON "moderation_case" ("opened_at");

CREATE INDEX "idx_moderation__decided_7f743e" ON "moderation_case" ("decided_at");

CREATE INDEX "idx_moderation__actor_i_cbb143" ON "moderation_case" ("actor_id");

CREATE INDEX "idx_moderation__publica_5e01a8" ON "moderation_case" ("publication_id");

COMMENT ON COLUMN "moderation_case"."path" IS 'where it is shown';

COMMENT ON COLUMN "moderation_case"."read_at" IS 'when an agent said that they look after it';

COMMENT ON COLUMN "moderation_case"."taken_by" IS 'who';

COMMENT ON COLUMN "moderation_case"."hidden_at" IS 'taken off our pages because of this case';

COMMENT ON COLUMN "moderation_case"."passed_on_at" IS 'to the server where it lives';

COMMENT ON COLUMN "moderation_case"."contest" IS 'the author''s words';

COMMENT ON COLUMN "moderation_case"."settled_at" IS 'when the second decision was taken';

COMMENT ON TABLE "moderation_case" IS 'A thing that somebody complained about: a publication, an actor, or else a page of the site.';

CREATE TABLE "complaint" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "number" VARCHAR(8) NOT NULL UNIQUE,
    "ground" VARCHAR(12) NOT NULL,
    "explanation" TEXT NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "locale" VARCHAR(5),
    "host" VARCHAR(255) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "erased_at" TIMESTAMPTZ,
    "case_id" INT NOT NULL REFERENCES "moderation_case" ("id") ON DELETE CASCADE,
    "member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "report_id" INT REFERENCES "report" ("id") ON DELETE SET NULL,
    CONSTRAINT "uid_complaint_case_id_d492ff" UNIQUE ("case_id", "report_id")
);

CREATE INDEX "idx_complaint_made_at_9cc5c3" ON "complaint" ("made_at");

CREATE INDEX "idx_complaint_case_id_cf2df2" ON "complaint" ("case_id");

CREATE INDEX "idx_complaint_member__a4d4ad" ON "complaint" ("member_id");

CREATE INDEX "idx_complaint_report__beee56" ON "complaint" ("report_id");

COMMENT ON COLUMN "complaint"."ground" IS 'ILLEGAL: illegal\nHURTS: hurts\nPERSONAL: personal\nMINOR: minor\nADVERTISING: advertising\nOTHER: other';

COMMENT ON COLUMN "complaint"."host" IS 'of another server that says so';

COMMENT ON COLUMN "complaint"."erased_at" IS 'of name, contact and words';

COMMENT ON TABLE "complaint" IS 'One person''s word, or another server''s (`report`), that it should not be here (DSA, article 16).';

CREATE TABLE "decision" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "second" BOOL NOT NULL,
    "outcome" VARCHAR(10) NOT NULL,
    "basis" VARCHAR(10) NOT NULL,
    "rule" VARCHAR(200) NOT NULL,
    "reason" TEXT NOT NULL,
    "by_name" VARCHAR(160) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "by_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "case_id" INT NOT NULL REFERENCES "moderation_case" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_decision_case_id_3b4ab5" UNIQUE ("case_id", "second")
);

CREATE INDEX "idx_decision_at_5f3fc4" ON "decision" ("at");

CREATE INDEX "idx_decision_by_id_65112d" ON "decision" ("by_id");

CREATE INDEX "idx_decision_case_id_eb33d0" ON "decision" ("case_id");

COMMENT ON COLUMN "decision"."outcome" IS 'KEEP: keep\nWARN: warn\nHIDE: hide\nREMOVE: remove';

COMMENT ON COLUMN "decision"."basis" IS 'CHARTER: charter\nLAW: law';

COMMENT ON COLUMN "decision"."rule" IS 'the line of the charter, or the law';

COMMENT ON TABLE "decision" IS 'What was decided, by whom, on what ground, why; a second one where the first was contested.';
