-- Never filled: what a number was submitted with first stands in the journal, and a repeat is compared with that.

ALTER TABLE case_ DROP COLUMN content_digest;
