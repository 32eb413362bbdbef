-- Uploads in parts that are not complete yet, so that the next attempt goes on from the next part, and
-- none is left behind at a service unknown.

CREATE TABLE upload (
    id        TEXT PRIMARY KEY,    -- the service's own name for it
    record    INTEGER NOT NULL,
    place     TEXT NOT NULL,       -- the destination, as the job writes it
    key       TEXT NOT NULL,       -- the name there that it will have
    size      INTEGER NOT NULL,    -- of the file
    part_size INTEGER NOT NULL,    -- of each part but the last
    begun_ms  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX upload_record ON upload (record);

CREATE TABLE upload_part (
    upload  TEXT NOT NULL,
    number  INTEGER NOT NULL,      -- from 0
    hash    TEXT NOT NULL,         -- XXH3 with 128 bits, in hexadecimal
    receipt TEXT NOT NULL,         -- what the service wants to hear when the upload is completed
    PRIMARY KEY (upload, number)
) STRICT, WITHOUT ROWID;
