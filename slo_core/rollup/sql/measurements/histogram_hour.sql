-- The mergeable log histogram at hour grain.
SELECT
  date_trunc('hour', minute) AS hour,
  journey_id,
  metric,
  platform,
  bin,
  count(*) AS events
FROM judged
GROUP BY date_trunc('hour', minute), journey_id, metric, platform, bin
