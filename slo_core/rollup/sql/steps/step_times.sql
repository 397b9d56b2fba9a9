-- The time from a step to the next one in the funnel's order, as a log histogram in milliseconds;
-- pairs that are out of order have no time.
WITH pairs AS (
  SELECT
    later.journey,
    later.attempt_id,
    later.started_at,
    later.position,
    date_diff('microsecond', earlier.reached_at, later.reached_at) / 1000.0 AS took_ms
  FROM attempts AS later
  JOIN attempts AS earlier
    ON later.journey = earlier.journey AND later.attempt_id = earlier.attempt_id
    AND later.started_at = earlier.started_at AND earlier.position = later.position - 1
)
SELECT
  date_trunc('hour', p.started_at) AS hour,
  p.journey,
  v.platform,
  p.position,
  CAST(CASE WHEN p.took_ms > 0.000001 THEN floor(ln(p.took_ms) / ln(1.02)) ELSE -1000 END
    AS INTEGER) * 16 AS bin,
  count(*) AS events
FROM pairs AS p
LEFT JOIN visits AS v
  ON p.journey = v.journey AND p.attempt_id = v.attempt_id AND p.started_at = v.started_at
WHERE p.took_ms >= 0
GROUP BY 1, 2, 3, 4, 5
