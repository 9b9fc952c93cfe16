-- A need may be part of a project.
ALTER TABLE "proposal" ADD COLUMN "project_id" BIGINT REFERENCES "publication" ("id") ON DELETE SET NULL;

CREATE INDEX "idx_proposal_project_9b1e1a" ON "proposal" ("project_id");
