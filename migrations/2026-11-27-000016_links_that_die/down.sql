DELETE FROM chores WHERE name = 'dead_links';
DELETE FROM alert_messages WHERE kind = 'dead_links';
DELETE FROM alert_causes WHERE kind = 'dead_links';
DROP TABLE dead_links;
