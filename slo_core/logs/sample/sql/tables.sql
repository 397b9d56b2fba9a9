-- The plan as small tables; slo_core.logs.sample.parameters fills them.

CREATE TEMP TABLE streams (       -- what the grid has a column of slots for
    k INTEGER, kind VARCHAR, journey VARCHAR, step VARCHAR, source VARCHAR, platform VARCHAR,
    metric VARCHAR,
    per_us DOUBLE,                -- rows per microsecond at level 1
    slowed BOOLEAN                -- in the slow hours
);

CREATE TEMP TABLE routes (        -- each stream of requests, 64 buckets by its endpoints' weights
    k INTEGER, bucket INTEGER, journey VARCHAR, step VARCHAR, source VARCHAR, platform VARCHAR,
    endpoint VARCHAR, method VARCHAR, status INTEGER, bytes DOUBLE,
    mu DOUBLE, spread DOUBLE, tail DOUBLE, timeout_ms DOUBLE,
    failures DOUBLE, failure_way INTEGER, unusual DOUBLE, unusual_way INTEGER
);

CREATE TEMP TABLE ways (          -- how a row can differ: 1000 buckets by weight for each key;
    key INTEGER, bucket INTEGER,  -- null is the usual, 'none' and -1 are a null in the row
    status INTEGER, method VARCHAR, endpoint VARCHAR, error VARCHAR, excluded VARCHAR,
    bytes BIGINT, duration VARCHAR, source VARCHAR
);

CREATE TEMP TABLE metrics (
    k INTEGER, journey VARCHAR, metric VARCHAR, mu DOUBLE, spread DOUBLE, tail DOUBLE,
    decimals INTEGER
);

CREATE TEMP TABLE effects (       -- what happens; null selectors mean all
    kind VARCHAR, begins TIMESTAMP, ends TIMESTAMP,
    journey VARCHAR, step VARCHAR, platform VARCHAR, source VARCHAR, metric VARCHAR,
    scope VARCHAR, target VARCHAR, host VARCHAR,
    fail DOUBLE, fail_end DOUBLE, fail_way INTEGER, factor DOUBLE, volume DOUBLE,
    more DOUBLE, more_end DOUBLE
);

CREATE TEMP TABLE funnels (
    journey VARCHAR, source VARCHAR, timeout_ms DOUBLE, abandoned DOUBLE, retried DOUBLE,
    step VARCHAR, place INTEGER, at_start BOOLEAN, seconds DOUBLE,
    kept DOUBLE,                  -- of attempts, from the first step to this one
    success BOOLEAN, patience DOUBLE
);

CREATE TEMP TABLE targets (scope VARCHAR, target VARCHAR, latency DOUBLE, offset_ms INTEGER);

CREATE TEMP TABLE hosts (
    host VARCHAR, second INTEGER, vcpus INTEGER, cpu_base DOUBLE, cpu_load DOUBLE,
    memory_base DOUBLE, memory_load DOUBLE, disk_at_end DOUBLE, disk_daily DOUBLE,
    storage_at_end DOUBLE, storage_doubling_days DOUBLE
);

CREATE TEMP TABLE changes (
    ts TIMESTAMP, kind VARCHAR, service VARCHAR, version VARCHAR, actor VARCHAR, note VARCHAR
);

CREATE TEMP TABLE session_hours ( -- filled by calibrate.sql
    h TIMESTAMP,
    before BIGINT,                -- the number of the first session that begins in the hour
    alive DOUBLE                  -- how many are alive at once
);
