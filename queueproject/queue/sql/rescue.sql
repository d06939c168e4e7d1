-- Jobs of dead workers wait again. Only one that had started counts it, runs alone from now on, and fails after the last.
-- Started: it spent a call, or its worker had named it. Indexes: job_worker, primary key, entry_token.
UPDATE queue_job j SET
    state = CASE WHEN held.started AND j.rescues + 1 >= %(most)s THEN 'failed' ELSE 'pending' END,
    finished_at = CASE WHEN held.started AND j.rescues + 1 >= %(most)s THEN statement_timestamp() END,
    attempts = CASE WHEN j.rerun THEN 0 ELSE j.attempts - 1 END,
    rescues = j.rescues + held.started::int, alone = j.alone OR held.started,
    last_error = CASE
        WHEN held.started AND j.rescues + 1 >= %(most)s
        THEN 'worker_lost: ' || %(most)s || ' workers died while they ran this job'
        WHEN held.started THEN 'its worker died while it ran' ELSE j.last_error END,
    fingerprint = CASE WHEN held.started THEN 'worker_lost' ELSE j.fingerprint END,
    rerun = false, lease_token = NULL, worker_id = NULL
FROM (
    SELECT locked.id, locked.lease_token AS token, locked.worker_id AS worker, locked.claimed_at AS claimed,
           locked.id = ANY (w.started_job_ids) OR EXISTS (
               SELECT FROM queue_budgetentry e
               WHERE e.lease_token = locked.lease_token AND e.spent_at IS NOT NULL
           ) AS started
    FROM (
        SELECT id, lease_token, worker_id, claimed_at FROM queue_job
        WHERE worker_id = ANY (%(workers)s::bigint[]) AND state = 'processing'
        ORDER BY id
        FOR NO KEY UPDATE
    ) locked
    JOIN queue_worker w ON w.id = locked.worker_id
) held
WHERE j.id = held.id
RETURNING j.id, j.kind, j.subject_type, j.subject_id, j.batch_id, j.units, j.provider_id, j.sort_key, j.state,
          j.attempts, j.last_error, held.started, held.token, held.worker, held.claimed
