-- Where the nodes stand that a file brings or moves, by the ids they have or will have.
-- No index: it is read whole.
CREATE TEMPORARY TABLE taxonomy_node_place (
    id bigint,
    parent_id bigint,
    external_id text,
    depth bigint,
    path text,
    position bigint
) ON COMMIT DROP
