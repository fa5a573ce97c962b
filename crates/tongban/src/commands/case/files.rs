//! Files of materials: uploaded and added to a case, listed, and saved.

use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::act::{COUNTER, How};
use super::{Failure, Named, Output, columns, print, print_json};
use crate::client::Client;

/// Scans of materials.
#[derive(Debug, Args)]
pub(super) struct Attach {
    /// The material that they are of, as the matter lists it.
    #[arg(long, value_name = "NAME")]
    material: String,
    /// A file: PDF, OFD or a picture, at most 200 MiB; may be given several times.
    #[arg(long = "file", value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    how: How,
}

/// The files of a case.
#[derive(Debug, Args)]
pub(super) struct Files {
    #[command(flatten)]
    named: Named,
    /// Save those that have arrived into this folder, which is made where there is none. Nothing there is overwritten.
    #[arg(long, value_name = "DIR")]
    save: Option<PathBuf>,
    /// In which form.
    #[arg(short, long, value_enum, default_value_t)]
    output: Output,
}

impl Attach {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.how.actor(COUNTER).await?;
        let mut handed = Vec::with_capacity(self.files.len());
        for file in &self.files {
            handed.push(upload(&client, &self.material, file).await?);
        }
        self.how.put(client, "files", Some(json!({ "files": handed }))).await
    }
}

/// Uploads a file; what hands it in then.
pub(super) async fn upload(client: &Client, material: &str, file: &Path) -> Result<Value, Failure> {
    let place = |why: std::io::Error| Failure::failed(format!("{}: {why}", file.display()));
    let opened = tokio::fs::File::open(file).await.map_err(place)?;
    let bytes = opened.metadata().await.map_err(place)?.len();
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let uploaded = client.upload(&name, opened, bytes).await?;
    Ok(json!({ "material": material, "ticket": uploaded["ticket"] }))
}

impl Files {
    pub(super) async fn run(self) -> Result<(), Failure> {
        let client = self.named.actor(COUNTER).await?;
        let told = client.get(&["cases", &self.named.case, "files"], &[]).await?;
        let files = told["files"].as_array().cloned().unwrap_or_default();
        if let Some(folder) = &self.save {
            tokio::fs::create_dir_all(folder).await.map_err(Failure::failed)?;
            for (at, file) in files.iter().enumerate().filter(|(_, file)| file["arrived"] == true) {
                self.save(&client, folder, at, file).await?;
            }
        }
        if self.output == Output::Json {
            print_json(&told);
            return Ok(());
        }
        print(format!("{} of {} files have arrived", told["arrived"], told["of"]));
        let mut table = columns(["material", "name", "kind", "bytes", "here"]);
        for file in &files {
            let [material, name, kind] =
                ["material", "name", "media_type"].map(|key| file[key].as_str().unwrap_or("-"));
            let here = if file["arrived"] == true { "yes" } else { "not yet" };
            table.add_row([material, name, kind, &file["bytes"].to_string(), here]);
        }
        print(table);
        Ok(())
    }

    async fn save(&self, client: &Client, folder: &Path, at: usize, file: &Value) -> Result<(), Failure> {
        // A number in front: two files may have one name. What another machine called it is no path here.
        let name = file["name"].as_str().unwrap_or_default();
        let name: String = name.chars().filter(|c| !matches!(c, '/' | '\\') && !c.is_control()).collect();
        let place = folder.join(format!("{:02}-{name}", at + 1));
        let fault = |why: std::io::Error| Failure::failed(format!("{}: {why}", place.display()));
        let made = tokio::fs::OpenOptions::new().write(true).create_new(true).open(&place).await;
        let mut saved = made.map_err(fault)?;
        let blob = file["file"].as_str().unwrap_or_default();
        let mut coming = client.read(&["cases", &self.named.case, "files", blob]).await?;
        while let Some(piece) = coming.chunk().await.map_err(Failure::failed)? {
            saved.write_all(&piece).await.map_err(fault)?;
        }
        saved.sync_all().await.map_err(fault)?;
        let bytes = saved.metadata().await.map_err(fault)?.len();
        if Some(bytes) != file["bytes"].as_u64() {
            return Err(Failure::failed(format!(
                "{} is not whole: {bytes} of {} bytes",
                place.display(),
                file["bytes"]
            )));
        }
        Ok(())
    }
}
