-- Where each counter stands after this block.
CREATE OR REPLACE TEMP TABLE counters AS
SELECT counter, arg_max(total, n) AS total, arg_max(failed, n) AS failed
FROM (
  SELECT -1 AS n, counter, total, failed FROM counters
  UNION ALL
  SELECT n, counter, total, failed FROM held WHERE reason IS NULL AND NOT other
) AS so_far
GROUP BY counter
