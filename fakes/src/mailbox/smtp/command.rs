//! The commands of SMTP, strictly read (RFC 5321, 4.1).

use lettre::Address;

use super::reply::Reply;

/// What a client asks for.
#[derive(Debug, PartialEq, Eq)]
pub enum Command {
    /// `EHLO`, or without extensions `HELO`.
    Hello {
        extended: bool,
    },
    StartTls,
    Login {
        mechanism: String,
        initial: Option<String>,
    },
    Sender {
        address: String,
        parameters: Parameters,
    },
    Recipient(String),
    Data,
    Reset,
    Nothing,
    Verify,
    Quit,
}

/// What `MAIL` says of the message to come.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Parameters {
    /// Bytes of the message, as the client believes.
    pub size: Option<usize>,
    /// `BODY=8BITMIME`: the body has bytes above 127.
    pub eight_bit: bool,
    /// `SMTPUTF8`: addresses and headers have letters outside ASCII.
    pub utf8: bool,
}

const VERBS: [&str; 11] = [
    "EHLO", "HELO", "STARTTLS", "AUTH", "MAIL", "RCPT", "DATA", "RSET", "NOOP", "VRFY", "QUIT",
];

/// The command's name; `UNKNOWN` for anything else, which may be a password out of turn.
pub fn verb(line: &str) -> &'static str {
    let word = line.split(' ').next().unwrap_or_default();
    let known = VERBS.iter().find(|verb| verb.eq_ignore_ascii_case(word));
    known.copied().unwrap_or("UNKNOWN")
}

impl Command {
    /// Reads a line.
    ///
    /// # Errors
    /// The refusal of what is no command or is written wrongly.
    pub fn parse(line: &str) -> Result<Self, Reply> {
        // White space at the end is tolerated (RFC 5321, 4.1.1).
        let line = line.trim_end_matches(' ');
        let (_, rest) = line.split_once(' ').unwrap_or((line, ""));
        let alone = |command| match rest {
            "" => Ok(command),
            _ => Err(syntax("5.5.4 this command stands alone")),
        };
        match verb(line) {
            verb @ ("EHLO" | "HELO") if is_host(rest) => Ok(Self::Hello {
                extended: verb == "EHLO",
            }),
            "EHLO" | "HELO" => Err(syntax("5.5.4 say the name of your host")),
            "STARTTLS" => alone(Self::StartTls),
            "AUTH" => login(rest),
            "MAIL" => sender(rest),
            "RCPT" => recipient(rest),
            "DATA" => alone(Self::Data),
            "RSET" => alone(Self::Reset),
            "NOOP" => Ok(Self::Nothing),
            "VRFY" if rest.is_empty() => Err(syntax("5.5.4 whom?")),
            "VRFY" => Ok(Self::Verify),
            "QUIT" => alone(Self::Quit),
            _ => Err(Reply::new(500, "5.5.1 this is no command")),
        }
    }
}

fn syntax(text: &str) -> Reply {
    Reply::new(501, text)
}

/// A domain, or an address in brackets.
fn is_host(text: &str) -> bool {
    let letters = |more: &'static str| move |c: char| c.is_ascii_alphanumeric() || more.contains(c);
    match text.strip_prefix('[') {
        Some(literal) => literal
            .strip_suffix(']')
            .is_some_and(|ip| !ip.is_empty() && ip.chars().all(letters(".:"))),
        None => !text.is_empty() && text.chars().all(letters(".-")),
    }
}

fn login(rest: &str) -> Result<Command, Reply> {
    let mut words = rest.split(' ');
    let mechanism = words.next().unwrap_or_default().to_ascii_uppercase();
    let initial = words.next().map(str::to_owned);
    if mechanism.is_empty() || words.next().is_some() {
        return Err(syntax("5.5.4 say AUTH, a mechanism, and at most one word"));
    }
    Ok(Command::Login { mechanism, initial })
}

fn sender(rest: &str) -> Result<Command, Reply> {
    let (address, words) = path(rest, "FROM:")?;
    if !address.is_empty() {
        check_address(address, "5.1.7")?;
    }
    let mut parameters = Parameters::default();
    for word in words.split(' ').filter(|word| !word.is_empty()) {
        let (name, value) = word.split_once('=').unwrap_or((word, ""));
        match (name.to_ascii_uppercase().as_str(), value) {
            ("SIZE", bytes) => {
                let bytes = bytes.parse();
                parameters.size = Some(bytes.map_err(|_| syntax("5.5.4 SIZE is a number"))?);
            }
            ("BODY", body) if body.eq_ignore_ascii_case("8BITMIME") => parameters.eight_bit = true,
            ("BODY", body) if body.eq_ignore_ascii_case("7BIT") => {}
            ("SMTPUTF8", "") => parameters.utf8 = true,
            _ => return Err(Reply::new(555, "5.5.4 this parameter is not known")),
        }
    }
    let address = address.to_owned();
    Ok(Command::Sender {
        address,
        parameters,
    })
}

fn recipient(rest: &str) -> Result<Command, Reply> {
    let (address, words) = path(rest, "TO:")?;
    check_address(address, "5.1.3")?;
    match words {
        "" => Ok(Command::Recipient(address.to_owned())),
        _ => Err(Reply::new(555, "5.5.4 no parameters are known here")),
    }
}

/// `FROM:<a@b.example> WORDS` into `a@b.example` and `WORDS`.
fn path<'r>(rest: &'r str, keyword: &str) -> Result<(&'r str, &'r str), Reply> {
    let fault = || syntax("5.5.4 write the address as in FROM:<a@b.example> or TO:<a@b.example>");
    let (word, after) = rest.split_at_checked(keyword.len()).ok_or_else(fault)?;
    let inside = after.strip_prefix('<').ok_or_else(fault)?;
    let (address, words) = inside.split_once('>').ok_or_else(fault)?;
    let is_apart = words.is_empty() || words.starts_with(' ');
    match word.eq_ignore_ascii_case(keyword) && is_apart {
        true => Ok((address, words.trim_start_matches(' '))),
        false => Err(fault()),
    }
}

fn check_address(address: &str, code: &str) -> Result<(), Reply> {
    match address.parse::<Address>() {
        Ok(_) => Ok(()),
        Err(_) => Err(syntax(&format!("{code} this is no address"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(line: &str) -> u16 {
        Command::parse(line).map_or_else(|reply| reply.code, |_| 0)
    }

    #[test]
    fn commands_are_read_in_any_case() {
        let recipient = Command::Recipient("a@b.example".to_owned());
        assert_eq!(Command::parse("rcpt to:<a@b.example> "), Ok(recipient));
        let Ok(Command::Sender { parameters, .. }) =
            Command::parse("MAIL FROM:<> SIZE=12 BODY=8BITMIME SMTPUTF8")
        else {
            panic!("it is well written");
        };
        let all = Parameters {
            size: Some(12),
            eight_bit: true,
            utf8: true,
        };
        assert_eq!(parameters, all);
        for line in [
            "EHLO [127.0.0.1]",
            "HELO a-b.example",
            "noop hm",
            "VRFY a",
            "QUIT",
        ] {
            assert_eq!(code(line), 0, "{line}");
        }
    }

    #[test]
    fn what_is_written_wrongly_is_refused() {
        for line in [
            "EHLO",
            "EHLO a b",
            "EHLO [",
            "DATA now",
            "AUTH",
            "AUTH PLAIN a b",
            "VRFY",
            "MAIL",
            "MAIL FROM:a@b.example",
            "MAIL FROM: <a@b.example>",
            "MAIL FROM:<a@b.example>SIZE=1",
            "MAIL FROM:<a@b.example> SIZE=x",
            "MAIL FROM:<a@b..example>",
            "RCPT TO:<>",
            "RCPT TO:<a b@c.example>",
            "RCPT FROM:<a@b.example>",
            "RCPT TÖ",
        ] {
            assert_eq!(code(line), 501, "{line}");
        }
        assert_eq!(code("MAIL FROM:<a@b.example> BODY=BINARYMIME"), 555);
        assert_eq!(code("RCPT TO:<a@b.example> NOTIFY=NEVER"), 555);
        assert_eq!(code("BDAT 1"), 500);
        assert_eq!(code(""), 500);
    }

    #[test]
    fn only_the_name_of_a_command_is_told() {
        assert_eq!(verb("auth PLAIN c2VjcmV0"), "AUTH");
        assert_eq!(verb("c2VjcmV0"), "UNKNOWN");
    }
}
