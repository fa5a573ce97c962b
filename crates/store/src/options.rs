//! How RocksDB is set up, and why. Every number bounds memory or the time of a restart.

use rocksdb::{
    BlockBasedOptions, Cache, ColumnFamilyDescriptor, DBCompressionType, DBRecoveryMode, InfoLogger, LogLevel, Options,
};

/// Column families: as few as there are ways to write, for all groups together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Small and seldom: votes, marks, the place of groups.
    Meta,
    /// Written once in order, read once, deleted in ranges.
    Log,
    /// Written and read anywhere.
    Rows,
}

impl Family {
    pub(crate) const ALL: [Self; 3] = [Self::Meta, Self::Log, Self::Rows];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Meta => "meta",
            Self::Log => "log",
            Self::Rows => "rows",
        }
    }
}

/// Blocks, indexes and filters of all families: the one large cache.
const CACHE_BYTES: usize = 64 << 20;
/// What is written and not yet in a table file, all families together.
const UNFLUSHED_BYTES: usize = 64 << 20;
/// The same for one family: a file of this size is written at a time.
const FAMILY_UNFLUSHED_BYTES: usize = 16 << 20;
/// What a restart reads again at most.
const WAL_BYTES: u64 = 256 << 20;
/// Open table files; their indexes and filters lie in the cache, so an open file costs some kilobytes.
const OPEN_FILES: i32 = 512;

/// Options of the database. `create` is for a folder that is made now: a database that is gone must be noticed.
pub(crate) fn database(create: bool) -> Options {
    let mut options = Options::default();
    options.create_if_missing(create);
    options.create_missing_column_families(create);
    // An unsynced batch stays in RocksDB's buffer until the sync thread flushes and syncs the log for everybody: one write
    // to the system per sync instead of one per batch. What a killed process loses by it was promised to nobody, and since
    // all families share the log, what is left after a crash is always a prefix of the batches: rows are never ahead of the
    // log that they were applied from.
    options.set_manual_wal_flush(true);
    // A record cut off at the end was never confirmed and is dropped. A damaged one before the end was: opening fails
    // (point-in-time recovery would drop what follows it without a word). So does a last record of full length with a wrong
    // checksum: a write that a power loss cut short between blocks and rot of a confirmed record look the same.
    options.set_wal_recovery_mode(DBRecoveryMode::TolerateCorruptedTailRecords);
    // A missing or shortened older log file is an error at opening, too.
    options.set_track_and_verify_wals_in_manifest(true);
    options.set_paranoid_checks(true);
    options.set_max_total_wal_size(WAL_BYTES);
    options.set_db_write_buffer_size(UNFLUSHED_BYTES);
    options.set_max_open_files(OPEN_FILES);
    options.set_max_background_jobs(2);
    // RocksDB's own log goes to ours; it names files and sizes, never keys or values. No statistics: they would be rows.
    options.set_info_logger(InfoLogger::new_callback_logger(LogLevel::Warn, tell));
    options.set_stats_dump_period_sec(0);
    options.set_stats_persist_period_sec(0);
    options
}

/// Options for following the database of another process: its files are kept open, since it may delete them.
pub(crate) fn following() -> Options {
    let mut options = database(false);
    options.set_max_open_files(-1);
    options
}

/// Column families with their options and one cache.
pub(crate) fn families() -> Vec<ColumnFamilyDescriptor> {
    let cache = Cache::new_lru_cache(CACHE_BYTES);
    Family::ALL.map(|family| ColumnFamilyDescriptor::new(family.name(), family_options(family, &cache))).into()
}

fn family_options(family: Family, cache: &Cache) -> Options {
    let mut blocks = BlockBasedOptions::default();
    blocks.set_block_cache(cache);
    blocks.set_cache_index_and_filter_blocks(true);
    blocks.set_pin_l0_filter_and_index_blocks_in_cache(true);
    blocks.set_format_version(6);
    if family == Family::Rows {
        // Most reads of `apply` ask for one key, and often for one that is not there yet.
        blocks.set_bloom_filter(10.0, false);
    }
    let mut options = Options::default();
    options.set_block_based_table_factory(&blocks);
    options.set_write_buffer_size(FAMILY_UNFLUSHED_BYTES);
    // What is personal is sealed and does not compress; one library less to build and to trust.
    options.set_compression_type(DBCompressionType::None);
    options
}

fn tell(level: LogLevel, text: &str) {
    match level {
        LogLevel::Error | LogLevel::Fatal => tracing::error!(target: "store::rocksdb", "{text}"),
        LogLevel::Warn => tracing::warn!(target: "store::rocksdb", "{text}"),
        _ => tracing::debug!(target: "store::rocksdb", "{text}"),
    }
}
