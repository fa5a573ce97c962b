//! A folder of sealed files: what it keeps over crashes, what it says of damage, how it goes on with what a link broke.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::Duration;

use blobs::{BlobFolder, Clamd, Intake, IntakeFault, NoScanner, Scanner, StoreFault, Taken};
use domain::digest::ContentHash;
use domain::files::MediaType;
use protocol::blob::{FileKey, open_segment, plain_bytes, segment_place};
use protocol::seam::Entropy;
use tempfile::TempDir;

struct Counting(AtomicU64);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill_with(|| self.0.fetch_add(1, Ordering::Relaxed) as u8);
    }
}

fn key() -> FileKey {
    FileKey::generate(&Counting(AtomicU64::new(7)))
}

fn scan(bytes: usize) -> Vec<u8> {
    let mut scan = b"%PDF-1.7\n".to_vec();
    scan.extend((0..bytes.saturating_sub(scan.len())).map(|at| (at % 251) as u8));
    scan
}

fn take(folder: &BlobFolder, plain: &[u8], scanner: &dyn Scanner) -> Result<Taken, IntakeFault> {
    let mut intake = Intake::begin(folder, &key(), scanner, 1_000_000)?;
    for piece in plain.chunks(10_000) {
        intake.add(piece)?;
    }
    intake.end()
}

fn opened() -> (TempDir, BlobFolder) {
    let place = tempfile::tempdir().unwrap();
    let folder = BlobFolder::open(&place.path().join("blobs")).unwrap();
    (place, folder)
}

fn file_of(place: &TempDir, blob: ContentHash) -> PathBuf {
    let name = blob.to_string();
    place.path().join("blobs").join(&name[..2]).join(name)
}

fn incoming(place: &TempDir) -> usize {
    fs::read_dir(place.path().join("blobs/incoming")).unwrap().count()
}

#[test]
fn a_file_is_sealed_under_its_hash_and_opens_again_from_anywhere() {
    let (place, folder) = opened();
    let plain = scan(300_000);
    let taken = take(&folder, &plain, &NoScanner).unwrap();
    assert_eq!((taken.plain_bytes, taken.media), (300_000, MediaType::Pdf));
    assert_eq!(folder.held(taken.blob).unwrap(), Some(taken.bytes));
    assert_eq!(plain_bytes(taken.bytes), Some(300_000));
    let on_disk = fs::read(file_of(&place, taken.blob)).unwrap();
    assert!(!on_disk.windows(64).any(|part| part == &plain[1000..1064]), "nothing in the clear");
    for segment in [3, 0, 4] {
        let (first, length) = segment_place(segment, taken.bytes);
        let sealed = folder.read(taken.blob, first, length).unwrap().unwrap();
        let at = segment as usize * protocol::blob::SEGMENT;
        let opened = open_segment(&key(), segment, taken.bytes, &sealed).unwrap();
        assert_eq!(opened.as_slice(), &plain[at..plain.len().min(at + protocol::blob::SEGMENT)]);
    }
    assert_eq!(folder.list().unwrap().iter().map(|held| held.blob).collect::<Vec<_>>(), [taken.blob]);
    assert_eq!(incoming(&place), 0);
    folder.delete(taken.blob).unwrap();
    assert_eq!((folder.held(taken.blob).unwrap(), folder.list().unwrap()), (None, vec![]));
    assert_eq!(folder.read(taken.blob, 0, 10).unwrap(), None);
}

#[test]
fn what_is_not_taken_leaves_nothing() {
    let (place, folder) = opened();
    assert!(matches!(take(&folder, b"MZ\x90\0 a program", &NoScanner), Err(IntakeFault::Media)));
    assert!(matches!(take(&folder, &[0; 20_000], &NoScanner), Err(IntakeFault::Media)));
    assert!(matches!(take(&folder, b"", &NoScanner), Err(IntakeFault::Media)));
    assert!(matches!(take(&folder, &scan(1_000_001), &NoScanner), Err(IntakeFault::Large { most: 1_000_000 })));
    assert!(take(&folder, &scan(1_000_000), &NoScanner).is_ok(), "as long as a file may be");
    let mut cut = Intake::begin(&folder, &key(), &NoScanner, 1_000_000).unwrap();
    cut.add(&scan(500_000)).unwrap();
    assert_eq!(incoming(&place), 1);
    drop(cut);
    assert_eq!((incoming(&place), folder.list().unwrap().len()), (0, 1));
}

#[test]
fn rot_is_found_set_aside_and_made_good_from_a_peer() {
    let (place, folder) = opened();
    let taken = take(&folder, &scan(300_000), &NoScanner).unwrap();
    let whole = fs::read(file_of(&place, taken.blob)).unwrap();
    folder.scrub(taken.blob).unwrap();
    let mut rotten = whole.clone();
    rotten[123_456] ^= 1;
    fs::write(file_of(&place, taken.blob), &rotten).unwrap();
    let found = folder.scrub(taken.blob);
    assert!(matches!(found, Err(StoreFault::Damaged { expected, .. }) if expected == taken.blob), "{found:?}");
    assert_eq!((folder.held(taken.blob).unwrap(), folder.aside().unwrap()), (None, 1), "it is missing, not wrong");

    let mut part = folder.resume(taken.blob).unwrap();
    part.add(&whole).unwrap();
    part.end().unwrap();
    folder.scrub(taken.blob).unwrap();
    assert_eq!(folder.held(taken.blob).unwrap(), Some(taken.bytes));
}

#[test]
fn a_transfer_goes_on_where_the_link_or_the_power_broke() {
    let (from, giver) = opened();
    let taken = take(&giver, &scan(300_000), &NoScanner).unwrap();
    let whole = fs::read(file_of(&from, taken.blob)).unwrap();
    let (place, folder) = opened();
    let mut part = folder.resume(taken.blob).unwrap();
    assert_eq!(part.offset(), 0);
    part.add(&whole[..100_000]).unwrap();
    drop(part);
    assert_eq!(folder.held(taken.blob).unwrap(), None, "a part is not the whole");

    // The power goes: what was not synced may be gone, an upload under way is, and the folder is opened anew.
    fs::write(place.path().join("blobs/incoming/9"), b"half").unwrap();
    let part = fs::OpenOptions::new().write(true).open(place.path().join("blobs/parts").join(taken.blob.to_string()));
    part.unwrap().set_len(60_000).unwrap();
    drop(folder);
    let folder = BlobFolder::open(&place.path().join("blobs")).unwrap();
    assert_eq!(incoming(&place), 0);
    let mut part = folder.resume(taken.blob).unwrap();
    assert_eq!(part.offset(), 60_000);
    part.add(&whole[60_000..]).unwrap();
    part.end().unwrap();
    assert_eq!(fs::read(file_of(&place, taken.blob)).unwrap(), whole);

    // A peer that sends something else is found out, and what it sent is forgotten.
    folder.delete(taken.blob).unwrap();
    let mut part = folder.resume(taken.blob).unwrap();
    part.add(b"something else").unwrap();
    assert!(matches!(part.end(), Err(StoreFault::Damaged { .. })));
    assert_eq!(folder.resume(taken.blob).unwrap().offset(), 0);
    folder.forget_parts(|blob| blob == taken.blob).unwrap();
    assert_eq!(fs::read_dir(place.path().join("blobs/parts")).unwrap().count(), 1);
    folder.forget_parts(|_| false).unwrap();
    assert_eq!(fs::read_dir(place.path().join("blobs/parts")).unwrap().count(), 0);
}

/// A socket that speaks `INSTREAM`: it finds what contains `EICAR`.
fn clamd(files: usize) -> (Clamd, thread::JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let clamd = Clamd { address: listener.local_addr().unwrap(), patience: Duration::from_secs(10) };
    let serving = thread::spawn(move || {
        for _ in 0..files {
            let (mut stream, _) = listener.accept().unwrap();
            let mut command = [0; 10];
            stream.read_exact(&mut command).unwrap();
            assert_eq!(&command, b"zINSTREAM\0");
            let mut file = vec![];
            let whole = loop {
                let mut length = [0; 4];
                if stream.read_exact(&mut length).is_err() {
                    break false;
                }
                match u32::from_be_bytes(length) {
                    0 => break true,
                    length => {
                        let at = file.len();
                        file.resize(at + length as usize, 0);
                        stream.read_exact(&mut file[at..]).unwrap();
                    }
                }
            };
            let found = file.windows(5).any(|part| part == b"EICAR");
            let said: &[u8] = if found { b"stream: Eicar-Test-Signature FOUND\0" } else { b"stream: OK\0" };
            if whole {
                stream.write_all(said).unwrap();
            }
        }
    });
    (clamd, serving)
}

#[test]
fn a_scanner_is_asked_before_a_file_is_kept() {
    let (place, folder) = opened();
    let (clamd, serving) = clamd(2);
    take(&folder, &scan(50_000), &clamd).unwrap();
    let harmful = [scan(50_000), b"EICAR".to_vec(), scan(50_000)].concat();
    let found = take(&folder, &harmful, &clamd);
    assert!(matches!(&found, Err(IntakeFault::Infected(what)) if what == "Eicar-Test-Signature"), "{found:?}");
    serving.join().unwrap();
    let gone = take(&folder, &scan(50_000), &clamd);
    assert!(matches!(gone, Err(IntakeFault::Scanner(_))), "nothing is taken unscanned: {gone:?}");
    assert_eq!((folder.list().unwrap().len(), incoming(&place)), (1, 0));
}
