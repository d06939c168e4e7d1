-- Gone, whoever is still connected.
-- Index: none.
DROP DATABASE {name} WITH (FORCE)
