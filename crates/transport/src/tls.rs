//! How QUIC is set up: TLS 1.3 with ring only, both sides with certificates, no early data and no resumption: every connection
//! is judged afresh.

use std::sync::Arc;
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use protocol::seam::{Channel, Entropy};
use quinn::crypto::rustls::{NoInitialCipherSuite, QuicClientConfig, QuicServerConfig};
use quinn::{ClientConfig, EndpointConfig, IdleTimeout, ServerConfig, TransportConfig, VarInt};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::Sha256;

use crate::credentials::Credentials;
use crate::verify::{DialerVerifier, Directories, ListenerVerifier};

/// The link's protocol; a release that breaks it takes another name, so that old and new never misread each other.
const ALPN: &[u8] = b"tongban/1";

const KEEP_ALIVE: Duration = Duration::from_secs(5);
const IDLE_MILLIS: u32 = 20_000;
/// Bytes of a connection's id: enough that two never meet.
const CONNECTION_ID: usize = 8;
/// Streams a peer may have open at once. `open_bi` waits in silence at the limit, so it lies far over what the bounded queues
/// of unit and consensus can ask for; every wait on it has a deadline besides.
const STREAMS: u32 = 4096;
/// What one stream, and all of one connection, may have in flight: a LAN's bandwidth times a slow disk's delay.
const STREAM_WINDOW: u32 = 4 * 1024 * 1024;
const CONNECTION_WINDOW: u32 = 32 * 1024 * 1024;

/// Why credentials are of no use.
#[derive(Debug, thiserror::Error)]
pub enum CredentialFault {
    /// The authority's certificate, the node's or its key is damaged, or key and certificate do not belong together.
    #[error("certificate or key cannot be used: {0}")]
    Tls(#[from] rustls::Error),
    /// The authority's certificate is none.
    #[error("the authority's certificate cannot be used: {0}")]
    Authority(#[from] rustls::server::VerifierBuilderError),
    /// ring lacks the suite that QUIC begins with; cannot happen with the provider compiled in.
    #[error(transparent)]
    Suite(#[from] NoInitialCipherSuite),
    /// The certificate names nobody.
    #[error(transparent)]
    Identity(#[from] domain::text::Malformed),
    /// The key for stateless resets.
    #[error("the private key has no bytes")]
    Key,
}

/// For listening.
pub(crate) fn server(credentials: &Credentials, directories: Directories) -> Result<ServerConfig, CredentialFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = DialerVerifier::new(roots(credentials)?, provider.clone(), directories)?;
    let (chain, key) = own(credentials);
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.send_tls13_tickets = 0;
    config.max_early_data_size = 0;
    let mut config = ServerConfig::with_crypto(Arc::new(QuicServerConfig::try_from(config)?));
    config.transport_config(Arc::new(transport(STREAMS)));
    // Nodes keep their addresses; who moves dials again.
    config.migration(false);
    Ok(config)
}

/// For dialing.
pub(crate) fn client(credentials: &Credentials, directories: Directories) -> Result<ClientConfig, CredentialFault> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let verifier = ListenerVerifier::new(roots(credentials)?, provider.clone(), directories)?;
    let (chain, key) = own(credentials);
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(verifier))
        .with_client_auth_cert(chain, key)?;
    config.alpn_protocols = vec![ALPN.to_vec()];
    config.resumption = rustls::client::Resumption::disabled();
    config.enable_early_data = false;
    let mut config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(config)?));
    // The listener opens one stream, its hello.
    config.transport_config(Arc::new(transport(1)));
    Ok(config)
}

/// The endpoint's own. A node that was restarted tells its peers at once that it has forgotten their connections, instead of
/// letting them wait for the idle timeout: its reset key comes from the private key, and connection ids are not bound to a key
/// of the process, as quinn's usual ones are.
pub(crate) fn endpoint(
    credentials: &Credentials,
    entropy: Arc<dyn Entropy>,
) -> Result<EndpointConfig, CredentialFault> {
    let mut key =
        <Hmac<Sha256> as KeyInit>::new_from_slice(credentials.key.secret_der()).map_err(|_| CredentialFault::Key)?;
    key.update(b"stateless reset");
    let mut config = EndpointConfig::new(Arc::new(ResetKey(key.finalize().into_bytes().into())));
    config.cid_generator(move || Box::new(DrawnIds(entropy.clone())));
    // Refusing a reset twice within this time saves a flood; two nodes that restart together need only one each.
    config.min_reset_interval(Duration::from_millis(20));
    Ok(config)
}

/// How urgent a stream's bytes are among those of its connection: vote and heartbeat > append > mail > bulk.
pub(crate) fn priority(channel: Channel) -> i32 {
    match channel {
        Channel::Vote => 3,
        Channel::Append => 2,
        Channel::Mail | Channel::Client | Channel::Time | Channel::Directory => 1,
        Channel::Snapshot | Channel::Blob | Channel::Mirror => 0,
    }
}

/// The largest body of a frame, request or answer.
pub(crate) fn limit(channel: Channel) -> usize {
    const MIB: usize = 1024 * 1024;
    match channel {
        Channel::Vote => MIB / 16,
        // A batch of entries, each at most a mail or a client's command.
        Channel::Append => 16 * MIB,
        // An offer's content, or a piece of a catalogue.
        Channel::Mail => 8 * MIB,
        // A client's command, or a part of a mirror's rows, the last of which may be a piece of a catalogue.
        Channel::Client => 16 * MIB,
        // A number.
        Channel::Time => MIB / 1024,
        // A whole region: some 300 bytes a node.
        Channel::Directory => 16 * MIB,
        // A part of a snapshot; consensus cuts it.
        Channel::Snapshot => 16 * MIB,
        // A piece of a sealed file.
        Channel::Blob => 2 * MIB,
        // A batch of commands, the last of which may be a large one, or a part of a snapshot.
        Channel::Mirror => 16 * MIB,
    }
}

fn transport(streams_of_peer: u32) -> TransportConfig {
    let mut config = TransportConfig::default();
    config
        .max_concurrent_bidi_streams(VarInt::from_u32(streams_of_peer))
        .max_concurrent_uni_streams(VarInt::from_u32(0))
        .keep_alive_interval(Some(KEEP_ALIVE))
        .max_idle_timeout(Some(IdleTimeout::from(VarInt::from_u32(IDLE_MILLIS))))
        .stream_receive_window(VarInt::from_u32(STREAM_WINDOW))
        .receive_window(VarInt::from_u32(CONNECTION_WINDOW))
        .send_window(u64::from(CONNECTION_WINDOW))
        .datagram_receive_buffer_size(None);
    config
}

fn roots(credentials: &Credentials) -> Result<Arc<RootCertStore>, CredentialFault> {
    let mut roots = RootCertStore::empty();
    roots.add(credentials.authority.clone())?;
    Ok(Arc::new(roots))
}

fn own(credentials: &Credentials) -> (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>) {
    (vec![credentials.certificate.clone()], credentials.key.clone_key())
}

struct DrawnIds(Arc<dyn Entropy>);

impl quinn::ConnectionIdGenerator for DrawnIds {
    fn generate_cid(&mut self) -> quinn::ConnectionId {
        let mut id = [0; CONNECTION_ID];
        self.0.fill(&mut id);
        quinn::ConnectionId::new(&id)
    }

    fn cid_len(&self) -> usize {
        CONNECTION_ID
    }

    fn cid_lifetime(&self) -> Option<Duration> {
        None
    }
}

struct ResetKey([u8; 32]);

impl ResetKey {
    fn of(&self, data: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&self.0).ok()?;
        mac.update(data);
        Some(mac)
    }
}

impl quinn::crypto::HmacKey for ResetKey {
    fn sign(&self, data: &[u8], signature_out: &mut [u8]) {
        if let Some(mac) = self.of(data) {
            signature_out.copy_from_slice(&mac.finalize().into_bytes());
        }
    }

    fn signature_len(&self) -> usize {
        32
    }

    fn verify(&self, data: &[u8], signature: &[u8]) -> Result<(), quinn::crypto::CryptoError> {
        let mac = self.of(data).ok_or(quinn::crypto::CryptoError)?;
        mac.verify_slice(signature).map_err(|_| quinn::crypto::CryptoError)
    }
}
