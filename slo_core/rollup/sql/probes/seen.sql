-- In which slices a scope was probed, and in which a target's latest probe failed: sixty of them, ten
-- minutes, are the bits of a number. The targets themselves are read around failures only.
SELECT
  date,
  scope,
  CAST(floor(slice / 60) AS BIGINT) AS sixty,
  bit_or(CAST(1 AS BIGINT) << CAST(slice % 60 AS INTEGER)) AS seen,
  bit_or(
    CASE
      WHEN last_failed_at IS NOT NULL
        AND (last_passed_at IS NULL OR last_failed_at > last_passed_at)
        THEN CAST(1 AS BIGINT) << CAST(slice % 60 AS INTEGER)
      ELSE 0
    END
  ) AS failing
FROM slices
GROUP BY date, scope, CAST(floor(slice / 60) AS BIGINT)
