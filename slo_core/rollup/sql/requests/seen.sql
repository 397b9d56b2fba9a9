-- In which slices a journey had any request: sixty of them, ten minutes, are the bits of a number.
SELECT
  date,
  journey_id,
  CAST(floor(slice / 60) AS BIGINT) AS sixty,
  bit_or(CAST(1 AS BIGINT) << CAST(slice % 60 AS INTEGER)) AS seen
FROM slices
GROUP BY date, journey_id, CAST(floor(slice / 60) AS BIGINT)
