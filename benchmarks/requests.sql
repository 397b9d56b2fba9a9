-- One day of made-up requests, enough like real ones in shape (journeys, platforms, endpoints, log
-- durations, a thousandth of failures) for costs to be theirs. $day, $rows and $path are filled in.
COPY (
  WITH numbers AS (
    SELECT i, hash(i * 7 + $seed) AS a, hash(i * 13 + $seed) AS b, hash(i * 17 + $seed) AS c
    FROM range($rows) AS r(i)
  ),
  named AS (
    SELECT
      *,
      CASE
        WHEN a % 100 < 30 THEN 'api'
        WHEN a % 100 < 80 THEN 'audio_playback'
        WHEN a % 100 < 92 THEN 'project_loading'
        WHEN a % 100 < 95 THEN 'song_generation'
        WHEN a % 100 < 97 THEN 'audio_export'
        WHEN a % 100 < 98 THEN 'publishing'
        ELSE 'collaboration'
      END AS journey
    FROM numbers
  )
  SELECT
    TIMESTAMP '$day' + to_microseconds(CAST(i * 86400000000.0 / $rows AS BIGINT)) AS ts,
    journey,
    CASE WHEN journey = 'publishing' THEN CASE WHEN b % 2 = 0 THEN 'publish' ELSE 'platform_sync' END
    END AS step,
    's' || (b % 5000000) AS session_id,
    'u' || (c % 20000) AS user_id,
    CASE b % 4 WHEN 0 THEN 'web' WHEN 1 THEN 'ios' WHEN 2 THEN 'android' ELSE 'desktop' END
      AS platform,
    '/v1/' || journey || '/' || (c % 12) AS endpoint,
    CASE WHEN c % 3 = 0 THEN 'POST' ELSE 'GET' END AS "method",
    CAST(CASE a % 10000 WHEN 1 THEN 500 WHEN 2 THEN 404 WHEN 3 THEN 302 WHEN 4 THEN 401 ELSE 200 END
      AS INTEGER) AS status,
    exp(5 + (b % 1000003) / 300000.0 + (c % 1000003) / 500000.0) AS duration_ms,
    CASE WHEN a % 30000 = 11 THEN 'timeout' WHEN a % 30000 = 12 THEN 'network' END AS error,
    CAST(b % 100000 + 1 AS BIGINT) AS response_bytes,
    CASE WHEN a % 40000 = 13 THEN 'user_side' END AS excluded,
    CASE WHEN journey = 'api' THEN 'server' ELSE 'client' END AS source
  FROM named
) TO '$path' (FORMAT parquet)
