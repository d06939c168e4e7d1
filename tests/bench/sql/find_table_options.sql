-- How full its pages may be and how it is vacuumed: LIKE leaves that out.
SELECT array_to_string(reloptions, ', ') FROM pg_class WHERE oid = 'public.queue_job'::regclass
