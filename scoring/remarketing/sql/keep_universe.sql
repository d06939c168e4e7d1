-- The universe an alignment was judged against, as it is now, kept from changing until it is saved.
SELECT u.content_changed_at AS universe_changed_at,
       (SELECT id FROM auth_user WHERE id = %(user)s) AS user_id
FROM remarketing_universe u
WHERE u.id = %(universe)s AND u.archived_at IS NULL
FOR SHARE OF u
