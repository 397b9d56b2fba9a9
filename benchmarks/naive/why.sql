-- What failures have in common, as a user would write it over raw Parquet: of one journey, over 30
-- days.
SELECT endpoint, status, error, platform, count(*) AS failures
FROM read_parquet('$folder/requests/*/*.parquet', hive_partitioning = false)
WHERE journey = 'song_generation' AND (status >= 400 OR error IS NOT NULL)
  AND ts >= TIMESTAMP '$end' - INTERVAL 30 DAY AND ts < TIMESTAMP '$end'
GROUP BY ALL
ORDER BY failures DESC
