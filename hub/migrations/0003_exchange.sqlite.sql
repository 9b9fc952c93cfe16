CREATE TABLE "new_actor" (
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
    "silenced_at" TIMESTAMP /* what it says is read by agents first */,
    "suspended_at" TIMESTAMP /* refused by us */,
    "deleted_at" TIMESTAMP /* gone for ever; the row keeps its place */
) /* An ActivityPub identity, ours or another server's. */;

INSERT INTO "new_actor" (also_known_as, approves_followers, created_at, deleted_at, display_name, extra, featured_uri, fetched_at, followers_uri, handle, hidden, host, icon_url, id, inbox, kind, moved_at, moved_to, name, role, shared_inbox, summary, suspended_at, updates, uri, url)
SELECT "also_known_as", "approves_followers", "created_at", "deleted_at", "display_name", "extra", "featured_uri", "fetched_at", "followers_uri", "handle", "hidden", "host", "icon_url", "id", "inbox", "kind", "moved_at", "moved_to", "name", "role", "shared_inbox", "summary", "suspended_at", "updates", "uri", "url" FROM "actor";

DROP TABLE "actor";

ALTER TABLE "new_actor" RENAME TO "actor";

CREATE INDEX "idx_actor_host_b77a0a" ON "actor" ("host");

CREATE INDEX "idx_actor_handle_43690b" ON "actor" ("handle");

CREATE TABLE "mail_stop" (
    "reader" VARCHAR(80) NOT NULL PRIMARY KEY,
    "at" TIMESTAMP NOT NULL
) /* Somebody without an account who wants no more mails about this. */;

CREATE TABLE "new_member" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254) /* as typed */,
    "mail_key" VARCHAR(254) UNIQUE /* the form in which it is unique */,
    "phone" VARCHAR(40),
    "role" VARCHAR(15) NOT NULL /* RESIDENT: resident\nAGENT: agent\nADMINISTRATOR: administrator */,
    "locale" VARCHAR(5),
    "rhythm" VARCHAR(10) NOT NULL /* AT_ONCE: at-once\nDAILY: daily\nWEEKLY: weekly\nMONTHLY: monthly\nNEVER: never */,
    "own_rhythm" VARCHAR(10) /* of mails about what concerns them; none: at once */,
    "joined_at" TIMESTAMP NOT NULL,
    "trusted_at" TIMESTAMP /* absent: a newcomer, whose first words are read before */,
    "suspended_at" TIMESTAMP,
    "totp_secret" VARCHAR(64),
    "totp_counter" BIGINT NOT NULL /* 30-second step of the last code: a code works once */
) /* A person: a name to show, one way to reach them, and nothing else about them. */;

INSERT INTO "new_member" (id, joined_at, locale, mail, mail_key, name, phone, rhythm, role, suspended_at, totp_counter, totp_secret, trusted_at)
SELECT "id", "joined_at", "locale", "mail", "mail_key", "name", "phone", "rhythm", "role", "suspended_at", "totp_counter", "totp_secret", "trusted_at" FROM "member";

DROP TABLE "member";

ALTER TABLE "new_member" RENAME TO "member";

CREATE TABLE "photo" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "position" INT NOT NULL,
    "file" VARCHAR(32) NOT NULL UNIQUE,
    "width" INT NOT NULL,
    "height" INT NOT NULL,
    "small_width" INT NOT NULL,
    "small_height" INT NOT NULL,
    "alt" TEXT NOT NULL /* what it shows; empty: only decoration */,
    "consent" VARCHAR(10) NOT NULL /* NOBODY: nobody\nADULTS: adults\nCHILDREN: children */,
    "made_at" TIMESTAMP NOT NULL,
    "member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "publication_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
) /* A photo in two sizes; `file` is its name, which nobody can guess, and its key while it is no one's yet. */;

CREATE INDEX "idx_photo_made_at_b0e18b" ON "photo" ("made_at");

CREATE INDEX "idx_photo_member__49db28" ON "photo" ("member_id");

CREATE INDEX "idx_photo_publica_0806eb" ON "photo" ("publication_id");

CREATE TABLE "digest" (
    "until" TIMESTAMP NOT NULL,
    "member_id" INT NOT NULL PRIMARY KEY REFERENCES "member" ("id") ON DELETE CASCADE
) /* Until when a member was told what is new in the village. */;

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

CREATE TABLE "notice" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "reader" VARCHAR(80) NOT NULL /* whose mails are one: member:5 */,
    "name" VARCHAR(160) NOT NULL,
    "mail" VARCHAR(254) /* of somebody without an account */,
    "phone" VARCHAR(40),
    "locale" VARCHAR(5),
    "kind" VARCHAR(40) NOT NULL,
    "subject" TEXT NOT NULL,
    "text" TEXT NOT NULL,
    "values" JSON NOT NULL,
    "path" VARCHAR(200) NOT NULL,
    "acts" JSON NOT NULL,
    "urgent" INT NOT NULL,
    "due_at" TIMESTAMP /* not told before */,
    "before" TIMESTAMP /* of no use any more from then on */,
    "made_at" TIMESTAMP NOT NULL,
    "seen_at" TIMESTAMP,
    "mail_after" TIMESTAMP /* to be mailed, not before */,
    "held_until" TIMESTAMP /* its mail is being written */,
    "mailed_at" TIMESTAMP,
    "call_after" TIMESTAMP /* to be called, not before */,
    "called_at" TIMESTAMP,
    "called_by" VARCHAR(80) NOT NULL,
    "missed_at" TIMESTAMP /* when nobody answered the telephone */,
    "member_id" INT REFERENCES "member" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE /* what it is about */
) /* Something that one reader is told: on their page, by mail or by a call. */;

CREATE INDEX "idx_notice_reader_04a6a0" ON "notice" ("reader");

CREATE INDEX "idx_notice_made_at_a5989c" ON "notice" ("made_at");

CREATE INDEX "idx_notice_call_af_13cc8d" ON "notice" ("call_after");

CREATE INDEX "idx_notice_member__df82cf" ON "notice" ("member_id");

CREATE INDEX "idx_notice_partici_cd2464" ON "notice" ("participant_id");

CREATE INDEX "idx_notice_publica_fc9025" ON "notice" ("publication_id");

CREATE TABLE "mail_link" (
    "hash" VARCHAR(64) NOT NULL PRIMARY KEY,
    "name" VARCHAR(40) NOT NULL /* of an act, or STOP_… */,
    "reader" VARCHAR(80) NOT NULL,
    "label" TEXT NOT NULL,
    "explains" TEXT NOT NULL,
    "arguments" JSON NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "used_at" TIMESTAMP,
    "member_id" INT REFERENCES "member" ("id") ON DELETE CASCADE,
    "notice_id" BIGINT REFERENCES "notice" ("id") ON DELETE CASCADE
) /* A link of a mail that works without signing in: to do one thing, once, or to stop the mails. */;

CREATE INDEX "idx_mail_link_ends_at_b12d2b" ON "mail_link" ("ends_at");

CREATE INDEX "idx_mail_link_member__275868" ON "mail_link" ("member_id");

CREATE INDEX "idx_mail_link_notice__26b684" ON "mail_link" ("notice_id");

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

CREATE INDEX "idx_proposal_publica_90b345" ON "proposal" ("publication_id", "state", "expires_at");

CREATE INDEX "idx_proposal_state_0ceff8" ON "proposal" ("state", "changed_at");

CREATE INDEX "idx_proposal_ends_at_b8e330" ON "proposal" ("ends_at");

CREATE TABLE "slot" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "starts_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "wanted" INT NOT NULL,
    "promised" INT NOT NULL,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE
) /* One of several times that a need or an offer is for; each is filled by itself. */;

CREATE INDEX "idx_slot_proposa_b47c1a" ON "slot" ("proposal_id");

CREATE INDEX "idx_slot_starts__250a54" ON "slot" ("starts_at");

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
    "answer_uri" VARCHAR(2048),
    "owner_contact" VARCHAR(300) NOT NULL /* of another hub's author */,
    "owner_place" TEXT NOT NULL /* where exactly, of another hub's need */,
    "made_at" TIMESTAMP NOT NULL,
    "decided_at" TIMESTAMP,
    "helper_done_at" TIMESTAMP /* the helper says that it is done */,
    "owner_done_at" TIMESTAMP /* the author says so */,
    "reminded_at" TIMESTAMP /* the day before */,
    "asked_at" TIMESTAMP /* the day after: whether it was done */,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "proposal_id" BIGINT NOT NULL REFERENCES "proposal" ("id") ON DELETE CASCADE,
    "reply_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "slot_id" BIGINT REFERENCES "slot" ("id") ON DELETE CASCADE
) /* Somebody's "I can help", here or across villages; `code` makes a form that comes twice one pledge. */;

CREATE INDEX "idx_pledge_questio_3b2863" ON "pledge" ("question_uri");

CREATE INDEX "idx_pledge_answer__f842a7" ON "pledge" ("answer_uri");

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

CREATE TABLE "moderation_case" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "thing" VARCHAR(340) NOT NULL,
    "open_thing" VARCHAR(340) UNIQUE,
    "path" VARCHAR(300) NOT NULL /* where it is shown */,
    "opened_at" TIMESTAMP NOT NULL,
    "read_at" TIMESTAMP /* when an agent said that they look after it */,
    "taken_by" VARCHAR(160) NOT NULL /* who */,
    "hidden_at" TIMESTAMP /* taken off our pages because of this case */,
    "passed_on_at" TIMESTAMP /* to the server where it lives */,
    "decided_at" TIMESTAMP,
    "key" VARCHAR(64) NOT NULL UNIQUE,
    "contested_at" TIMESTAMP,
    "contest" TEXT NOT NULL /* the author's words */,
    "settled_at" TIMESTAMP /* when the second decision was taken */,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
) /* A thing that somebody complained about: a publication, an actor, or else a page of the site. */;

CREATE INDEX "idx_moderation__thing_6a76a5" ON "moderation_case" ("thing");

CREATE INDEX "idx_moderation__opened__52b6fa" ON "moderation_case" ("opened_at");

CREATE INDEX "idx_moderation__decided_7f743e" ON "moderation_case" ("decided_at");

CREATE INDEX "idx_moderation__actor_i_cbb143" ON "moderation_case" ("actor_id");

CREATE INDEX "idx_moderation__publica_5e01a8" ON "moderation_case" ("publication_id");

CREATE TABLE "complaint" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "number" VARCHAR(8) NOT NULL UNIQUE,
    "ground" VARCHAR(12) NOT NULL /* ILLEGAL: illegal\nHURTS: hurts\nPERSONAL: personal\nMINOR: minor\nADVERTISING: advertising\nOTHER: other */,
    "explanation" TEXT NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "locale" VARCHAR(5),
    "host" VARCHAR(255) NOT NULL /* of another server that says so */,
    "made_at" TIMESTAMP NOT NULL,
    "erased_at" TIMESTAMP /* of name, contact and words */,
    "case_id" INT NOT NULL REFERENCES "moderation_case" ("id") ON DELETE CASCADE,
    "member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "report_id" INT REFERENCES "report" ("id") ON DELETE SET NULL,
    CONSTRAINT "uid_complaint_case_id_d492ff" UNIQUE ("case_id", "report_id")
) /* One person's word, or another server's (`report`), that it should not be here (DSA, article 16). */;

CREATE INDEX "idx_complaint_made_at_9cc5c3" ON "complaint" ("made_at");

CREATE INDEX "idx_complaint_case_id_cf2df2" ON "complaint" ("case_id");

CREATE INDEX "idx_complaint_member__a4d4ad" ON "complaint" ("member_id");

CREATE INDEX "idx_complaint_report__beee56" ON "complaint" ("report_id");

CREATE TABLE "decision" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "second" INT NOT NULL,
    "outcome" VARCHAR(10) NOT NULL /* KEEP: keep\nWARN: warn\nHIDE: hide\nREMOVE: remove */,
    "basis" VARCHAR(10) NOT NULL /* CHARTER: charter\nLAW: law */,
    "rule" VARCHAR(200) NOT NULL /* the line of the charter, or the law */,
    "reason" TEXT NOT NULL,
    "by_name" VARCHAR(160) NOT NULL,
    "at" TIMESTAMP NOT NULL,
    "by_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "case_id" INT NOT NULL REFERENCES "moderation_case" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_decision_case_id_3b4ab5" UNIQUE ("case_id", "second")
) /* What was decided, by whom, on what ground, why; a second one where the first was contested. */;

CREATE INDEX "idx_decision_at_5f3fc4" ON "decision" ("at");

CREATE INDEX "idx_decision_by_id_65112d" ON "decision" ("by_id");

CREATE INDEX "idx_decision_case_id_eb33d0" ON "decision" ("case_id");
