//! SM2 signatures (GB/T 32918.2) and SM3 hashes (GB/T 32905), as seals use them: keys, hashes and signatures are hexadecimal text.

use sm2::dsa::signature::{Signer, Verifier};
use sm2::dsa::{Signature, SigningKey, VerifyingKey};
use sm3::{Digest, Sm3};
use zeroize::Zeroizing;

/// The signer's name that goes into every signature: the usual one of GB/T 35276, known to whoever verifies.
pub const SIGNER: &str = "1234567812345678";

/// The SM3 hash of some bytes, in hexadecimal digits.
#[must_use]
pub fn sm3(bytes: &[u8]) -> String {
    hex::encode(Sm3::digest(bytes))
}

/// A key that signs. Never printed.
#[derive(Clone, Debug)]
pub struct SecretKey(SigningKey);

impl SecretKey {
    /// From 32 bytes, which whoever makes keys draws by chance. `None` for the few that are no key of the curve.
    #[must_use]
    pub fn from_bytes(bytes: &[u8; 32]) -> Option<Self> {
        SigningKey::from_slice(SIGNER, bytes).ok().map(Self)
    }

    /// From the text that [`SecretKey::reveal`] gave.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let bytes = Zeroizing::new(hex::decode(text).ok()?);
        Self::from_bytes(bytes.as_slice().try_into().ok()?)
    }

    /// The key itself, to be kept.
    #[must_use]
    pub fn reveal(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.to_bytes()))
    }

    /// The public half: the point, uncompressed.
    #[must_use]
    pub fn public(&self) -> String {
        hex::encode(self.0.verifying_key().to_sec1_bytes())
    }

    /// Signs. The same key and bytes give the same signature (RFC 6979 with SM3): nothing is drawn by chance, so a simulation that is played
    /// again seals alike. `None` with a chance of about one in 2²⁵⁶.
    #[must_use]
    pub fn sign(&self, bytes: &[u8]) -> Option<String> {
        self.0.try_sign(bytes).ok().map(|signature| hex::encode(signature.to_bytes()))
    }
}

/// Whether a signature is that key's under these bytes. What is no key or no signature is none.
#[must_use]
pub fn is_signed(public: &str, bytes: &[u8], signature: &str) -> bool {
    let read = || {
        let key = VerifyingKey::from_sec1_bytes(SIGNER, &hex::decode(public).ok()?).ok()?;
        let signature = Signature::from_slice(&hex::decode(signature).ok()?).ok()?;
        key.verify(bytes, &signature).ok()
    };
    read().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GB/T 32905-2016, appendix A.
    #[test]
    fn sm3_gives_what_the_standard_prints() {
        assert_eq!(sm3(b"abc"), "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0");
        let blocks = "abcd".repeat(16);
        assert_eq!(sm3(blocks.as_bytes()), "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732");
    }

    const KEY: &str = "3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8";
    const POINT: &str = "0409F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020\
                         CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13";
    const SIGNED: &str = "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3\
                          B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA";

    /// GB/T 32918.5-2017, appendix A.2.
    #[test]
    fn sm2_holds_the_example_of_the_standard() {
        let key = SecretKey::from_hex(KEY).unwrap();
        assert_eq!(key.public(), POINT.to_lowercase());
        assert!(is_signed(POINT, b"message digest", SIGNED));
        assert!(!is_signed(POINT, b"message digesT", SIGNED));
        for at in 0..SIGNED.len() {
            let mut other = SIGNED.to_owned();
            let turned = if &SIGNED[at..=at] == "0" { "1" } else { "0" };
            other.replace_range(at..=at, turned);
            assert!(!is_signed(POINT, b"message digest", &other), "{at}");
        }
    }

    #[test]
    fn signatures_are_the_same_each_time_and_nothing_else_is_taken_for_one() {
        let key = SecretKey::from_hex(KEY).unwrap();
        let signature = key.sign("文书".as_bytes()).unwrap();
        assert_eq!(key.sign("文书".as_bytes()), Some(signature.clone()));
        assert!(is_signed(&key.public(), "文书".as_bytes(), &signature));
        for (public, signature) in
            [("", signature.as_str()), (POINT, ""), (POINT, "zz"), (&POINT[2..], &signature), (POINT, &signature[2..])]
        {
            assert!(!is_signed(public, "文书".as_bytes(), signature), "{public} {signature}");
        }
        assert!(SecretKey::from_bytes(&[0; 32]).is_none());
        assert!(SecretKey::from_bytes(&[0xff; 32]).is_none());
        assert!(SecretKey::from_hex("39").is_none());
    }
}
