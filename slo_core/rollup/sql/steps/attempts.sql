-- One row per attempt and step that it reached, at its first time: a repeated step counts once.
WITH reached AS (
  SELECT
    journey,
    attempt_id,
    started_at,
    position,
    min(ts) AS reached_at,
    max(ts) AS last_at,
    count(*) AS times
  FROM walked
  GROUP BY journey, attempt_id, started_at, position
)
SELECT
  *,
  lag(position) OVER (
    PARTITION BY journey, attempt_id, started_at ORDER BY reached_at, position
  ) AS position_before
FROM reached
