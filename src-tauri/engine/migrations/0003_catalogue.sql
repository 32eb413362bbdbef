-- What a catalogue says of a record, besides its fields.

ALTER TABLE record ADD COLUMN catalogue INTEGER;  -- which of the job's catalogues names it, from 0
ALTER TABLE record ADD COLUMN row INTEGER;        -- its row there, as a spreadsheet counts
ALTER TABLE record ADD COLUMN external_id TEXT;   -- its own number or name there
ALTER TABLE record ADD COLUMN checksum TEXT;      -- what its bytes must hash to: algorithm:hexadecimal
