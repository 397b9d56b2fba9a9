DROP TABLE IF EXISTS sessions;
DROP TYPE IF EXISTS session_word;
DROP TYPE IF EXISTS user_word;

-- The sessions that a date's rows can belong to. The user of a session depends on its number
-- alone, so that it stays the same over midnight.
CREATE TEMP TABLE drawn_sessions AS
    WITH bounds AS (SELECT min(s_end - s_alive) AS lo, max(s_end) AS hi FROM slots()),
    drawn AS (
        SELECT s, hash(s, getvariable('seed')) AS h FROM bounds, range(lo, hi) AS r(s)
    ), used AS (
        SELECT s, 1 + floor(
            getvariable('users')
            * pow(1 + getvariable('growth'),
                  (s - getvariable('first_session')) / getvariable('monthly_sessions'))
            * pow(uniform(h, 0), getvariable('skew'))
        )::BIGINT AS number
        FROM drawn
    )
    SELECT s, 's' || (1000000 + s) AS session_id, 'u' || number AS user_id,
           getvariable('platforms')[
               1 + floor(100 * uniform(hash(number, getvariable('seed')), 0))::INT]::word AS platform
    FROM used;

-- Names as enums, which are joined, sorted and written at a fraction of text's price.
CREATE TYPE session_word AS ENUM (SELECT session_id FROM drawn_sessions);
CREATE TYPE user_word AS ENUM (SELECT DISTINCT user_id FROM drawn_sessions);
CREATE TEMP TABLE sessions AS
    SELECT s, session_id::session_word AS session_id, user_id::user_word AS user_id, platform
    FROM drawn_sessions;
DROP TABLE drawn_sessions;
