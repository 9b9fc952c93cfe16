CREATE TABLE "observation" (
    "key" VARCHAR(40) NOT NULL PRIMARY KEY,
    "at" TIMESTAMP NOT NULL,
    "well" INT NOT NULL,
    "well_at" TIMESTAMP,
    "facts" TEXT NOT NULL
) /* How it was the last time, and when it was last well; `facts` is a JSON object. */;
