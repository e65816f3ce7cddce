-- Old numbers are found by their age, some at a time: without this the whole table was read for it, on the connection that commits.
CREATE INDEX number_given_at ON number_given (at);
