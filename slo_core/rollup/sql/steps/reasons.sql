-- Attempts in whose sessions a request failed or was slow between the attempt's furthest step and
-- its end. In a session, an attempt ends when another one enters it; in any case once no further
-- step could be part of it.
WITH failed AS (
  SELECT journey, session_id, unnest(failed_at) AS ts FROM sessions
),
slow AS (
  SELECT journey, session_id, unnest(slow_at) AS ts FROM sessions
),
troubled AS (
  SELECT journey, session_id FROM failed
  UNION
  SELECT journey, session_id FROM slow
),
entered AS (
  SELECT c.journey, c.attempt_id, c.started_at, c.session_id, min(c.ts) AS entered_at
  FROM chained AS c
  SEMI JOIN troubled AS t ON c.journey = t.journey AND c.session_id = t.session_id
  GROUP BY c.journey, c.attempt_id, c.started_at, c.session_id
),
ended AS (
  SELECT
    journey,
    attempt_id,
    started_at,
    max_by(reached_at, position) AS furthest_at,
    least(max(last_at) + INTERVAL 1 DAY, started_at + INTERVAL 2 DAY) AS over_at
  FROM attempts
  GROUP BY journey, attempt_id, started_at
),
visit AS (
  SELECT
    e.journey,
    e.attempt_id,
    e.started_at,
    e.session_id,
    greatest(a.furthest_at, e.entered_at) AS since,
    a.over_at
  FROM entered AS e
  JOIN ended AS a
    ON e.journey = a.journey AND e.attempt_id = a.attempt_id AND e.started_at = a.started_at
),
-- In the order of time; of what happened at once, who entered comes before a visit, and so does not
-- end it, and what went wrong comes after, and so is part of it.
happened AS (
  SELECT journey, session_id, entered_at AS ts, 0 AS place, NULL AS attempt_id,
    NULL AS started_at, NULL AS over_at, entered_at, NULL AS failed_at, NULL AS slow_at
  FROM entered
  UNION ALL
  SELECT journey, session_id, since, 1, attempt_id, started_at, over_at, NULL, NULL, NULL
  FROM visit
  UNION ALL
  SELECT journey, session_id, ts, 2, NULL, NULL, NULL, NULL, ts, NULL
  FROM failed
  UNION ALL
  SELECT journey, session_id, ts, 2, NULL, NULL, NULL, NULL, NULL, ts
  FROM slow
),
followed AS (
  SELECT
    *,
    min(entered_at) OVER later AS left_at,
    min(failed_at) OVER later AS next_failed_at,
    min(slow_at) OVER later AS next_slow_at
  FROM happened
  WINDOW later AS (
    PARTITION BY journey, session_id ORDER BY ts, place
    ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING
  )
)
SELECT
  journey,
  attempt_id,
  started_at,
  coalesce(bool_or(next_failed_at < least(over_at, left_at)), false) AS failed,
  coalesce(bool_or(next_slow_at < least(over_at, left_at)), false) AS slow
FROM followed
WHERE place = 1
GROUP BY journey, attempt_id, started_at
