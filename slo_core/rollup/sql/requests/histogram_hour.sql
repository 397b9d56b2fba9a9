-- The mergeable log histogram at hour grain; timeouts have no bin and are in the counts.
SELECT
  date_trunc('hour', ts) AS hour,
  journey_id,
  step,
  platform,
  bin,
  count(*) AS events
FROM judged
WHERE other_source IS NULL AND bin IS NOT NULL
GROUP BY date_trunc('hour', ts), journey_id, step, platform, bin
