CREATE TABLE "job" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(100) NOT NULL,
    "arguments" TEXT NOT NULL,
    "periodic" VARCHAR(100) UNIQUE,
    "due_at" TIMESTAMP NOT NULL,
    "lease_until" TIMESTAMP,
    "attempts" INT NOT NULL,
    "failed_at" TIMESTAMP,
    "last_error" TEXT NOT NULL,
    "created_at" TIMESTAMP NOT NULL
) /* One call that is still to be made. */;

CREATE INDEX "idx_job_due_at_d8ad5e" ON "job" ("due_at");

CREATE TABLE "allowance" (
    "key" VARCHAR(200) NOT NULL PRIMARY KEY,
    "rests_at" REAL NOT NULL /* Unix time in seconds */
) /* When a key would be back to rest (generic cell rate algorithm: one number is enough). */;

CREATE TABLE "handle" (
    "name" VARCHAR(40) NOT NULL PRIMARY KEY,
    "given_at" TIMESTAMP NOT NULL
) /* A name that was given; the row stays when its owner goes, so nobody can pose as them. */;

CREATE TABLE "village" (
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
    "opened_at" TIMESTAMP NOT NULL
) /* The one row: what the village is called, where it is, who answers for it. */;

CREATE TABLE "written_text" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "key" VARCHAR(20) NOT NULL,
    "locale" VARCHAR(5) NOT NULL,
    "source" TEXT NOT NULL,
    "html" TEXT NOT NULL /* made from source, cleaned */,
    "written_at" TIMESTAMP NOT NULL,
    CONSTRAINT "uid_written_tex_key_7db99e" UNIQUE ("key", "locale")
) /* A text of the village in one language, in Markdown; absent: the text that comes with Lavoir. */;

CREATE TABLE "challenge" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "value" VARCHAR(100) NOT NULL UNIQUE /* base64url */,
    "browser_hash" VARCHAR(64) NOT NULL /* hash of the key of the browser's forms */,
    "made_at" TIMESTAMP NOT NULL
) /* What a passkey must sign, once, soon, in the browser that asked. */;

CREATE TABLE "member" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254) /* as typed */,
    "mail_key" VARCHAR(254) UNIQUE /* the form in which it is unique */,
    "phone" VARCHAR(40),
    "role" VARCHAR(15) NOT NULL /* RESIDENT: resident\nAGENT: agent\nADMINISTRATOR: administrator */,
    "locale" VARCHAR(5),
    "rhythm" VARCHAR(10) NOT NULL /* NEVER: never\nWEEKLY: weekly\nMONTHLY: monthly */,
    "joined_at" TIMESTAMP NOT NULL,
    "trusted_at" TIMESTAMP /* absent: a newcomer, whose first words are read before */,
    "suspended_at" TIMESTAMP,
    "totp_secret" VARCHAR(64),
    "totp_counter" BIGINT NOT NULL /* 30-second step of the last code: a code works once */
) /* A person: a name to show, one way to reach them, and nothing else about them. */;

CREATE TABLE "invitation" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254),
    "phone" VARCHAR(40),
    "role" VARCHAR(15) NOT NULL /* RESIDENT: resident\nAGENT: agent\nADMINISTRATOR: administrator */,
    "made_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "accepted_at" TIMESTAMP,
    "withdrawn_at" TIMESTAMP,
    "invited_by_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE
) /* A place kept for somebody whom a member knows. */;

CREATE INDEX "idx_invitation_invited_38e410" ON "invitation" ("invited_by_id");

CREATE TABLE "link" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "purpose" VARCHAR(10) NOT NULL /* SET_UP: set-up\nSIGN_IN: sign-in\nSIGN_UP: sign-up\nNEW_MAIL: new-mail */,
    "details" JSON NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "used_at" TIMESTAMP,
    "member_id" INT REFERENCES "member" ("id") ON DELETE CASCADE
) /* A link that works once and not for long: whoever opens it reads the mailbox it went to. */;

CREATE INDEX "idx_link_member__5794ec" ON "link" ("member_id");

CREATE TABLE "passkey" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "credential_id" VARCHAR(1400) NOT NULL UNIQUE /* base64url of at most 1023 bytes (WebAuthn 4) */,
    "public_key" BLOB NOT NULL /* COSE */,
    "sign_count" BIGINT NOT NULL,
    "name" VARCHAR(60) NOT NULL,
    "added_at" TIMESTAMP NOT NULL,
    "used_at" TIMESTAMP,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE
) /* A key that lives in somebody's phone or computer (WebAuthn). */;

CREATE INDEX "idx_passkey_member__448fb1" ON "passkey" ("member_id");

CREATE TABLE "session" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "token_hash" VARCHAR(64) NOT NULL UNIQUE,
    "browser" VARCHAR(80) NOT NULL /* for the list of sessions: Firefox, Android */,
    "started_at" TIMESTAMP NOT NULL,
    "seen_at" TIMESTAMP NOT NULL,
    "ends_at" TIMESTAMP NOT NULL,
    "confirmed_at" TIMESTAMP /* when the person last showed who they are */,
    "awaits_second_factor" INT NOT NULL,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE
) /* A browser that is signed in. */;

CREATE INDEX "idx_session_member__97fec6" ON "session" ("member_id");

CREATE TABLE "organisation" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "handle" VARCHAR(40) NOT NULL UNIQUE,
    "name" VARCHAR(120) NOT NULL,
    "name_key" VARCHAR(200) NOT NULL UNIQUE /* words_key(name): one entry for each name */,
    "kind" VARCHAR(12) NOT NULL /* ASSOCIATION: association\nTOWN_HALL: town-hall\nCOMPANY: company\nGROUP: group */,
    "activity" VARCHAR(80) NOT NULL /* sport, culture, mutual aid… */,
    "text" TEXT NOT NULL,
    "contact_name" VARCHAR(80) NOT NULL,
    "mail" VARCHAR(254) NOT NULL,
    "phone" VARCHAR(40) NOT NULL,
    "website" VARCHAR(300) NOT NULL,
    "area" VARCHAR(80) NOT NULL /* hamlet or quarter, never an address */,
    "added_at" TIMESTAMP NOT NULL,
    "changed_at" TIMESTAMP NOT NULL,
    "claimed_at" TIMESTAMP /* when a member first came to manage it */
) /* Listed by the town hall or by itself; nobody needs an account for it. */;

CREATE TABLE "claim" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "message" TEXT NOT NULL,
    "made_at" TIMESTAMP NOT NULL,
    "decided_at" TIMESTAMP,
    "granted" INT NOT NULL,
    "answer" TEXT NOT NULL /* what the town hall wrote back */,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE,
    "organisation_id" INT NOT NULL REFERENCES "organisation" ("id") ON DELETE CASCADE
) /* A member says: this is our organisation. An agent decides, and says why. */;

CREATE INDEX "idx_claim_member__7c8aca" ON "claim" ("member_id");

CREATE INDEX "idx_claim_organis_8ddedd" ON "claim" ("organisation_id");

CREATE TABLE "spokesperson" (
    "id" INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    "manages" INT NOT NULL,
    "granted_at" TIMESTAMP NOT NULL,
    "member_id" INT NOT NULL REFERENCES "member" ("id") ON DELETE CASCADE,
    "organisation_id" INT NOT NULL REFERENCES "organisation" ("id") ON DELETE CASCADE,
    CONSTRAINT "uid_spokesperso_organis_d3d0b0" UNIQUE ("organisation_id", "member_id")
) /* A member who may speak for an organisation; `manages`: also edit its page and grant this. */;

CREATE INDEX "idx_spokesperso_member__5b3572" ON "spokesperson" ("member_id");

CREATE INDEX "idx_spokesperso_organis_cd6887" ON "spokesperson" ("organisation_id");
