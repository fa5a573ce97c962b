//! Who is let in: on top of the usual checks of a certificate (chain to the region's authority, dates, purpose, key), its holder
//! must be listed in the directory as what it says, and must be whom we dialed. Both sides check; TLS 1.3 only.
//!
//! Everything here happens within the handshake: who fails is cut off with a TLS alert before a stream exists, and the alert
//! names the reason to the other side ([`Refusal::of_handshake`](crate::fault::Refusal)).

use std::sync::Arc;

use arc_swap::ArcSwap;
use protocol::directory::Directory;
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::CryptoProvider;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::WebPkiClientVerifier;
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{CertificateError, DigitallySignedStruct, DistinguishedName, Error, RootCertStore, SignatureScheme};

use crate::identity::Identity;

/// The directory in use; a later one takes its place while links run.
pub(crate) type Directories = Arc<ArcSwap<Directory>>;

/// Checks those who dial us.
#[derive(Debug)]
pub(crate) struct DialerVerifier {
    usual: Arc<dyn ClientCertVerifier>,
    listed: Listed,
}

/// Checks those whom we dial.
#[derive(Debug)]
pub(crate) struct ListenerVerifier {
    usual: Arc<WebPkiServerVerifier>,
    listed: Listed,
}

struct Listed(Directories);

impl std::fmt::Debug for Listed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Listed(directory {})", self.0.load().number())
    }
}

impl Listed {
    fn check(&self, certificate: &CertificateDer<'_>) -> Result<Identity, Error> {
        let identity = Identity::of_certificate(certificate).map_err(|_| CertificateError::BadEncoding)?;
        if identity.is_listed(&self.0.load()) { Ok(identity) } else { Err(unlisted()) }
    }
}

fn unlisted() -> Error {
    CertificateError::ApplicationVerificationFailure.into()
}

/// An authority of the same name with another key is a foreign one: its signature fails instead of its name.
fn foreign(why: Error) -> Error {
    #[allow(deprecated)]
    match why {
        Error::InvalidCertificate(
            CertificateError::BadSignature
            | CertificateError::UnsupportedSignatureAlgorithm
            | CertificateError::UnsupportedSignatureAlgorithmContext { .. }
            | CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. },
        ) => CertificateError::UnknownIssuer.into(),
        other => other,
    }
}

impl DialerVerifier {
    pub(crate) fn new(
        authority: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
        directories: Directories,
    ) -> Result<Self, rustls::server::VerifierBuilderError> {
        let usual = WebPkiClientVerifier::builder_with_provider(authority, provider).build()?;
        Ok(Self { usual, listed: Listed(directories) })
    }
}

impl ListenerVerifier {
    pub(crate) fn new(
        authority: Arc<RootCertStore>,
        provider: Arc<CryptoProvider>,
        directories: Directories,
    ) -> Result<Self, rustls::server::VerifierBuilderError> {
        let usual = WebPkiServerVerifier::builder_with_provider(authority, provider).build()?;
        Ok(Self { usual, listed: Listed(directories) })
    }
}

impl ClientCertVerifier for DialerVerifier {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        self.usual.root_hint_subjects()
    }

    fn verify_client_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.usual.verify_client_cert(certificate, intermediates, now).map_err(foreign)?;
        self.listed.check(certificate)?;
        Ok(verified)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}

impl ServerCertVerifier for ListenerVerifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        dialed: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let verified = self.usual.verify_server_cert(certificate, intermediates, dialed, ocsp_response, now);
        let verified = verified.map_err(|why| match why {
            // Another node of the region than the one that was dialed.
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) => unlisted(),
            other => foreign(other),
        })?;
        // The DNS name fitted; the URI must say the same.
        let identity = self.listed.check(certificate)?;
        if dialed.to_str() == identity.dns_name() { Ok(verified) } else { Err(unlisted()) }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls12_signature(message, certificate, signed)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.usual.verify_tls13_signature(message, certificate, signed)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.usual.supported_verify_schemes()
    }
}
