DROP INDEX IF EXISTS suppressions_by_part_of_address;
DROP INDEX purchases_by_time;
