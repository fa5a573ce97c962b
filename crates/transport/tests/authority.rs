//! The authority's files: what is written is read, secrets are the owner's alone, and an authority is not lost by mistake.

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use domain::division::Tier;
use domain::ids::NodeId;
use protocol::directory::DirectoryFault;
use support::*;
use transport::authority::{Authority, AuthorityFault, Existing, NodeKeys, ProgramKeys};
use transport::topology::{Topology, TopologyNode};

fn founded() -> Authority {
    Authority::found(&topology(&Sockets::bound(4)), now(), &Drawn::seeded(1)).unwrap()
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = vec![];
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn a_node_reads_what_it_was_given() {
    let region = tempfile::tempdir().unwrap();
    let authority = founded();
    authority.write(region.path(), Existing::Keep).unwrap();
    for (node, made) in authority.nodes() {
        let identity = made.credentials().unwrap().identity;
        let unit = identity.node().unwrap().unit;
        let read = NodeKeys::read(&Authority::node_folder(region.path(), unit, node)).unwrap();
        assert_eq!(read.credentials().unwrap().identity, identity);
        let directory = read.directory().unwrap();
        let listed = directory.node(node).unwrap();
        assert_eq!(read.signing_key.verifying_key().bytes, listed.signing_key.0);
        assert_eq!(read.sealing_key.public_key().unwrap().0, directory.unit(unit).unwrap().sealing_key.0);
        assert_eq!(read.blind_key.reveal(), made.blind_key.reveal());
        assert_eq!(read.digest_key.reveal(), made.digest_key.reveal());
        let publishing = read.publishing_key.map(|key| key.verifying_key().bytes);
        let of_city = (unit == directory.city()).then(|| directory.publishing_key().0.to_vec());
        assert_eq!(publishing, of_city);
    }
}

#[test]
fn secrets_are_their_owners_alone() {
    let region = tempfile::tempdir().unwrap();
    let mut authority = founded();
    authority.admit(&"bench".parse().unwrap(), now()).unwrap();
    authority.write(region.path(), Existing::Keep).unwrap();
    let mut secrets = 0;
    for file in files(region.path()) {
        let mode = fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        if file.extension().is_some_and(|extension| extension == "key") {
            assert_eq!(mode, 0o600, "{}", file.display());
            secrets += 1;
        } else {
            assert!(!fs::read_to_string(&file).unwrap().contains("PRIVATE"), "{}", file.display());
        }
        assert_ne!(file.extension().and_then(|extension| extension.to_str()), Some("new"));
    }
    // Authority 4, three units 2 each, four nodes 5 each, two of them in the city 1 more each, one program 1.
    assert_eq!(secrets, 4 + 3 * 2 + 4 * 5 + 2 + 1);
}

#[test]
fn an_authority_is_kept_unless_it_may_be_lost() {
    let region = tempfile::tempdir().unwrap();
    let first = founded();
    first.write(region.path(), Existing::Keep).unwrap();
    first.write(region.path(), Existing::Keep).unwrap();
    let other = Authority::found(&topology(&Sockets::bound(4)), now(), &Drawn::seeded(2)).unwrap();
    let Err(AuthorityFault::Exists { path }) = other.write(region.path(), Existing::Keep) else { panic!("lost") };
    assert_eq!(path, region.path().join("authority"));
    assert_eq!(Authority::open(region.path()).unwrap().public_key(), first.public_key());
    other.write(region.path(), Existing::Replace).unwrap();
    assert_eq!(Authority::open(region.path()).unwrap().public_key(), other.public_key());
}

#[test]
fn a_unit_is_added_later_and_everybody_is_told() {
    let region_folder = tempfile::tempdir().unwrap();
    founded().write(region_folder.path(), Existing::Keep).unwrap();
    let county = Authority::node_folder(region_folder.path(), unit(COUNTY), NodeId(3));
    let township = Authority::node_folder(region_folder.path(), unit(TOWNSHIP), NodeId(4));
    let before = NodeKeys::read(&county).unwrap();
    // The township's folder was carried to its machine.
    fs::remove_dir_all(&township).unwrap();

    let mut authority = Authority::open(region_folder.path()).unwrap();
    let added = topology_unit("370811002001", Tier::Village, Some(TOWNSHIP), &["village.example:7443".to_owned()]);
    let added = Topology { region: region("jining"), units: vec![added] };
    authority.add(&added, now(), &Drawn::seeded(4)).unwrap();
    authority.write(region_folder.path(), Existing::Keep).unwrap();

    let after = NodeKeys::read(&county).unwrap();
    assert_eq!(after.signing_key.verifying_key(), before.signing_key.verifying_key());
    assert_eq!(after.directory().unwrap().number(), 2);
    let village = Authority::node_folder(region_folder.path(), unit("370811002001"), NodeId(5));
    let village = NodeKeys::read(&village).unwrap();
    assert_eq!(village.directory().unwrap(), after.directory().unwrap());
    assert_eq!(village.blind_key.reveal(), before.blind_key.reveal());
    assert!(!township.exists());
}

#[test]
fn what_makes_no_sense_changes_nothing() {
    let mut authority = founded();
    let before = authority.directory().clone();
    let of = |name: &str, code: &str, parent: Option<&str>| {
        let unit = topology_unit(code, Tier::Village, parent, &["v.example:1".to_owned()]);
        Topology { region: region(name), units: vec![unit] }
    };
    let add = |authority: &mut Authority, topology| authority.add(&topology, now(), &Drawn::seeded(6));
    let elsewhere = add(&mut authority, of("heze", "370811002001", Some(TOWNSHIP)));
    assert!(matches!(elsewhere, Err(AuthorityFault::Region { .. })));
    let twice = add(&mut authority, of("jining", TOWNSHIP, Some(COUNTY)));
    assert!(matches!(twice, Err(AuthorityFault::Directory(DirectoryFault::UnitTwice(_)))));
    let orphan = add(&mut authority, of("jining", "370811002001", None));
    assert!(matches!(orphan, Err(AuthorityFault::Directory(DirectoryFault::Roots(_)))));
    let nowhere = TopologyNode { quic: vec!["nowhere".to_owned()], http: "h:1".to_owned() };
    let moved = authority.move_node(NodeId(1), nowhere.clone());
    assert!(matches!(moved, Err(AuthorityFault::Directory(DirectoryFault::Address { .. }))));
    assert!(matches!(authority.move_node(NodeId(9), nowhere), Err(AuthorityFault::Node(NodeId(9)))));
    assert_eq!(authority.directory(), &before);
    assert_eq!(authority.nodes().count(), 4);
}

#[test]
fn a_machine_that_is_added_has_the_units_keys_and_a_number_of_its_own() {
    let region = tempfile::tempdir().unwrap();
    let mut authority = founded();
    authority.write(region.path(), Existing::Keep).unwrap();
    let old = NodeKeys::read(&Authority::node_folder(region.path(), unit(COUNTY), NodeId(3))).unwrap();
    let at = |quic: &str| TopologyNode { quic: vec![quic.to_owned()], http: "h.example:1".to_owned() };
    let node = authority.add_node(unit(COUNTY), at("c.example:1"), now(), &Drawn::seeded(7)).unwrap();
    assert_eq!(node, NodeId(5), "numbers go on: none is used again");
    authority.write(region.path(), Existing::Keep).unwrap();

    let new = NodeKeys::read(&Authority::node_folder(region.path(), unit(COUNTY), node)).unwrap();
    assert_eq!(new.credentials().unwrap().identity.node().unwrap().node, node);
    assert_eq!(new.sealing_key.public_key().unwrap(), old.sealing_key.public_key().unwrap());
    assert_ne!(new.signing_key.verifying_key(), old.signing_key.verifying_key());
    let voters = |authority: &Authority| {
        let directory = authority.directory().clone().verify(&authority.public_key()).unwrap();
        directory.unit(unit(COUNTY)).unwrap().voters.clone()
    };
    assert_eq!(voters(&authority), [NodeId(3), node], "it may speak for the unit");
    authority.set_voters(unit(COUNTY), vec![node]).unwrap();
    assert_eq!(voters(&authority), [node]);

    let before = authority.directory().clone();
    let nowhere = authority.add_node(unit("370826"), at("c.example:1"), now(), &Drawn::seeded(8));
    assert!(matches!(nowhere, Err(AuthorityFault::Unit(_))));
    let foreign = authority.set_voters(unit(COUNTY), vec![NodeId(1)]);
    assert!(matches!(foreign, Err(AuthorityFault::Directory(DirectoryFault::Voters { .. }))));
    let nobody = authority.set_voters(unit(COUNTY), vec![]);
    assert!(matches!(nobody, Err(AuthorityFault::Directory(DirectoryFault::Voters { .. }))));
    assert_eq!(authority.directory(), &before);
}

#[test]
fn a_program_reads_what_it_was_given_and_no_more() {
    let region = tempfile::tempdir().unwrap();
    let mut authority = founded();
    let name = "operator".parse().unwrap();
    authority.admit(&name, now()).unwrap();
    authority.write(region.path(), Existing::Keep).unwrap();
    let folder = Authority::program_folder(region.path(), &name);
    let read = ProgramKeys::read(&folder).unwrap();
    assert_eq!(read.credentials().unwrap().identity.to_string(), "spiffe://jining/client/operator");
    assert_eq!(files(&folder).iter().filter(|file| file.extension().is_some_and(|ext| ext == "key")).count(), 1);
}

#[test]
fn a_damaged_file_is_named() {
    let region = tempfile::tempdir().unwrap();
    founded().write(region.path(), Existing::Keep).unwrap();
    let folder = Authority::node_folder(region.path(), unit(COUNTY), NodeId(3));
    let sealing = folder.join("sealing.key");
    fs::write(&sealing, "0011").unwrap();
    let Err(AuthorityFault::Content { path, expected }) = NodeKeys::read(&folder) else { panic!("read") };
    assert_eq!((path, expected), (sealing.clone(), "a key of 32 bytes"));
    fs::remove_file(&sealing).unwrap();
    assert!(matches!(NodeKeys::read(&folder), Err(AuthorityFault::File { path, .. }) if path == sealing));
}
