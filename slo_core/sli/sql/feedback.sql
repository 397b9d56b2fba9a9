-- Ratings by day and journey, from the hours of some spans of time.
SELECT
  CAST(date_trunc('day', h.hour) AS TIMESTAMP) AS day,
  h.journey,
  CAST(sum(h.ratings) AS DOUBLE) AS ratings,
  CAST(sum(h.total) AS DOUBLE) AS total,
  CAST(sum(h.ones) AS DOUBLE) AS ones,
  CAST(sum(h.twos) AS DOUBLE) AS twos,
  CAST(sum(h.threes) AS DOUBLE) AS threes,
  CAST(sum(h.fours) AS DOUBLE) AS fours,
  CAST(sum(h.fives) AS DOUBLE) AS fives
FROM ($rows) AS h
WHERE h.hour >= $start AND h.hour < $end
GROUP BY ALL
ORDER BY h.journey, day
