//! Which environment variables hold something that should not appear on a screen.
//!
//! A deny list by key words can only ever be a precaution, so it errs on the side of hiding: `TOKENIZER_PATH` is
//! masked as well. Whoever wants to see everything asks for it.

use std::borrow::Cow;

/// What stands in place of a secret.
pub(crate) const MASK: &str = "********";

/// Parts of names (without separators, lower case) that mark a secret wherever they stand.
const SECRET_PARTS: [&str; 17] = [
    "accesskey",
    "accountkey",
    "apikey",
    "bearer",
    "certificate",
    "connectionstring",
    "connstr",
    "credential",
    "encryption",
    "instrumentationkey",
    "passphrase",
    "passwd",
    "password",
    "private",
    "secret",
    "signature",
    "token",
];

/// Words that mark a secret only where they stand alone: `Storage__Key` and `GIT_PAT` do, `KEYBOARD` and `PATH` do not.
const SECRET_WORDS: [&str; 16] = [
    "auth",
    "authentication",
    "authorization",
    "cookie",
    "creds",
    "dsn",
    "jwt",
    "key",
    "keys",
    "login",
    "pass",
    "pat",
    "pw",
    "pwd",
    "salt",
    "sas",
];

/// Names that contain such a part and hold no secret.
const HARMLESS: [&str; 6] = [
    "PWD",
    "OLDPWD",
    "SSH_AUTH_SOCK",
    "XAUTHORITY",
    "DOTNET_GENERATE_ASPNET_CERTIFICATE",
    "DBUS_SESSION_BUS_ADDRESS",
];

/// The value as it may be shown: masked where the name or the value itself says that it is a secret.
pub(crate) fn mask<'a>(name: &str, value: &'a str) -> Cow<'a, str> {
    if value.is_empty() {
        return Cow::Borrowed(value);
    }
    if names_a_secret(name) || holds_a_secret(value) {
        return Cow::Borrowed(MASK);
    }
    mask_user_info(value)
}

fn names_a_secret(name: &str) -> bool {
    if HARMLESS.iter().any(|harmless| harmless.eq_ignore_ascii_case(name)) {
        return false;
    }
    let squeezed: String =
        name.chars().filter(|c| c.is_alphanumeric()).map(|c| c.to_ascii_lowercase()).collect();
    SECRET_PARTS.iter().any(|part| squeezed.contains(part))
        || words(name).any(|word| SECRET_WORDS.contains(&word.as_str()))
}

/// Words of a name: split at separators and where lower case turns to upper case.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut previous = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() || (previous.is_lowercase() && c.is_uppercase()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.push(c.to_ascii_lowercase());
        }
        previous = c;
    }
    words.into_iter().filter(|word| !word.is_empty())
}

/// Whether a value reads like a connection string or a private key, whatever its name.
fn holds_a_secret(value: &str) -> bool {
    const PARTS: [&str; 6] =
        ["password=", "pwd=", "accountkey=", "sharedaccesskey=", "sharedaccesssignature=", "-----begin"];
    let squeezed: String =
        value.chars().filter(|c| !c.is_whitespace()).map(|c| c.to_ascii_lowercase()).collect();
    PARTS.iter().any(|part| squeezed.contains(part))
}

/// Masks `user:password` of every URL in a value, and keeps the rest.
fn mask_user_info(value: &str) -> Cow<'_, str> {
    let mut out = String::new();
    let mut rest = value;
    while let Some(at) = rest.find("://") {
        let (head, tail) = rest.split_at(at + 3);
        let authority = tail.find(['/', '?', '#', ' ', ',', ';', '"', '\'']).unwrap_or(tail.len());
        let user_info = tail.get(..authority).and_then(|authority| authority.rfind('@'));
        out.push_str(head);
        rest = match user_info {
            Some(end) => {
                out.push_str(MASK);
                tail.get(end..).unwrap_or_default()
            }
            None => tail,
        };
    }
    if out.contains(MASK) { Cow::Owned(out + rest) } else { Cow::Borrowed(value) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check_masked(name: &str, value: &str) {
        assert_eq!(mask(name, value), MASK, "{name}={value}");
    }

    fn check(name: &str, value: &str, expected: &str) {
        assert_eq!(mask(name, value), expected, "{name}={value}");
    }

    #[test]
    fn names_that_say_so_are_masked() {
        for name in [
            "PASSWORD",
            "DB_PASSWD",
            "GITHUB_TOKEN",
            "AZURE_CLIENT_SECRET",
            "ApiKey",
            "API_KEY",
            "Storage__AccountKey",
            "ConnectionStrings__Default",
            "SQLAZURECONNSTR_main",
            "AWS_SECRET_ACCESS_KEY",
            "AWS_ACCESS_KEY_ID",
            "GOOGLE_APPLICATION_CREDENTIALS",
            "Kestrel__Certificates__Default__Password",
            "SENTRY_DSN",
            "SIGNING_KEY",
            "signingKey",
            "NPM_AUTH",
            "JWT",
        ] {
            check_masked(name, "hunter2");
        }
    }

    #[test]
    fn ordinary_names_are_not() {
        for name in [
            "PATH",
            "PWD",
            "HOME",
            "KEYBOARD",
            "MONKEY",
            "GIT_AUTHOR_NAME",
            "DISASTER",
            "TMPDIR",
            "DOTNET_ROOT",
            "SSH_AUTH_SOCK",
            "LANG",
        ] {
            check(name, "/usr/bin", "/usr/bin");
        }
        check("EMPTY_PASSWORD", "", "");
    }

    #[test]
    fn values_that_hold_one_are_masked_under_any_name() {
        check_masked("MAIN_DB", "Server=db;User Id=sa;Password=hunter2");
        check_masked("STORAGE", "DefaultEndpointsProtocol=https;AccountName=a;AccountKey=abc==");
        check_masked("PEM", "-----BEGIN RSA PRIVATE KEY-----\nabc");
    }

    #[test]
    fn user_information_of_urls_is_masked_and_the_rest_kept() {
        check("URL", "https://user:pa@ss@host:8080/x?y", "https://********@host:8080/x?y");
        check("A", "amqp://u:p@one,amqp://two/x", "amqp://********@one,amqp://two/x");
        check("B", "https://host/path@home", "https://host/path@home");
        check("C", "me@example.org", "me@example.org");
    }
}
