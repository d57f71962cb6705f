-- E-mail addresses of staff are stored without spaces around them and in small letters, as those of accounts are, so that
-- both databases compare them alike.
UPDATE staff SET email = LOWER(TRIM(email)) WHERE email IS NOT NULL;
