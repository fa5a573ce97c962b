//! Who is not let in: each is refused within the handshake, before anybody who answers hears of it, counted by reason, and told
//! the same reason in types.

mod support;

use std::sync::Arc;
use std::time::Duration;

use domain::division::Tier;
use domain::ids::NodeId;
use protocol::directory::Directory;
use protocol::seam::{Channel, LinkFault, Links};
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{Connection, ConnectionError, Endpoint};
use rustls::RootCertStore;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use support::*;
use transport::authority::{Authority, Existing};
use transport::topology::{Topology, TopologyNode};
use transport::{Credentials, DialFault, Quic, Refusal, Timing};

const PATIENCE: u64 = 20_000;

/// Node 1 of the city, as the strangers find it.
struct Door {
    quic: Quic,
    answers: Arc<Watched>,
}

impl Door {
    /// Nobody was heard, and exactly one was refused, for that reason.
    async fn has_refused(&self, reason: Refusal) {
        // The alert can reach the stranger before the door's own task has counted it.
        let counted = async {
            while self.quic.counters().refused(reason) == 0 {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(Duration::from_millis(PATIENCE), counted).await.unwrap();
        assert_eq!(self.answers.calls(), []);
        assert_eq!(self.quic.counters().connections_accepted(), 0);
        for other in Refusal::ALL {
            assert_eq!(self.quic.counters().refused(other), u64::from(other == reason), "{other:?}");
        }
    }
}

fn door(credentials: Credentials, directory: Directory, socket: std::net::UdpSocket) -> Door {
    let quic = endpoint(socket, credentials, directory, Timing::default());
    let answers = Arc::new(Watched::default());
    quic.serve(answers.clone());
    Door { quic, answers }
}

fn door_of(world: &mut World) -> Door {
    let socket = world.sockets.take(1);
    door(world.credentials(1), world.directory(), socket)
}

/// A folder of keys as PEM: who makes its own client with them is no well-behaved endpoint of ours.
struct Pem {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
    authority: CertificateDer<'static>,
}

fn pem_of(authority: &Authority, code: &str, node: u64) -> Pem {
    let folder = tempfile::tempdir().unwrap();
    authority.write(folder.path(), Existing::Keep).unwrap();
    let node = Authority::node_folder(folder.path(), unit(code), NodeId(node));
    Pem {
        certificate: CertificateDer::from_pem_file(node.join("node.pem")).unwrap(),
        key: PrivateKeyDer::from_pem_file(node.join("node.key")).unwrap(),
        authority: CertificateDer::from_pem_file(node.join("authority.pem")).unwrap(),
    }
}

fn client(trusted: &Pem, shown: Option<Pem>) -> quinn::ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(trusted.authority.clone()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = rustls::ClientConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13])
        .unwrap()
        .with_root_certificates(roots);
    let mut config = match shown {
        Some(pem) => builder.with_client_auth_cert(vec![pem.certificate], pem.key).unwrap(),
        None => builder.with_no_client_auth(),
    };
    config.alpn_protocols = vec![b"tongban/1".to_vec()];
    quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).unwrap()))
}

/// Dials a door with any certificate or none, and returns the connection once the door has spoken or the reason why not.
async fn knock(door: &Door, trusted: &Pem, shown: Option<Pem>) -> Result<Connection, ConnectionError> {
    let config = client(trusted, shown);
    let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    let name = door.quic.identity().dns_name();
    let connection = endpoint.connect_with(config, port_of(&door.quic), &name).unwrap().await?;
    let (_, mut hello) = connection.accept_bi().await?;
    let mut first = [0; 1];
    match hello.read_exact(&mut first).await {
        Ok(()) => Ok(connection),
        Err(_) => Err(connection.closed().await),
    }
}

fn alert(ended: Result<Connection, ConnectionError>) -> u64 {
    match ended {
        Err(ConnectionError::ConnectionClosed(close)) => u64::from(close.error_code) - 0x100,
        other => panic!("not refused in the handshake: {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_certificate() {
    let mut world = World::new();
    let door = door_of(&mut world);
    let trusted = pem_of(&world.authority, CITY, 1);
    assert_eq!(alert(knock(&door, &trusted, None).await), 116);
    door.has_refused(Refusal::NoCertificate).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_authority_of_another_region_or_of_the_same_name() {
    for name in ["heze", "jining"] {
        let mut world = World::new();
        let door = door_of(&mut world);
        let trusted = pem_of(&world.authority, CITY, 1);
        let elsewhere = Topology { region: region(name), ..topology(&Sockets::bound(4)) };
        let elsewhere = Authority::found(&elsewhere, now(), &Drawn::seeded(2)).unwrap();
        let foreign = pem_of(&elsewhere, CITY, 2);
        assert_eq!(alert(knock(&door, &trusted, Some(foreign)).await), 48, "{name}");
        door.has_refused(Refusal::ForeignAuthority).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_endpoint_of_another_authority_refuses_first() {
    let mut world = World::new();
    let door = door_of(&mut world);
    // The same addresses, another authority: its node believes neither our directory nor our certificates.
    let mut sockets = Sockets::bound(4);
    let mut listed = topology(&sockets);
    listed.units[0].nodes[0].quic = vec![port_of(&door.quic).to_string()];
    let elsewhere = Authority::found(&listed, now(), &Drawn::seeded(2)).unwrap();
    let keys = elsewhere.node(NodeId(3)).unwrap();
    let county = endpoint(sockets.take(3), keys.credentials().unwrap(), keys.directory().unwrap(), Timing::default());
    let refused = DialFault::Impostor { node: NodeId(1), reason: Refusal::ForeignAuthority };
    assert_eq!(county.connect(NodeId(1)).await, Err(refused));
    assert_eq!(county.counters().refused(Refusal::ForeignAuthority), 1);
    assert_eq!(door.answers.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_certificate() {
    let sockets = Sockets::bound(4);
    let mut authority = Authority::found(&topology(&sockets), days_ago(3 * 365), &Drawn::seeded(1)).unwrap();
    // The city's first machines were set up three years ago; a later one is the door.
    let mut later = Sockets::bound(1);
    let added = topology_unit("370827", Tier::County, Some(CITY), &[later.address(1)]);
    let added = Topology { region: region("jining"), units: vec![added] };
    authority.add(&added, now(), &Drawn::seeded(3)).unwrap();
    let directory = authority.directory().clone().verify(&authority.public_key()).unwrap();
    let door = door(authority.node(NodeId(5)).unwrap().credentials().unwrap(), directory.clone(), later.take(1));

    let old = authority.node(NodeId(3)).unwrap().credentials().unwrap();
    // One dial: the second question meets the back-off, however slow the machine is.
    let timing =
        Timing { back_off_first: Duration::from_secs(60), back_off_most: Duration::from_secs(60), ..Timing::default() };
    let county = endpoint(any_socket(), old, directory, timing);
    let refused = DialFault::Refused { node: NodeId(5), reason: Refusal::Expired };
    assert_eq!(county.connect(NodeId(5)).await, Err(refused));
    let asked = county.request(NodeId(5), unit("370827"), Channel::Mail, vec![1], PATIENCE).await;
    assert!(matches!(asked, Err(LinkFault::Refused { .. })), "{asked:?}");
    door.has_refused(Refusal::Expired).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_units_certificate_for_that_node() {
    let mut world = World::new();
    // In the directory that the door has, node 3 is the township's and node 4 the county's.
    let mut swapped = topology(&world.sockets);
    swapped.units.swap(1, 2);
    let swapped = Authority::found(&swapped, now(), &Drawn::seeded(5)).unwrap();
    let other = swapped.directory().clone().verify(&swapped.public_key()).unwrap();
    let socket = world.sockets.take(1);
    let door = door(world.credentials(1), other, socket);
    let county = world.node(3);
    let refused = DialFault::Refused { node: NodeId(1), reason: Refusal::NotListed };
    assert_eq!(county.connect(NodeId(1)).await, Err(refused));
    door.has_refused(Refusal::NotListed).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_node_at_the_address_that_was_dialed() {
    let mut world = World::new();
    let (township, answers) = world.serving(4);
    let quic = vec![port_of(&township).to_string()];
    world.authority.move_node(NodeId(1), TopologyNode { quic, http: "127.0.0.1:80".to_owned() }).unwrap();
    let county = world.node(3);
    let refused = DialFault::Impostor { node: NodeId(1), reason: Refusal::NotListed };
    assert_eq!(county.connect(NodeId(1)).await, Err(refused));
    assert_eq!(county.counters().refused(Refusal::NotListed), 1);
    assert_eq!(answers.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_program_cannot_pose_as_a_node() {
    let mut world = World::new();
    let name = "bench".parse().unwrap();
    let credentials = world.authority.admit(&name, now()).unwrap().credentials().unwrap();
    let socket = world.sockets.take(1);
    let program = door(credentials, world.directory(), socket);
    let county = world.node(3);
    let Err(DialFault::Impostor { .. }) = county.connect(NodeId(1)).await else { panic!("believed") };
    assert_eq!(program.answers.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_not_listed_any_more_is_put_out() {
    let mut world = World::new();
    let door = door_of(&mut world);
    let timing = Timing { back_off_first: Duration::ZERO, ..Timing::default() };
    let county = world.node_with(3, timing);
    let ask = || county.request(NodeId(1), unit(CITY), Channel::Mail, b"in".to_vec(), PATIENCE);
    assert_eq!(ask().await, Ok(b"in".to_vec()));
    let mut swapped = topology(&Sockets::bound(4));
    swapped.units.swap(1, 2);
    let swapped = Authority::found(&swapped, now(), &Drawn::seeded(5)).unwrap();
    door.quic.replace_directory(swapped.directory().clone().verify(&swapped.public_key()).unwrap()).unwrap();
    // Put out at once; whether the first question still finds the old connection closing is a matter of packets.
    while !matches!(ask().await, Err(LinkFault::Refused { .. })) {}
    assert!(matches!(county.connect(NodeId(1)).await, Err(DialFault::Refused { reason: Refusal::NotListed, .. })));
    assert_eq!(door.answers.calls().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_frame_and_lengths_over_the_limit() {
    let mut world = World::new();
    let door = door_of(&mut world);
    let pem = || pem_of(&world.authority, CITY, 2);
    // A node of the city that says hello as it should, and then no frames.
    let connection = knock(&door, &pem(), Some(pem())).await;
    // It answered no hello: it is heard on no stream, where it was not shown out before it could open one.
    let silent = connection.unwrap();
    if let Ok((mut send, _receive)) = silent.open_bi().await {
        drop(send.write_all(&[1, 1]).await);
    }
    assert_eq!(door.quic.counters().connections_accepted(), 0);
    silent.close(0u32.into(), b"");

    for (bytes, reason, told) in [
        (opened(9, Channel::Vote as u8), Refusal::Malformed, "form 9"),
        (opened(1, 77), Refusal::Malformed, "channel 77"),
        ([opened(1, Channel::Vote as u8), vec![0xFF; 4]].concat(), Refusal::TooLong, "4294967295 bytes"),
        ([opened(1, Channel::Vote as u8), vec![0, 1, 0, 1]].concat(), Refusal::TooLong, "65537 bytes"),
    ] {
        let before = door.quic.counters().refused(reason);
        let connection = introduced(&door, &pem()).await;
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(&bytes).await.unwrap();
        let answer = receive.read_to_end(5000).await.unwrap();
        assert_eq!(answer[0], 2, "{told}");
        assert!(String::from_utf8_lossy(&answer).contains(told), "{answer:?}");
        assert_eq!(door.quic.counters().refused(reason), before + 1);
    }
    assert_eq!(door.answers.calls(), []);
}

fn opened(form: u8, channel: u8) -> Vec<u8> {
    [&[form, channel][..], &unit(CITY).get().to_be_bytes()].concat()
}

/// A connection on which both hellos were said.
async fn introduced(door: &Door, pem: &Pem) -> Connection {
    let shown =
        Pem { certificate: pem.certificate.clone(), key: pem.key.clone_key(), authority: pem.authority.clone() };
    let config = client(pem, Some(shown));
    let endpoint = Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap();
    let name = door.quic.identity().dns_name();
    let connection = endpoint.connect_with(config, port_of(&door.quic), &name).unwrap().await.unwrap();
    let (mut send, mut receive) = connection.accept_bi().await.unwrap();
    let hello = receive.read_to_end(5000).await.unwrap();
    let mut hello: transport::Hello = protocol::record::read(&hello[4..]).unwrap();
    hello.identity = format!("spiffe://jining/unit/{}/gen/1/node/2", unit(CITY));
    let hello = protocol::record::write(&hello).unwrap();
    send.write_all(&[&(hello.len() as u32).to_be_bytes()[..], &hello].concat()).await.unwrap();
    send.finish().unwrap();
    connection
}
