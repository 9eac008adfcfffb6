DROP INDEX reminder_decisions_by_mail;
CREATE INDEX reminder_decisions_by_mail ON reminder_decisions (mail_id);
