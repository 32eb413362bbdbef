-- Records that are delivered together or failed together.

ALTER TABLE record ADD COLUMN kin INTEGER; -- the number of its group, the same for all of it; NULL: it is alone
CREATE INDEX record_kin ON record (kin) WHERE kin IS NOT NULL;
