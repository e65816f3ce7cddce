-- A dead letter's bytes are revealed as fields of a case are.
COMMENT ON COLUMN access.what IS 'material: its bytes were handed out; reveal: fields of a case were shown in clear; dead_letter: a letter''s bytes were';
COMMENT ON COLUMN access.subject IS 'The material''s digest; the fields'' JSON pointers as a JSON array, or all; the letter''s number';
