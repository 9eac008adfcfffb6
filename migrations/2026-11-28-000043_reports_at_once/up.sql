-- When somebody reported, hours after a server had taken a mail, that its address does not exist. Many such
-- reports at once from one domain are that domain's trouble, and put nobody on the list of those who are not
-- written to; the same of an address again a day later is not.
ALTER TABLE outbox ADD COLUMN reported_gone_at timestamptz;

-- Those of the last hour are counted with each. Partial: few mails come back.
CREATE INDEX outbox_reported_gone ON outbox (reported_gone_at) WHERE reported_gone_at IS NOT NULL;
