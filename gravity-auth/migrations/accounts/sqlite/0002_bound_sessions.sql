ALTER TABLE auth_sessions ADD COLUMN bound_to TEXT;
