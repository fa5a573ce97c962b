//! Passwords: hashed and verified by argon2id, on threads of their own.
//!
//! One verification costs some 20 MiB and tens of milliseconds on purpose. Two threads do one at a time, and a bounded number waits:
//! who sends passwords by the thousand slows down others who sign in, and nothing else.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use domain::accounts::{AccountName, Verifier};
use tokio::sync::oneshot;

use crate::problem::Problem;

/// Of memory in KiB, passes and lanes: the second choice of RFC 9106 in a node's bounds, as OWASP lists it.
const COST: (u32, u32, u32) = (19 * 1024, 2, 1);
const THREADS: usize = 2;
/// At most so many wait: some two seconds of work.
const MOST_WAITING: usize = 64;
/// Characters of a password.
const LENGTH: std::ops::RangeInclusive<usize> = 12..=256;

/// A password as it was typed. Never printed; wiped when dropped.
#[derive(Clone)]
pub(crate) struct Password(zeroize::Zeroizing<String>);

impl Password {
    pub(crate) fn typed(text: &str) -> Self {
        Self(zeroize::Zeroizing::new(text.to_owned()))
    }

    /// Whether somebody may choose it.
    pub(crate) fn check(&self, account: &AccountName) -> Result<(), Problem> {
        let length = self.0.chars().count();
        let plain = self.0.trim().to_lowercase();
        let first = plain.chars().next();
        let is_one_sign = plain.chars().all(|sign| Some(sign) == first);
        if LENGTH.contains(&length) && plain != account.as_str() && !is_one_sign {
            return Ok(());
        }
        Err(Problem::of("account.password_unfit").field("new_password"))
    }
}

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

enum Work {
    Verify(Password, Option<Verifier>, oneshot::Sender<bool>),
    Hash(Password, [u8; 16], oneshot::Sender<Option<Verifier>>),
}

/// The threads. They end when the last clone is dropped.
#[derive(Clone)]
pub(crate) struct Passwords {
    work: SyncSender<Work>,
}

impl Passwords {
    pub(crate) fn start() -> Self {
        let (work, waiting) = sync_channel(MOST_WAITING);
        let waiting = Arc::new(Mutex::new(waiting));
        for number in 0..THREADS {
            let waiting = Arc::clone(&waiting);
            let started = std::thread::Builder::new().name(format!("passwords-{number}")).spawn(move || run(&waiting));
            if let Err(fault) = started {
                tracing::error!(%fault, "a thread that verifies passwords could not be started");
            }
        }
        Self { work }
    }

    /// Whether it is the password of the verifier. Without one it takes as long, and is not.
    pub(crate) async fn verify(&self, password: Password, verifier: Option<Verifier>) -> Result<bool, Problem> {
        let (told, answer) = oneshot::channel();
        self.send(Work::Verify(password, verifier, told))?;
        answer.await.map_err(|_| Problem::of("http.internal"))
    }

    /// The verifier of a new password.
    pub(crate) async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<Verifier, Problem> {
        let (told, answer) = oneshot::channel();
        self.send(Work::Hash(password, salt, told))?;
        answer.await.ok().flatten().ok_or_else(|| Problem::of("http.internal"))
    }

    fn send(&self, work: Work) -> Result<(), Problem> {
        self.work.try_send(work).map_err(|fault| match fault {
            TrySendError::Full(_) => Problem::of("auth.busy"),
            TrySendError::Disconnected(_) => Problem::of("http.internal"),
        })
    }
}

fn run(waiting: &Mutex<Receiver<Work>>) {
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, cost());
    let hash = |password: &Password, salt: &[u8]| {
        let hashed = argon2.hash_password_with_salt(password.0.as_bytes(), salt).ok()?;
        Some(Verifier(hashed.to_string()))
    };
    loop {
        let next = waiting.lock().unwrap_or_else(PoisonError::into_inner).recv();
        // Whoever asked may be gone: then nobody is told.
        match next {
            Err(_) => return,
            Ok(Work::Hash(password, salt, told)) => {
                let _gone = told.send(hash(&password, &salt));
            }
            Ok(Work::Verify(password, verifier, told)) => {
                let is_right = match verifier {
                    Some(verifier) => argon2.verify_password(password.0.as_bytes(), verifier.0.as_str()).is_ok(),
                    None => {
                        drop(hash(&password, &[0; 16]));
                        false
                    }
                };
                let _gone = told.send(is_right);
            }
        }
    }
}

fn cost() -> Params {
    let (memory, passes, lanes) = COST;
    Params::new(memory, passes, lanes, None).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_password_is_known_again_and_no_other_one() {
        let passwords = Passwords::start();
        let typed = |text: &str| Password::typed(text);
        let verifier = passwords.hash(typed("南池荷花映日红 2026"), [7; 16]).await.unwrap();
        assert!(verifier.0.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{}", verifier.0);
        let known = Some(verifier.clone());
        assert!(passwords.verify(typed("南池荷花映日红 2026"), known.clone()).await.unwrap());
        assert!(!passwords.verify(typed("南池荷花映日红 2027"), known).await.unwrap());
        assert!(!passwords.verify(typed("南池荷花映日红 2026"), None).await.unwrap());
        assert!(!passwords.verify(typed(""), Some(Verifier("no verifier".into()))).await.unwrap());
        assert_ne!(passwords.hash(typed("南池荷花映日红 2026"), [8; 16]).await.unwrap(), verifier);
        assert_eq!(format!("{:?} {verifier:?}", typed("secret-secret")), "Password(…) Verifier(…)");
    }

    #[test]
    fn passwords_that_may_be_chosen() {
        let name: AccountName = "officer-of-ren".parse().unwrap();
        for (text, fits) in [
            ("correct horse", true),
            ("elevensigns", false),
            ("南池荷花映日红别样红呀", false),
            ("南池荷花映日红别样红呀呀", true),
            ("Officer-of-Ren", false),
            ("aaaaaaaaaaaaaa", false),
        ] {
            assert_eq!(Password::typed(text).check(&name).is_ok(), fits, "{text}");
        }
        assert!(Password::typed(&"ab".repeat(129)).check(&name).is_err());
    }
}
