-- One migration, kept in one file. Numbers of states: see RecordState::code.
-- Times are milliseconds since 1970 (UTC), sizes are bytes, paths are raw bytes.

CREATE TABLE migration (
    id         INTEGER PRIMARY KEY CHECK (id = 1),
    uuid       TEXT NOT NULL,
    job        TEXT NOT NULL,      -- JSON, see JobSpec
    state      TEXT NOT NULL,      -- JSON, see State
    outage     TEXT,               -- JSON, see Outage
    preflight  TEXT,               -- JSON, see Preflight
    created_ms INTEGER NOT NULL
) STRICT;

-- The balance is kept beside the records, in the same transactions, so that nobody ever has to
-- count a million rows to show it.
CREATE TABLE balance (
    id              INTEGER PRIMARY KEY CHECK (id = 1),
    found           INTEGER NOT NULL DEFAULT 0,
    delivered       INTEGER NOT NULL DEFAULT 0,
    failed          INTEGER NOT NULL DEFAULT 0,
    skipped         INTEGER NOT NULL DEFAULT 0,
    excluded        INTEGER NOT NULL DEFAULT 0,
    pending         INTEGER NOT NULL DEFAULT 0,
    bytes_total     INTEGER NOT NULL DEFAULT 0,
    bytes_delivered INTEGER NOT NULL DEFAULT 0,
    bytes_skipped   INTEGER NOT NULL DEFAULT 0,
    bytes_failed    INTEGER NOT NULL DEFAULT 0,
    attempts        INTEGER NOT NULL DEFAULT 0,
    retries         INTEGER NOT NULL DEFAULT 0
) STRICT;
INSERT INTO balance (id) VALUES (1);

-- Under which name each source goes, below the destination; empty for a lone folder.
CREATE TABLE source (
    id     INTEGER PRIMARY KEY,
    prefix BLOB NOT NULL
) STRICT;

CREATE TABLE record (
    id          INTEGER PRIMARY KEY,
    source      INTEGER NOT NULL,           -- which of the job's sources, from 0
    path        BLOB NOT NULL,              -- below that source
    size        INTEGER NOT NULL,           -- as planned
    bytes       INTEGER,                    -- as delivered or found identical
    state       INTEGER NOT NULL,
    batch       INTEGER,                    -- the lease while leased, later the batch that ended it
    interrupted INTEGER NOT NULL DEFAULT 0, -- a run that died held it
    attempts    INTEGER NOT NULL DEFAULT 0,
    target      BLOB,                       -- below the destination, where the name differs from the mapped one
    hash        TEXT,                       -- algorithm:hexadecimal
    evidence    TEXT,                       -- size, written, read_back
    stage       TEXT,                       -- where it failed
    reason      TEXT,                       -- failure category, or why it was skipped or excluded
    message     TEXT,
    ended_ms    INTEGER
) STRICT;
CREATE INDEX record_pending  ON record (id) WHERE state = 0;
CREATE INDEX record_leased   ON record (batch) WHERE state = 1;
CREATE INDEX record_failed   ON record (id) WHERE state = 3;
CREATE INDEX record_category ON record (reason, id) WHERE state = 3;
CREATE INDEX record_excluded ON record (reason) WHERE state = 5;

-- Folders without files: no records, but made at the destination all the same.
CREATE TABLE empty_folder (
    id     INTEGER PRIMARY KEY,
    source INTEGER NOT NULL,
    path   BLOB NOT NULL
) STRICT;

CREATE TABLE batch (
    id         INTEGER PRIMARY KEY,
    started_ms INTEGER NOT NULL,
    ended_ms   INTEGER,
    streams    TEXT                         -- JSON, see StreamSummary; set at the barrier
) STRICT;

CREATE TABLE event (
    seq   INTEGER PRIMARY KEY AUTOINCREMENT,
    at_ms INTEGER NOT NULL,
    what  TEXT NOT NULL                     -- JSON, see EventKind
) STRICT;
