-- A year of counts: as many visits as the setting `counts.visits` says, evenly over its days and over all that is
-- counted; and the service's own figures, of each day of the year and of each minute of a month.

INSERT INTO visit_counts
    SELECT current_date - n, page, source, device, visitor,
        greatest(1, current_setting('counts.visits')::bigint / 366 / 96)
    FROM generate_series(1, 365) n,
        unnest(ARRAY['pay', 'return', 'unsubscribe']) page,
        unnest(ARRAY['blast', 'reminder', 'link', 'letter']) source,
        unnest(ARRAY['phone', 'tablet', 'computer', 'other']) device,
        unnest(ARRAY['person', 'machine']) visitor;

-- Of each dimension a day has as many visits, shared among its values.
INSERT INTO visit_totals
    SELECT current_date - n, of[1], of[2], visitor,
        greatest(1, current_setting('counts.visits')::bigint / 366 / 2 / many), 1
    FROM generate_series(1, 365) n, unnest(ARRAY['person', 'machine']) visitor,
        (SELECT ARRAY['all', 'all'] AS of, 1 AS many
         UNION ALL SELECT ARRAY['page', unnest(ARRAY['pay', 'return', 'unsubscribe'])], 3
         UNION ALL SELECT ARRAY['source', unnest(ARRAY['blast', 'reminder', 'link', 'letter'])], 4
         UNION ALL SELECT ARRAY['device', unnest(ARRAY['phone', 'tablet', 'computer', 'other'])], 4
         UNION ALL SELECT ARRAY['browser', unnest(
            ARRAY['chrome', 'safari', 'firefox', 'edge', 'samsung', 'opera', 'in_app', 'other'])], 8
         UNION ALL SELECT ARRAY['system', unnest(
            ARRAY['android', 'ios', 'windows', 'mac', 'linux', 'chromeos', 'other'])], 7
         UNION ALL SELECT ARRAY['country', chr(65 + c / 10) || chr(65 + c % 10)], 50
            FROM generate_series(0, 49) c) all_of;

INSERT INTO performance_days
    SELECT current_date - n, kind, bound, 100
    FROM generate_series(1, 365) n, unnest(ARRAY['click', 'mint', 'webhook_lag']) kind,
        generate_series(1, 12) bound;
INSERT INTO performance_minutes
    SELECT date_trunc('minute', now()) - n * interval '1 minute', kind, bound, 100
    FROM generate_series(1, 43200) n, unnest(ARRAY['click', 'mint', 'webhook_lag']) kind,
        generate_series(1, 4) bound;
