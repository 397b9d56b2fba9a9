-- Every step around the dates of this rollup with the start of its attempt. An attempt goes on as
-- long as each of its steps follows the one before by less than a day, so that midnight changes
-- nothing and its start is known from the day before. Of a date whose raw logs are gone, the last
-- step of each attempt is kept in `last_steps`, with its start; it has no position here.
-- Steps that are not in the journey's funnel are no part of an attempt. Of the days around only
-- what has to do with these dates is looked at: their attempts, and who entered their sessions.
WITH around AS (
  SELECT s.journey, s.attempt_id, s.ts, s.session_id, f.position
  FROM steps AS s
  JOIN funnel_step AS f ON s.journey = f.journey AND s.step = f.step
),
today AS (
  SELECT journey, attempt_id, session_id
  FROM around
  WHERE CAST(ts AS DATE) IN (SELECT date FROM dates)
),
near AS (
  SELECT journey, attempt_id FROM today
  UNION
  SELECT a.journey, a.attempt_id
  FROM around AS a
  SEMI JOIN today AS t ON a.journey = t.journey AND a.session_id = t.session_id
),
known AS (
  SELECT a.journey, a.attempt_id, a.ts, a.session_id, a.position, a.ts AS began_at
  FROM around AS a
  SEMI JOIN near AS n ON a.journey = n.journey AND a.attempt_id = n.attempt_id
  UNION ALL
  SELECT journey, attempt_id, last_at, NULL, NULL, began_at
  FROM kept_steps
),
followed AS (
  SELECT
    *,
    lag(ts) OVER (PARTITION BY journey, attempt_id ORDER BY ts) AS ts_before
  FROM known
)
SELECT
  journey,
  attempt_id,
  ts,
  session_id,
  position,
  max(CASE WHEN ts_before IS NULL OR ts - ts_before >= INTERVAL 1 DAY THEN began_at END) OVER (
    PARTITION BY journey, attempt_id ORDER BY ts
  ) AS started_at
FROM followed
