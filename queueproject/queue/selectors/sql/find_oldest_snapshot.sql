-- Who keeps the oldest view of the data open, so that no vacuum may remove what has died since: a session of this
-- database, a prepared transaction, or a replication slot.
SELECT kind, pid, name, who, state, since, xids FROM (
    SELECT 'session' AS kind, pid, application_name AS name,
           concat_ws('@', usename, coalesce(client_hostname, host(client_addr))) AS who, state, xact_start AS since,
           greatest(age(backend_xmin), age(backend_xid)) AS xids
    FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
      AND (backend_xmin IS NOT NULL OR backend_xid IS NOT NULL)
    UNION ALL
    SELECT 'prepared', NULL, gid, owner, 'prepared', prepared, age(transaction)
    FROM pg_prepared_xacts WHERE database = current_database()
    UNION ALL
    SELECT 'slot', active_pid, slot_name, slot_type, CASE WHEN active THEN 'active' ELSE 'inactive' END, NULL, age(xmin)
    FROM pg_replication_slots WHERE xmin IS NOT NULL
) holder
WHERE kind = 'slot' OR since < statement_timestamp() - make_interval(secs => %(older_than)s)
ORDER BY xids DESC NULLS LAST, since
LIMIT 1
