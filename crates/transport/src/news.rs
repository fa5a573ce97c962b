//! How a later region directory gets around: a node is brought it, peers ask each other, and each believes the authority alone.
//!
//! The link answers itself: a node that has not joined its group yet, or whose group has stopped, tells and learns all the same.
//! Whom to ask, how often, and what else follows from a new directory is `node`'s.

use std::sync::Arc;

use domain::ids::{NodeId, UnitId};
use protocol::directory::{Directory, DirectoryFault, PublicKey, SignedDirectory};
use protocol::record;
use protocol::seam::{Channel, LinkFault, Links};
use serde::{Deserialize, Serialize};

use crate::quic::{Quic, Shared};

/// What is asked on the directory channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DirectoryAsked {
    /// The number of the directory that who asks has.
    have: u64,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct DirectoryTold {
    /// A later one, if the node has one.
    later: Option<SignedDirectory>,
}

domain::first_form! {
    90: DirectoryAsked;
    91: DirectoryTold;
}

/// A peer that takes longer has none.
const ASK_MILLIS: u64 = 5_000;

impl Quic {
    /// Takes a directory that came from a file or a peer, if the authority signed it and it is later than the one in use; tells it to
    /// peers that ask from then on. The one in use itself is only told.
    ///
    /// Gives the directory where it is a later one. Links follow it at once, as [`Quic::replace_directory`] says.
    ///
    /// # Errors
    /// Not signed by this authority, older, another one under the same number, or another region's. Nothing is changed then.
    pub fn take_directory(
        &self,
        signed: SignedDirectory,
        authority: &PublicKey,
    ) -> Result<Option<Arc<Directory>>, DirectoryFault> {
        let directory = signed.clone().verify(authority)?;
        let in_use = self.directory();
        directory.may_follow(&in_use)?;
        if directory.number() == in_use.number() {
            if directory != *in_use {
                return Err(DirectoryFault::Twice { number: directory.number() });
            }
            self.shared.signed.store(Some(Arc::new(signed)));
            return Ok(None);
        }
        self.replace_directory(directory)?;
        self.shared.signed.store(Some(Arc::new(signed)));
        Ok(Some(self.directory()))
    }

    /// Asks a node for a later directory than the one in use: to be checked by [`Quic::take_directory`].
    ///
    /// # Errors
    /// It cannot be reached, or answers something else.
    pub async fn ask_directory(&self, node: NodeId, unit: UnitId) -> Result<Option<SignedDirectory>, LinkFault> {
        let broken = |why: record::RecordFault| LinkFault::Refused { node, why: why.to_string() };
        let asked = record::write(&DirectoryAsked { have: self.directory().number() }).map_err(broken)?;
        let told = self.request(node, unit, Channel::Directory, asked, ASK_MILLIS).await?;
        Ok(record::read::<DirectoryTold>(&told).map_err(broken)?.later)
    }
}

/// What a peer is told that asks.
pub(crate) fn tell(shared: &Shared, body: &[u8]) -> Result<Vec<u8>, String> {
    let DirectoryAsked { have } = record::read(body).map_err(|why| why.to_string())?;
    let later = shared.signed.load_full().filter(|signed| signed.listing.number > have);
    record::write(&DirectoryTold { later: later.map(|signed| (*signed).clone()) }).map_err(|why| why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hex(bytes: &[u8]) -> String {
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }

    /// These travel between releases: a change here is a new version, never a new expectation.
    #[test]
    fn a_question_has_the_bytes_it_always_had() {
        let (asked, told) = (DirectoryAsked { have: 300 }, DirectoryTold { later: None });
        assert_eq!(hex(&record::write(&asked).unwrap()), "005a010097618365ac02");
        assert_eq!(hex(&record::write(&told).unwrap()), "005b0100dbec158900");
        assert_eq!(record::read(&record::write(&asked).unwrap()), Ok(asked));
        assert_eq!(record::read(&record::write(&told).unwrap()), Ok(told));
    }
}
