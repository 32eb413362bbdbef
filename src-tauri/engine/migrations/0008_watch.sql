-- What was taken in of watched folders, and what each file was then. A file that is listed again is
-- looked up here by its path; the record may have got another path since, or a newer record its place.
CREATE TABLE watched (
    source   INTEGER NOT NULL,
    path     BLOB NOT NULL,
    size     INTEGER NOT NULL,
    modified INTEGER,          -- nanoseconds since 1970 (UTC); NULL: not known, or no file
    record   INTEGER NOT NULL,
    PRIMARY KEY (source, path)
) STRICT, WITHOUT ROWID;
