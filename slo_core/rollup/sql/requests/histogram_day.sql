-- The hour histogram summed to days, over all platforms.
SELECT
  date_trunc('day', hour) AS day,
  journey_id,
  step,
  bin,
  sum(events) AS events
FROM histogram_hour
GROUP BY date_trunc('day', hour), journey_id, step, bin
