//! What Stripe knows of currencies (docs.stripe.com/currencies): which there are, how many
//! decimals, the smallest and the largest charge.

/// The largest charge, in the smallest unit: eight digits.
pub const MOST: i64 = 99_999_999;

const KNOWN: &str = "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bhd bif bmd bnd \
    bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop dzd egp etb eur fjd \
    fkp gbp gel gip gmd gnf gtq gyd hkd hnl hrk htg huf idr ils inr isk jmd jod jpy kes kgs khr \
    kmf krw kwd kyd kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn \
    nad ngn nio nok npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr sek \
    sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx uyu uzs vnd vuv wst xaf \
    xcd xcg xof xpf yer zar zmw";

pub fn is_known(currency: &str) -> bool {
    KNOWN.split(' ').any(|known| known == currency)
}

/// Digits after the point in amounts sent to Stripe. ISK and UGX have none in ISO, two here.
pub fn decimals(currency: &str) -> u32 {
    match currency {
        "bif" | "clp" | "djf" | "gnf" | "jpy" | "kmf" | "krw" | "mga" | "pyg" | "rwf" | "vnd"
        | "vuv" | "xaf" | "xof" | "xpf" => 0,
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 3,
        _ => 2,
    }
}

/// Amounts in this currency must be a multiple of this: three-decimal ones end in 0, the two that
/// lost their decimals end in 00.
pub fn step(currency: &str) -> i64 {
    match currency {
        "bhd" | "jod" | "kwd" | "omr" | "tnd" => 10,
        "isk" | "ugx" => 100,
        _ => 1,
    }
}

/// The smallest charge, in the smallest unit.
pub fn least(currency: &str) -> i64 {
    match currency {
        "aed" | "myr" | "pln" | "ron" => 200,
        "bgn" => 100,
        "czk" => 1500,
        "dkk" => 250,
        "gbp" => 30,
        "hkd" => 400,
        "huf" => 17_500,
        "mxn" | "thb" => 1000,
        "nok" | "sek" => 300,
        _ => 50,
    }
}

/// `4500`, `eur` as `EUR 45.00`.
pub fn written(amount: i64, currency: &str) -> String {
    let code = currency.to_uppercase();
    let places = decimals(currency);
    let unit = 10_i64.pow(places);
    let sign = if amount < 0 { "-" } else { "" };
    let (whole, rest) = (amount.abs() / unit, amount.abs() % unit);
    match places {
        0 => format!("{code} {sign}{whole}"),
        _ => format!(
            "{code} {sign}{whole}.{rest:0width$}",
            width = places as usize
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_written_with_the_decimals_of_their_currency() {
        assert_eq!(written(4500, "eur"), "EUR 45.00");
        assert_eq!(written(5, "usd"), "USD 0.05");
        assert_eq!(written(4500, "jpy"), "JPY 4500");
        assert_eq!(written(4500, "kwd"), "KWD 4.500");
        assert_eq!(written(4500, "isk"), "ISK 45.00");
        assert_eq!(written(-4500, "eur"), "EUR -45.00");
    }

    #[test]
    fn every_special_currency_is_a_known_one() {
        for code in ["jpy", "kwd", "isk", "ugx", "gbp", "huf", "xpf", "eur"] {
            assert!(is_known(code), "{code}");
        }
        assert!(!is_known("EUR") && !is_known("xyz") && !is_known(""));
    }
}
