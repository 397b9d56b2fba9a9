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
bounded AS (
  SELECT v.*, least(v.over_at, n.entered_at) AS until
  FROM visit AS v
  ASOF LEFT JOIN entered AS n
    ON v.journey = n.journey AND v.session_id = n.session_id AND v.since < n.entered_at
)
SELECT
  b.journey,
  b.attempt_id,
  b.started_at,
  coalesce(bool_or(f.ts < b.until), false) AS failed,
  coalesce(bool_or(s.ts < b.until), false) AS slow
FROM bounded AS b
ASOF LEFT JOIN failed AS f
  ON b.journey = f.journey AND b.session_id = f.session_id AND b.since <= f.ts
ASOF LEFT JOIN slow AS s
  ON b.journey = s.journey AND b.session_id = s.session_id AND b.since <= s.ts
GROUP BY b.journey, b.attempt_id, b.started_at
