//! `tongban sign-in`, `tongban sign-out`: a session at a unit, kept for the commands that follow.

use std::io::{BufRead, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::{Failure, block_on, print};
use crate::client::{Region, Saved, Where, keep_session};

/// Sign in at a unit: commands that follow act as you there, where no --as is given.
///
/// The session is kept in a file that you alone can read: tongban/sessions.json under your configuration. It ends half an hour after its
/// last use, after twelve hours, or by `tongban sign-out`.
#[derive(Debug, Args)]
pub(crate) struct SignIn {
    /// The account's name.
    name: String,
    #[command(flatten)]
    place: Where,
    /// Six digits, where the account has a second factor.
    #[arg(long, value_name = "DIGITS", default_value = "")]
    code: String,
    #[command(flatten)]
    password: PasswordFrom,
}

/// Where a password comes from: never from the command line, which others on the machine can see.
#[derive(Debug, Args)]
pub(crate) struct PasswordFrom {
    /// A file whose first line is the password; it is asked for at the terminal, or read from standard input, where left out.
    #[arg(long, value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl PasswordFrom {
    pub(crate) fn read(&self, what: &str) -> Result<String, Failure> {
        read_password(self.password_file.as_deref(), what)
    }
}

/// A password: a file's first line, typed without an echo, or the next line of standard input.
pub(crate) fn read_password(file: Option<&Path>, what: &str) -> Result<String, Failure> {
    let first = |text: &str| text.lines().next().unwrap_or_default().to_owned();
    match file {
        Some(path) => match std::fs::read_to_string(path) {
            Ok(text) => Ok(first(&text)),
            Err(why) => Err(Failure::refused(format!("{}: {why}", path.display()))),
        },
        None if std::io::stdin().is_terminal() => {
            rpassword::prompt_password(format!("{what}: ")).map_err(Failure::failed)
        }
        None => {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line).map_err(Failure::failed)?;
            Ok(first(&line))
        }
    }
}

impl SignIn {
    pub(crate) fn run(self) -> Result<(), Failure> {
        block_on(async {
            let client = self.place.client(Region::top)?;
            let password = self.password.read("password")?;
            let body = json!({ "name": self.name, "password": password, "code": self.code });
            let done = client.post_once(&["sessions"], &body).await?;
            let token = done["token"].as_str().unwrap_or_default().to_owned();
            let saved = Saved { name: self.name.clone(), token };
            let path = keep_session(&client, Some(&saved)).map_err(Failure::failed)?;
            print(format_args!("{} is signed in; kept in {}", self.name, path.display()));
            Ok(())
        })
    }
}

/// Sign out: the kept session ends at the unit, and is forgotten here.
#[derive(Debug, Args)]
pub(crate) struct SignOut {
    #[command(flatten)]
    place: Where,
}

impl SignOut {
    pub(crate) fn run(self) -> Result<(), Failure> {
        block_on(async {
            let client = self.place.client(Region::top)?;
            // Forgotten here even where the unit cannot be reached: there it ends by itself.
            let ended = client.delete(&["sessions", "current"]).await;
            keep_session(&client, None).map_err(Failure::failed)?;
            ended?;
            print("signed out");
            Ok(())
        })
    }
}
