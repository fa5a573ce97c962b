//! The city publishes its first catalogue version, which sets it up: every piece is here already. Every later one is proposed and reviewed
//! ([`super::PublishReviewed`]).

use serde::{Deserialize, Serialize};

use crate::catalogue::SignedManifest;
use crate::refusal::{CatalogueRefusal, Refusal};
use crate::store::UnitStore;

use super::install::{announce, check, check_order};
use super::{Context, Done, Ruling};

/// A version, signed by this unit. The signature was checked before it was proposed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Publish {
    /// The version.
    pub signed: SignedManifest,
}

impl Publish {
    pub(crate) fn apply(&self, context: &mut Context<'_, impl UnitStore>) -> Ruling {
        if context.meta.parent.is_some() || self.signed.signer != context.meta.unit {
            return Err(Refusal::NotAuthority { unit: context.meta.unit }.into());
        }
        check_order(context, &self.signed.manifest)?;
        let number = self.signed.manifest.number;
        if number > 1 {
            return Err(CatalogueRefusal::Unreviewed { number }.into());
        }
        check(context, &self.signed.manifest)?;
        announce(context, &self.signed)?;
        let installed = context.meta.catalogue.is_some_and(|pin| pin.number >= number);
        Ok(Done::Published { installed })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::{Command, StoreChunk, chunk_hash};
    use crate::digest::ContentHash;
    use crate::support::*;

    #[test]
    fn only_the_city_publishes_what_follows_and_is_here() {
        let mut world = World::bare();
        let pieces = pieces(60);
        let signed = world.unit(CITY).next_version(&pieces);
        let publish = |signed: &SignedManifest| Command::Publish(Publish { signed: signed.clone() });
        let county = world.unit(COUNTY);
        assert_eq!(county.refused(publish(&signed)), Refusal::NotAuthority { unit: COUNTY });
        let bytes = pieces[0].1.clone();
        let chunk = |hash, bytes| Command::StoreChunk(StoreChunk { hash, bytes });
        let right = chunk(chunk_hash(&bytes), bytes.clone());
        assert_eq!(county.refused(right), Refusal::NotAuthority { unit: COUNTY });
        let city = world.unit(CITY);
        assert!(matches!(city.refused(chunk(ContentHash::default(), bytes)), Refusal::CataloguePiece { .. }));
        let large = vec![b' '; crate::catalogue::LARGEST_CHUNK + 1];
        assert!(matches!(city.refused(chunk(chunk_hash(&large), large)), Refusal::CataloguePiece { .. }));
        let foreign = SignedManifest { signer: COUNTY, ..signed.clone() };
        assert_eq!(city.refused(publish(&foreign)), Refusal::NotAuthority { unit: CITY });
        let mut later = signed.clone();
        later.manifest.number = 2;
        assert_eq!(city.refused(publish(&later)), Refusal::CatalogueOrder { number: 2, newest: 0 });
        let missing = pieces.len() as u32;
        assert_eq!(city.refused(publish(&signed)), Refusal::CatalogueIncomplete { missing });
        city.publish(&pieces);
        assert_eq!(city.refused(publish(&signed)), Refusal::CatalogueOrder { number: 1, newest: 1 });
        assert_eq!(city.catalogue(), Some(1));
        // After the first nothing is published that nobody else has looked at.
        let unreviewed = CatalogueRefusal::Unreviewed { number: 2 };
        let second = city.next_version(&pieces);
        assert_eq!(city.refused(publish(&second)), unreviewed.into());
    }
}
