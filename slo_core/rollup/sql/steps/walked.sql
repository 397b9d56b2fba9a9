-- Every step of an attempt whose first step falls on a date of this rollup. An attempt starts with
-- a step that no other step of its id precedes by less than a day, and has the steps of the day
-- after that, so that midnight changes nothing and a date needs to look at its neighbours alone.
-- Steps that are not in the journey's funnel are no part of it.
WITH known AS (
  SELECT s.journey, s.attempt_id, s.ts, s.session_id, f.position
  FROM steps AS s
  JOIN funnel AS f ON s.journey = f.journey AND s.step = f.step
),
starts AS (
  SELECT journey, attempt_id, ts AS started_at
  FROM (
    SELECT
      journey,
      attempt_id,
      ts,
      lag(ts) OVER (PARTITION BY journey, attempt_id ORDER BY ts) AS ts_before
    FROM known
  ) AS stepped
  WHERE (ts_before IS NULL OR ts - ts_before >= INTERVAL 1 DAY)
    AND CAST(ts AS DATE) IN (SELECT date FROM dates)
)
SELECT k.journey, k.attempt_id, s.started_at, k.position, k.ts, k.session_id
FROM known AS k
JOIN starts AS s
  ON k.journey = s.journey AND k.attempt_id = s.attempt_id
  AND k.ts >= s.started_at AND k.ts < s.started_at + INTERVAL 1 DAY
