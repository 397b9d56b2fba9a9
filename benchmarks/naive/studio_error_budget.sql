-- The burn-down's failures, as a user would write them over raw Parquet: of each journey, by the hour
-- over all 62 days.
SELECT
  journey,
  date_trunc('hour', ts) AS hour,
  count(*) AS requests,
  count(*) FILTER (WHERE status >= 400 OR error IS NOT NULL) AS failures
FROM read_parquet('$folder/requests/*/*.parquet', hive_partitioning = false)
WHERE excluded IS NULL AND status NOT IN (401, 403) AND ts < TIMESTAMP '$end'
GROUP BY ALL
