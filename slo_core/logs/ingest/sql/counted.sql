-- How many requests each line that is a counter stands for: what its counter rose by since the line
-- before, in this block or an earlier one (`counters`). One that falls has begun anew. `failed` of
-- them failed.
CREATE OR REPLACE TEMP TABLE counted AS
WITH so_far AS (
  SELECT -1 AS n, counter, total, failed FROM counters
  UNION ALL
  SELECT n, counter, total, failed FROM held WHERE reason IS NULL AND NOT other
),
risen AS (
  SELECT
    n,
    total,
    failed,
    lag(total, 1, 0) OVER w AS total_before,
    lag(failed, 1, 0) OVER w AS failed_before
  FROM so_far
  WINDOW w AS (PARTITION BY counter ORDER BY n)
)
SELECT
  n,
  CASE
    WHEN total < total_before OR failed < failed_before THEN total ELSE total - total_before
  END AS requests,
  CASE
    WHEN total < total_before OR failed < failed_before THEN failed ELSE failed - failed_before
  END AS failed
FROM risen
WHERE n >= 0
