-- A database as its template is.
-- Index: none.
CREATE DATABASE {name} TEMPLATE {template}
