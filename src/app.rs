//! The composition root: settings become an [`App`], the value that everything else works on.
//!
//! `serve`, `work`, the demo and the tests build the same thing.

use std::{sync::Arc, time::Duration};

use chrono::DateTime;
use chrono_tz::Tz;
use tokio::sync::Notify;
use url::Url;

use crate::{
    caller_address::TrustedProxies,
    clock::Clock,
    config::{self, Secret, WrongSetting},
    db::{Db, Lane, Lanes},
    gateway::{Gateway, mint},
    language::Language,
    link::{self, token::LinkKeys},
    link_looks::LinkLooks,
    looks::Looks,
    loops::Loops,
    mail::{Mailer, letter::About, template::Holes},
    metrics::Metrics,
    one_at_a_time::OneAtATime,
    order::Order,
    outside::Outside,
    pace::Pace,
    password::Passwords,
    performance::Performance,
    reminder,
    renderings::Renderings,
    suppression::AddressHash,
    together::Rounds,
    visits::Visits,
};

/// Wakes the worker of this process. Cheap to clone.
pub type Wake = Arc<Notify>;

/// Everything the service works with. Cheap to clone.
#[derive(Clone)]
pub struct App {
    /// The orders, by the connections of this lane: the payers', unless [`App::on`] says otherwise.
    pub db: Db,
    /// The connections of all lanes.
    lanes: Lanes,
    /// How many they are together.
    pub connections: u32,
    /// Stripe.
    pub stripe: Gateway,
    /// The time.
    pub clock: Clock,
    /// Sign and read pay links.
    pub keys: Arc<LinkKeys>,
    /// What links begin with.
    pub public_url: Arc<Url>,
    /// Whose links they are.
    pub shop: Arc<config::Shop>,
    /// The time of the shop's people.
    pub time_zone: Tz,
    /// Whose signature on a webhook counts.
    pub webhook_secrets: Arc<[Secret]>,
    /// Where a redirect may lead.
    pub checkout_hosts: Arc<CheckoutHosts>,
    /// Whether the Stripe key is about real money.
    pub livemode: bool,
    /// The whole time that a click may take.
    pub click_budget: Duration,
    /// Whose word counts on who calls.
    pub trusted_proxies: Arc<TrustedProxies>,
    /// What a person's click does.
    pub pay_click: config::PayClick,
    /// How long a session must still live to be handed out again.
    pub reuse_min: chrono::Duration,
    /// How long a start waits for the webhook of its trial checkout.
    pub preflight_wait: Duration,
    /// The pace of mints.
    pub pace: Pace,
    /// Stands for this program and its configuration, as far as they decide what is asked of Stripe.
    pub build: i64,
    /// What clicks ask the database is gathered.
    pub rounds: Rounds,
    /// Clicks on one order take turns.
    pub one_at_a_time: OneAtATime,
    /// When Stripe was last asked about an order.
    pub looks: Looks,
    /// Looks at pay links that are not written yet.
    pub link_looks: LinkLooks,
    /// Visits of payers' pages that are not written yet.
    pub visits: Visits,
    /// What has been written of this process's figures.
    pub performance: Performance,
    /// Where a proxy tells the country of whoever calls.
    pub country_header: Option<Arc<str>>,
    /// Mailings are rendered in turns.
    pub renderings: Renderings,
    /// Passwords are looked at in turns.
    pub passwords: Passwords,
    /// Wakes the worker when an event has come.
    pub wake: Wake,
    /// Wakes the worker when a mail has been queued.
    pub wake_mail: Wake,
    /// Wakes the worker when something has become of a mail that its mailing may stop for.
    pub wake_blasts: Wake,
    /// How mail is sent.
    pub mailer: Arc<Mailer>,
    /// Where reports come that mails came back.
    pub bounce_mailbox: Option<config::BounceMailbox>,
    /// Who is told when something needs a person.
    pub alert_email: Option<Arc<str>>,
    /// The same past the mail.
    pub alert_url: Option<Outside>,
    /// When an unfinished checkout is reminded of.
    pub reminders: reminder::Terms,
    /// Past a transaction pooler, for LISTEN.
    pub direct_url: Option<Secret>,
    /// What is counted.
    pub metrics: Metrics,
    /// When the worker's loops last turned.
    pub loops: Loops,
    /// A monitor elsewhere, which tells when it hears nothing any more.
    pub heartbeat: Option<Outside>,
}

impl App {
    /// An app as the settings say. Touches neither database nor network.
    ///
    /// # Errors
    /// The first wrong setting.
    pub fn new(settings: &config::Service, clock: Clock) -> Result<Self, WrongSetting> {
        settings.check()?;
        let metrics = Metrics::new();
        let heartbeat = settings.mail.heartbeat_url.as_ref();
        let lanes = Lanes::new(&settings.database);
        Ok(Self {
            loops: Loops::new(clock.clone(), &metrics),
            heartbeat: heartbeat
                .map(|url| Outside::new("HEARTBEAT_URL", url))
                .transpose()?,
            db: lanes.of(Lane::Payers).clone(),
            lanes,
            connections: settings.database.database_pool_size,
            stripe: Gateway::new(&settings.stripe, &metrics),
            pace: Pace::new(clock.clone()),
            clock,
            mailer: Arc::new(Mailer::new(&settings.mail, &settings.links.public_url)?),
            bounce_mailbox: match &settings.mail.bounce_mailbox {
                Some(address) => Some(config::BounceMailbox::parse(address)?),
                None => None,
            },
            alert_email: settings.mail.alert_email.as_deref().map(Arc::from),
            alert_url: match &settings.mail.alert_url {
                Some(address) => Some(Outside::new("ALERT_URL", address)?),
                None => None,
            },
            reminders: reminder::Terms {
                delay: chrono::Duration::seconds(settings.reminder.reminder_delay_seconds.into()),
                max_age: chrono::Duration::seconds(
                    settings.reminder.reminder_max_age_seconds.into(),
                ),
            },
            direct_url: settings.database.database_direct_url.clone(),
            wake_mail: Wake::default(),
            wake_blasts: Wake::default(),
            visits: Visits::new(settings.links.keys()?.secret_for("visits")),
            performance: Performance::default(),
            country_header: settings.web.country_header.as_deref().map(Arc::from),
            keys: Arc::new(settings.links.keys()?),
            public_url: Arc::new(settings.links.public_url.clone()),
            shop: Arc::new(settings.shop.clone()),
            webhook_secrets: settings.webhook.secrets()?.into(),
            checkout_hosts: Arc::new(CheckoutHosts::new(&settings.stripe)),
            livemode: settings.stripe.livemode(),
            click_budget: Duration::from_secs(settings.stripe.stripe_timeout_seconds),
            trusted_proxies: Arc::new(TrustedProxies::new(&settings.web.trusted_proxies)),
            pay_click: settings.web.pay_click,
            reuse_min: chrono::Duration::seconds(settings.web.session_reuse_min_seconds.into()),
            preflight_wait: Duration::from_secs(settings.web.preflight_wait_seconds.into()),
            build: mint::build(&settings.links.public_url, settings.stripe.livemode()),
            rounds: Rounds::default(),
            one_at_a_time: OneAtATime::default(),
            looks: Looks::default(),
            link_looks: LinkLooks::default(),
            renderings: Renderings::default(),
            passwords: Passwords::default(),
            time_zone: settings.shop.time.time_zone,
            wake: Wake::default(),
            metrics,
        })
    }

    /// The same, with the connections of another lane.
    pub fn on(&self, lane: Lane) -> Self {
        Self {
            db: self.lanes.of(lane).clone(),
            ..self.clone()
        }
    }

    /// An order's pay link as it is today.
    pub fn pay_url(&self, order: &Order) -> String {
        link::pay_url(&self.public_url, &self.pay_token(order))
    }

    /// The link that ends all mail to an address.
    pub fn unsubscribe_url(&self, address: AddressHash, language: Option<Language>) -> String {
        let token = self.keys.sign_unsubscribe(address.0);
        link::unsubscribe_url(&self.public_url, &token, language)
    }

    /// Writes a mail about an order: `write` gets what it can say.
    pub fn write<T>(
        &self,
        order: &Order,
        address: AddressHash,
        write: impl FnOnce(&About) -> T,
    ) -> T {
        let holes = Holes {
            order,
            pay_url: &self.pay_url(order),
            unsubscribe_url: &self.unsubscribe_url(address, Some(order.locale.language())),
            shop_name: &self.shop.shop_name,
        };
        write(&About {
            holes,
            shop: &self.shop,
        })
    }

    /// What the shop's clocks show now.
    pub fn local_now(&self) -> DateTime<Tz> {
        self.clock.now().with_timezone(&self.time_zone)
    }

    /// The token in it.
    pub fn pay_token(&self, order: &Order) -> String {
        self.keys.sign_pay(order.link())
    }
}

/// The hosts that a payer may be sent to.
#[derive(Debug)]
pub struct CheckoutHosts {
    hosts: Vec<String>,
    /// `STRIPE_API_BASE`: a simulator's own pages are on its host, without https and on any port.
    api: Url,
}

impl CheckoutHosts {
    fn new(stripe: &config::Stripe) -> Self {
        Self {
            hosts: stripe.checkout_hosts.clone(),
            api: stripe.stripe_api_base.clone(),
        }
    }

    /// Whether a payer may be sent to `url`.
    pub fn allow(&self, url: &str) -> bool {
        self.is_plainly_named(url) || self.allow_parsed(url)
    }

    /// As nearly all are written: nothing but the host stands before the first slash. Each click asks, and to
    /// read the whole address takes longer.
    fn is_plainly_named(&self, url: &str) -> bool {
        let host = url
            .strip_prefix("https://")
            .and_then(|it| it.split_once('/'));
        host.is_some_and(|(host, _)| self.hosts.iter().any(|allowed| allowed == host))
    }

    fn allow_parsed(&self, url: &str) -> bool {
        let Ok(url) = Url::parse(url) else {
            return false;
        };
        let named = url
            .host_str()
            .is_some_and(|host| self.hosts.iter().any(|allowed| allowed == host));
        let secure = url.scheme() == "https";
        (named && secure)
            || (url.host() == self.api.host() && (secure || url.scheme() == self.api.scheme()))
    }

    /// The origins, for the pages' `form-action`: browsers apply it to the redirect, too.
    pub fn origins(&self) -> Vec<String> {
        let named = self.hosts.iter().map(|host| format!("https://{host}"));
        let mut origins: Vec<String> = named.collect();
        origins.push(self.api.origin().ascii_serialization());
        // A simulator's pages may be on a port of their own.
        if let (Some(_), Some(host)) = (self.api.port(), self.api.host_str()) {
            origins.push(format!("{}://{host}:*", self.api.scheme()));
        }
        origins
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hosts(named: &[&str], api: &str) -> CheckoutHosts {
        CheckoutHosts {
            hosts: named.iter().map(|host| (*host).to_owned()).collect(),
            api: Url::parse(api).expect("an address"),
        }
    }

    #[test]
    fn a_payer_is_sent_to_https_on_a_named_host_and_to_the_api_and_nowhere_else() {
        let hosts = hosts(
            &["checkout.stripe.com", "pay.club.example"],
            "http://127.0.0.1:9",
        );
        for allowed in [
            "https://checkout.stripe.com/c/pay/cs_test_1#fragment",
            "https://CHECKOUT.stripe.com/c/pay/cs_test_1",
            "https://pay.club.example/c/pay/cs_test_1?a=b",
            "http://127.0.0.1:9/c/pay/cs_test_1",
            "http://127.0.0.1:10/c/pay/cs_test_1",
        ] {
            assert!(hosts.allow(allowed), "{allowed}");
        }
        for refused in [
            "http://checkout.stripe.com/c/pay/cs_test_1",
            "https://stripe.com/c/pay/cs_test_1",
            "https://checkout.stripe.com.evil.example/c/pay/cs_test_1",
            "https://evil.example/https://checkout.stripe.com/",
            "https://checkout.stripe.com@evil.example/",
            "https://evilcheckout.stripe.com/",
            "http://127.0.0.2:9/",
            "ftp://127.0.0.1:9/",
            "javascript:alert(1)//checkout.stripe.com",
            "data:text/html,checkout.stripe.com",
            "//checkout.stripe.com/c/pay/cs_test_1",
            "/c/pay/cs_test_1",
            "",
        ] {
            assert!(!hosts.allow(refused), "{refused}");
        }
    }

    #[test]
    fn the_same_origins_are_named_for_the_pages_forms() {
        let hosts = hosts(&["checkout.stripe.com"], "http://127.0.0.1:9/base");
        assert_eq!(
            hosts.origins(),
            [
                "https://checkout.stripe.com",
                "http://127.0.0.1:9",
                "http://127.0.0.1:*"
            ]
        );
    }
}
