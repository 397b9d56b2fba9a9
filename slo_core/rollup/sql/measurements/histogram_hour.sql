-- The mergeable log histogram at hour grain.
SELECT
  date_trunc('hour', ts) AS hour,
  journey_id,
  metric,
  platform,
  bin,
  count(*) AS events
FROM judged
GROUP BY date_trunc('hour', ts), journey_id, metric, platform, bin
