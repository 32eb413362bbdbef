-- Targets that templates give, known before a byte is written.

ALTER TABLE record ADD COLUMN mapped BLOB; -- below the destination; NULL: mirrors its source, or not known yet
