-- Each day's distinct users over all journeys that the catalogue knows.
SELECT DISTINCT date, user_id
FROM requests
WHERE user_id IS NOT NULL AND journey IN (SELECT journey FROM journey)
