-- Records that name a file which an earlier record names too, as the plan found them: listing them would sort
-- the whole plan for each page.
CREATE TABLE repeated (
    record INTEGER PRIMARY KEY
) STRICT;
INSERT INTO repeated (record)
    SELECT id FROM (SELECT id, row_number() OVER (PARTITION BY source, path ORDER BY id) AS n
                    FROM record WHERE state = 0) WHERE n > 1;
