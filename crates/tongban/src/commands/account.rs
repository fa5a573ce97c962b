//! `tongban account`: who may sign in at a unit.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use comfy_table::{Table, presets};
use node::MachineEntropy;
use serde_json::{Value, json};

use super::sign_in::PasswordFrom;
use super::{Failure, Output, block_on, print, print_json};
use crate::client::{Region, RegionFault, Where, divisions};

/// Look after the accounts of a unit: docs/accounts.md tells the whole of it.
#[derive(Debug, Args)]
pub(crate) struct Account {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Make the two codes by which a new unit's first two accounts are opened, where the region's authority is.
    Codes(Codes),
    /// Open the unit's first two accounts: two people, each with one of the codes.
    First(First),
    /// Take an invitation: set the first password of your account.
    SetUp(SetUp),
    /// Open an account; its invitation is shown once.
    Open(Open),
    /// The unit's accounts.
    List(List),
    /// Nobody signs in to it until it is unlocked; its sessions and tokens end.
    Lock(Named),
    /// Open a locked account again, and forget its failures.
    Unlock(Named),
    /// Close an account for good.
    Close(Named),
    /// A new invitation for an account that nobody has set up yet.
    Invite(Named),
    /// Recover an account whose owner has lost password or second factor: one person asks with --why, another one allows it.
    Recover(Recover),
    /// Give a program a token: a part of what you may do yourself, for a time.
    Token(Token),
}

#[derive(Debug, Args)]
struct Codes {
    /// The unit's code or name.
    #[arg(value_name = "UNIT")]
    unit: String,
    /// The region's folder, with its authority.
    #[arg(long, value_name = "DIR")]
    region: PathBuf,
}

#[derive(Debug, Args)]
struct First {
    #[command(flatten)]
    place: Where,
    /// The account of who will open, lock and close accounts.
    #[arg(long, value_name = "NAME")]
    security: String,
    /// That person's name.
    #[arg(long, value_name = "NAME")]
    security_display: String,
    /// The account of who will read what others did.
    #[arg(long, value_name = "NAME")]
    audit: String,
    /// That person's name.
    #[arg(long, value_name = "NAME")]
    audit_display: String,
    /// A file with the two codes, one a line, the first person's first; read from standard input where left out.
    #[arg(long, value_name = "FILE")]
    codes_file: Option<PathBuf>,
}

#[derive(Debug, Args)]
struct SetUp {
    /// The account's name.
    name: String,
    #[command(flatten)]
    place: Where,
    /// The invitation's code.
    #[arg(long, value_name = "CODE")]
    code: String,
    #[command(flatten)]
    password: PasswordFrom,
}

#[derive(Debug, Args)]
struct Open {
    /// 3 to 40 small letters, digits and dashes, a letter first.
    name: String,
    #[command(flatten)]
    place: Where,
    /// The person's name.
    #[arg(long, value_name = "NAME")]
    display: String,
    /// A post, e.g. officer; any number of times. None for somebody who only applies.
    #[arg(long = "role", value_name = "ROLE")]
    roles: Vec<String>,
}

#[derive(Debug, Args)]
struct List {
    #[command(flatten)]
    place: Where,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

#[derive(Debug, Args)]
struct Named {
    /// The account's name.
    name: String,
    #[command(flatten)]
    place: Where,
}

#[derive(Debug, Args)]
struct Recover {
    #[command(flatten)]
    named: Named,
    /// Ask for it, and say why.
    #[arg(long, value_name = "WHY", conflicts_with_all = ["allow", "drop"])]
    why: Option<String>,
    /// Allow what somebody else asked for: an invitation is shown, once.
    #[arg(long, conflicts_with = "drop")]
    allow: bool,
    /// Say that it is not to be done.
    #[arg(long)]
    drop: bool,
}

#[derive(Debug, Args)]
struct Token {
    #[command(flatten)]
    place: Where,
    /// What it is for.
    #[arg(long, value_name = "WORDS")]
    label: String,
    /// `read`: look; `work`: look and act on cases.
    #[arg(long, default_value = "read")]
    scope: String,
    /// For how many days, at most 366.
    #[arg(long, default_value_t = 90)]
    days: u16,
}

impl Account {
    pub(crate) fn run(self) -> Result<(), Failure> {
        match self.command {
            Command::Codes(codes) => codes.run(),
            Command::First(first) => first.run(),
            Command::SetUp(set_up) => set_up.run(),
            Command::Open(open) => open.run(),
            Command::List(list) => list.run(),
            Command::Lock(named) => named.act(json!({ "act": "lock" })),
            Command::Unlock(named) => named.act(json!({ "act": "unlock" })),
            Command::Close(named) => named.act(json!({ "act": "close" })),
            Command::Invite(named) => named.act(json!({ "act": "invite" })),
            Command::Recover(recover) => recover.run(),
            Command::Token(token) => token.run(),
        }
    }
}

impl Codes {
    fn run(self) -> Result<(), Failure> {
        let unit = divisions().find(&self.unit).map_err(RegionFault::from)?.unit;
        let codes = node::first_codes::issue(&self.region, unit, &MachineEntropy)
            .map_err(|fault| Failure::refused(format!("error[region.file]: {fault}")))?;
        print(format_args!("first code   {}\nsecond code  {}", codes[0], codes[1]));
        print(
            "Shown once: give each to another person. Bring first-accounts.json of the nodes' folders to their machines; then the two \
             open their accounts on the page /accounts/first, or with `tongban account first`.",
        );
        Ok(())
    }
}

impl First {
    fn run(self) -> Result<(), Failure> {
        let text = match &self.codes_file {
            Some(path) => std::fs::read_to_string(path),
            None => std::io::read_to_string(std::io::stdin()),
        };
        let text = text.map_err(Failure::failed)?;
        let mut codes = text.lines().map(str::trim).filter(|line| !line.is_empty());
        let (Some(first), Some(second)) = (codes.next(), codes.next()) else {
            return Err(Failure::refused("two codes are needed, one a line"));
        };
        let body = json!({
            "security": { "name": self.security, "display": self.security_display, "code": first },
            "audit": { "name": self.audit, "display": self.audit_display, "code": second },
        });
        block_on(async {
            self.place.client(Region::top)?.post_once(&["accounts", "first"], &body).await?;
            print(
                "the first two accounts are open: each person sets a password with `tongban account set-up NAME --code CODE`",
            );
            Ok(())
        })
    }
}

impl SetUp {
    fn run(self) -> Result<(), Failure> {
        block_on(async {
            let client = self.place.client(Region::top)?;
            let password = self.password.read("new password")?;
            let body = json!({ "name": self.name, "code": self.code, "password": password });
            client.post_once(&["invitations"], &body).await?;
            print(format_args!("the password of {} is set: `tongban sign-in {}`", self.name, self.name));
            Ok(())
        })
    }
}

/// Tells an invitation, where one came of it.
fn tell_invitation(name: &str, done: &Value) {
    match done["invitation"].as_str() {
        Some(code) => {
            print(format_args!("invitation for {name}: {code}\nshown once, good for three days; hand it over yourself"))
        }
        None => print(format_args!("done: {name}")),
    }
}

impl Open {
    fn run(self) -> Result<(), Failure> {
        block_on(async {
            let body = json!({ "name": self.name, "display": self.display, "roles": self.roles });
            let done = self.place.client(Region::top)?.post_once(&["accounts"], &body).await?;
            tell_invitation(&self.name, &done);
            Ok(())
        })
    }
}

impl Named {
    fn act(self, body: Value) -> Result<(), Failure> {
        block_on(async {
            let done = self.place.client(Region::top)?.post_once(&["accounts", &self.name], &body).await?;
            tell_invitation(&self.name, &done);
            Ok(())
        })
    }
}

impl Recover {
    fn run(self) -> Result<(), Failure> {
        let body = match (self.why, self.allow, self.drop) {
            (Some(why), ..) => json!({ "act": "ask_recovery", "why": why }),
            (None, true, _) => json!({ "act": "allow_recovery" }),
            (None, _, true) => json!({ "act": "drop_recovery" }),
            (None, false, false) => return Err(Failure::refused("say --why, --allow or --drop")),
        };
        self.named.act(body)
    }
}

impl List {
    fn run(self) -> Result<(), Failure> {
        block_on(async {
            let value = self.place.client(Region::top)?.get(&["accounts"], &[]).await?;
            if self.output == Output::Json {
                print_json(&value);
                return Ok(());
            }
            let mut table = Table::new();
            table.load_style(presets::UTF8_HORIZONTAL_ONLY);
            table.set_header(["account", "person", "posts", "state", "second factor", ""]);
            for account in value.as_array().into_iter().flatten() {
                let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
                let roles = account["roles"].as_array().into_iter().flatten().filter_map(Value::as_str);
                let note = match (account["recovery_by"].as_str(), account["is_set_up"].as_bool()) {
                    (Some(by), _) => format!("{by} asks for its recovery"),
                    (None, Some(false)) => "not set up yet".to_owned(),
                    _ => String::new(),
                };
                let second = if account["has_second_factor"] == true { "yes" } else { "no" };
                let roles = roles.collect::<Vec<_>>().join(", ");
                table.add_row([text("name"), text("display"), roles, text("state"), second.to_owned(), note]);
            }
            print(table);
            Ok(())
        })
    }
}

impl Token {
    fn run(self) -> Result<(), Failure> {
        block_on(async {
            let body = json!({ "label": self.label, "scope": self.scope, "days": self.days });
            let done = self.place.client(Region::top)?.post_once(&["tokens"], &body).await?;
            let token = done["token"].as_str().unwrap_or_default();
            print(format_args!("{token}\nshown once; a program sends it as `Authorization: Bearer …`"));
            Ok(())
        })
    }
}
