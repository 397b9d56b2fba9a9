-- Attempts by the hour of their first step and how far they got: the furthest step by the funnel's
-- own order, so a missing one in between counts as passed. An attempt that ended before the last
-- step dropped for one of three reasons: since its furthest step a request failed, was slow, or
-- neither.
WITH attempt AS (
  SELECT
    journey,
    attempt_id,
    started_at,
    max(position) AS reached,
    max(times) > 1 AS repeated,
    max(position) + 1 > count(*) AS missing,
    max(CASE WHEN position < position_before THEN 1 ELSE 0 END) = 1 AS out_of_order
  FROM attempts
  GROUP BY journey, attempt_id, started_at
)
SELECT
  date_trunc('hour', a.started_at) AS hour,
  a.journey,
  v.platform,
  a.reached,
  CASE
    WHEN a.reached >= j.last_position THEN 'completed'
    WHEN r.failed THEN 'failure'
    WHEN r.slow THEN 'slow'
    ELSE 'left'
  END AS ending,
  a.repeated,
  a.missing,
  a.out_of_order,
  count(*) AS attempts
FROM attempt AS a
JOIN funnel_journey AS j ON a.journey = j.journey
LEFT JOIN visits AS v
  ON a.journey = v.journey AND a.attempt_id = v.attempt_id AND a.started_at = v.started_at
LEFT JOIN reasons AS r
  ON a.journey = r.journey AND a.attempt_id = r.attempt_id AND a.started_at = r.started_at
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8
