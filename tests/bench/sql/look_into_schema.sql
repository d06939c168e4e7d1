-- Tables of this schema are meant before the real ones of the same name.
SET search_path = {}, public
