-- The end of a mail ends its decision, if that still stands. Before PostgreSQL knows how few decisions a mail
-- has, it looked beside the index of the mail at all that were ever sent.
DROP INDEX reminder_decisions_by_mail;
CREATE INDEX reminder_decisions_by_mail ON reminder_decisions (mail_id, decision);
