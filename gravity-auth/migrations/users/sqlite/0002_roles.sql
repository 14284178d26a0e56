CREATE TABLE auth_roles (
    name     TEXT NOT NULL PRIMARY KEY,
    grants   TEXT NOT NULL,
    inherits TEXT
) STRICT, WITHOUT ROWID;
INSERT INTO auth_roles (name, grants, inherits) VALUES
    ('super_admin', '*', NULL),
    ('admin', 'users:read/write/delete orders:read/write products:read/write', 'manager'),
    ('manager', 'users:read orders:read/write products:read', 'customer'),
    ('customer', 'profile:read/write orders:read', NULL);
