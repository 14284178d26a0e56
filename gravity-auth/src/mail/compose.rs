//! [`compose`]: from what is to be said to a message.

use super::html::{Shown, page};
use crate::ports::Message;
use crate::service::{Addressed, FactorNews, Letter};
use crate::settings::AuthSettings;

/// What a letter says: its kind, its subject, texts before and after what its reader is to use.
struct Words {
    kind: &'static str,
    subject: String,
    before: Vec<String>,
    shown: Shown,
    after: Vec<String>,
}

/// The message of a letter.
pub(crate) fn compose(settings: &AuthSettings, id: String, addressed: Addressed) -> Message {
    let Addressed { to, letter } = addressed;
    let Words { kind, subject, before, shown, after } = words(settings, letter);
    let line = match &shown {
        Shown::Nothing => None,
        Shown::Link(text) | Shown::Code(text) => Some(text),
    };
    let lines: Vec<&str> = before.iter().chain(line).chain(&after).map(String::as_str).collect();
    let text = lines.join("\n\n") + "\n";
    let html = page(&subject, &before, &shown, &after);
    Message { id, kind, to, subject, text, html }
}

#[expect(clippy::too_many_lines, reason = "it is the table of all letters")]
fn words(settings: &AuthSettings, letter: Letter) -> Words {
    let mail = &settings.mail;
    let application = &mail.application;
    let link = |page: &str, token: &str| Shown::Link(format!("{}#token={token}", address(settings, page)));
    let not_you = || vec!["If this was not you, there is nothing for you to do.".to_owned()];
    let say = |kind, subject: String, before: String, shown, after| Words {
        kind,
        subject,
        before: vec![before],
        shown,
        after,
    };
    match letter {
        Letter::VerifyEmail { token } => say(
            "verify_email",
            format!("Confirm your address for {application}"),
            format!("Somebody has signed up to {application} with this address. To confirm that it is yours, follow this link:"),
            link(&mail.verify_page, &token),
            not_you(),
        ),
        Letter::AlreadyRegistered => say(
            "already_registered",
            format!("You have an account at {application}"),
            format!("Somebody has tried to sign up to {application} with this address, which has an account already. If you have lost its password, ask for a new one here:"),
            Shown::Link(address(settings, &mail.reset_page)),
            not_you(),
        ),
        Letter::NeverConfirmed { token } => say(
            "never_confirmed",
            format!("Your account at {application}"),
            format!("Somebody has tried to sign up to {application} with this address, which has an account already that nobody has confirmed, and that somebody else may have made. To confirm that it is yours and choose its password, follow this link. It is good once, for {} minutes:", mail.reset_minutes),
            link(&mail.reset_page, &token),
            not_you(),
        ),
        Letter::ResetPassword { token } => say(
            "reset_password",
            format!("A new password for {application}"),
            format!("To set a new password for {application}, follow this link. It is good once, for {} minutes:", mail.reset_minutes),
            link(&mail.reset_page, &token),
            not_you(),
        ),
        Letter::MagicLink { token } => say(
            "magic_link",
            format!("Sign in to {application}"),
            format!("To sign in to {application}, follow this link. It is good once, for {} minutes:", mail.sign_in_minutes),
            link(&mail.sign_in_page, &token),
            not_you(),
        ),
        Letter::EmailCode { code } => say(
            "email_code",
            format!("Your code for {application}"),
            format!("To sign in to {application}, type this code. It is good once, for {} minutes:", mail.sign_in_minutes),
            Shown::Code(code),
            vec!["Nobody from us will ever ask you for it. If you have not asked for it, there is nothing for you to do.".to_owned()],
        ),
        Letter::LeaveEmail { to, token } => say(
            "leave_email",
            format!("Your address at {application} is about to change"),
            format!("Somebody who is signed in to your account at {application} wants to change its address to {to}. To agree, follow this link:"),
            link(&mail.change_page, &token),
            vec!["If this was not you, change your password now.".to_owned()],
        ),
        Letter::TakeEmail { token } => say(
            "take_email",
            format!("Confirm your new address for {application}"),
            format!("To make this the address of your account at {application}, follow this link:"),
            link(&mail.change_page, &token),
            not_you(),
        ),
        Letter::EmailChanged { to } => say(
            "email_changed",
            format!("Your address at {application} has changed"),
            format!("The address of your account at {application} is {} now.", to.masked()),
            Shown::Nothing,
            vec!["If this was not you, get in touch with us at once.".to_owned()],
        ),
        Letter::Invitation { org, token } => say(
            "invitation",
            format!("You are invited at {application}"),
            format!("Somebody invites you to join \u{201c}{org}\u{201d} at {application}. To accept, sign in with this address and follow this link. It is good once, for a week:"),
            link(&mail.invite_page, &token),
            vec!["If you do not know them, there is nothing for you to do.".to_owned()],
        ),
        Letter::PasswordChanged => say(
            "password_changed",
            format!("Your password at {application} has changed"),
            format!("The password of your account at {application} has changed, and you are signed out everywhere else. If this was not you, set a new one here:"),
            Shown::Link(address(settings, &mail.reset_page)),
            Vec::new(),
        ),
        Letter::Invited { token } => say(
            "invited",
            format!("You have an account at {application}"),
            format!("Somebody has made an account at {application} for you. To set its password, follow this link. It is good once, for a week:"),
            link(&mail.reset_page, &token),
            not_you(),
        ),
        Letter::NewPassword { token } => say(
            "new_password",
            format!("Set a new password for {application}"),
            format!("The password of your account at {application} holds no more, and you are signed out. To set a new one, follow this link. It is good once, for {} minutes:", mail.reset_minutes),
            link(&mail.reset_page, &token),
            Vec::new(),
        ),
        Letter::AccountDeleted { days } => say(
            "account_deleted",
            format!("Your account at {application} is deleted"),
            format!("Your account at {application} was deleted. For {days} days it can be restored; after that nothing is left of it."),
            Shown::Nothing,
            vec!["If this was not you, get in touch with us at once.".to_owned()],
        ),
        Letter::AccountLinked { provider } => say(
            "account_linked",
            format!("Another way to sign in to {application}"),
            format!("From now on one can sign in to your account at {application} by an account at {provider}. If this was not you, set a new password here, and remove the account:"),
            Shown::Link(address(settings, &mail.reset_page)),
            Vec::new(),
        ),
        Letter::AccountUnlinked { provider } => say(
            "account_unlinked",
            format!("A way to sign in to {application} is gone"),
            format!("One cannot sign in to your account at {application} by an account at {provider} any more. If this was not you, set a new password here:"),
            Shown::Link(address(settings, &mail.reset_page)),
            Vec::new(),
        ),
        Letter::ApiKey { hint, is_new } => {
            let (kind, what) = if is_new {
                ("api_key_created", format!("You have made an API key at {application}. It begins with {hint}"))
            } else {
                ("api_key_rotated", format!("An API key of yours at {application} has another secret, which begins with {hint}"))
            };
            say(
                kind,
                format!("An API key at {application}"),
                format!("{what}. It goes on when your password changes. If this was not you, sign in, delete it, and set a new password here:"),
                Shown::Link(address(settings, &mail.reset_page)),
                Vec::new(),
            )
        }
        Letter::SecondFactor(news) => {
            let (kind, what) = told(news);
            say(
                kind,
                format!("Your second factor at {application}"),
                format!("{what}. If this was not you, set a new password here:"),
                Shown::Link(address(settings, &mail.reset_page)),
                Vec::new(),
            )
        }
    }
}

/// The kind of mail that tells of a second factor, and what it says.
fn told(news: FactorNews) -> (&'static str, &'static str) {
    match news {
        FactorNews::TotpEnabled => (
            "totp_enabled",
            "From now on an authenticator app is asked for when somebody signs in to your account",
        ),
        FactorNews::TotpDisabled => (
            "totp_disabled",
            "The authenticator app is not asked for any more when somebody signs in to your account",
        ),
        FactorNews::RecoveryCodesRenewed => {
            ("recovery_codes_renewed", "There are new recovery codes for your account; those before are void")
        }
        FactorNews::RecoveryCodeUsed => {
            ("recovery_code_used", "A recovery code of your account was used; it is good no more")
        }
        FactorNews::PasskeyAdded => (
            "passkey_added",
            "There is a new passkey for your account; it signs in alone, and is asked for beside the password",
        ),
        FactorNews::PasskeyRemoved => {
            ("passkey_removed", "A passkey of your account was removed; it is good no more")
        }
        FactorNews::PasskeySuspected => (
            "passkey_suspected",
            "A passkey of your account was refused, for it may have been copied. Remove it unless you know why",
        ),
    }
}

/// The whole address of a page: a path is one of the application's own.
fn address(settings: &AuthSettings, page: &str) -> String {
    if page.starts_with('/') { format!("{}{page}", settings.issuer) } else { page.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::AuthConfig;
    use gravity_core::security::{Key, KeyRing};

    fn message(letter: Letter) -> Message {
        let keys = KeyRing::new(Key::generate("k").unwrap());
        let config = AuthConfig::new("https://shop.example", keys).with(|settings| {
            settings.mail.application = "Käthe's <Shop> 🦀".to_owned();
            settings.mail.sign_in_page = "https://app.example/in".to_owned();
        });
        let to = "ada@example.org".parse().unwrap();
        compose(&config.settings, "id".to_owned(), Addressed { to, letter })
    }

    #[test]
    fn both_forms_say_the_same() {
        let token = "gvl_x".to_owned();
        let mail = message(Letter::MagicLink { token });
        assert_eq!(mail.kind, "magic_link");
        assert_eq!(mail.subject, "Sign in to Käthe's <Shop> 🦀");
        assert!(mail.text.contains("\n\nhttps://app.example/in#token=gvl_x\n\n"), "{}", mail.text);
        assert!(mail.html.contains("<a href=\"https://app.example/in#token=gvl_x\">"), "{}", mail.html);
        assert!(mail.html.contains("Käthe&#39;s &lt;Shop&gt; 🦀") && !mail.html.contains("<Shop>"));
    }

    #[test]
    fn a_path_is_a_page_of_the_application() {
        let mail = message(Letter::VerifyEmail { token: "t".to_owned() });
        assert!(mail.text.contains("https://shop.example/verify-email#token=t"), "{}", mail.text);
    }

    #[test]
    fn who_loses_an_address_does_not_learn_the_new_one() {
        let mail = message(Letter::EmailChanged { to: "secret@example.net".parse().unwrap() });
        assert!(!mail.text.contains("secret") && mail.text.contains("s***@example.net"), "{}", mail.text);
    }
}
