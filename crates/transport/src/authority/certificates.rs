//! Making certificates: the authority's own, and one for each node and program.

use domain::time::Timestamp;
use protocol::directory::RegionName;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose, SanType,
};
use time::{Duration, OffsetDateTime};

use super::AuthorityFault;
use crate::identity::{Holder, Identity};

/// A region outlives its machines; its authority's certificate is not renewed by itself.
const AUTHORITY_DAYS: i64 = 20 * 365;
const NODE_DAYS: i64 = 2 * 365;
/// A machine whose clock is behind takes a new certificate all the same.
const EARLIER: Duration = Duration::days(1);

/// A certificate and its key, as PEM. Never printed.
#[derive(Clone)]
pub(crate) struct Issued {
    pub(crate) certificate: String,
    pub(crate) key: String,
    pub(crate) authority: String,
}

impl std::fmt::Debug for Issued {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issued")
    }
}

/// The authority's certificate and key.
pub(crate) struct Issuer {
    pub(crate) certificate: String,
    key: KeyPair,
}

impl std::fmt::Debug for Issuer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Issuer")
    }
}

impl Issuer {
    pub(crate) fn found(region: &RegionName, now: Timestamp) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate()?;
        let mut params = params(&format!("tongban region {region}"), now, AUTHORITY_DAYS)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let certificate = params.self_signed(&key)?.pem();
        Ok(Self { certificate, key })
    }

    pub(crate) fn open(certificate: String, key: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::from_pem(key)?;
        rcgen::Issuer::from_ca_cert_pem(&certificate, &key)?;
        Ok(Self { certificate, key })
    }

    pub(crate) fn key(&self) -> String {
        self.key.serialize_pem()
    }

    /// For a node: to dial and to be dialed. For a program: to dial only.
    pub(crate) fn issue(&self, identity: &Identity, now: Timestamp) -> Result<Issued, AuthorityFault> {
        let key = KeyPair::generate()?;
        let mut params = params(&identity.dns_name(), now, NODE_DAYS)?;
        params.subject_alt_names =
            vec![SanType::URI(identity.to_string().try_into()?), SanType::DnsName(identity.dns_name().try_into()?)];
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if matches!(identity.holder, Holder::Node(_)) {
            params.extended_key_usages.push(ExtendedKeyUsagePurpose::ServerAuth);
        }
        params.use_authority_key_identifier_extension = true;
        let issuer = rcgen::Issuer::from_ca_cert_pem(&self.certificate, &self.key)?;
        let certificate = params.signed_by(&key, &issuer)?.pem();
        Ok(Issued { certificate, key: key.serialize_pem(), authority: self.certificate.clone() })
    }
}

fn params(common_name: &str, now: Timestamp, days: i64) -> Result<CertificateParams, rcgen::Error> {
    let now = OffsetDateTime::from_unix_timestamp(now.0.div_euclid(1000)).map_err(|_| rcgen::Error::Time)?;
    let mut params = CertificateParams::default();
    params.not_before = now - EARLIER;
    params.not_after = now + Duration::days(days);
    params.distinguished_name = rcgen::DistinguishedName::new();
    // A common name has at most 64 characters (RFC 5280, ub-common-name); nobody reads it but people.
    let short: String = common_name.chars().take(64).collect();
    params.distinguished_name.push(DnType::CommonName, short);
    Ok(params)
}
