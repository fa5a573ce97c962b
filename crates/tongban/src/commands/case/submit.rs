//! `tongban case submit`: an application, handed in once under its key, and its receipt. Personal fields are never printed.

use std::collections::BTreeMap;
use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use serde::{Deserialize, Serialize};

use super::{Failure, Output, again, fresh_key, print, print_json};
use crate::client::{Client, RegionFault, Where};
use crate::forms::{Guide, Receipt};
use crate::words;

/// 收件: hand in an application at a unit, and get its receipt.
///
/// Personal fields on the command line are seen by other users of the machine and kept in the shell's history: for real people
/// give them as JSON in --file, or through --file - from another program. Options go before what the file says.
#[derive(Debug, Args)]
#[command(after_help = AFTER_HELP)]
pub(super) struct Submit {
    /// The matter's code, as `matter search` prints it.
    #[arg(required_unless_present = "file")]
    matter: Option<String>,
    #[command(flatten)]
    node: Where,
    /// The demo person who hands it in; demo-applicant where left out.
    #[arg(long = "as", value_name = "PERSON")]
    person: Option<String>,
    /// The application as JSON; - reads it from standard input.
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// The applicant's name.
    #[arg(long)]
    name: Option<String>,
    /// The applicant's citizen number or unified social credit code.
    #[arg(long)]
    identifier: Option<String>,
    /// How to reach the applicant.
    #[arg(long)]
    telephone: Option<String>,
    /// A field of the form; may be given several times.
    #[arg(long = "field", value_name = "NAME=VALUE", value_parser = field)]
    fields: Vec<Field>,
    /// A material that is handed in, as listed; may be given several times.
    #[arg(long = "material", value_name = "NAME")]
    materials: Vec<String>,
    /// A scan of a material that is handed in; may be given several times.
    #[arg(long = "scan", value_name = "MATERIAL=FILE", value_parser = field)]
    scans: Vec<Field>,
    /// Hand in every required material that the matter lists.
    #[arg(long)]
    all_materials: bool,
    /// The place that it is about: a code or name. The receiving unit's own where left out.
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// The authority that the applicant chooses, where several are equal.
    #[arg(long, value_name = "UNIT")]
    authority: Option<String>,
    /// The applicant declares that nothing else is pending for the same thing.
    #[arg(long)]
    declared: bool,
    /// The licence that it is about, by its number; its issuer decides.
    #[arg(long, value_name = "NUMBER")]
    licence: Option<String>,
    /// What is asked for of that licence.
    #[arg(long, value_enum, default_value_t = LicenceAct::Renew, requires = "licence")]
    act: LicenceAct,
    /// Equal keys mean the same application: give the one that a failed try printed. A new one where left out.
    #[arg(long)]
    key: Option<String>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

/// What can be asked for of a licence.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum LicenceAct {
    /// 延续
    Renew,
    /// 变更
    Change,
    /// 补办
    Replace,
    /// 注销
    Cancel,
}

const AFTER_HELP: &str = "\
The file:\n  \
{\"matter\": \"512012002012\", \"applicant\": {\"name\": \"…\", \"identifier\": \"…\", \"telephone\": \"…\"},\n   \
\"form\": {\"…\": \"…\"}, \"materials\": [\"申请书\"], \"place\": \"任城区/许庄街道\", \"authority\": \"370811\"}";

/// One field of the form. Never printed.
#[derive(Clone)]
struct Field(String, String);

impl fmt::Debug for Field {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=…", self.0)
    }
}

/// The value is not repeated in what is wrong: it may be personal.
fn field(text: &str) -> Result<Field, &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok(Field(name.trim().to_owned(), value.to_owned())),
        _ => Err("expected NAME=VALUE"),
    }
}

/// An application as nodes take it. Never printed.
#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Application {
    matter: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    place: Option<String>,
    applicant: Applicant,
    form: BTreeMap<String, String>,
    materials: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authority: Option<String>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    declared: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    about: Option<AboutLicence>,
}

/// The licence that it is about.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct AboutLicence {
    licence: String,
    act: String,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Applicant {
    name: String,
    identifier: String,
    telephone: String,
}

impl Submit {
    pub(super) async fn run(mut self) -> Result<(), Failure> {
        let mut client = self.node.client(|_| {
            Err(RegionFault::Needed { why: "an application is handed in at one village, township, county or city" })
        })?;
        let mut application = self.application()?;
        if self.all_materials {
            complete(&client, &mut application).await?;
        }
        client.act_as(match self.person {
            Some(person) => Some(person),
            None => client.someone(&["applicant", "agent", "window", "officer"]).await?,
        });
        let key = self.key.map_or_else(fresh_key, Ok)?;
        let mut body = serde_json::to_value(&application).map_err(Failure::failed)?;
        let mut files = Vec::with_capacity(self.scans.len());
        for Field(material, file) in &self.scans {
            files.push(super::files::upload(&client, material, Path::new(file)).await?);
        }
        if !files.is_empty() {
            body["files"] = files.into();
        }
        let done = client.post(&["cases"], Some(&body), &key, again(&key)).await?;
        match self.output {
            Output::Json => print_json(&done.value),
            Output::Text => {
                let receipt = serde_json::from_value(done.value).map_err(Failure::failed)?;
                print(told(&receipt, &application, done.replayed, &key));
            }
        }
        Ok(())
    }

    /// From the file, with the options in their place.
    fn application(&mut self) -> Result<Application, Failure> {
        let mut application = match &self.file {
            Some(path) => read(path)?,
            None => Application::default(),
        };
        let Application { matter, place, applicant, form, materials, authority, declared, about } = &mut application;
        for (to, from) in [
            (matter, self.matter.take()),
            (&mut applicant.name, self.name.take()),
            (&mut applicant.identifier, self.identifier.take()),
            (&mut applicant.telephone, self.telephone.take()),
        ] {
            if let Some(from) = from {
                *to = from;
            }
        }
        form.extend(self.fields.drain(..).map(|Field(name, value)| (name, value)));
        materials.append(&mut self.materials);
        *place = self.place.take().or(place.take());
        *authority = self.authority.take().or(authority.take());
        *declared |= self.declared;
        let act = |act: &LicenceAct| super::handle::name(act);
        let named = self.licence.take().map(|licence| AboutLicence { licence, act: act(&self.act) });
        *about = named.or(about.take());
        Ok(application)
    }
}

fn read(path: &Path) -> Result<Application, Failure> {
    let name = if path == Path::new("-") { "standard input".to_owned() } else { path.display().to_string() };
    let refused = |why: String| Failure::refused(format!("error[request.field]: {name}: {why}"));
    let mut text = String::new();
    let read = match path == Path::new("-") {
        true => std::io::stdin().read_to_string(&mut text).map(drop),
        false => std::fs::read_to_string(path).map(|read| text = read),
    };
    read.map_err(|why| refused(why.to_string()))?;
    serde_json::from_str(&text).map_err(|why| refused(without_values(&why)))
}

/// Where a JSON text is wrong and how, without what stands there: it may be personal.
fn without_values(why: &serde_json::Error) -> String {
    use serde_json::error::Category;
    let what = match why.classify() {
        Category::Syntax | Category::Eof => "not JSON",
        _ => "a field is unknown, missing or of another kind; `tongban case submit --help` shows the form",
    };
    format!("line {}, column {}: {what}", why.line(), why.column())
}

async fn complete(client: &Client, application: &mut Application) -> Result<(), Failure> {
    let value = client.get(&["matters", &application.matter], &[]).await?;
    let guide: Guide = serde_json::from_value(value).map_err(Failure::failed)?;
    let required = guide.matter.materials.into_iter().filter(|material| material.necessity == "required");
    for material in required {
        if !application.materials.contains(&material.name) {
            application.materials.push(material.name);
        }
    }
    Ok(())
}

/// The receipt: what was taken, when, and what it is not.
fn told(receipt: &Receipt, application: &Application, replayed: bool, key: &str) -> String {
    let Receipt { number, at } = receipt;
    let materials = match application.materials.len() {
        0 => "no materials".to_owned(),
        _ => application.materials.join(" · "),
    };
    let again = if replayed { "\nHanded in before under this key: this is the first receipt once more." } else { "" };
    format!(
        "收件凭证,非受理通知书 · Receipt; no notice of acceptance\n  \
         number     {number}\n  \
         received   {} (北京时间 UTC+8)\n  \
         matter     {}\n  \
         materials  {materials}\n  \
         kept       on disk and synced on a majority of the unit's voters\n  \
         key        {key}{again}\n\
         Follow it with: tongban case follow {number}",
        words::moment(at),
        application.matter
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Line {
        #[command(flatten)]
        submit: Submit,
    }

    fn submit(line: &[&str]) -> Submit {
        Line::try_parse_from([&["submit"], line].concat()).unwrap().submit
    }

    #[test]
    fn options_go_before_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.json");
        let text = r#"{"matter":"A1","applicant":{"name":"张三","identifier":"1"},"form":{"面积":"20"},"materials":["申请书"],"place":"x"}"#;
        std::fs::write(&file, text).unwrap();
        let path = file.to_str().unwrap();
        let mut line =
            submit(&["--at", "x", "--file", path, "--identifier", "2", "--field", "面积=30", "--material", "身份证明"]);
        let application = line.application().unwrap_or_else(|fault| panic!("{fault:?}"));
        assert_eq!(
            serde_json::to_value(&application).unwrap(),
            serde_json::json!({"matter": "A1", "place": "x", "applicant": {"name": "张三", "identifier": "2", "telephone": ""},
                "form": {"面积": "30"}, "materials": ["申请书", "身份证明"]})
        );
    }

    #[test]
    fn what_is_wrong_never_repeats_personal_fields() {
        let folder = tempfile::tempdir().unwrap();
        for text in [
            r#"{"matter":"A1","applicant":{"name":"张三","identifier":["11010519491231002X"]}}"#,
            r#"{"matter":"A1","11010519491231002X":1}"#,
            r#"{"applicant":{"name":"张三","11010519491231002X""#,
        ] {
            let file = folder.path().join("a.json");
            std::fs::write(&file, text).unwrap();
            let Err(fault) = read(&file) else { panic!("{text}") };
            assert_eq!(fault.exit, 3);
            assert!(fault.text.contains("line 1, column") && !fault.text.contains("1101"), "{fault:?}");
        }
        let line = submit(&["A1", "--at", "x", "--field", "身份证=11010519491231002X"]);
        assert!(!format!("{:?}", line.fields).contains("1101"));
        let fault = Line::try_parse_from(["submit", "A1", "--field", "=1"]).unwrap_err();
        assert!(fault.to_string().contains("expected NAME=VALUE"), "{fault}");
    }

    #[test]
    fn a_receipt_says_what_it_is_and_what_it_is_not() {
        let receipt =
            Receipt { number: "370811002001-260202-A-00001-7".into(), at: "2026-02-02T09:15:00.000+08:00".into() };
        let application = Application {
            matter: "512012002012".into(),
            applicant: Applicant {
                name: "张三".into(),
                identifier: "11010519491231002X".into(),
                telephone: "1".into(),
            },
            ..Application::default()
        };
        let text = told(&receipt, &application, true, "k");
        assert!(text.starts_with("收件凭证,非受理通知书"), "{text}");
        assert!(
            text.contains("number     370811002001-260202-A-00001-7") && text.contains("2026-02-02 09:15:00"),
            "{text}"
        );
        assert!(text.contains("the first receipt once more"), "{text}");
        assert!(!text.contains("张三") && !text.contains("1101"), "{text}");
    }
}
