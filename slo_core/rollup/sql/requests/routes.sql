-- Failed and slow requests by where they came from; `band` says how many cuts a slow one reached.
SELECT
  date_trunc('hour', ts) AS hour,
  journey_id,
  step,
  platform,
  endpoint,
  status,
  outcome,
  CASE WHEN band < 100 THEN band END AS band,
  count(*) AS events
FROM judged
WHERE other_source IS NULL AND (outcome > 3 OR band BETWEEN 1 AND 99)
GROUP BY date_trunc('hour', ts), journey_id, step, platform, endpoint, status, outcome, band
