CREATE TABLE "calendar" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(160) NOT NULL,
    "url" VARCHAR(2048) NOT NULL /* empty: it came as a file */,
    "scope" VARCHAR(10) NOT NULL /* PUBLIC: public\nNEIGHBOURS: neighbours\nVILLAGE: village\nFOLLOWERS: followers\nDIRECT: direct */,
    "category" VARCHAR(40) NOT NULL,
    "waiting" JSON,
    "made_at" TIMESTAMP NOT NULL,
    "read_at" TIMESTAMP,
    "problem" TEXT NOT NULL /* of the last time; a catalogue source */,
    "stopped_at" TIMESTAMP,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE CASCADE,
    "owner_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL
) /* A calendar of an organisation that is read here, each day from an address, or once from a file. */;

CREATE INDEX "idx_calendar_organis_03f08a" ON "calendar" ("organisation_id");

CREATE INDEX "idx_calendar_owner_i_8106bf" ON "calendar" ("owner_id");

CREATE TABLE "calendar_key" (
    "hash" VARCHAR(64) NOT NULL PRIMARY KEY,
    "made_at" TIMESTAMP NOT NULL,
    "used_at" TIMESTAMP,
    "member_id" INT NOT NULL UNIQUE REFERENCES "member" ("id") ON DELETE CASCADE
) /* A member's private address of their agenda: whoever has it reads it, until it is revoked. */;

CREATE TABLE "method" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "key" VARCHAR(40) NOT NULL UNIQUE,
    "names" JSON NOT NULL,
    "purposes" JSON NOT NULL,
    "minutes" INT NOT NULL,
    "people_least" INT NOT NULL,
    "people_most" INT NOT NULL,
    "material" JSON NOT NULL,
    "steps" JSON NOT NULL,
    "report" JSON NOT NULL,
    "position" INT NOT NULL,
    "changed_at" TIMESTAMP NOT NULL,
    "retired_at" TIMESTAMP
) /* A way to work together, for workshops; data that agents may change. Words are by locale. */;

CREATE TABLE "series" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "rhythm" VARCHAR(12) NOT NULL /* WEEKLY: weekly\nFORTNIGHTLY: fortnightly\nMONTHLY: monthly */,
    "until" DATE NOT NULL /* the last day on which one may begin */,
    "made_until" DATE NOT NULL,
    "starts_at" TIMESTAMP NOT NULL /* of its first: whose weekday and hours all of them have */,
    "ends_at" TIMESTAMP NOT NULL,
    "ended_at" TIMESTAMP
) /* An event that comes again, until a day. Its events are made some weeks ahead (`made_until`). */;

CREATE TABLE "event" (
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

CREATE TABLE "contribution" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "what" VARCHAR(120) NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "brought_by_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE
) /* A line of "who brings what"; one line may be taken by one person. */;

CREATE INDEX "idx_contributio_brought_0ee5be" ON "contribution" ("brought_by_id");

CREATE INDEX "idx_contributio_event_i_01fbe1" ON "contribution" ("event_id");

CREATE TABLE "resolution" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "text" TEXT NOT NULL,
    "decided_on" DATE NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "event_id" BIGINT REFERENCES "event" ("id") ON DELETE CASCADE,
    "project_id" BIGINT REFERENCES "publication" ("id") ON DELETE CASCADE
) /* What was decided, at an event or beside it; of a project it appears in its timeline. */;

CREATE INDEX "idx_resolution_event_i_0f9f73" ON "resolution" ("event_id");

CREATE INDEX "idx_resolution_project_1a38cd" ON "resolution" ("project_id");

CREATE TABLE "shift" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "starts_at" TIMESTAMP /* null: the whole event */,
    "ends_at" TIMESTAMP,
    "wanted" INT NOT NULL,
    "taken" INT NOT NULL,
    "private_place" TEXT NOT NULL,
    "position" INT NOT NULL,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE
) /* A role in an event, or a part of it, that somebody takes on: driver, buvette from 14 h to 16 h. */;

CREATE INDEX "idx_shift_event_i_49c487" ON "shift" ("event_id");

CREATE TABLE "attendance" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "presence" VARCHAR(10) NOT NULL /* ASKED: asked\nCOMING: coming\nWAITING: waiting\nLEFT: left\nDECLINED: declined */,
    "people" INT NOT NULL,
    "note" TEXT NOT NULL /* for the team: what they bring, what they eat */,
    "code" VARCHAR(32) UNIQUE,
    "uri" VARCHAR(2048) UNIQUE,
    "question_uri" VARCHAR(2048),
    "answer_uri" VARCHAR(2048),
    "made_at" TIMESTAMP NOT NULL,
    "decided_at" TIMESTAMP,
    "came_at" TIMESTAMP /* they were there */,
    "reminded_at" TIMESTAMP,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "reply_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "shift_id" BIGINT REFERENCES "shift" ("id") ON DELETE CASCADE
) /* Somebody's "I am coming", here or from elsewhere; `code` makes a form that comes twice one. */;

CREATE INDEX "idx_attendance_questio_d2435d" ON "attendance" ("question_uri");

CREATE INDEX "idx_attendance_answer__ec6ca0" ON "attendance" ("answer_uri");

CREATE INDEX "idx_attendance_event_i_b60264" ON "attendance" ("event_id");

CREATE INDEX "idx_attendance_partici_2cf216" ON "attendance" ("participant_id");

CREATE INDEX "idx_attendance_reply_i_db2e5b" ON "attendance" ("reply_id");

CREATE INDEX "idx_attendance_shift_i_50e3fc" ON "attendance" ("shift_id");

CREATE TABLE "team_note" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "author" VARCHAR(160) NOT NULL,
    "text" TEXT NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "goes_at" TIMESTAMP NOT NULL,
    "event_id" BIGINT NOT NULL REFERENCES "event" ("id") ON DELETE CASCADE
) /* Words of the team among themselves, about an event or a round. They delete themselves. */;

CREATE INDEX "idx_team_note_goes_at_a44aa8" ON "team_note" ("goes_at");

CREATE INDEX "idx_team_note_event_i_2df31d" ON "team_note" ("event_id");

CREATE TABLE "project" (
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

CREATE INDEX "idx_project_stage_b330b9" ON "project" ("stage");

CREATE INDEX "idx_project_categor_e307c2" ON "project" ("category");

CREATE INDEX "idx_project_actor_i_1bd87f" ON "project" ("actor_id");

CREATE TABLE "chapter" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "stage" VARCHAR(12) /* where it begins one */,
    "on" DATE NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "text" TEXT NOT NULL,
    "link" VARCHAR(500) NOT NULL,
    "planned" INT NOT NULL,
    "by" VARCHAR(160) NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "by_member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
) /* An entry of the timeline: a stage, minutes, a decision, news. Events tell themselves. */;

CREATE INDEX "idx_chapter_by_memb_9bad1e" ON "chapter" ("by_member_id");

CREATE INDEX "idx_chapter_project_b5682d" ON "chapter" ("project_id");

CREATE TABLE "component" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "position" INT NOT NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
) /* What a project is made of: a column of the coverage table. */;

CREATE INDEX "idx_component_project_4a8d17" ON "component" ("project_id");

CREATE TABLE "contributor" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "sort" VARCHAR(12) NOT NULL /* RESIDENT: resident\nASSOCIATION: association\nTOWN_HALL: town-hall\nCOMPANY: company\nGROUP: group */,
    "part" VARCHAR(10) NOT NULL /* ASKED: asked\nMEMBER: member\nCARRIER: carrier\nLEFT: left\nDECLINED: declined */,
    "contact" VARCHAR(300) NOT NULL,
    "role" VARCHAR(120) NOT NULL /* in words: owner of the walls */,
    "message" TEXT NOT NULL,
    "code" VARCHAR(32) UNIQUE,
    "uri" VARCHAR(2048) UNIQUE,
    "made_at" TIMESTAMP NOT NULL,
    "decided_at" TIMESTAMP,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE SET NULL,
    "participant_id" BIGINT NOT NULL REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
) /* Somebody in a project, for themselves or for an organisation; of actors elsewhere `uri` is their Join. */;

CREATE INDEX "idx_contributor_organis_3209a6" ON "contributor" ("organisation_id");

CREATE INDEX "idx_contributor_partici_073155" ON "contributor" ("participant_id");

CREATE INDEX "idx_contributor_project_51b8c4" ON "contributor" ("project_id");

CREATE TABLE "date_poll" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "closed_at" TIMESTAMP,
    "made_at" TIMESTAMP NOT NULL,
    "event_id" BIGINT REFERENCES "event" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
) /* When shall we meet? The group answers in three taps; a carrier makes an event of one date. */;

CREATE INDEX "idx_date_poll_project_b7cd3c" ON "date_poll" ("project_id");

CREATE TABLE "date_option" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "starts_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "poll_id" BIGINT NOT NULL REFERENCES "date_poll" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_date_option_poll_id_ed313f" ON "date_option" ("poll_id");

CREATE TABLE "date_answer" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "answer" VARCHAR(6) NOT NULL /* YES: yes\nMAYBE: maybe\nNO: no */,
    "at" TIMESTAMP NOT NULL,
    "contributor_id" BIGINT NOT NULL REFERENCES "contributor" ("id") ON DELETE CASCADE,
    "option_id" BIGINT NOT NULL REFERENCES "date_option" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_date_answer_option__864f6f" UNIQUE ("option_id", "contributor_id")
) /* One of each contributor for each date. */;

CREATE INDEX "idx_date_answer_contrib_dd7c1d" ON "date_answer" ("contributor_id");

CREATE INDEX "idx_date_answer_option__f2ca44" ON "date_answer" ("option_id");

CREATE TABLE "experience" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "project_uri" VARCHAR(2048) NOT NULL,
    "context" TEXT NOT NULL,
    "steps" TEXT NOT NULL /* what was done, in its order */,
    "pitfalls" TEXT NOT NULL,
    "cost" VARCHAR(14) /* NOTHING: nothing\nSMALL: under-1000\nMEDIUM: under-10000\nLARGE: under-100000\nGREAT: over-100000 */,
    "months" INT,
    "people" INT,
    "credit" VARCHAR(300) NOT NULL /* whose it is, kept by who starts from it */,
    "publication_id" BIGINT NOT NULL UNIQUE REFERENCES "publication" ("id") ON DELETE CASCADE,
    "project_id" BIGINT UNIQUE REFERENCES "project" ("id") ON DELETE CASCADE
) /* What a project taught, for other villages (V10); of another hub there is no `project`. */;

CREATE TABLE "heard_need" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "said_by" JSON NOT NULL /* by Sort */,
    "covered_by" JSON NOT NULL,
    "is_covered" INT /* true: yes; false: in part; null: not yet */,
    "position" INT NOT NULL,
    "need_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE
) /* A need that was heard, a row of the coverage table: who says it, in numbers by sort of people. */;

CREATE INDEX "idx_heard_need_need_id_87906e" ON "heard_need" ("need_id");

CREATE INDEX "idx_heard_need_project_0c261e" ON "heard_need" ("project_id");

CREATE TABLE "invited" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "sort" VARCHAR(12) NOT NULL /* RESIDENT: resident\nASSOCIATION: association\nTOWN_HALL: town-hall\nCOMPANY: company\nGROUP: group */,
    "name" VARCHAR(160) NOT NULL,
    "answer" VARCHAR(6) /* YES: yes\nMAYBE: maybe\nNO: no */,
    "asked_by" VARCHAR(160) NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "answered_at" TIMESTAMP,
    "asked_again_at" TIMESTAMP /* once, who said maybe, or nothing */,
    "by_member_id" INT REFERENCES "member" ("id") ON DELETE SET NULL,
    "organisation_id" INT REFERENCES "organisation" ("id") ON DELETE CASCADE,
    "participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE CASCADE,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_invited_project_d5f160" UNIQUE ("project_id", "organisation_id")
) /* A person or an organisation that was asked to take part; the links of the mail need no account (V5). */;

CREATE INDEX "idx_invited_by_memb_02fffd" ON "invited" ("by_member_id");

CREATE INDEX "idx_invited_organis_ba7339" ON "invited" ("organisation_id");

CREATE INDEX "idx_invited_partici_92ffbc" ON "invited" ("participant_id");

CREATE INDEX "idx_invited_project_8c0122" ON "invited" ("project_id");

CREATE TABLE "task" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "due" DATE,
    "done_at" TIMESTAMP,
    "made_at" TIMESTAMP NOT NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE,
    "taken_by_id" BIGINT REFERENCES "contributor" ("id") ON DELETE SET NULL
) /* One thing to do, by at most one person. */;

CREATE INDEX "idx_task_project_f16466" ON "task" ("project_id");

CREATE INDEX "idx_task_taken_b_d1cb16" ON "task" ("taken_by_id");

CREATE TABLE "version" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "number" INT NOT NULL,
    "title" VARCHAR(160) NOT NULL,
    "text" TEXT NOT NULL,
    "change" VARCHAR(300) NOT NULL /* what was added, in words */,
    "by" VARCHAR(160) NOT NULL,
    "source_name" VARCHAR(300) NOT NULL /* credited: an example elsewhere */,
    "source_link" VARCHAR(500) NOT NULL,
    "contested" TEXT NOT NULL /* what the first author says against it */,
    "contested_at" TIMESTAMP,
    "made_at" TIMESTAMP NOT NULL,
    "by_participant_id" BIGINT REFERENCES "participant" ("id") ON DELETE SET NULL,
    "project_id" BIGINT NOT NULL REFERENCES "project" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_version_project_6c89f1" UNIQUE ("project_id", "number")
) /* The words of a project as they were: who added what, and from where it came (V8). */;

CREATE INDEX "idx_version_by_part_686597" ON "version" ("by_participant_id");

CREATE INDEX "idx_version_project_e60a38" ON "version" ("project_id");
