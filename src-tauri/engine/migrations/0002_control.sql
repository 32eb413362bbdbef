-- Retries by schedule, steps that are never repeated, the history of every attempt, the recovery
-- lane, and metrics that outlive the program.

ALTER TABLE record ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;   -- 0 the run itself, 1 recovery
ALTER TABLE record ADD COLUMN due_ms INTEGER;                    -- while pending: not before
ALTER TABLE record ADD COLUMN tries INTEGER NOT NULL DEFAULT 0;  -- of the current schedule
ALTER TABLE record ADD COLUMN fields TEXT;                       -- JSON: what a catalogue or a person says of it
ALTER TABLE record ADD COLUMN endpoint TEXT;                     -- the service at which it failed
ALTER TABLE record ADD COLUMN http_status INTEGER;               -- what that service answered
ALTER TABLE record ADD COLUMN took_ms INTEGER;                   -- its last attempt
ALTER TABLE record ADD COLUMN note TEXT;                         -- failed, and left so by a person, with this note
ALTER TABLE record ADD COLUMN refunds INTEGER NOT NULL DEFAULT 0; -- attempts that outages gave back
ALTER TABLE record ADD COLUMN scheduled INTEGER NOT NULL DEFAULT 0; -- times that the recovery schedule took it

DROP INDEX record_pending;
CREATE INDEX record_fresh ON record (lane, id) WHERE state = 0 AND due_ms IS NULL;
CREATE INDEX record_due   ON record (lane, due_ms) WHERE state = 0 AND due_ms IS NOT NULL;
CREATE INDEX record_retry ON record (due_ms) WHERE state = 3 AND due_ms IS NOT NULL;

ALTER TABLE balance ADD COLUMN throttled INTEGER NOT NULL DEFAULT 0;

-- What a record need not do again: `lookup:NAME`, `copied`, `registered`.
CREATE TABLE step (
    record INTEGER NOT NULL,
    step   TEXT NOT NULL,
    result TEXT NOT NULL,          -- JSON
    at_ms  INTEGER NOT NULL,
    PRIMARY KEY (record, step)
) STRICT, WITHOUT ROWID;

-- Attempts that failed. The one that succeeded is the record itself.
CREATE TABLE attempt (
    id          INTEGER PRIMARY KEY,
    record      INTEGER NOT NULL,
    number      INTEGER NOT NULL,
    lane        INTEGER NOT NULL,
    batch       INTEGER NOT NULL,
    ended_ms    INTEGER NOT NULL,
    took_ms     INTEGER NOT NULL,
    stage       TEXT NOT NULL,
    category    TEXT NOT NULL,
    endpoint    TEXT,
    http_status INTEGER,
    message     TEXT NOT NULL,
    refunded    INTEGER NOT NULL DEFAULT 0 -- it was an outage after all, and cost no attempt
) STRICT;
CREATE INDEX attempt_record ON attempt (record, id);

ALTER TABLE batch ADD COLUMN lane INTEGER NOT NULL DEFAULT 0;

CREATE TABLE metric (
    at_ms  INTEGER PRIMARY KEY,    -- end of its span
    span_s INTEGER NOT NULL,       -- seconds that it sums up; grows with age
    what   TEXT NOT NULL           -- JSON, see MetricPoint
) STRICT;
