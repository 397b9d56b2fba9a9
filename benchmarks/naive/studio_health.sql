-- Studio health's table, as a user would write it over raw Parquet: success by journey over 30 days,
-- with the outcome rule cut down to statuses and timeouts.
SELECT
  journey,
  count(*) FILTER (WHERE status BETWEEN 200 AND 299 AND error IS NULL) / count(*) AS success_rate
FROM read_parquet('$folder/requests/*/*.parquet', hive_partitioning = false)
WHERE excluded IS NULL AND status NOT IN (401, 403)
  AND ts >= TIMESTAMP '$end' - INTERVAL 30 DAY AND ts < TIMESTAMP '$end'
GROUP BY journey
