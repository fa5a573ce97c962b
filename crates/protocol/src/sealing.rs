//! Nobody reads what is not theirs (promise 7): a unit's sealing key, a case's data key, and the personal fields under it.
//!
//! Personal fields are sealed once, at receipt, under a key of their own case. That key is wrapped for one unit at a time and
//! wrapped anew for the next one with an offer; forgetting every wrap erases the person from a log that forgets nothing.
//! To another unit: HPKE base mode (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305. To itself: ChaCha20-Poly1305 under a
//! key that follows from its secret, the purpose and the place: whoever has the secret needs no curve. Under a data key:
//! ChaCha20-Poly1305. Each begins with a byte that names its form, so that national algorithms can stand beside.

use std::convert::Infallible;
use std::fmt;

use chacha20poly1305::aead::{Aead, Payload};
use chacha20poly1305::{ChaCha20Poly1305, KeyInit, Nonce};
use domain::ids::{CaseId, UnitId};
use domain::sealed::{Sealed, WrappedKey};
use hpke::aead::ChaCha20Poly1305 as HpkeAead;
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::rand_core::{TryCryptoRng, TryRng};
use hpke::{Deserializable, Kem, OpModeR, OpModeS, Serializable};
use serde::{Deserialize, Serialize};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::crypto::Crypto;
use crate::directory::PublicKey;
use crate::keyed_hash::keyed;
use crate::seam::Entropy;
use crate::signing::key_bytes;

/// Names the algorithms above, in front of everything sealed to another unit or under a data key.
const FORM: u8 = 1;
/// In front of what a unit sealed to itself.
const OWN_FORM: u8 = 2;
const ENCAPSULATED: usize = 32;
const NONCE: usize = 12;

/// Why something sealed could not be opened or made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SealFault {
    /// Too few bytes to be sealed.
    #[error("{0} bytes are too few to be sealed")]
    Short(usize),
    /// Sealed by a newer release.
    #[error("sealed in form {got}; this release reads form {FORM}: upgrade first")]
    Form {
        /// As written.
        got: u8,
    },
    /// Another key, another place, or damaged: the three cannot be told apart.
    #[error("cannot be opened: sealed to another key or for another place, or damaged")]
    Closed,
    /// The public key is none: it would give everybody the same secret.
    #[error("the receiver's sealing key is not a key")]
    Key,
}

/// Whom something is sealed to: a unit's public key, from the region's directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct SealingPublicKey(#[serde(with = "key_bytes")] pub [u8; 32]);

impl From<PublicKey> for SealingPublicKey {
    fn from(key: PublicKey) -> Self {
        Self(key.0)
    }
}

/// A unit's secret sealing key, held by each of its nodes. Never printed; wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct SealingKey {
    secret: [u8; 32],
    // Worked out once: it is a multiplication on the curve, and every application needs it.
    public: Option<[u8; 32]>,
}

impl SealingKey {
    /// A new key.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let (secret, _) = X25519HkdfSha256::gen_keypair_with_rng(&mut Drawn(entropy));
        Self::from_bytes(secret.to_bytes().into())
    }

    /// From the bytes of a key file.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        let secret = <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&bytes).ok();
        let public = secret.map(|secret| X25519HkdfSha256::sk_to_pk(&secret).to_bytes().into());
        Self { secret: bytes, public }
    }

    /// Its bytes, for a key file only.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.secret
    }

    /// What others seal to.
    pub fn public_key(&self) -> Result<SealingPublicKey, SealFault> {
        self.public.map(SealingPublicKey).ok_or(SealFault::Key)
    }

    /// Seals to this unit itself. Form: 2 · nonce (12) · ciphertext · tag (16).
    ///
    /// Each purpose and place has a key of its own, so that a random nonce is far from being met twice under one key.
    pub(crate) fn seal_own(
        &self,
        purpose: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        let sealed = seal_under(&self.own_cipher(purpose, place), OWN_FORM, (plain, place), entropy);
        sealed.map_err(|_| SealFault::Key)
    }

    /// Opens what was sealed to this unit for this purpose and place, by others or by itself.
    pub(crate) fn open(&self, purpose: &str, place: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        if let Some(own) = sealed.strip_prefix(&[OWN_FORM]) {
            return open_under(&self.own_cipher(purpose, place), own, place);
        }
        let sealed = of_form(sealed)?;
        let (encapsulated, body) = sealed.split_first_chunk::<ENCAPSULATED>().ok_or(SealFault::Short(sealed.len()))?;
        let encapsulated =
            <X25519HkdfSha256 as Kem>::EncappedKey::from_bytes(encapsulated).map_err(|_| SealFault::Closed)?;
        let (mode, secret) = (OpModeR::Base, self.secret()?);
        let open = hpke::setup_receiver::<HpkeAead, HkdfSha256, X25519HkdfSha256>;
        let mut context = open(&mode, &secret, &encapsulated, purpose.as_bytes()).map_err(|_| SealFault::Closed)?;
        context.open(body, place).map(Zeroizing::new).map_err(|_| SealFault::Closed)
    }

    fn own_cipher(&self, purpose: &str, place: &[u8]) -> ChaCha20Poly1305 {
        let length = (purpose.len() as u64).to_be_bytes();
        let of = [&length, purpose.as_bytes(), place].concat();
        let key = Zeroizing::new(keyed(&self.secret, "key of what a unit seals to itself", &of));
        ChaCha20Poly1305::new(&(*key).into())
    }

    fn secret(&self) -> Result<<X25519HkdfSha256 as Kem>::PrivateKey, SealFault> {
        <X25519HkdfSha256 as Kem>::PrivateKey::from_bytes(&self.secret).map_err(|_| SealFault::Key)
    }
}

impl fmt::Debug for SealingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SealingKey")
    }
}

impl SealingPublicKey {
    /// Seals to that unit for a purpose and place: opened for another one it is nothing.
    ///
    /// Form: 1 · encapsulated key (32) · ciphertext · tag (16).
    pub(crate) fn seal(
        &self,
        purpose: &str,
        place: &[u8],
        plain: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<Vec<u8>, SealFault> {
        let key = <X25519HkdfSha256 as Kem>::PublicKey::from_bytes(&self.0).map_err(|_| SealFault::Key)?;
        let setup = hpke::setup_sender_with_rng::<HpkeAead, HkdfSha256, X25519HkdfSha256>;
        let (encapsulated, mut context) =
            setup(&OpModeS::Base, &key, purpose.as_bytes(), &mut Drawn(entropy)).map_err(|_| SealFault::Key)?;
        let body = context.seal(plain, place).map_err(|_| SealFault::Key)?;
        let mut sealed = Vec::with_capacity(1 + ENCAPSULATED + body.len());
        sealed.push(FORM);
        sealed.extend_from_slice(&encapsulated.to_bytes());
        sealed.extend_from_slice(&body);
        Ok(sealed)
    }
}

/// Which personal field of a case: part of what is sealed, so that fields cannot be put in each other's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Field {
    /// [`crate::applicant::ApplicantFields`] as a record.
    Applicant = 1,
    /// The form as the applicant filled it in: canonical JSON.
    Form = 2,
    /// What the person served wrote of the service, or of its haste.
    Remark = 3,
    /// What is complained of.
    Complaint = 4,
    /// Who complains: [`crate::applicant::ApplicantFields`] as a record.
    Complainant = 5,
    /// What officials write to each other of a case: opinions of steps and reviews, reasons of a return.
    Opinion = 6,
    /// [`crate::blob::FileLabel`] as a record.
    File = 7,
}

/// A case's data key. Never printed; wiped when dropped.
#[derive(Clone, PartialEq, Eq, Zeroize, ZeroizeOnDrop)]
pub struct DataKey([u8; 32]);

/// Purpose of a wrapped key, as HPKE's `info`.
const WRAP: &str = "tongban case key";

impl DataKey {
    /// A new key, for a new case.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let mut key = [0; 32];
        entropy.fill(&mut key);
        Self(key)
    }

    /// From what such a key follows from.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// This key for one unit, which alone can [`unwrap`] it.
    pub fn wrap(
        &self,
        case: CaseId,
        unit: UnitId,
        key: &SealingPublicKey,
        (crypto, entropy): (&dyn Crypto, &dyn Entropy),
    ) -> Result<WrappedKey, SealFault> {
        crypto.seal(key, WRAP, &wrap_place(case, unit), &self.0, entropy).map(WrappedKey)
    }

    /// This key for the unit that made it. Where it came from another unit, the key that came with the case is kept instead.
    pub fn keep(
        &self,
        case: CaseId,
        unit: UnitId,
        own: &SealingKey,
        (crypto, entropy): (&dyn Crypto, &dyn Entropy),
    ) -> Result<WrappedKey, SealFault> {
        crypto.seal_own(own, WRAP, &wrap_place(case, unit), &self.0, entropy).map(WrappedKey)
    }

    /// Seals one field of the case. Form: 1 · nonce (12) · ciphertext · tag (16).
    ///
    /// The nonce is random: a data key seals a handful of fields, far from where two of 2^96 meet.
    pub fn seal(&self, case: CaseId, field: Field, plain: &[u8], entropy: &dyn Entropy) -> Result<Sealed, SealFault> {
        let sealed = seal_under(&self.cipher(), FORM, (plain, &field_place(case, field)), entropy);
        sealed.map(Sealed).map_err(|_| SealFault::Key)
    }

    /// Opens a field of the case.
    pub fn open(&self, case: CaseId, field: Field, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, SealFault> {
        open_under(&self.cipher(), of_form(&sealed.0)?, &field_place(case, field))
    }

    fn cipher(&self) -> ChaCha20Poly1305 {
        ChaCha20Poly1305::new(&self.0.into())
    }
}

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

/// The data key that was wrapped for this unit.
pub fn unwrap(
    wrapped: &WrappedKey,
    case: CaseId,
    unit: UnitId,
    key: &SealingKey,
    crypto: &dyn Crypto,
) -> Result<DataKey, SealFault> {
    let plain = crypto.open(key, WRAP, &wrap_place(case, unit), &wrapped.0)?;
    plain.as_slice().try_into().map(DataKey).map_err(|_| SealFault::Closed)
}

/// The same data key for another unit: what an offer carries.
pub fn rewrap(
    wrapped: &WrappedKey,
    case: CaseId,
    (own_unit, own_key): (UnitId, &SealingKey),
    (other_unit, other_key): (UnitId, &SealingPublicKey),
    (crypto, entropy): (&dyn Crypto, &dyn Entropy),
) -> Result<WrappedKey, SealFault> {
    unwrap(wrapped, case, own_unit, own_key, crypto)?.wrap(case, other_unit, other_key, (crypto, entropy))
}

fn wrap_place(case: CaseId, unit: UnitId) -> [u8; 24] {
    let mut place = [0; 24];
    place[..16].copy_from_slice(case.0.as_bytes());
    place[16..].copy_from_slice(&unit.get().to_be_bytes());
    place
}

fn field_place(case: CaseId, field: Field) -> [u8; 17] {
    let mut place = [0; 17];
    place[..16].copy_from_slice(case.0.as_bytes());
    place[16] = field as u8;
    place
}

/// Form · nonce (12) · ciphertext · tag (16).
fn seal_under(
    cipher: &ChaCha20Poly1305,
    form: u8,
    (plain, place): (&[u8], &[u8]),
    entropy: &dyn Entropy,
) -> Result<Vec<u8>, chacha20poly1305::aead::Error> {
    let mut nonce = [0; NONCE];
    entropy.fill(&mut nonce);
    let body = cipher.encrypt(&Nonce::from(nonce), Payload { msg: plain, aad: place })?;
    let mut sealed = Vec::with_capacity(1 + NONCE + body.len());
    sealed.push(form);
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&body);
    Ok(sealed)
}

/// What stands behind the form.
fn open_under(cipher: &ChaCha20Poly1305, sealed: &[u8], place: &[u8]) -> Result<Zeroizing<Vec<u8>>, SealFault> {
    let (nonce, body) = sealed.split_first_chunk::<NONCE>().ok_or(SealFault::Short(sealed.len()))?;
    let opened = cipher.decrypt(&Nonce::from(*nonce), Payload { msg: body, aad: place });
    opened.map(Zeroizing::new).map_err(|_| SealFault::Closed)
}

fn of_form(sealed: &[u8]) -> Result<&[u8], SealFault> {
    match sealed {
        [] => Err(SealFault::Short(0)),
        [FORM, rest @ ..] => Ok(rest),
        [got, ..] => Err(SealFault::Form { got: *got }),
    }
}

/// The seam of randomness as the cryptography crates ask for it.
struct Drawn<'a>(&'a dyn Entropy);

impl TryRng for Drawn<'_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.0.fill(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.0.fill(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        self.0.fill(bytes);
        Ok(())
    }
}

impl TryCryptoRng for Drawn<'_> {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Standard;
    use crate::testing::Counting;
    use proptest::prelude::*;

    const CASE: CaseId = CaseId(uuid::Uuid::from_u128(7));
    const OTHER_CASE: CaseId = CaseId(uuid::Uuid::from_u128(8));

    fn unit(code: u64) -> UnitId {
        UnitId::new(code).unwrap()
    }

    #[test]
    fn a_wrapped_key_opens_for_its_unit_and_case_only_and_travels() {
        let entropy = Counting::new(1);
        let (village, county) = (unit(370_811_002_001), unit(370_811_000_000));
        let (village_key, county_key) = (SealingKey::generate(&entropy), SealingKey::generate(&entropy));
        let data = DataKey::generate(&entropy);
        let wrapped = data.wrap(CASE, village, &village_key.public_key().unwrap(), (&Standard, &entropy)).unwrap();
        assert_eq!(unwrap(&wrapped, CASE, village, &village_key, &Standard), Ok(data.clone()));
        assert_eq!(unwrap(&wrapped, OTHER_CASE, village, &village_key, &Standard), Err(SealFault::Closed));
        assert_eq!(unwrap(&wrapped, CASE, county, &village_key, &Standard), Err(SealFault::Closed));
        assert_eq!(unwrap(&wrapped, CASE, village, &county_key, &Standard), Err(SealFault::Closed));

        let to = (county, &county_key.public_key().unwrap());
        let moved = rewrap(&wrapped, CASE, (village, &village_key), to, (&Standard, &entropy)).unwrap();
        assert_eq!(unwrap(&moved, CASE, county, &county_key, &Standard), Ok(data));
        assert_eq!(unwrap(&moved, CASE, village, &village_key, &Standard), Err(SealFault::Closed));
    }

    #[test]
    fn what_a_unit_keeps_for_itself_opens_for_it_and_in_its_place_only_and_travels() {
        let entropy = Counting::new(1);
        let (village, county) = (unit(370_811_002_001), unit(370_811_000_000));
        let (village_key, county_key) = (SealingKey::generate(&entropy), SealingKey::generate(&entropy));
        let data = DataKey::generate(&entropy);
        let kept = data.keep(CASE, village, &village_key, (&Standard, &entropy)).unwrap();
        assert_eq!(unwrap(&kept, CASE, village, &village_key, &Standard), Ok(data.clone()));
        assert_eq!(unwrap(&kept, OTHER_CASE, village, &village_key, &Standard), Err(SealFault::Closed));
        assert_eq!(unwrap(&kept, CASE, county, &village_key, &Standard), Err(SealFault::Closed));
        assert_eq!(unwrap(&kept, CASE, village, &county_key, &Standard), Err(SealFault::Closed));
        assert_eq!(village_key.open("another purpose", &wrap_place(CASE, village), &kept.0), Err(SealFault::Closed));
        for at in 0..kept.0.len() {
            let mut damaged = kept.clone();
            damaged.0[at] ^= 1;
            assert!(unwrap(&damaged, CASE, village, &village_key, &Standard).is_err(), "byte {at}");
            let short = WrappedKey(kept.0[..at].to_vec());
            assert!(unwrap(&short, CASE, village, &village_key, &Standard).is_err(), "length {at}");
        }
        let again = data.keep(CASE, village, &village_key, (&Standard, &entropy)).unwrap();
        assert_ne!(again, kept);

        let to = (county, &county_key.public_key().unwrap());
        let moved = rewrap(&kept, CASE, (village, &village_key), to, (&Standard, &entropy)).unwrap();
        assert_eq!(unwrap(&moved, CASE, county, &county_key, &Standard), Ok(data));
    }

    #[test]
    fn a_field_opens_in_its_place_only_and_every_damage_is_seen() {
        let entropy = Counting::new(1);
        let key = DataKey::generate(&entropy);
        let sealed = key.seal(CASE, Field::Form, "张三".as_bytes(), &entropy).unwrap();
        assert_eq!(key.open(CASE, Field::Form, &sealed).unwrap().as_slice(), "张三".as_bytes());
        assert_eq!(key.open(OTHER_CASE, Field::Form, &sealed), Err(SealFault::Closed));
        assert_eq!(key.open(CASE, Field::Applicant, &sealed), Err(SealFault::Closed));
        assert_eq!(DataKey::generate(&entropy).open(CASE, Field::Form, &sealed), Err(SealFault::Closed));
        for at in 0..sealed.0.len() {
            let mut damaged = sealed.clone();
            damaged.0[at] ^= 1;
            assert!(key.open(CASE, Field::Form, &damaged).is_err(), "byte {at}");
            assert!(key.open(CASE, Field::Form, &Sealed(sealed.0[..at].to_vec())).is_err(), "length {at}");
        }
        let again = key.seal(CASE, Field::Form, "张三".as_bytes(), &entropy).unwrap();
        assert_ne!(again, sealed, "equal fields do not show as equal");
    }

    #[test]
    fn a_public_key_of_small_order_is_refused_and_a_newer_form_says_so() {
        let entropy = Counting::new(1);
        let data = DataKey::generate(&entropy);
        let zero = SealingPublicKey([0; 32]);
        assert_eq!(data.wrap(CASE, unit(370_811_000_000), &zero, (&Standard, &entropy)), Err(SealFault::Key));
        let newer = Sealed(vec![2; 60]);
        assert_eq!(data.open(CASE, Field::Form, &newer), Err(SealFault::Form { got: 2 }));
    }

    #[test]
    fn secrets_are_never_printed() {
        let entropy = Counting::new(1);
        assert_eq!(
            format!("{:?} {:?}", SealingKey::generate(&entropy), DataKey::generate(&entropy)),
            "SealingKey DataKey"
        );
    }

    proptest! {
        #[test]
        fn opening_anything_never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), form in 0..4_u8) {
            let entropy = Counting::new(1);
            let bytes = [vec![form], bytes].concat();
            let key = DataKey::generate(&entropy);
            prop_assert!(key.open(CASE, Field::Form, &Sealed(bytes.clone())).is_err());
            let unit_key = SealingKey::generate(&entropy);
            prop_assert!(unwrap(&WrappedKey(bytes), CASE, unit(370_811_000_000), &unit_key, &Standard).is_err());
        }

        #[test]
        fn what_is_sealed_is_opened(plain in proptest::collection::vec(any::<u8>(), 0..2000), seed: u32) {
            let entropy = Counting::new(seed.into());
            let key = DataKey::generate(&entropy);
            let sealed = key.seal(CASE, Field::Applicant, &plain, &entropy).unwrap();
            let opened = key.open(CASE, Field::Applicant, &sealed).unwrap();
            prop_assert_eq!(opened.as_slice(), plain.as_slice());
        }
    }
}
