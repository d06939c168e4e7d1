-- Tables that were written to are emptied, also of what ANALYZE counted; those of which rows were kept get them back.
-- Index: none.
DO $$
DECLARE
    used text;
    kept record;
    differs boolean;
    changed text[] := '{}';
    filled boolean;
BEGIN
    PERFORM set_config('client_min_messages', 'warning', true);
    SELECT string_agg(format('public.%I', relname), ', ') INTO used FROM pg_class
    WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND relname <> 'django_migrations'
      AND to_regclass(format('kept.%I', relname)) IS NULL
      AND (pg_relation_size(oid) > 0 OR reltuples > 0);
    IF used IS NOT NULL THEN
        EXECUTE format('TRUNCATE %s CASCADE', used);
    END IF;
    -- Columns by name: one that a migration took and gave back stands elsewhere now.
    FOR kept IN
        SELECT relname AS name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
        WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' GROUP BY relname
    LOOP
        EXECUTE format(
            'SELECT EXISTS ((SELECT %2$s FROM public.%1$I EXCEPT ALL SELECT %2$s FROM kept.%1$I) UNION ALL
                            (SELECT %2$s FROM kept.%1$I EXCEPT ALL SELECT %2$s FROM public.%1$I))',
            kept.name, kept.columns) INTO differs;
        IF differs THEN
            changed := changed || format('public.%I', kept.name);
        END IF;
    END LOOP;
    IF changed = '{}' THEN
        RETURN;
    END IF;
    EXECUTE format('TRUNCATE %s CASCADE', array_to_string(changed, ', '));
    -- Whatever was emptied along with them is filled too; foreign keys are looked at when all is there.
    FOR kept IN
        SELECT relname AS name, string_agg(quote_ident(attname), ', ' ORDER BY attnum) AS columns
        FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid AND attnum > 0
        WHERE relnamespace = 'kept'::regnamespace AND relkind = 'r' GROUP BY relname
    LOOP
        EXECUTE format('SELECT EXISTS (TABLE public.%I)', kept.name) INTO filled;
        IF NOT filled THEN
            EXECUTE format('INSERT INTO public.%1$I (%2$s) SELECT %2$s FROM kept.%1$I', kept.name, kept.columns);
        END IF;
    END LOOP;
END $$
