//! I9: catalogue versions only rise; what is installed is what the city published; a case keeps the version that it was received
//! under.

use std::collections::BTreeMap;

use domain::catalogue::{Approvals, CataloguePin, ChunkKind};
use domain::digest::ContentHash;
use domain::ids::{CaseId, UnitId};
use domain::store::UnitRead;
use domain::tables::{Chunks, Version, Versions};

use super::{Broken, Invariant, Look};
use crate::observe::{Change, Changed, Moment, Observer};

#[derive(Default)]
pub(super) struct CatalogueRises {
    published: BTreeMap<u64, ContentHash>,
    pinned: BTreeMap<CaseId, CataloguePin>,
}

impl Invariant for CatalogueRises {
    fn id(&self) -> &'static str {
        "I9"
    }

    fn meaning(&self) -> &'static str {
        "The rules under which an application was handed in stay its rules, and only the city makes new ones, by two people."
    }

    fn look(&mut self, moment: &Moment<'_>, observer: &Observer) -> Look {
        let Some(change) = &moment.change else { return Ok(()) };
        let number = |meta: &domain::tables::UnitMeta| meta.catalogue.map_or(0, |pin| pin.number);
        let (before, after) = (change.before.as_ref().map_or(0, number), number(&change.meta));
        if after < before {
            return Err(Broken::new(format!("{}: catalogue version {after} after {before}", change.unit)));
        }
        for version in &change.versions {
            self.is_published(change, version, observer)
                .map_err(|what| Broken::new(format!("{}: version {}: {what}", change.unit, version.key)))?;
        }
        for case in &change.cases {
            let Some(content) = case.content() else { continue };
            let name = || observer.name_of(case.key);
            let known = *self.pinned.entry(case.key).or_insert(content.pin);
            if known != content.pin {
                let (was, is) = (known.number, content.pin.number);
                return Err(Broken::new(format!("case {} at {}: pinned {was}, now {is}", name(), change.unit)));
            }
            let accepted_now =
                content.acceptance.is_some() && case.content_before().is_some_and(|before| before.acceptance.is_none());
            if accepted_now && !is_installed(change.unit, content.pin, observer) {
                let number = content.pin.number;
                return Err(Broken::new(format!(
                    "case {}: accepted at {} without version {number}",
                    name(),
                    change.unit
                )));
            }
        }
        Ok(())
    }
}

impl CatalogueRises {
    fn is_published(
        &mut self,
        change: &Change,
        version: &Changed<u64, Version>,
        observer: &Observer,
    ) -> Result<(), String> {
        let after = version.after.as_ref().ok_or("it was forgotten")?;
        if let Some(before) = &version.before {
            if before.hash != after.hash {
                return Err(format!("it was {}, now it is {}", before.hash.short(), after.hash.short()));
            }
            if before.installed.is_some() && after.installed != before.installed {
                return Err("it was installed, and is so no more or anew".to_owned());
            }
        }
        if after.signed.manifest.hash().ok() != Some(after.hash) || after.signed.manifest.number != version.key {
            return Err("it is kept under another number or hash than its own".to_owned());
        }
        if change.meta.parent.is_none() {
            self.published.entry(version.key).or_insert(after.hash);
        }
        match self.published.get(&version.key) {
            Some(hash) if *hash == after.hash && (version.key == 1 || after.installed.is_none()) => Ok(()),
            Some(hash) if *hash == after.hash => stands_behind(change.unit, after, observer),
            Some(hash) => Err(format!("the city published {}, here is {}", hash.short(), after.hash.short())),
            None => Err("the city never published it".to_owned()),
        }
    }
}

/// Two people stand behind every version after the first that is installed anywhere, whoever brought it.
fn stands_behind(unit: UnitId, version: &Version, observer: &Observer) -> Result<(), String> {
    let manifest = &version.signed.manifest;
    let Some(named) = manifest.chunks.iter().find(|chunk| chunk.kind == ChunkKind::Approvals) else {
        return Err("it is installed, and nobody is said to have approved it".to_owned());
    };
    // In runs that keep no rows there is no more to see.
    let Some(rows) = observer.rows(unit) else { return Ok(()) };
    let kept = rows.get::<Chunks>(&named.hash).ok().flatten().ok_or("it is installed without its approvals")?;
    let approvals = Approvals::from_chunk(&kept.0).map_err(|why| why.to_string())?;
    approvals.check(manifest).map_err(|why| why.to_string())
}

fn is_installed(unit: UnitId, pin: CataloguePin, observer: &Observer) -> bool {
    let version = observer.rows(unit).and_then(|rows| rows.get::<Versions>(&pin.number).ok()).flatten();
    version.is_some_and(|version| version.installed.is_some() && version.hash == pin.manifest)
}
