DROP TABLE performance_days;
DROP TABLE performance_minutes;
ALTER TABLE settings DROP COLUMN visits_months;
DROP TABLE visit_totals;
DROP TABLE visit_counts;
DROP TABLE visit_markers;
DROP TABLE visit_salts;
