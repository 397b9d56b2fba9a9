-- Ratings by hour and journey.
SELECT
  date_trunc('hour', ts) AS hour,
  f.journey,
  count(*) AS ratings,
  sum(rating) AS total,
  count_if(rating < 2) AS ones,
  count_if(rating >= 2 AND rating < 3) AS twos,
  count_if(rating >= 3 AND rating < 4) AS threes,
  count_if(rating >= 4 AND rating < 5) AS fours,
  count_if(rating >= 5) AS fives
FROM feedback AS f
JOIN journey AS j ON f.journey = j.journey
GROUP BY date_trunc('hour', ts), f.journey
