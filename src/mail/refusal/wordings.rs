//! The wordings of servers that mean one thing each: pure.
//!
//! A pattern stands for words in lower case without punctuation; it begins where a word begins, and `*`
//! stands for anything between. The first that is found counts. `|` stands between patterns.

use super::{Fault, Ours, Quota};

/// What a recipient has decided or receives, in words that else would be read as ours.
const RECIPIENT: &str = "\
    resolver rst | recipient s list | by the recipient | by recipient | \
    recipient s per hour | recipient thread limit | user you are trying to contact | \
    account that you tried to reach | not authenticated by organization | \
    not authenticated for | allowed senders list | recipient does not accept | \
    recipient address rejected need";
const DAY: &str = "\
    daily*limit | daily*quota | daily*exceeded | 24 hour*limit | 24 hour*quota | \
    24 hours*exceeded | limit*24 hour | quota*24 hour | exceeded*24 hour | tageslimit | \
    täglich*limit | limite*jour | per day | limit*today | today*limit | too many*today | \
    daily*reached | quota*today | limit for today";
const HOUR: &str = "\
    per hour | this hour | hourly*limit | hourly*quota | limit*hour | quota*hour | \
    exceeded*hour | pro stunde | stundenlimit | stündlich*limit | par heure | \
    hourly*exceeded | hourly*reached";
const QUOTA: &str = "\
    sending limit | sending quota | submission quota | relay quota | message limit | \
    mail limit | email limit | message quota | message count quota | email quota exceeded | \
    sender*quota | credits exceeded | credit limit | limit on the number of*messages | \
    maximum number of messages | outgoing*limit | outgoing*quota | outbound*limit | \
    reached your*limit | reached the*limit | reached*sending | exceeded your*limit | \
    exceeded your*quota | monthly*limit | monthly*quota | recipient rate limit | sendelimit | \
    versandlimit | sender limit | quota*sender | quota*sending | per month | usage limit | \
    exceeded*allowance | out of credits | no credits | insufficient credits";
const TOO_FAST: &str = "\
    too much mail | too many connections | too many messages | too many emails | \
    too many mails | too many recipients from | too many sessions | too many smtp sessions | \
    too many login attempts | too many auth | too fast | too quickly | too frequent | \
    rate limit | ratelimit | rate exceeded | sending rate | message rate | submission rate | \
    connection rate | throttl | slow down | try again slower | per second | per minute | \
    thread limit | connection limit | peak smtp relay limit | unexpected volume | \
    server busy | zu viele | zu schnell | trop de | concurrent | rate overlimit | too busy | \
    per connection | per session | send rate | exceeded*rate";
const SENDER: &str = "\
    sender email address | sender rejected | sender denied | sender refused | sender verify | \
    sender verification | sender domain | sender s domain | sender s address | \
    sender is not | sender is invalid | sender invalid | sender unknown | sender identity | \
    sender signature | invalid sender | unknown sender | bad sender | unverified sender | \
    unroutable sender | not local sender | from address | from domain | envelope from*not | \
    envelope sender*not | return path*not | not owned by | to send as | sendas | \
    send on behalf | allowed to send from | authorized to send from | \
    authorised to send from | permitted to send from | address is not verified | \
    address not verified | domain is not verified | domain not verified | \
    domain is unverified | not a verified | unregistered domain | authentication checks | \
    authentication level | sender policy framework | spf | dkim | dmarc | absender | \
    expéditeur | sender address | unauthorized sender | unauthorised sender | \
    sending from*not | not allowed to use | mail from must | mail from is not | \
    mail from not | mail from domain | mail from rejected | sender not | sender does | \
    sender must | sending domain is not";
const RELAYING: &str = "\
    relay access denied | relay denied | relay is denied | relay prohibited | \
    relay not permitted | relay not allowed | relaying*denied | relaying*not | \
    relaying prohibited | relaying disallowed | unable to relay | cannot relay | \
    refused to relay | not relay | no relaying | not permitted to relay | \
    not allowed to relay | not configured to relay | not an open relay | don t relay | \
    credentials for relay | list of allowed rcpthosts | client host rejected access denied | \
    relay*nicht | not authorized to relay | not authorised to relay | relay not authorized | \
    relay rejected | relay forbidden | relay disabled | relaying forbidden | relaying disabled";
const TLS: &str = "\
    starttls | tls*required | requires*tls | require tls | must*tls | encryption required | \
    encryption needed";
const LOG_IN: &str = "\
    authentication required | authentication is required | authentication needed | \
    authentication failed | authentication failure | authentication unsuccessful | \
    authentication credentials | requires authentication | smtp authentication | smtp auth | \
    must authenticate | please authenticate | must be authenticated | must be logged in | \
    must log in | must login | log in first | login first | auth first | auth command first | \
    auth required | not authenticated | username and password | invalid credentials | \
    bad credentials | application specific password | authentifizierung | authentification | \
    not logged in | please log in | please login | pop before smtp | login required | \
    log in required | authenticate first | authentication first | invalid login | \
    invalid username";
const SET_UP: &str = "\
    fully qualified hostname | cannot find your | reverse dns | reverse lookup | ptr record | \
    rdns | client host rejected | sandbox | authorized recipients | not subscribed | \
    not authorized to perform | sending suspended | sending paused | sending*disabled | \
    mail sending denied | outgoing mail*suspen | outgoing mail*disabled | \
    your account*suspended | your account*disabled | your account*blocked | \
    your account*locked | your account*activated | account may not send | \
    account is pending | domain*not allowed to send | domain is disabled | no reverse | \
    blocked from sending | sending is blocked | your subscription | invalid helo | \
    invalid ehlo | bad helo | bad ehlo | your helo | your ehlo | helo ehlo | ehlo helo | \
    helo command | helo name | helo host | helo argument | helo first | helo required | \
    helo is | helo must | helo does | helo rejected | helo invalid | ehlo command | \
    ehlo name | ehlo host | ehlo argument | ehlo first | ehlo required | ehlo is | \
    ehlo must | ehlo does | ehlo rejected | ehlo invalid | sender account | sending account | \
    past due";
const REPUTATION: &str = "\
    blocked using | blacklist | black list | blocklist | block list | spamhaus | spamcop | \
    barracudacentral | dnsbl | rbl | uribl | surbl | reputation | client host*blocked | \
    their network | ip address*blocked | ip address*listed | ip*gesperrt | sending ip | \
    sender ip | banned sender | spam abuse detected | spam*from your | user complaints | \
    messages from*weren t sent | spam source | senderscore | talosintelligence | abusix | \
    uceprotect | sorbs | dynamic ip | ipcheck | from your ip | your ip address | \
    your ip*blocked | your ip*listed | your ip*banned | your ip*not | your host*blocked | \
    your host*listed | your server*blocked | your server*listed | your domain*blocked | \
    your domain*listed | open proxy | is listed at | is listed on | is listed in | \
    due to listing";

/// In the order in which they are asked: limits first, since they are said of senders, too.
pub(super) const MEANINGS: &[(Fault, &str)] = &[
    (Fault::Address { gone: false }, RECIPIENT),
    (Fault::Quota(Quota::Day), DAY),
    (Fault::Quota(Quota::Hour), HOUR),
    (Fault::Quota(Quota::Unsaid), QUOTA),
    (Fault::TooFast, TOO_FAST),
    (Fault::Ours(Ours::Sender), SENDER),
    (Fault::Ours(Ours::Relaying), RELAYING),
    (Fault::Ours(Ours::Tls), TLS),
    (Fault::Ours(Ours::LogIn), LOG_IN),
    (Fault::Ours(Ours::SetUp), SET_UP),
    (Fault::Ours(Ours::Reputation), REPUTATION),
];

/// Greylisting is about a sender that is new, and passes by itself: it is neither fast nor ours.
pub(super) const GREYLISTING: &str = "greylist | graylist | grey list | gray list";
