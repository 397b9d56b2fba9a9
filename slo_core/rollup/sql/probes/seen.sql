-- In which slices a scope was probed, and in which no target's latest probe passed: sixty of them,
-- ten minutes, are the bits of a number. The targets themselves are read around such slices only.
WITH each AS (
  SELECT
    date,
    scope,
    slice,
    bool_and(
      last_failed_at IS NOT NULL AND (last_passed_at IS NULL OR last_failed_at > last_passed_at)
    ) AS failing
  FROM slices
  GROUP BY date, scope, slice
)
SELECT
  date,
  scope,
  CAST(floor(slice / 60) AS BIGINT) AS sixty,
  bit_or(CAST(1 AS BIGINT) << CAST(slice % 60 AS INTEGER)) AS seen,
  bit_or(CASE WHEN failing THEN CAST(1 AS BIGINT) << CAST(slice % 60 AS INTEGER) ELSE 0 END)
    AS failing
FROM each
GROUP BY date, scope, CAST(floor(slice / 60) AS BIGINT)
