DROP INDEX foreign_checkouts_by_end;
DROP INDEX orders_by_purchase;
