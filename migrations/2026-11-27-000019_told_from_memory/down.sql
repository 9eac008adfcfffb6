DROP TABLE told_from_memory;
