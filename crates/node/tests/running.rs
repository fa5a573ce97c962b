//! Nodes that run: real RocksDB, QUIC and HTTP, in this process.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};

use domain::ids::Sequence;
use node::config::Config;
use node::region::{self, Made, Plan};
use node::{Listener, MachineClock, MachineEntropy, Membership, Node, NodeError, Sockets, divisions};
use protocol::seam::Clock;

/// A city and a village, each with one voter.
struct Region {
    folder: PathBuf,
    made: Made,
    _temporary: tempfile::TempDir,
}

fn free() -> SocketAddr {
    // The same port for both; another process may take it in between, as with every free port.
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

impl Region {
    fn new() -> Self {
        let temporary = tempfile::tempdir().unwrap();
        let folder = temporary.path().join("region");
        let mut text =
            "region = \"jining\"\n[timing]\nheartbeat_milliseconds = 50\nelection_least_milliseconds = 150\n\
                        election_most_milliseconds = 300\ndrain_seconds = 1\n"
                .to_owned();
        for place in ["370800", "370811002001"] {
            let address = free();
            text += &format!(
                "[[unit]]\nplace = \"{place}\"\n[[unit.node]]\nquic = [\"{address}\"]\nhttp = \"{address}\"\n\
                 listen_quic = \"{address}\"\nlisten_http = \"{address}\"\n"
            );
        }
        let plan = Plan::parse(Path::new("topology.toml"), text, &divisions()).unwrap();
        let made = region::init(&plan, &folder, MachineClock.now(), &MachineEntropy).unwrap();
        Self { folder, made, _temporary: temporary }
    }

    fn config(&self, at: usize) -> Config {
        Config::read(&self.folder.join(&self.made.nodes[at].folder).join(region::NODE_FILE)).unwrap()
    }
}

async fn start(config: &Config) -> Result<Node, NodeError> {
    let membership = Membership::read(config, None)?;
    Node::start(config, membership, Sockets::bind(config.quic, config.http)?).await
}

fn get(address: SocketAddr, path: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).unwrap();
    write!(stream, "GET {path} HTTP/1.0\r\nHost: localhost\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_village_starts_answers_stops_and_finds_its_data_again() {
    let region = Region::new();
    let config = region.config(1);
    let node = start(&config).await.unwrap();
    let ready = node.ready().await;
    assert_eq!(ready.name, "航运新村居委会");
    assert_eq!(get(node.http(), "/healthz"), (200, "ok\n".to_owned()));
    let (status, metrics) = get(node.http(), "/metrics");
    assert_eq!(status, 200);
    for line in
        ["tongban_raft_role{unit=\"370811002001\",node=\"2\",role=\"leader\"} 1", "tongban_catalogue_version", "# EOF"]
    {
        assert!(metrics.contains(line), "{line} is not in\n{metrics}");
    }
    let before = node.handle().status().await;
    // Its county does not run here, so nobody confirms its clock: it goes on in uncertain time, and tells so.
    assert!(before.clock.is_some());
    assert_eq!(before.sequence, Sequence(3), "the founding, the doubt, and a head for the county");

    let second = start(&config).await.err().expect("the addresses are taken");
    assert_eq!((second.code(), second.exit_code()), ("node.listen", 4));
    node.shut_down().await;

    let node = start(&config).await.unwrap();
    node.ready().await;
    let after = node.handle().status().await;
    assert_eq!((after.sequence, after.state_hash), (before.sequence, before.state_hash));
    node.shut_down().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_data_folder_of_another_unit_is_refused_and_left_alone() {
    let region = Region::new();
    let village = region.config(1);
    start(&village).await.unwrap().shut_down().await;
    let mut city = region.config(0);
    city.data = village.data.clone();
    let refused = start(&city).await.err().expect("another unit's folder");
    assert_eq!((refused.code(), refused.exit_code()), ("folder.another", 3));
    start(&village).await.unwrap().shut_down().await;
}

#[test]
fn a_port_that_is_taken_is_named_with_what_to_change() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let fault = Sockets::bind("127.0.0.1:0".parse().unwrap(), address).unwrap_err();
    assert!(matches!(fault, NodeError::Listen { what: Listener::Http, .. }), "{fault:?}");
    assert_eq!(
        fault.message(false),
        format!(
            "error[node.listen]: HTTP (TCP) cannot listen on {address}: Address already in use (os error 98): another process \
             has it; stop that one, or set another `listen.http`"
        )
    );
}

/// The catalogue goes down the tree by mail over QUIC; then both stop at once, and nothing is lost.
#[tokio::test(flavor = "multi_thread")]
async fn a_region_that_restarts_all_at_once_loses_nothing() {
    use domain::calendar::WorkCalendar;
    use domain::catalogue::{CatalogueDraft, ChunkRef, DraftOptions, import::MatterList};
    use domain::command::chunk_hash;
    use domain::principal::{Principal, PrincipalKind};
    use unit::{Act, Publication, Request};

    let region = Region::new();
    let (city_config, village_config) = (region.config(0), region.config(1));
    let (city, village) = (start(&city_config).await.unwrap(), start(&village_config).await.unwrap());
    city.ready().await;
    village.ready().await;

    let rows = MatterList::from_csv(domain::sample::MATTERS).rows;
    let (calendar, _) = WorkCalendar::from_csv(domain::sample::WORKDAYS);
    let options = DraftOptions { below_city: Some(Default::default()), ..DraftOptions::default() };
    let draft = CatalogueDraft::build(&rows[..20], &divisions(), calendar, &options);
    let principal = Principal { kind: PrincipalKind::Staff, name: "demo-administrator".into() };
    let act = |act| Request { principal: principal.clone(), idempotency_key: None, act };
    let mut chunks = Vec::new();
    for (kind, bytes) in draft.into_chunks().unwrap() {
        chunks.push(ChunkRef { kind, hash: chunk_hash(&bytes) });
        let json = String::from_utf8(bytes).unwrap();
        city.handle().submit(act(Act::KeepCatalogueChunk { json })).await.unwrap();
    }
    let effective = MachineClock.now().date();
    city.handle().submit(act(Act::PublishCatalogue(Publication { effective, chunks }))).await.unwrap();
    let handle = village.handle();
    while handle.status().await.catalogue.is_none() {
        handle.changed(None).await;
    }
    // Acknowledgements are commands too: wait until the city has heard that all has arrived.
    let owed = |status: &unit::UnitStatus| status.mail.iter().map(|mail| mail.backlog).sum::<u64>();
    while owed(&city.handle().status().await) > 0 {
        city.handle().changed(None).await;
    }
    let before = (city.handle().status().await, village.handle().status().await);
    // Whoever holds a unit holds its disk and address.
    drop(handle);
    tokio::join!(city.shut_down(), village.shut_down());

    let (city, village) = (start(&city_config).await.unwrap(), start(&village_config).await.unwrap());
    tokio::join!(city.ready(), village.ready());
    let after = (city.handle().status().await, village.handle().status().await);
    assert_eq!((after.0.sequence, after.0.state_hash), (before.0.sequence, before.0.state_hash));
    assert_eq!((after.1.sequence, after.1.state_hash), (before.1.sequence, before.1.state_hash));
    assert_eq!(after.1.catalogue, before.0.catalogue);
    tokio::join!(city.shut_down(), village.shut_down());
}

/// A machine is added to the village, by an authority that lies elsewhere; its directory is brought to the city's node alone.
#[tokio::test(flavor = "multi_thread")]
async fn a_later_directory_that_one_node_is_brought_gets_to_all_and_an_older_one_to_none() {
    let region = Region::new();
    let authority = region.folder.with_file_name("authority");
    copy(&region.folder, &authority);
    let unit = region.made.nodes[1].unit;
    let new = region::NewNode {
        unit,
        quic: vec!["127.0.0.1:9".to_owned()],
        http: "127.0.0.1:9".to_owned(),
        listen_quic: None,
        listen_http: None,
        data: None,
    };
    let added = region::add_node(&authority, new, MachineClock.now(), &MachineEntropy).unwrap();
    let config = Config::read(&authority.join(&added.folder).join(region::NODE_FILE)).unwrap();
    assert_eq!(Membership::read(&config, None).unwrap().peer.node, added.node);
    assert_eq!(config.timing.heartbeat.as_millis(), 50, "as its unit's other machines");

    let folders = [0, 1].map(|at| region.folder.join(&region.made.nodes[at].folder).join("directory.json"));
    let first = std::fs::read_to_string(&folders[0]).unwrap();
    let (city, village) = (start(&region.config(0)).await.unwrap(), start(&region.config(1)).await.unwrap());
    tokio::join!(city.ready(), village.ready());
    let bring = |text: &str| {
        let beside = folders[0].with_extension("new");
        std::fs::write(&beside, text).unwrap();
        std::fs::rename(&beside, &folders[0]).unwrap();
    };
    bring(&std::fs::read_to_string(authority.join("directory.json")).unwrap());
    // A unit's own view lists its own machines; the number says which directory it goes by.
    let knows = async |node: &Node| node.handle().voters().await.is_ok_and(|told| told.directory >= 2);
    tokio::time::timeout(std::time::Duration::from_secs(50), async {
        while !(knows(&city).await && knows(&village).await) {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("both know the new machine");
    assert!(std::fs::read_to_string(&folders[1]).unwrap().contains("\"number\": 2"), "kept for the next start");

    // An older one that is brought is not gone by; the village starts on the one that it kept.
    bring(&first);
    village.shut_down().await;
    let village = start(&region.config(1)).await.unwrap();
    village.ready().await;
    assert!(knows(&city).await && knows(&village).await);
    tokio::time::timeout(std::time::Duration::from_secs(20), async {
        while std::fs::read_to_string(&folders[0]).unwrap() == first {
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
    })
    .await
    .expect("the folder is put right");
    tokio::join!(city.shut_down(), village.shut_down());
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let there = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &there);
        } else {
            std::fs::copy(entry.path(), there).unwrap();
        }
    }
}
