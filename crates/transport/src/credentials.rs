//! What a node or program shows on a link: its certificate, the key that belongs to it, and the authority it believes.

use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use crate::identity::Identity;
use crate::tls::CredentialFault;

/// A certificate with its key. Never printed.
#[derive(Debug)]
pub struct Credentials {
    /// Of whom it speaks.
    pub identity: Identity,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) key: PrivateKeyDer<'static>,
    pub(crate) authority: CertificateDer<'static>,
}

/// Why credentials in PEM are not read.
#[derive(Debug, thiserror::Error)]
pub enum PemFault {
    /// Not PEM, or of another kind.
    #[error("the {what} is not PEM of that kind: {why}")]
    Pem {
        /// Which of the three.
        what: &'static str,
        /// What the reader said.
        why: pem::Error,
    },
    /// The certificate names nobody.
    #[error(transparent)]
    Credential(#[from] CredentialFault),
}

impl Clone for Credentials {
    fn clone(&self) -> Self {
        Self {
            identity: self.identity.clone(),
            certificate: self.certificate.clone(),
            key: self.key.clone_key(),
            authority: self.authority.clone(),
        }
    }
}

impl Credentials {
    /// From the three PEM texts of a node's folder.
    ///
    /// # Errors
    /// Which of them is wrong.
    pub fn from_pem(certificate: &str, key: &str, authority: &str) -> Result<Self, PemFault> {
        let wrong = |what| move |why| PemFault::Pem { what, why };
        let certificate =
            CertificateDer::from_pem_slice(certificate.as_bytes()).map_err(wrong("node's certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(key.as_bytes()).map_err(wrong("node's key"))?;
        let authority =
            CertificateDer::from_pem_slice(authority.as_bytes()).map_err(wrong("authority's certificate"))?;
        let identity = Identity::of_certificate(&certificate).map_err(CredentialFault::from)?;
        Ok(Self { identity, certificate, key, authority })
    }
}
