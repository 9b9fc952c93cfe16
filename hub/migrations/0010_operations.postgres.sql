CREATE TABLE "observation" (
    "key" VARCHAR(40) NOT NULL PRIMARY KEY,
    "at" TIMESTAMPTZ NOT NULL,
    "well" BOOL NOT NULL,
    "well_at" TIMESTAMPTZ,
    "facts" TEXT NOT NULL
);

COMMENT ON TABLE "observation" IS 'How it was the last time, and when it was last well; `facts` is a JSON object.';
