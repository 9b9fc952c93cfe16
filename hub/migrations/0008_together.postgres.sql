CREATE TABLE "calendar" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "name" VARCHAR(160) NOT NULL,
    "url" VARCHAR(2048) NOT NULL,
    "scope" VARCHAR(10) NOT NULL,
    "category" VARCHAR(40) NOT NULL,
    "waiting" JSONB,
    "made_at" TIMESTAMPTZ NOT NULL,
    "read_at" TIMESTAMPTZ,
    "problem" TEXT NOT NULL,
    "stopped_at" TIMESTAMPTZ,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE CASCADE,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL
);

CREATE INDEX "idx_calendar_organis_03f08a" ON "calendar" ("organisation_id");

CREATE INDEX "idx_calendar_owner_i_8106bf" ON "calendar" ("owner_id");

COMMENT ON COLUMN "calendar"."url" IS 'empty: it came as a file';

COMMENT ON COLUMN "calendar"."scope" IS 'PUBLIC: public\nNEIGHBOURS: neighbours\nVILLAGE: village\nFOLLOWERS: followers\nDIRECT: direct';

COMMENT ON COLUMN "calendar"."problem" IS 'of the last time; a catalogue source';

COMMENT ON TABLE "calendar" IS 'A calendar of an organisation that is read here, each day from an address, or once from a file.';

CREATE TABLE "calendar_key" (
    "hash" VARCHAR(64) NOT NULL PRIMARY KEY,
    "made_at" TIMESTAMPTZ NOT NULL,
    "used_at" TIMESTAMPTZ,
    "member_id" INT NOT NULL UNIQUE REFERENCES "member" ("id") ON DELETE CASCADE
);

COMMENT ON TABLE "calendar_key" IS 'A member''s private address of their agenda: whoever has it reads it, until it is revoked.';

CREATE TABLE "method" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "key" VARCHAR(40) NOT NULL UNIQUE,
    "names" JSONB NOT NULL,
    "purposes" JSONB NOT NULL,
    "minutes" INT NOT NULL,
    "people_least" INT NOT NULL,
    "people_most" INT NOT NULL,
    "material" JSONB NOT NULL,
    "steps" JSONB NOT NULL,
    "report" JSONB NOT NULL,
    "position" INT NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "retired_at" TIMESTAMPTZ
);

COMMENT ON TABLE "method" IS 'A way to work together, for workshops; data that agents may change. Words are by locale.';

CREATE TABLE "series" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "rhythm" VARCHAR(12) NOT NULL,
    "until" DATE NOT NULL,
    "made_until" DATE NOT NULL,
    "starts_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "ended_at" TIMESTAMPTZ
);

COMMENT ON COLUMN "series"."rhythm" IS 'WEEKLY: weekly\nFORTNIGHTLY: fortnightly\nMONTHLY: monthly';

COMMENT ON COLUMN "series"."until" IS 'the last day on which one may begin';

COMMENT ON COLUMN "series"."starts_at" IS 'of its first: whose weekday and hours all of them have';

COMMENT ON TABLE "series" IS 'An event that comes again, until a day. Its events are made some weeks ahead (`made_until`).';

CREATE TABLE "event" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "voice" VARCHAR(12) NOT NULL,
    "is_exception" BOOL NOT NULL,
    "standing" VARCHAR(12) NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "reason" TEXT NOT NULL,
    "category" VARCHAR(40) NOT NULL,
    "starts_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "all_day" BOOL NOT NULL,
    "timezone" VARCHAR(64) NOT NULL,
    "place" VARCHAR(160) NOT NULL,
    "address" VARCHAR(300) NOT NULL,
    "online_url" VARCHAR(500) NOT NULL,
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "join_mode" VARCHAR(10) NOT NULL,
    "join_url" VARCHAR(500) NOT NULL,
    "capacity" INT,
    "coming" INT NOT NULL,
    "waiting" INT NOT NULL,
    "came" INT,
    "method" VARCHAR(40) NOT NULL,
    "minutes" TEXT NOT NULL,
    "next_step" TEXT NOT NULL,
    "minutes_at" TIMESTAMPTZ,
    "uid" VARCHAR(255),
    "check_in" VARCHAR(32) UNIQUE,
    "sent_at" TIMESTAMPTZ,
    "is_from_hub" BOOL NOT NULL,
    "calendar_id" INT REFERENCES "calendar" ("id") ON DELETE SET NULL,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "series_id" BIGINT REFERENCES "series" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_event_categor_18b16f" ON "event" ("category");

CREATE INDEX "idx_event_starts__041da6" ON "event" ("starts_at");

CREATE INDEX "idx_event_ends_at_9e1237" ON "event" ("ends_at");

CREATE INDEX "idx_event_uid_3080dc" ON "event" ("uid");

CREATE INDEX "idx_event_calenda_c17711" ON "event" ("calendar_id");

CREATE INDEX "idx_event_organis_dc1a65" ON "event" ("organisation_id");

CREATE INDEX "idx_event_owner_i_757ddd" ON "event" ("owner_id");

CREATE INDEX "idx_event_project_49c89b" ON "event" ("project_id");

CREATE INDEX "idx_event_series__fdc917" ON "event" ("series_id");

CREATE INDEX "idx_event_standin_6ee1e2" ON "event" ("standing", "starts_at");

CREATE INDEX "idx_event_calenda_79a5b5" ON "event" ("calendar_id", "uid");

COMMENT ON COLUMN "event"."voice" IS 'SELF: self\nORGANISATION: organisation\nTOWN_HALL: town-hall';

COMMENT ON COLUMN "event"."is_exception" IS 'of a series, but changed by itself';

COMMENT ON COLUMN "event"."standing" IS 'REVIEW: review\nPLANNED: planned\nCANCELLED: cancelled\nREFUSED: refused';

COMMENT ON COLUMN "event"."changed_at" IS 'of the standing';

COMMENT ON COLUMN "event"."reason" IS 'why it was cancelled or refused';

COMMENT ON COLUMN "event"."timezone" IS 'IANA';

COMMENT ON COLUMN "event"."join_mode" IS 'FREE: free\nNONE: none\nEXTERNAL: external';

COMMENT ON COLUMN "event"."join_url" IS 'where one signs up elsewhere';

COMMENT ON COLUMN "event"."capacity" IS 'people; null: no limit';

COMMENT ON COLUMN "event"."coming" IS 'people, counted anew with each change';

COMMENT ON COLUMN "event"."came" IS 'people who were there, as somebody counted';

COMMENT ON COLUMN "event"."method" IS 'key of a method sheet: a workshop';

COMMENT ON COLUMN "event"."minutes" IS 'what was said';

COMMENT ON COLUMN "event"."minutes_at" IS 'when these were published';

COMMENT ON COLUMN "event"."uid" IS 'iCalendar, of imported';

COMMENT ON COLUMN "event"."check_in" IS 'of the QR at the door';

COMMENT ON COLUMN "event"."sent_at" IS 'when others were told; of series, some days ahead';

COMMENT ON COLUMN "event"."is_from_hub" IS 'elsewhere: who comes is known there by name';

COMMENT ON TABLE "event" IS 'What the agenda holds, beside its publication. Other hubs'' have no owner.';

CREATE TABLE "contribution" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "what" VARCHAR(120) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "brought_by_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_contributio_brought_0ee5be" ON "contribution" ("brought_by_id");

CREATE INDEX "idx_contributio_event_i_01fbe1" ON "contribution" ("event_id");

COMMENT ON TABLE "contribution" IS 'A line of \"who brings what\"; one line may be taken by one person.';

CREATE TABLE "resolution" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "text" TEXT NOT NULL,
    "decided_on" DATE NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "event_id" BIGINT REFERENCES "event" ("id") ON DELETE CASCADE,
    "project_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_resolution_event_i_0f9f73" ON "resolution" ("event_id");

CREATE INDEX "idx_resolution_project_1a38cd" ON "resolution" ("project_id");

COMMENT ON TABLE "resolution" IS 'What was decided, at an event or beside it; of a project it appears in its timeline.';

CREATE TABLE "shift" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "name" VARCHAR(80) NOT NULL,
    "starts_at" TIMESTAMPTZ,
    "ends_at" TIMESTAMPTZ,
    "wanted" INT NOT NULL,
    "taken" INT NOT NULL,
    "private_place" TEXT NOT NULL,
    "position" INT NOT NULL,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_shift_event_i_49c487" ON "shift" ("event_id");

COMMENT ON COLUMN "shift"."starts_at" IS 'null: the whole event';

COMMENT ON TABLE "shift" IS 'A role in an event, or a part of it, that somebody takes on: driver, buvette from 14 h to 16 h.';

CREATE TABLE "attendance" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "presence" VARCHAR(10) NOT NULL,
    "people" INT NOT NULL,
    "note" TEXT NOT NULL,
    "code" VARCHAR(32) UNIQUE,
    "uri" VARCHAR(2048) UNIQUE,
    "question_uri" VARCHAR(2048),
    "answer_uri" VARCHAR(2048),
    "made_at" TIMESTAMPTZ NOT NULL,
    "decided_at" TIMESTAMPTZ,
    "came_at" TIMESTAMPTZ,
    "reminded_at" TIMESTAMPTZ,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "reply_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "shift_id" BIGINT REFERENCES "shift" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_attendance_questio_d2435d" ON "attendance" ("question_uri");

CREATE INDEX "idx_attendance_answer__ec6ca0" ON "attendance" ("answer_uri");

CREATE INDEX "idx_attendance_event_i_b60264" ON "attendance" ("event_id");

CREATE INDEX "idx_attendance_partici_2cf216" ON "attendance" ("participant_id");

CREATE INDEX "idx_attendance_reply_i_db2e5b" ON "attendance" ("reply_id");

CREATE INDEX "idx_attendance_shift_i_50e3fc" ON "attendance" ("shift_id");

COMMENT ON COLUMN "attendance"."presence" IS 'ASKED: asked\nCOMING: coming\nWAITING: waiting\nLEFT: left\nDECLINED: declined';

COMMENT ON COLUMN "attendance"."note" IS 'for the team: what they bring, what they eat';

COMMENT ON COLUMN "attendance"."came_at" IS 'they were there';

COMMENT ON TABLE "attendance" IS 'Somebody''s \"I am coming\", here or from elsewhere; `code` makes a form that comes twice one.';

CREATE TABLE "team_note" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "author" VARCHAR(160) NOT NULL,
    "text" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "goes_at" TIMESTAMPTZ NOT NULL,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_team_note_goes_at_a44aa8" ON "team_note" ("goes_at");

CREATE INDEX "idx_team_note_event_i_2df31d" ON "team_note" ("event_id");

COMMENT ON TABLE "team_note" IS 'Words of the team among themselves, about an event or a round. They delete themselves.';

CREATE TABLE "project" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "group_uri" VARCHAR(2048) NOT NULL,
    "stage" VARCHAR(12) NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "is_reviewed" BOOL NOT NULL,
    "template" VARCHAR(40) NOT NULL,
    "category" VARCHAR(40) NOT NULL,
    "area" VARCHAR(80) NOT NULL,
    "due" DATE,
    "call" TEXT NOT NULL,
    "is_open" BOOL NOT NULL,
    "approves" BOOL NOT NULL,
    "members" INT NOT NULL,
    "agreements" TEXT NOT NULL,
    "agreements_review" DATE,
    "reminded_on" DATE,
    "inspired_by" VARCHAR(2048) NOT NULL,
    "inspired_by_name" VARCHAR(300) NOT NULL,
    "remains" VARCHAR(12),
    "remains_words" TEXT NOT NULL,
    "remains_contact" VARCHAR(300) NOT NULL,
    "thanks" TEXT NOT NULL,
    "closed_at" TIMESTAMPTZ,
    "actor_id" BIGINT REFERENCES "actor" ("id") ON DELETE CASCADE,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_project_stage_b330b9" ON "project" ("stage");

CREATE INDEX "idx_project_categor_e307c2" ON "project" ("category");

CREATE INDEX "idx_project_actor_i_1bd87f" ON "project" ("actor_id");

COMMENT ON COLUMN "project"."group_uri" IS 'of another hub''s: who answers';

COMMENT ON COLUMN "project"."stage" IS 'OBSERVED: observed\nEXPLORED: explored\nDECIDED: decided\nRUNNING: running\nDONE: done\nKEPT_ALIVE: kept-alive\nENDED: ended';

COMMENT ON COLUMN "project"."changed_at" IS 'of the stage';

COMMENT ON COLUMN "project"."is_reviewed" IS 'false: an agent reads it first';

COMMENT ON COLUMN "project"."call" IS 'whom it looks for (V4)';

COMMENT ON COLUMN "project"."is_open" IS 'whether one can still join';

COMMENT ON COLUMN "project"."approves" IS 'carriers say yes to each who joins';

COMMENT ON COLUMN "project"."members" IS 'carriers included; counted anew with each change';

COMMENT ON COLUMN "project"."agreements" IS 'what the group agreed on among itself';

COMMENT ON COLUMN "project"."agreements_review" IS 'when it looks at them again';

COMMENT ON COLUMN "project"."reminded_on" IS 'of the review';

COMMENT ON COLUMN "project"."inspired_by" IS 'URI of an experience elsewhere';

COMMENT ON COLUMN "project"."inspired_by_name" IS 'whose it was: stays';

COMMENT ON COLUMN "project"."remains" IS 'ASSOCIATION: association\nCOOPERATIVE: cooperative\nMUNICIPAL: municipal\nINFORMAL: informal\nNOTHING: nothing';

COMMENT ON COLUMN "project"."remains_words" IS 'what, and how it came';

COMMENT ON COLUMN "project"."remains_contact" IS 'whom to ask from now on';

COMMENT ON COLUMN "project"."actor_id" IS 'its group';

COMMENT ON TABLE "project" IS 'Beside its publication. Of other hubs there is no `actor` of ours, and nobody to be looked after.';

CREATE TABLE "chapter" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "stage" VARCHAR(12),
    "on" DATE NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "text" TEXT NOT NULL,
    "link" VARCHAR(500) NOT NULL,
    "planned" BOOL NOT NULL,
    "by" VARCHAR(160) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "by_member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_chapter_by_memb_9bad1e" ON "chapter" ("by_member_id");

CREATE INDEX "idx_chapter_project_b5682d" ON "chapter" ("project_id");

COMMENT ON COLUMN "chapter"."stage" IS 'where it begins one';

COMMENT ON TABLE "chapter" IS 'An entry of the timeline: a stage, minutes, a decision, news. Events tell themselves.';

CREATE TABLE "component" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "name" VARCHAR(80) NOT NULL,
    "position" INT NOT NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_component_project_4a8d17" ON "component" ("project_id");

COMMENT ON TABLE "component" IS 'What a project is made of: a column of the coverage table.';

CREATE TABLE "contributor" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "sort" VARCHAR(12) NOT NULL,
    "part" VARCHAR(10) NOT NULL,
    "contact" VARCHAR(300) NOT NULL,
    "role" VARCHAR(120) NOT NULL,
    "message" TEXT NOT NULL,
    "code" VARCHAR(32) UNIQUE,
    "uri" VARCHAR(2048) UNIQUE,
    "made_at" TIMESTAMPTZ NOT NULL,
    "decided_at" TIMESTAMPTZ,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_contributor_organis_3209a6" ON "contributor" ("organisation_id");

CREATE INDEX "idx_contributor_partici_073155" ON "contributor" ("participant_id");

CREATE INDEX "idx_contributor_project_51b8c4" ON "contributor" ("project_id");

COMMENT ON COLUMN "contributor"."sort" IS 'RESIDENT: resident\nASSOCIATION: association\nTOWN_HALL: town-hall\nCOMPANY: company\nGROUP: group';

COMMENT ON COLUMN "contributor"."part" IS 'ASKED: asked\nMEMBER: member\nCARRIER: carrier\nLEFT: left\nDECLINED: declined';

COMMENT ON COLUMN "contributor"."role" IS 'in words: owner of the walls';

COMMENT ON TABLE "contributor" IS 'Somebody in a project, for themselves or for an organisation; of actors elsewhere `uri` is their Join.';

CREATE TABLE "date_poll" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "title" VARCHAR(160) NOT NULL,
    "closed_at" TIMESTAMPTZ,
    "made_at" TIMESTAMPTZ NOT NULL,
    "event_id" BIGINT REFERENCES "event" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_date_poll_project_b7cd3c" ON "date_poll" ("project_id");

COMMENT ON TABLE "date_poll" IS 'When shall we meet? The group answers in three taps; a carrier makes an event of one date.';

CREATE TABLE "date_option" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "starts_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "poll_id" BIGINT NOT NULL REFERENCES "date_poll" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_date_option_poll_id_ed313f" ON "date_option" ("poll_id");

CREATE TABLE "date_answer" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "answer" VARCHAR(6) NOT NULL,
    "at" TIMESTAMPTZ NOT NULL,
    "contributor_id" BIGINT NOT NULL REFERENCES "contributor" ("id") ON DELETE CASCADE,
    "option_id" BIGINT NOT NULL REFERENCES "date_option" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_date_answer_option__864f6f" UNIQUE ("option_id", "contributor_id")
);

CREATE INDEX "idx_date_answer_contrib_dd7c1d" ON "date_answer" ("contributor_id");

CREATE INDEX "idx_date_answer_option__f2ca44" ON "date_answer" ("option_id");

COMMENT ON COLUMN "date_answer"."answer" IS 'YES: yes\nMAYBE: maybe\nNO: no';

COMMENT ON TABLE "date_answer" IS 'One of each contributor for each date.';

CREATE TABLE "experience" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "project_uri" VARCHAR(2048) NOT NULL,
    "context" TEXT NOT NULL,
    "steps" TEXT NOT NULL,
    "pitfalls" TEXT NOT NULL,
    "cost" VARCHAR(14),
    "months" INT,
    "people" INT,
    "credit" VARCHAR(300) NOT NULL,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE,
    "project_id" BIGINT UNIQUE REFERENCES "project" ("id") ON DELETE CASCADE
);

COMMENT ON COLUMN "experience"."steps" IS 'what was done, in its order';

COMMENT ON COLUMN "experience"."cost" IS 'NOTHING: nothing\nSMALL: under-1000\nMEDIUM: under-10000\nLARGE: under-100000\nGREAT: over-100000';

COMMENT ON COLUMN "experience"."credit" IS 'whose it is, kept by who starts from it';

COMMENT ON TABLE "experience" IS 'What a project taught, for other villages (V10); of another hub there is no `project`.';

CREATE TABLE "heard_need" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "title" VARCHAR(160) NOT NULL,
    "said_by" JSONB NOT NULL,
    "covered_by" JSONB NOT NULL,
    "is_covered" BOOL,
    "position" INT NOT NULL,
    "need_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_heard_need_need_id_87906e" ON "heard_need" ("need_id");

CREATE INDEX "idx_heard_need_project_0c261e" ON "heard_need" ("project_id");

COMMENT ON COLUMN "heard_need"."said_by" IS 'by Sort';

COMMENT ON COLUMN "heard_need"."is_covered" IS 'true: yes; false: in part; null: not yet';

COMMENT ON TABLE "heard_need" IS 'A need that was heard, a row of the coverage table: who says it, in numbers by sort of people.';

CREATE TABLE "invited" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "sort" VARCHAR(12) NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "answer" VARCHAR(6),
    "asked_by" VARCHAR(160) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "answered_at" TIMESTAMPTZ,
    "asked_again_at" TIMESTAMPTZ,
    "by_member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_invited_project_d5f160" UNIQUE ("project_id", "organisation_id")
);

CREATE INDEX "idx_invited_by_memb_02fffd" ON "invited" ("by_member_id");

CREATE INDEX "idx_invited_organis_ba7339" ON "invited" ("organisation_id");

CREATE INDEX "idx_invited_partici_92ffbc" ON "invited" ("participant_id");

CREATE INDEX "idx_invited_project_8c0122" ON "invited" ("project_id");

COMMENT ON COLUMN "invited"."sort" IS 'RESIDENT: resident\nASSOCIATION: association\nTOWN_HALL: town-hall\nCOMPANY: company\nGROUP: group';

COMMENT ON COLUMN "invited"."answer" IS 'YES: yes\nMAYBE: maybe\nNO: no';

COMMENT ON COLUMN "invited"."asked_again_at" IS 'once, who said maybe, or nothing';

COMMENT ON TABLE "invited" IS 'A person or an organisation that was asked to take part; the links of the mail need no account (V5).';

CREATE TABLE "task" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "title" VARCHAR(160) NOT NULL,
    "due" DATE,
    "done_at" TIMESTAMPTZ,
    "made_at" TIMESTAMPTZ NOT NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE,
    "taken_by_id" BIGINT REFERENCES "contributor" ("id") ON DELETE SET NULL
);

CREATE INDEX "idx_task_project_f16466" ON "task" ("project_id");

CREATE INDEX "idx_task_taken_b_d1cb16" ON "task" ("taken_by_id");

COMMENT ON TABLE "task" IS 'One thing to do, by at most one person.';

CREATE TABLE "version" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "number" INT NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "text" TEXT NOT NULL,
    "change" VARCHAR(300) NOT NULL,
    "by" VARCHAR(160) NOT NULL,
    "source_name" VARCHAR(300) NOT NULL,
    "source_link" VARCHAR(500) NOT NULL,
    "contested" TEXT NOT NULL,
    "contested_at" TIMESTAMPTZ,
    "made_at" TIMESTAMPTZ NOT NULL,
    "by_participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_version_project_6c89f1" UNIQUE ("project_id", "number")
);

CREATE INDEX "idx_version_by_part_686597" ON "version" ("by_participant_id");

CREATE INDEX "idx_version_project_e60a38" ON "version" ("project_id");

COMMENT ON COLUMN "version"."change" IS 'what was added, in words';

COMMENT ON COLUMN "version"."source_name" IS 'credited: an example elsewhere';

COMMENT ON COLUMN "version"."contested" IS 'what the first author says against it';

COMMENT ON TABLE "version" IS 'The words of a project as they were: who added what, and from where it came (V8).';
