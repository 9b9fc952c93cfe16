CREATE TABLE "job" (
    "id" BIGSERIAL NOT NULL PRIMARY KEY,
    "name" VARCHAR(100) NOT NULL,
    "arguments" TEXT NOT NULL,
    "periodic" VARCHAR(100) UNIQUE,
    "due_at" TIMESTAMPTZ NOT NULL,
    "lease_until" TIMESTAMPTZ,
    "attempts" INT NOT NULL,
    "failed_at" TIMESTAMPTZ,
    "last_error" TEXT NOT NULL,
    "created_at" TIMESTAMPTZ NOT NULL
);

CREATE INDEX "idx_job_due_at_d8ad5e" ON "job" ("due_at");

COMMENT ON TABLE "job" IS 'One call that is still to be made.';

CREATE TABLE "allowance" (
    "key" VARCHAR(200) NOT NULL PRIMARY KEY,
    "rests_at" DOUBLE PRECISION NOT NULL
);

COMMENT ON COLUMN "allowance"."rests_at" IS 'Unix time in seconds';

COMMENT ON TABLE "allowance" IS 'When a key would be back to rest (generic cell rate algorithm: one number is enough).';

CREATE TABLE "handle" (
    "name" VARCHAR(40) NOT NULL PRIMARY KEY,
    "given_at" TIMESTAMPTZ NOT NULL
);

COMMENT ON TABLE "handle" IS 'A name that was given; the row stays when its owner goes, so nobody can pose as them.';

CREATE TABLE "village" (
    "id" SMALLINT NOT NULL PRIMARY KEY,
    "name" VARCHAR(120) NOT NULL,
    "handle" VARCHAR(40) NOT NULL,
    "locale" VARCHAR(5) NOT NULL,
    "timezone" VARCHAR(40) NOT NULL,
    "insee" VARCHAR(5),
    "latitude" DOUBLE PRECISION,
    "longitude" DOUBLE PRECISION,
    "address" TEXT NOT NULL,
    "hours" TEXT NOT NULL,
    "phone" VARCHAR(40) NOT NULL,
    "mail" VARCHAR(254) NOT NULL,
    "publisher" VARCHAR(120) NOT NULL,
    "host" TEXT NOT NULL,
    "visibility" VARCHAR(10) NOT NULL,
    "sign_up" VARCHAR(10) NOT NULL,
    "colours" VARCHAR(10) NOT NULL,
    "conformity" VARCHAR(10) NOT NULL,
    "opened_at" TIMESTAMPTZ NOT NULL
);

COMMENT ON COLUMN "village"."handle" IS 'of its actor; final';

COMMENT ON COLUMN "village"."insee" IS 'code of the commune, its identity';

COMMENT ON COLUMN "village"."publisher" IS 'publication director, for the legal notice';

COMMENT ON COLUMN "village"."host" IS 'who runs the server, for the legal notice';

COMMENT ON COLUMN "village"."visibility" IS 'PUBLIC: public\nMEMBERS: members';

COMMENT ON COLUMN "village"."sign_up" IS 'OPEN: open\nINVITATION: invitation';

COMMENT ON COLUMN "village"."colours" IS 'WATER: water\nSLATE: slate\nVINE: vine';

COMMENT ON COLUMN "village"."conformity" IS 'NONE: none\nPARTIAL: partial\nFULL: full';

COMMENT ON TABLE "village" IS 'The one row: what the village is called, where it is, who answers for it.';

CREATE TABLE "written_text" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "key" VARCHAR(20) NOT NULL,
    "locale" VARCHAR(5) NOT NULL,
    "source" TEXT NOT NULL,
    "html" TEXT NOT NULL,
    "written_at" TIMESTAMPTZ NOT NULL,
    CONSTRAINT "uid_written_tex_key_7db99e" UNIQUE ("key", "locale")
);

COMMENT ON COLUMN "written_text"."html" IS 'made from source, cleaned';

COMMENT ON TABLE "written_text" IS 'A text of the village in one language, in Markdown; absent: the text that comes with Lavoir.';

CREATE TABLE "challenge" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "value" VARCHAR(100) NOT NULL UNIQUE,
    "browser_hash" VARCHAR(64) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL
);

COMMENT ON COLUMN "challenge"."value" IS 'base64url';

COMMENT ON COLUMN "challenge"."browser_hash" IS 'hash of the key of the browser''s forms';

COMMENT ON TABLE "challenge" IS 'What a passkey must sign, once, soon, in the browser that asked.';

CREATE TABLE "member" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254),
    "mail_key" VARCHAR(254) UNIQUE,
    "phone" VARCHAR(40),
    "role" VARCHAR(15) NOT NULL,
    "locale" VARCHAR(5),
    "rhythm" VARCHAR(10) NOT NULL,
    "joined_at" TIMESTAMPTZ NOT NULL,
    "trusted_at" TIMESTAMPTZ,
    "suspended_at" TIMESTAMPTZ,
    "totp_secret" VARCHAR(64),
    "totp_counter" BIGINT NOT NULL
);

COMMENT ON COLUMN "member"."mail" IS 'as typed';

COMMENT ON COLUMN "member"."mail_key" IS 'the form in which it is unique';

COMMENT ON COLUMN "member"."role" IS 'RESIDENT: resident\nAGENT: agent\nADMINISTRATOR: administrator';

COMMENT ON COLUMN "member"."rhythm" IS 'NEVER: never\nWEEKLY: weekly\nMONTHLY: monthly';

COMMENT ON COLUMN "member"."trusted_at" IS 'absent: a newcomer, whose first words are read before';

COMMENT ON COLUMN "member"."totp_counter" IS '30-second step of the last code: a code works once';

COMMENT ON TABLE "member" IS 'A person: a name to show, one way to reach them, and nothing else about them.';

CREATE TABLE "invitation" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "role" VARCHAR(15) NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "accepted_at" TIMESTAMPTZ,
    "withdrawn_at" TIMESTAMPTZ,
    "invited_by_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_invitation_invited_38e410" ON "invitation" ("invited_by_id");

COMMENT ON COLUMN "invitation"."role" IS 'RESIDENT: resident\nAGENT: agent\nADMINISTRATOR: administrator';

COMMENT ON TABLE "invitation" IS 'A place kept for somebody whom a member knows.';

CREATE TABLE "link" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "purpose" VARCHAR(10) NOT NULL,
    "details" JSONB NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "used_at" TIMESTAMPTZ,
    "member_id" INT REFERENCES "member" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_link_member__5794ec" ON "link" ("member_id");

COMMENT ON COLUMN "link"."purpose" IS 'SET_UP: set-up\nSIGN_IN: sign-in\nSIGN_UP: sign-up\nNEW_MAIL: new-mail';

COMMENT ON TABLE "link" IS 'A link that works once and not for long: whoever opens it reads the mailbox it went to.';

CREATE TABLE "passkey" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "credential_id" VARCHAR(1400) NOT NULL UNIQUE,
    "public_key" BYTEA NOT NULL,
    "sign_count" BIGINT NOT NULL,
    "name" VARCHAR(60) NOT NULL,
    "added_at" TIMESTAMPTZ NOT NULL,
    "used_at" TIMESTAMPTZ,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_passkey_member__448fb1" ON "passkey" ("member_id");

COMMENT ON COLUMN "passkey"."credential_id" IS 'base64url of at most 1023 bytes (WebAuthn 4)';

COMMENT ON COLUMN "passkey"."public_key" IS 'COSE';

COMMENT ON TABLE "passkey" IS 'A key that lives in somebody''s phone or computer (WebAuthn).';

CREATE TABLE "session" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "browser" VARCHAR(80) NOT NULL,
    "started_at" TIMESTAMPTZ NOT NULL,
    "seen_at" TIMESTAMPTZ NOT NULL,
    "ends_at" TIMESTAMPTZ NOT NULL,
    "confirmed_at" TIMESTAMPTZ,
    "awaits_second_factor" BOOL NOT NULL,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_session_member__97fec6" ON "session" ("member_id");

COMMENT ON COLUMN "session"."browser" IS 'for the list of sessions: Firefox, Android';

COMMENT ON COLUMN "session"."confirmed_at" IS 'when the person last showed who they are';

COMMENT ON TABLE "session" IS 'A browser that is signed in.';

CREATE TABLE "organisation" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "handle" VARCHAR(40) NOT NULL UNIQUE,
    "name" VARCHAR(120) NOT NULL,
    "name_key" VARCHAR(200) NOT NULL UNIQUE,
    "kind" VARCHAR(12) NOT NULL,
    "activity" VARCHAR(80) NOT NULL,
    "text" TEXT NOT NULL,
    "contact_name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254) NOT NULL,
    "phone" VARCHAR(40) NOT NULL,
    "website" VARCHAR(300) NOT NULL,
    "area" VARCHAR(80) NOT NULL,
    "added_at" TIMESTAMPTZ NOT NULL,
    "changed_at" TIMESTAMPTZ NOT NULL,
    "claimed_at" TIMESTAMPTZ
);

COMMENT ON COLUMN "organisation"."name_key" IS 'words_key(name): one entry for each name';

COMMENT ON COLUMN "organisation"."kind" IS 'ASSOCIATION: association\nTOWN_HALL: town-hall\nCOMPANY: company\nGROUP: group';

COMMENT ON COLUMN "organisation"."activity" IS 'sport, culture, mutual aid…';

COMMENT ON COLUMN "organisation"."area" IS 'hamlet or quarter, never an address';

COMMENT ON COLUMN "organisation"."claimed_at" IS 'when a member first came to manage it';

COMMENT ON TABLE "organisation" IS 'Listed by the town hall or by itself; nobody needs an account for it.';

CREATE TABLE "claim" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "message" TEXT NOT NULL,
    "made_at" TIMESTAMPTZ NOT NULL,
    "decided_at" TIMESTAMPTZ,
    "granted" BOOL NOT NULL,
    "answer" TEXT NOT NULL,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE,
    "organisation_id" INT NOT NULL REFERENCES "organisation" ("id") ON DELETE CASCADE
);

CREATE INDEX "idx_claim_member__7c8aca" ON "claim" ("member_id");

CREATE INDEX "idx_claim_organis_8ddedd" ON "claim" ("organisation_id");

COMMENT ON COLUMN "claim"."answer" IS 'what the town hall wrote back';

COMMENT ON TABLE "claim" IS 'A member says: this is our organisation. An agent decides, and says why.';

CREATE TABLE "spokesperson" (
    "id" SERIAL NOT NULL PRIMARY KEY,
    "manages" BOOL NOT NULL,
    "granted_at" TIMESTAMPTZ NOT NULL,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE,
    "organisation_id" INT NOT NULL REFERENCES "organisation" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_spokesperso_organis_d3d0b0" UNIQUE ("organisation_id", "member_id")
);

CREATE INDEX "idx_spokesperso_member__5b3572" ON "spokesperson" ("member_id");

CREATE INDEX "idx_spokesperso_organis_cd6887" ON "spokesperson" ("organisation_id");

COMMENT ON TABLE "spokesperson" IS 'A member who may speak for an organisation; `manages`: also edit its page and grant this.';
