//! Scenario files on real nodes: as processes in a network of their own, and as containers of the shipped image. The files, what
//! is expected and every invariant are the same as in simulation; a run is not recorded, as none is equal to another.

#![expect(clippy::print_stdout, reason = "what a run says of itself goes to the captured output")]

use std::path::{Path, PathBuf};

use sim::ground::region::divisions;
use sim::play::Options;
use sim::play::transcript::transcript;
use sim::scenario::{Fidelity, load};

use harness::container::docker_answers;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("scenarios")
}

fn play(name: &str, fidelity: Fidelity) {
    if fidelity == Fidelity::Container && !docker_answers() {
        println!("SKIPPED: {name} at container: docker does not answer");
        return;
    }
    let path = folder().join(name).with_extension("toml");
    let scenario = load(&path, &divisions())
        .unwrap_or_else(|faults| panic!("{}", faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")));
    assert!(scenario.fidelities.contains(&fidelity), "{name} does not name {}", fidelity.as_str());
    let file = format!("scenarios/{name}.toml");
    let replay = format!("tongban scenario replay {file} --fidelity {}", fidelity.as_str());
    let options = Options { file: Some(file), replay, ..Options::default() };
    let played = harness::ground::play(&scenario, fidelity, &options).unwrap_or_else(|why| panic!("{why:?}"));
    println!("{}", transcript(&played));
    // Loudly: what this machine cannot do is no part of what was shown.
    for skipped in &played.skipped {
        println!("SKIPPED: {skipped}");
    }
    assert!(played.passed(), "{name} at {}:\n  {}\n{}", fidelity.as_str(), played.failures.join("\n  "), played.replay);
}

/// One test a file, and the list of them.
macro_rules! played {
    ($fidelity:expr, $($test:ident: $file:literal;)+) => {
        pub(crate) const FILES: &[&str] = &[$($file),+];

        $(#[test]
        fn $test() {
            crate::play($file, $fidelity);
        })+
    };
}

mod process {
    played! { sim::scenario::Fidelity::Process,
        village_county_and_back: "journeys/village-county-and-back";
        the_city_takes_what_a_cut_county_does_not_answer: "cut-off/the-city-takes-what-a-cut-county-does-not-answer";
        a_county_vanishes: "crash/a-county-vanishes";
        crashes_at_every_turn: "crash/crashes-at-every-turn";
        the_sender_dies_as_it_lets_go: "handoff/the-sender-dies-as-it-lets-go";
        an_offer_is_in_flight_when_the_city_leader_dies: "handoff/offer-in-flight-when-the-city-leader-dies";
        the_receiver_dies_as_it_takes_over: "handoff/the-receiver-dies-as-it-takes-over";
        a_bad_line_for_an_afternoon: "cut-off/a-bad-line-for-an-afternoon";
        only_the_county_reaches_both_halves: "cut-off/only-the-county-reaches-both-halves";
        everyone_reaches_the_neighbours_only: "cut-off/neighbours-only";
        a_flapping_uplink: "cut-off/a-flapping-uplink";
        one_after_the_other_and_back_in_another_order: "cut-off/one-after-the-other-and-back-in-another-order";
        words_go_one_way_only: "cut-off/words-go-one-way-only";
        a_cut_link_is_bridged_by_a_relay: "mail/a-cut-link-is-bridged-by-a-relay";
        answers_come_back_through_a_relay: "mail/answers-come-back-through-a-relay";
        rolling_restart_of_the_city: "crash/rolling-restart-of-the-city";
        the_leader_is_isolated: "crash/the-leader-is-isolated";
        the_leader_stands_still: "crash/the-leader-stands-still";
        forged_mail_is_refused: "mail/forged-mail-is-refused";
        replayed_mail_moves_nothing: "mail/replayed-mail-moves-nothing";
        a_village_is_set_back_and_hears_of_it: "mail/a-village-is-set-back-and-hears-of-it";
        a_village_wakes_on_an_empty_disk: "mail/a-village-wakes-on-an-empty-disk";
        a_clerk_confirms_the_time: "time/a-clerk-confirms-the-time";
        a_machine_comes_back_with_a_wrong_clock: "time/a-machine-comes-back-with-a-wrong-clock";
        all_gaps_are_told_once: "law/all-gaps-are-told-once";
        what_may_follow_follows: "law/what-may-follow-follows";
        a_wrong_authority_passes_it_on: "journeys/a-wrong-authority-passes-it-on";
        ratings_to_rectification: "journeys/ratings-to-rectification";
        a_promise_is_checked_and_revoked: "journeys/a-promise-is-checked-and-revoked";
        sent_up_tier_by_tier: "journeys/sent-up-tier-by-tier";
        only_listed_steps_and_duties_apart: "law/only-listed-steps-and-duties-apart";
        a_limit_is_extended_once: "law/a-limit-is-extended-once";
        the_clock_stops_and_goes_on: "law/the-clock-stops-and-goes-on";
        a_lost_voter_is_replaced_under_load: "voters/a-lost-voter-is-replaced-under-load";
        a_removal_that_would_stand_still_is_refused: "voters/a-removal-that-would-stand-still-is-refused";
        nobody_tells_the_gaps_in_time: "law/nobody-tells-the-gaps-in-time";
        clocks_are_set_right_one_after_the_other: "time/clocks-are-set-right-one-after-the-other";
        village_offline_for_thirty_days: "cut-off/village-offline-for-thirty-days-its-clock-at-1970";
        a_clock_jumps_to_and_fro: "time/a-clock-jumps-to-and-fro";
        a_receipt_waits_for_the_disk: "disk/a-receipt-waits-for-the-disk";
        a_slow_disk_and_a_power_cut: "disk/a-slow-disk-and-a-power-cut";
        bits_rot_in_a_folder: "disk/bits-rot-in-a-folder";
        full_disk_at_the_township: "disk/full-disk-at-the-township";
        a_sync_fails_at_the_leader: "disk/a-sync-fails-at-the-leader";
        a_dead_disk: "disk/a-dead-disk";
        a_wiped_folder: "disk/a-wiped-folder";
        an_old_backup_is_put_back: "disk/an-old-backup-is-put-back";
    }
}

mod container {
    use sim::scenario::Fidelity;

    pub(crate) const FILES: &[&str] = &[
        "journeys/village-county-and-back",
        "cut-off/the-city-takes-what-a-cut-county-does-not-answer",
        "crash/a-county-vanishes",
        "crash/the-leader-is-isolated",
        "crash/the-leader-stands-still",
        "mail/forged-mail-is-refused",
        "mail/replayed-mail-moves-nothing",
    ];

    /// Beside each other: nothing is hurried there, and each mostly waits.
    #[test]
    fn every_file_holds_in_containers() {
        let failed = std::thread::scope(|scope| {
            let runs = FILES.iter().map(|file| scope.spawn(|| crate::play(file, Fidelity::Container)));
            let runs: Vec<_> = runs.collect();
            runs.into_iter().filter_map(|run| run.join().err()).count()
        });
        assert_eq!(failed, 0, "of {} files; what failed is told above", FILES.len());
    }
}

#[test]
fn every_file_that_names_real_nodes_is_played_on_them() {
    let tree = divisions();
    let mut named = [Vec::new(), Vec::new()];
    for theme in std::fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_dir()) {
        for path in std::fs::read_dir(&theme).unwrap().map(|entry| entry.unwrap().path()) {
            if path.extension().is_none_or(|extension| extension != "toml") {
                continue;
            }
            let scenario = load(&path, &tree).unwrap();
            let name = path.with_extension("");
            let name = name.strip_prefix(folder()).unwrap().to_str().unwrap().to_owned();
            for (named, fidelity) in named.iter_mut().zip([Fidelity::Process, Fidelity::Container]) {
                if scenario.fidelities.contains(&fidelity) {
                    named.push(name.clone());
                }
            }
        }
    }
    for (mut named, played) in named.into_iter().zip([process::FILES, container::FILES]) {
        let mut played: Vec<String> = played.iter().map(|name| (*name).to_owned()).collect();
        named.sort();
        played.sort();
        assert_eq!(named, played, "files that name the fidelity, and files that are played at it");
    }
}
