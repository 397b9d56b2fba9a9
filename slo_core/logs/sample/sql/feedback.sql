-- One date's ratings: mostly fours and fives, lower while something is wrong. One in four says why.
WITH rated AS (
    SELECT p.ts, r.journey, p.h2,
           1 + least(4, floor(5 * pow(uniform(p.h1, 0), 0.35 * p.factor)))::INTEGER AS stars
    FROM placed('feedback') AS p JOIN streams AS r ON r.k = p.k
)
SELECT ts, journey, stars::DOUBLE AS rating,
       CASE WHEN h2 & 3 = 0
            THEN getvariable('comments')[stars][
                1 + ((h2 >> 24) % len(getvariable('comments')[stars])::UBIGINT)::INTEGER]
       END AS comment
FROM rated
