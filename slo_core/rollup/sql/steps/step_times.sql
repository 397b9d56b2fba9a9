-- The time from a step to the next one in the funnel's order, as a log histogram in milliseconds;
-- pairs that are out of order have no time.
WITH pairs AS (
  SELECT
    later.journey,
    later.started_at,
    later.position,
    (epoch_us(later.reached_at) - epoch_us(earlier.reached_at)) / 1000.0 AS took_ms
  FROM attempts AS later
  JOIN attempts AS earlier
    ON later.journey = earlier.journey AND later.attempt_id = earlier.attempt_id
    AND later.started_at = earlier.started_at AND earlier.position = later.position - 1
)
SELECT
  date_trunc('hour', started_at) AS hour,
  journey,
  position,
  CAST(CASE WHEN took_ms > 0.000001 THEN floor(ln(took_ms) / ln(1.02)) ELSE -1000 END AS INTEGER)
    * 16 AS bin,
  count(*) AS events
FROM pairs
WHERE took_ms >= 0
GROUP BY 1, 2, 3, 4
