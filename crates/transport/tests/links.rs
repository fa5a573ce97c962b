//! Links over real QUIC on loopback: what is asked is answered, in order, and what is given up ends at both sides.

mod support;

use std::time::Duration;

use domain::ids::{Generation, NodeId};
use protocol::directory::DirectoryFault;
use protocol::seam::{Channel, LinkFault, LinkReceiver, LinkSender, LinkStream, Links, Peer};
use support::*;
use transport::authority::Authority;
use transport::topology::TopologyNode;
use transport::{DialFault, Identity, Timing};

const PATIENCE: u64 = 20_000;
const MIB: usize = 1024 * 1024;

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_answered_and_both_sides_know_who_the_other_is() {
    let mut world = World::new();
    let (city, answers) = world.serving(1);
    let county = world.node(3);
    let body = b"an envelope".to_vec();
    let answer = county.request(NodeId(1), unit(CITY), Channel::Mail, body.clone(), PATIENCE).await;
    assert_eq!(answer, Ok(body.clone()));
    let peer = Peer { unit: unit(COUNTY), generation: Generation::FIRST, node: NodeId(3) };
    assert_eq!(answers.calls(), [Call { from: Ok(peer), group: unit(CITY), channel: Channel::Mail, body }]);

    let heard = county.heard(NodeId(1)).unwrap();
    assert_eq!(heard.hello.identity.parse::<Identity>().as_ref(), Ok(city.identity()));
    assert_eq!((heard.hello.incarnation, heard.hello.time), ([1; 16], NOON));
    assert_eq!(city.heard(NodeId(3)).unwrap().hello.identity, county.identity().to_string());

    assert_eq!(county.counters().connections_dialed(), 1);
    assert_eq!(city.counters().connections_accepted(), 1);
    assert!(county.counters().bytes_sent() > 11 && city.counters().bytes_received() > 11);
    county.shutdown().await;
    city.shutdown().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_comes_back_in_its_words() {
    let mut world = World::new();
    let (_city, _) = world.serving(1);
    let county = world.node(3);
    let answer = county.request(NodeId(1), unit(CITY), Channel::Mail, b"refuse".to_vec(), PATIENCE).await;
    assert_eq!(answer, Err(LinkFault::Refused { node: NodeId(1), why: "not today".to_owned() }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_pipelined_frames_stay_in_order() {
    let mut world = World::new();
    let (_one, answers) = world.serving(1);
    let two = world.node(2);
    let stream = two.open_stream(NodeId(1), unit(CITY), Channel::Append).await.unwrap();
    let (mut sender, mut receiver) = stream.split();
    let frame = |number: u32| [&number.to_be_bytes()[..], &vec![7; number as usize]].concat();
    let sending = async {
        for number in 0..1000 {
            sender.send(frame(number)).await.unwrap();
        }
    };
    let receiving = async {
        for number in 0..1000 {
            assert_eq!(receiver.receive().await.unwrap(), frame(number));
        }
    };
    tokio::join!(sending, receiving);
    let bodies: Vec<Vec<u8>> = answers.calls().into_iter().map(|call| call.body).collect();
    assert_eq!(bodies, (0..1000).map(frame).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn appends_are_handed_over_while_earlier_ones_wait_for_their_sync() {
    let mut world = World::new();
    let (_one, answers) = world.serving(1);
    let two = world.node(2);
    let mut stream = two.open_stream(NodeId(1), unit(CITY), Channel::Append).await.unwrap();
    let bodies = [b"hold 1", b"hold 2", b"hold 3"];
    for body in bodies {
        stream.send(body.to_vec()).await.unwrap();
    }
    answers.until_called(3).await;
    answers.gate.add_permits(3);
    for body in bodies {
        assert_eq!(stream.receive().await, Ok(body.to_vec()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn other_streams_hand_over_one_at_a_time() {
    let mut world = World::new();
    let (_one, answers) = world.serving(1);
    let county = world.node(3);
    let mut stream = county.open_stream(NodeId(1), unit(CITY), Channel::Mail).await.unwrap();
    stream.send(b"hold 1".to_vec()).await.unwrap();
    stream.send(b"then 2".to_vec()).await.unwrap();
    answers.until_called(1).await;
    // Another stream of the same connection gets its answer meanwhile: the second frame had every chance to overtake.
    county.request(NodeId(1), unit(CITY), Channel::Mail, b"aside".to_vec(), PATIENCE).await.unwrap();
    assert!(!answers.calls().iter().any(|call| call.body == b"then 2"));
    answers.gate.add_permits(1);
    assert_eq!(stream.receive().await, Ok(b"hold 1".to_vec()));
    assert_eq!(stream.receive().await, Ok(b"then 2".to_vec()));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_gives_up_is_not_waited_for() {
    let mut world = World::new();
    let (city, answers) = world.serving(1);
    let two = world.node(2);
    let asking = two.clone();
    let request = tokio::spawn(async move {
        asking.request(NodeId(1), unit(CITY), Channel::Client, b"hold".to_vec(), PATIENCE).await
    });
    answers.until_called(1).await;
    request.abort();
    answers.until_dropped(1).await;

    let mut stream = two.open_stream(NodeId(1), unit(CITY), Channel::Append).await.unwrap();
    stream.send(b"hold".to_vec()).await.unwrap();
    stream.send(b"hold".to_vec()).await.unwrap();
    answers.until_called(3).await;
    drop(stream);
    answers.until_dropped(2).await;

    // The connection is none the worse.
    let answer = two.request(NodeId(1), unit(CITY), Channel::Client, b"on".to_vec(), PATIENCE).await;
    assert_eq!(answer, Ok(b"on".to_vec()));
    assert_eq!(city.counters().connections_accepted(), 1);
    two.shutdown().await;
    city.shutdown().await;
    assert_eq!(city.counters().streams_cancelled(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_sender_is_no_end_of_the_conversation() {
    let mut world = World::new();
    let (_city, answers) = world.serving(1);
    let two = world.node(2);
    let (mut sender, mut receiver) = two.open_stream(NodeId(1), unit(CITY), Channel::Append).await.unwrap().split();
    sender.send(b"hold".to_vec()).await.unwrap();
    answers.until_called(1).await;
    drop(sender);
    answers.until_dropped(1).await;
    assert!(matches!(receiver.receive().await, Err(LinkFault::Unreachable { .. })));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_a_request_at_both_sides() {
    let mut world = World::new();
    let (_city, answers) = world.serving(1);
    let two = world.node(2);
    let late = two.request(NodeId(1), unit(CITY), Channel::Client, b"hold".to_vec(), 200).await;
    assert_eq!(late, Err(LinkFault::Deadline { node: NodeId(1), millis: 200 }));
    answers.until_dropped(1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_on_a_stream_has_a_deadline_and_silence_has_none() {
    let mut world = World::new();
    let (_city, answers) = world.serving(1);
    let timing = Timing { answer: Duration::from_millis(100), ..Timing::default() };
    let two = world.node_with(2, timing);
    let stream = two.open_stream(NodeId(1), unit(CITY), Channel::Append).await.unwrap();
    let (mut sender, mut receiver) = stream.split();
    let silence = tokio::time::timeout(Duration::from_millis(350), receiver.receive()).await;
    assert!(silence.is_err(), "{silence:?}");
    sender.send(b"hold".to_vec()).await.unwrap();
    answers.until_called(1).await;
    assert_eq!(receiver.receive().await, Err(LinkFault::Deadline { node: NodeId(1), millis: 100 }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_frame_over_the_limit_is_not_sent() {
    let mut world = World::new();
    let (_city, answers) = world.serving(1);
    let two = world.node(2);
    let long = vec![0; MIB];
    let Err(LinkFault::Refused { why, .. }) =
        two.request(NodeId(1), unit(CITY), Channel::Vote, long.clone(), PATIENCE).await
    else {
        panic!("sent")
    };
    assert_eq!(why, "a frame of 1048576 bytes is over the limit of 65536");
    let mut stream = two.open_stream(NodeId(1), unit(CITY), Channel::Vote).await.unwrap();
    assert!(matches!(stream.send(long).await, Err(LinkFault::Refused { .. })));
    assert_eq!(answers.calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn bulk_has_a_connection_of_its_own_and_votes_pass_it() {
    let mut world = World::new();
    let (one, _) = world.serving(1);
    let two = world.node(2);
    let vote = || two.request(NodeId(1), unit(CITY), Channel::Vote, b"vote".to_vec(), PATIENCE);
    vote().await.unwrap();
    assert_eq!(one.counters().connections_accepted(), 1);
    let bulk = || two.request(NodeId(1), unit(CITY), Channel::Snapshot, vec![5; 8 * MIB], PATIENCE);
    bulk().await.unwrap();
    assert_eq!(one.counters().connections_accepted(), 2);

    let snapshot = bulk();
    tokio::pin!(snapshot);
    let mut votes = 0;
    let part = loop {
        tokio::select! {
            biased;
            part = &mut snapshot => break part,
            answer = vote() => {
                assert_eq!(answer, Ok(b"vote".to_vec()));
                votes += 1;
            }
        }
    };
    assert_eq!(part.map(|part| part.len()), Ok(8 * MIB));
    assert!(votes > 0, "no vote was answered before the snapshot");
    assert_eq!(one.counters().connections_accepted(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_channel_is_open_to_whom_it_is_for() {
    let mut world = World::new();
    let (city, answers) = world.serving(1);
    let two = world.node(2);
    let county = world.node(3);
    let name = "bench".parse().unwrap();
    let program = world.authority.admit(&name, now()).unwrap();
    let (credentials, directory) = (program.credentials().unwrap(), program.directory().unwrap());
    let program = endpoint(any_socket(), credentials, directory, Timing::default());
    let channels = [Channel::Vote, Channel::Append, Channel::Snapshot, Channel::Mail, Channel::Client, Channel::Time];
    for (who, permitted) in
        [(&two, &channels[..]), (&county, &[Channel::Mail, Channel::Time]), (&program, &[Channel::Client])]
    {
        for channel in channels {
            let answer = who.request(NodeId(1), unit(CITY), channel, b"may I".to_vec(), PATIENCE).await;
            if permitted.contains(&channel) {
                assert_eq!(answer, Ok(b"may I".to_vec()), "{who:?} {channel:?}");
            } else {
                assert!(matches!(answer, Err(LinkFault::Refused { .. })), "{who:?} {channel:?} {answer:?}");
            }
        }
    }
    assert_eq!(answers.calls().len(), 9);
    assert_eq!(answers.calls()[8].from, Err("bench".to_owned()));
    assert_eq!(city.counters().refused(transport::Refusal::NotPermitted), 9);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_connection_is_replaced_while_it_is_used() {
    let mut world = World::new();
    let (city, _) = world.serving(1);
    let timing = Timing { age: Duration::from_millis(1), ..Timing::default() };
    let county = world.node_with(3, timing);
    let mut asked = 0;
    while county.counters().connections_dialed() < 4 {
        let answer = county.request(NodeId(1), unit(CITY), Channel::Mail, b"on".to_vec(), PATIENCE).await;
        assert_eq!(answer, Ok(b"on".to_vec()));
        asked += 1;
    }
    assert!(asked >= 3 && city.counters().connections_accepted() >= 3, "{asked}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_was_killed_and_started_again_is_found_at_once() {
    let mut world = World::new();
    let county = world.node(3);
    let (credentials, directory) = (world.credentials(1), world.directory());
    let socket = world.sockets.take(1);
    let address = socket.local_addr().unwrap();

    // The first life ends without a word: its runtime is taken away under it.
    let killed = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    let first = killed.spawn({
        let (credentials, directory) = (credentials.clone(), directory.clone());
        async move {
            let city = endpoint(socket, credentials, directory, Timing::default());
            city.serve(std::sync::Arc::new(Watched::default()));
        }
    });
    first.await.unwrap();
    let ask = || county.request(NodeId(1), unit(CITY), Channel::Mail, b"there?".to_vec(), PATIENCE);
    assert_eq!(ask().await, Ok(b"there?".to_vec()));
    std::thread::spawn(move || killed.shutdown_timeout(Duration::from_secs(10))).join().unwrap();

    let socket = std::net::UdpSocket::bind(address).unwrap();
    let city = endpoint(socket, credentials, directory, Timing::default());
    let answers = std::sync::Arc::new(Watched::default());
    city.serve(answers.clone());
    // The second life does not know the connection and says so; far sooner than the idle timeout of 20 s.
    let told = tokio::time::timeout(Duration::from_secs(10), ask()).await.unwrap();
    assert!(matches!(told, Err(LinkFault::Unreachable { .. }) | Ok(_)), "{told:?}");
    assert_eq!(ask().await, Ok(b"there?".to_vec()));
    assert_eq!(county.counters().connections_dialed(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_that_shuts_down_tells_its_peers() {
    let mut world = World::new();
    let (city, answers) = world.serving(1);
    let two = world.node(2);
    let asking = two.clone();
    let request = tokio::spawn(async move {
        asking.request(NodeId(1), unit(CITY), Channel::Client, b"hold".to_vec(), PATIENCE).await
    });
    answers.until_called(1).await;
    city.shutdown().await;
    answers.until_dropped(1).await;
    assert!(matches!(request.await.unwrap(), Err(LinkFault::Unreachable { .. })));
    two.shutdown().await;
    assert!(matches!(two.connect(NodeId(3)).await, Err(DialFault::Closing)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_dial_is_not_repeated_at_once() {
    let mut world = World::new();
    let slow = Duration::from_secs(60);
    let timing = Timing { back_off_first: slow, back_off_most: slow, ..Timing::default() };
    let timing = Timing { dial: Duration::from_millis(300), ..timing };
    let county = world.node_with(3, timing);
    // Node 1 has a socket and nobody who reads from it.
    assert!(matches!(county.connect(NodeId(1)).await, Err(DialFault::Unreachable { .. })));
    let Err(DialFault::Waiting { node, millis, .. }) = county.connect(NodeId(1)).await else { panic!("dialed") };
    assert_eq!(node, NodeId(1));
    assert!((25_000..=60_000).contains(&millis), "{millis}");
    assert_eq!(county.counters().dials_failed(), 1);
    assert_eq!(county.connect(NodeId(77)).await, Err(DialFault::Unlisted { node: NodeId(77), directory: 1 }));
    // A new directory may have new addresses: it is tried again.
    let (_city, _) = world.serving(1);
    county.replace_directory(world.directory()).unwrap();
    assert_eq!(county.connect(NodeId(1)).await, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_later_directory_gets_around_and_no_other_is_taken() {
    let mut world = World::new();
    let (first, authority) = (world.authority.directory().clone(), world.authority.public_key());
    let (city, _) = world.serving(1);
    let (county, _) = world.serving(3);
    for node in [&city, &county] {
        assert_eq!(node.take_directory(first.clone(), &authority), Ok(None), "the one in use is only told");
    }
    assert_eq!(county.ask_directory(NodeId(1), unit(CITY)).await, Ok(None));

    let addresses = TopologyNode { quic: vec!["127.0.0.1:9".to_owned()], http: "127.0.0.1:9".to_owned() };
    let added = world.authority.add_node(unit(COUNTY), addresses, now(), &Drawn::seeded(2)).unwrap();
    let second = world.authority.directory().clone();
    let taken = city.take_directory(second.clone(), &authority).unwrap().unwrap();
    assert_eq!((taken.number(), city.directory().number()), (2, 2));
    // Over the link, from a node that has it, to one that believes the authority alone.
    let told = county.ask_directory(NodeId(1), unit(CITY)).await.unwrap().unwrap();
    assert_eq!(told, second);
    county.take_directory(told, &authority).unwrap().unwrap();
    assert_eq!(county.directory().node(added).unwrap().unit, unit(COUNTY));

    let older = city.take_directory(first, &authority);
    assert_eq!(older, Err(DirectoryFault::Older { have: 2, got: 1 }));
    let mut altered = second.clone();
    altered.listing.number = 3;
    assert!(matches!(city.take_directory(altered, &authority), Err(DirectoryFault::Signature { .. })));
    let other = Authority::found(&topology(&Sockets::bound(4)), now(), &Drawn::seeded(9)).unwrap();
    let foreign = city.take_directory(other.directory().clone(), &authority);
    assert!(matches!(foreign, Err(DirectoryFault::Signature { .. })));
    assert_eq!(city.directory().number(), 2);
}
