//! Rules of the slice `account`: what may be typed, and who may change whom.

use crate::access::{Action, Role, Viewer};

/// NIST SP 800-63B-4, section 3.1.1.2: a password that is the only factor has at least 15 characters.
pub const PASSWORD_CHARACTERS: usize = 15;
/// Longer ones would only cost memory.
const PASSWORD_MOST: usize = 500;
/// RFC 5321, section 4.5.3.1: a path has at most 256 characters, two of them angle brackets.
const EMAIL_BYTES: usize = 254;
/// The longest name of a person or district.
const NAME_CHARACTERS: usize = 100;

/// The e-mail address in lower case, when it looks like one.
pub fn email(said: &str) -> Option<String> {
    let email = said.trim().to_lowercase();
    let (name, domain) = email.split_once('@')?;
    let plain = |c: char| !c.is_whitespace() && !c.is_control() && !"<>\"(),;:\\".contains(c);
    let is_good = !name.is_empty()
        && domain.contains('.')
        && domain.split('.').all(|label| !label.is_empty())
        && !domain.contains('@')
        && email.chars().all(plain)
        && email.len() <= EMAIL_BYTES;
    is_good.then_some(email)
}

/// The name without spaces around it, when there is one.
pub fn name(said: &str) -> Option<String> {
    let name = said.trim();
    let is_good =
        !name.is_empty() && name.chars().count() <= NAME_CHARACTERS && !name.chars().any(char::is_control);
    is_good.then(|| name.to_owned())
}

/// What is wrong with a new password; the key of the message. No rule on kinds of characters: they make
/// passwords that are hard to remember and easy to guess (SP 800-63B-4, section 3.1.1.2).
pub fn password_fault(password: &str, email: &str) -> Option<&'static str> {
    if password.chars().count() < PASSWORD_CHARACTERS {
        return Some("account-password-short");
    }
    if password.chars().count() > PASSWORD_MOST {
        return Some("account-password-long");
    }
    let lower = password.to_lowercase();
    let own = email.split('@').next().unwrap_or_default();
    let holds_own = own.len() >= 4 && lower.contains(own);
    (holds_own || is_guessed(&lower)).then_some("account-password-simple")
}

/// What people type along: rows of the keyboard, the alphabet, digits.
const RUNS: [&str; 7] = [
    "01234567890",
    "abcdefghijklmnopqrstuvwxyz",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1q2w3e4r5t6y7u8i9o0p",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
];
/// What is tried first, here and anywhere.
const WORDS: [&str; 11] = [
    "evenfield",
    "password",
    "passw0rd",
    "contraseña",
    "letmein",
    "welcome",
    "bienvenido",
    "admin",
    "school",
    "escuela",
    "district",
];

/// Whether little is left of a password without runs, such words and repetition (SP 800-63B-4, section 3.1.1.2, asks
/// for a list of passwords that are often used; those of 15 characters and more are made of these).
fn is_guessed(lower: &str) -> bool {
    let rest = WORDS.iter().fold(lower.to_owned(), |rest, word| rest.replace(word, ""));
    let backwards: Vec<String> = RUNS.iter().map(|run| run.chars().rev().collect()).collect();
    let is_run =
        |piece: &str| RUNS.iter().any(|r| r.contains(piece)) || backwards.iter().any(|r| r.contains(piece));
    let letters: Vec<char> = rest.chars().collect();
    let mut pieces: Vec<String> = letters.windows(3).map(String::from_iter).filter(|p| !is_run(p)).collect();
    pieces.sort_unstable();
    pieces.dedup();
    // Fifteen characters that are no run and repeat nothing have thirteen pieces.
    pieces.len() < 9
}

/// The path to go to after the sign-in: one of ours, or the start. Never another site's.
pub fn next_path(said: &str) -> &str {
    let is_ours = said.starts_with('/')
        && !said.starts_with("//")
        && !said.contains('\\')
        && !said.contains(|c: char| c.is_control());
    if is_ours { said } else { "/" }
}

/// The LEAID, when it is seven digits.
pub fn district_id(said: &str) -> Option<&str> {
    let id = said.trim();
    (id.len() == 7 && id.bytes().all(|b| b.is_ascii_digit())).then_some(id)
}

/// Key of the role's name.
pub fn role_key(role: Role) -> &'static str {
    match role {
        Role::Administrator => "account-role-administrator",
        Role::Coordinator => "account-role-coordinator",
        Role::Clerk => "account-role-clerk",
        Role::Transport => "account-role-transport",
        Role::Teacher => "account-role-teacher",
        Role::Partner => "account-role-partner",
        Role::Analyst => "account-role-analyst",
    }
}

/// Whether this viewer administers the whole installation.
pub fn administers_all(viewer: &Viewer) -> bool {
    viewer
        .roles
        .iter()
        .any(|(district, role)| district == "*" && crate::access::may(*role, Action::ManageAccounts))
}

/// Why somebody may not change an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The account has no role in this district: it does not exist here.
    Unknown,
    /// One's own account: somebody else has to do it, so that an administrator remains.
    Own,
    /// The account also has roles elsewhere, which this administrator does not administer.
    Elsewhere,
}

/// Whether an administrator of `district` may disable the account with these roles or give it a new
/// password.
///
/// # Errors
/// Why not.
pub fn may_change(
    viewer: &Viewer,
    district: &str,
    id: &str,
    roles: &[(String, Role)],
) -> Result<(), Refusal> {
    let all = administers_all(viewer);
    if !roles.iter().any(|(d, _)| d == district || (all && d == "*")) {
        return Err(Refusal::Unknown);
    }
    if viewer.account_id == id {
        return Err(Refusal::Own);
    }
    if !all && roles.iter().any(|(d, _)| d != district) {
        return Err(Refusal::Elsewhere);
    }
    Ok(())
}

/// Whether an administrator of `district` may take this role, which counts in `scope`, from the account.
///
/// # Errors
/// Why not.
pub fn may_take_role(viewer: &Viewer, district: &str, id: &str, scope: &str) -> Result<(), Refusal> {
    if scope == "*" && !administers_all(viewer) || scope != "*" && scope != district {
        return Err(Refusal::Unknown);
    }
    if viewer.account_id == id { Err(Refusal::Own) } else { Ok(()) }
}
