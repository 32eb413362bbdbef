-- What people see of failed records, of all records, and of their proof.

-- Like failures share a cause, so that a million of them can be counted and listed by it.
CREATE TABLE cause (
    id       INTEGER PRIMARY KEY AUTOINCREMENT, -- a number is never given twice: a window may still hold it
    category TEXT NOT NULL,
    stage    TEXT NOT NULL,
    endpoint TEXT NOT NULL,        -- empty: no service
    message  TEXT NOT NULL,        -- numbers, paths and names left out; empty: all that has no cause of its own
    UNIQUE (category, stage, endpoint, message)
) STRICT;

ALTER TABLE record ADD COLUMN cause INTEGER; -- while it is failed; NULL: not known yet

-- A list of failed records in each order that a person may choose. Each index holds the cause and the state
-- too: SQLite passes over a million of its entries without a look at the records themselves.
DROP INDEX record_failed;
DROP INDEX IF EXISTS record_category;
CREATE INDEX record_failed          ON record (id, cause, state) WHERE state = 3;
CREATE INDEX record_failed_size     ON record (size, id, cause, state) WHERE state = 3;
CREATE INDEX record_failed_time     ON record (ended_ms, id, cause, state) WHERE state = 3;
CREATE INDEX record_failed_attempts ON record (attempts, id, cause, state) WHERE state = 3;
CREATE INDEX record_failed_name     ON record (path, id, cause, state) WHERE state = 3;
CREATE INDEX record_cause           ON record (cause, ended_ms, state) WHERE state = 3;
CREATE INDEX record_causeless       ON record (id) WHERE state = 3 AND cause IS NULL;
CREATE INDEX record_left            ON record (id, state, note) WHERE state = 3 AND note IS NOT NULL;

-- The others by their state, where that is not the order of the whole.
DROP INDEX record_excluded;
CREATE INDEX record_proven   ON record (evidence, state) WHERE state = 2;
CREATE INDEX record_skipped  ON record (id, state) WHERE state = 4;
CREATE INDEX record_excluded ON record (reason, state) WHERE state = 5;

-- Delivered records with the same content, as they were when somebody looked last.
CREATE TABLE duplicate (
    first  INTEGER NOT NULL,       -- the one of them with the lowest number
    record INTEGER NOT NULL,
    PRIMARY KEY (first, record)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX duplicate_record ON duplicate (record);

-- The latest looks at the destination as a whole.
CREATE TABLE proof (
    what  TEXT PRIMARY KEY,        -- verified, duplicates
    at_ms INTEGER NOT NULL,
    found TEXT NOT NULL            -- JSON, see Verified, Duplicates
) STRICT, WITHOUT ROWID;
