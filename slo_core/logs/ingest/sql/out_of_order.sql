-- Lines, from a number on, that are more than a minute older than one before them.
SELECT count(*)
FROM (
  SELECT ts, max(ts) OVER (ORDER BY n ROWS UNBOUNDED PRECEDING) AS latest
  FROM held
  WHERE n >= $first AND reason IS NULL AND NOT other
) AS lines
WHERE ts < latest - INTERVAL 1 MINUTE
