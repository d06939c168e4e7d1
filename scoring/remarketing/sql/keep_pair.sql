-- The rows a fit score was made of, as they are now, kept from changing until it is saved: an edit that
-- commits later finds the score and marks it stale. FOR SHARE: two savings never wait for each other.
SELECT u.content_changed_at AS universe_changed_at,
       l.content_changed_at AS listing_changed_at,
       b.content_changed_at AS buyer_changed_at,
       (u.archived_at IS NULL AND l.archived_at IS NULL AND b.archived_at IS NULL) AS is_live,
       (SELECT id FROM auth_user WHERE id = %(user)s) AS user_id
FROM remarketing_universe u, remarketing_listing l, remarketing_buyer b
WHERE u.id = %(universe)s AND l.id = %(listing)s AND b.id = %(buyer)s
FOR SHARE OF u, l, b
