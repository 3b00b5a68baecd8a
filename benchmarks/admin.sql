-- Rows of an installation that has been used for a while; what an operator filters for is rare, and old.
INSERT INTO assistants_assistant (assistant_id, graph_id, name, config, context, metadata, version, created_at, updated_at)
SELECT gen_random_uuid(), 'graph' || n % 20, 'Assistant ' || n, '{}', '{}',
  CASE WHEN n <= 20 THEN '{"created_by": "system"}' ELSE jsonb_build_object('team', n % 1000) END,
  2, now() - (:rows - n) * interval '1 second', now() - n % 77777 * interval '1 second'
FROM generate_series(1, :rows) n;

INSERT INTO assistants_assistantversion
  (assistant_id, version, graph_id, name, config, context, metadata, created_at)
SELECT assistant_id, v, graph_id, name || v, jsonb_build_object('v', v), '{}', metadata, created_at
FROM assistants_assistant, generate_series(1, 2) v;

INSERT INTO threads_thread (thread_id, status, interrupts, metadata, created_at, updated_at,
  state_updated_at)
SELECT gen_random_uuid(), CASE WHEN n % 10000 = 1 THEN 'error' ELSE 'idle' END, '{}',
  jsonb_build_object('graph_id', 'graph' || n % 20), moment, moment, moment
FROM generate_series(1, :rows) n, LATERAL (SELECT now() - (:rows - n) * interval '1 second' AS moment) at;

INSERT INTO runs_run (run_id, thread_id, assistant_id, graph_id, status, metadata, kwargs, multitask_strategy, created_at,
  updated_at, queue, due_at, started_at, ended_at, attempt, crashes, progress, token, cancel_reason)
SELECT gen_random_uuid(), thread_id, gen_random_uuid(), CASE WHEN n = 1 THEN 'rare' ELSE 'graph' || n % 20 END,
  CASE WHEN n % 10000 = 1 THEN 'error' WHEN n % 10000 = 2 THEN 'pending' ELSE 'success' END,
  '{}', '{}', 'enqueue', created_at, created_at, 'default', created_at, created_at, created_at, 1, 0, 0, 1, ''
FROM (SELECT thread_id, created_at, row_number() OVER (ORDER BY created_at) AS n FROM threads_thread) threads;

INSERT INTO runs_attempt (run_id, token, attempt, worker_id, due_at, started_at, ended_at, outcome)
SELECT run_id, 1, 1, gen_random_uuid(), due_at, started_at, ended_at, status FROM runs_run WHERE status <> 'pending';

INSERT INTO runs_timelinepart (run_id, token, part, document, written_at)
SELECT run_id, 1, 1, jsonb_build_object('tasks', (
    SELECT jsonb_agg(jsonb_build_object('n', n, 'node', 'agent', 'step', n, 'began', n * 1000, 'ended', n * 1000 + 900,
      'input', jsonb_build_object('text', repeat('x', 40)), 'result', jsonb_build_object('text', repeat('y', 40))))
    FROM generate_series(1, 5) n
  )), created_at
FROM runs_run WHERE status <> 'pending';

INSERT INTO runs_minute (minute, graph_id, waits, spans, waited, spent)
SELECT date_trunc('minute', now()) - m * interval '1 minute', 'graph' || g, array_fill(m, ARRAY[23]),
  array_fill(g, ARRAY[23]), m, g
FROM generate_series(0, 10000) m, generate_series(1, 20) g;

INSERT INTO runs_worker (worker_id, host, process, queues, slots, runs, started_at, seen_at)
SELECT gen_random_uuid(), 'host' || n % 10, n, '{default}', 200, 20, now(), now() - n * interval '1 second'
FROM generate_series(1, 1000) n;

INSERT INTO crons_cron (cron_id, assistant_id, user_id, schedule, enabled, payload, metadata, next_run_date, created_at,
  updated_at)
SELECT gen_random_uuid(), assistant_id, '', '0 ' || n % 24 || ' * * *', n % 10000 <> 1, '{}',
  jsonb_build_object('team', n % 1000), now() + n * interval '1 second', created_at, updated_at
FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS n FROM assistants_assistant) assistants;

INSERT INTO crons_cronfiring (cron_id, instant, reason, fired_at, lag)
SELECT (SELECT cron_id FROM crons_cron ORDER BY created_at DESC LIMIT 1), now() - n * interval '1 minute', '',
  now() - n * interval '1 minute', '0'
FROM generate_series(1, :rows) n;

INSERT INTO webhooks_delivery (delivery_id, run_id, url, body, state, next_try_at, tries, created_at, give_up_at, ended_at)
SELECT gen_random_uuid(), run_id, 'https://receiver' || n % 50 || '.example/hook', '{}',
  CASE WHEN n % 10000 = 1 THEN 'given_up' ELSE 'delivered' END, created_at, 1, created_at, created_at, created_at
FROM (SELECT *, row_number() OVER (ORDER BY created_at) AS n FROM runs_run) runs;

INSERT INTO webhooks_attempt (delivery_id, started_at, duration, status_code, answer, error)
SELECT delivery_id, created_at, '1 second', 200, '', '' FROM webhooks_delivery;

INSERT INTO store (prefix, key, value, created_at, updated_at)
SELECT CASE n % 2 WHEN 0 THEN 'users.user' || n || '.memories' ELSE 'documents' END, 'key-' || n,
  jsonb_build_object('n', n, 'text', repeat('x', 200)), now(), now()
FROM generate_series(1, :rows) n;
