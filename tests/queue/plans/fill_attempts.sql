INSERT INTO queue_attempt (
    job_id, kind, subject_type, subject_id, provider_key, number, outcome, finished_at, calls, tokens, error, fingerprint)
SELECT n, 'tests.noop', 'number', n::text, 'testlane', 1, 'completed', statement_timestamp() - n * interval '1 second', 1, 100,
       '', ''
FROM generate_series(1, least(100000, %(rows)s)) AS n
