-- One row per attempt and step that it reached, at its first time: a repeated step counts once.
WITH first_times AS (
  SELECT journey, attempt_id, started_at, position, min(ts) AS reached_at, count(*) AS times
  FROM walked
  GROUP BY journey, attempt_id, started_at, position
)
SELECT
  journey,
  attempt_id,
  started_at,
  position,
  reached_at,
  times,
  lag(position) OVER (
    PARTITION BY journey, attempt_id, started_at ORDER BY reached_at, position
  ) AS position_before
FROM first_times
