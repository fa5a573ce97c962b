//! Frames on a stream. Whoever dials opens a stream and says once what it is for; then requests go one way and as many answers
//! come back in the same order.
//!
//! Opening: `form u8 = 1 · channel u8 · group u64`. Request: `length u32 · body`. Answer: `status u8 · length u32 · body`, where
//! status 0 is an answer, 1 a refusal in words by whoever answers, 2 one by the link itself. Big endian. A length is checked
//! against the channel's limit before a byte of the body is kept.

use std::sync::Arc;

use bytes::{Buf, Bytes, BytesMut};
use domain::ids::UnitId;
use protocol::seam::Channel;
use quinn::{RecvStream, SendStream};

use crate::counters::Counters;
use crate::fault::{Code, FrameFault};

const FORM: u8 = 1;
const OPENING: usize = 10;
const LENGTH: usize = 4;
/// A refusal's words are cut to this, and not believed to be longer.
const REFUSAL_LIMIT: usize = 4096;

/// How an answer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    Answered = 0,
    Refused = 1,
    RefusedByLink = 2,
}

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reply {
    Answered(Vec<u8>),
    Refused(String),
}

/// What a stream is for.
pub(crate) fn opening(channel: Channel, group: UnitId) -> Bytes {
    let mut bytes = BytesMut::with_capacity(OPENING);
    bytes.extend_from_slice(&[FORM, channel as u8]);
    bytes.extend_from_slice(&group.get().to_be_bytes());
    bytes.freeze()
}

/// The sending half. Dropped before [`Outgoing::finish`], it resets the stream: quinn would finish it, and the peer would take
/// half a conversation for a whole one.
#[derive(Debug)]
pub(crate) struct Outgoing {
    stream: SendStream,
    state: State,
    counters: Arc<Counters>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    /// Within a frame; stays so when the call that writes it is dropped.
    Writing,
    Finished,
}

impl Outgoing {
    pub(crate) fn new(stream: SendStream, counters: Arc<Counters>) -> Self {
        Self { stream, state: State::Whole, counters }
    }

    pub(crate) fn set_priority(&self, priority: i32) {
        // A stream that is already closed needs none.
        let _ = self.stream.set_priority(priority);
    }

    /// Completes when the peer wants no more of this stream, or the connection is gone.
    pub(crate) fn stopped(&self) -> impl Future<Output = ()> + Send + 'static {
        let stopped = self.stream.stopped();
        async move {
            let _ = stopped.await;
        }
    }

    pub(crate) async fn open(&mut self, channel: Channel, group: UnitId) -> Result<(), FrameFault> {
        self.write([opening(channel, group)]).await
    }

    pub(crate) async fn request(&mut self, body: Vec<u8>, limit: usize) -> Result<(), FrameFault> {
        let length = length(&body, limit)?;
        self.write([Bytes::copy_from_slice(&length), Bytes::from(body)]).await
    }

    pub(crate) async fn answer(&mut self, body: Vec<u8>, limit: usize) -> Result<(), FrameFault> {
        let length = length(&body, limit)?;
        self.status(Status::Answered, length, Bytes::from(body)).await
    }

    pub(crate) async fn refuse(&mut self, status: Status, why: &str) -> Result<(), FrameFault> {
        let mut end = why.len().min(REFUSAL_LIMIT);
        while !why.is_char_boundary(end) {
            end -= 1;
        }
        let length = (end as u32).to_be_bytes();
        self.status(status, length, Bytes::copy_from_slice(&why.as_bytes()[..end])).await
    }

    async fn status(&mut self, status: Status, length: [u8; 4], body: Bytes) -> Result<(), FrameFault> {
        let mut header = BytesMut::with_capacity(1 + LENGTH);
        header.extend_from_slice(&[status as u8]);
        header.extend_from_slice(&length);
        self.write([header.freeze(), body]).await
    }

    async fn write<const N: usize>(&mut self, mut parts: [Bytes; N]) -> Result<(), FrameFault> {
        if self.state != State::Whole {
            return Err(FrameFault::Abandoned);
        }
        let bytes: usize = parts.iter().map(Bytes::len).sum();
        self.state = State::Writing;
        self.stream.write_all_chunks(&mut parts).await?;
        self.state = State::Whole;
        self.counters.sent(bytes);
        Ok(())
    }

    /// All was said.
    pub(crate) fn finish(&mut self) {
        if self.state == State::Whole && self.stream.finish().is_ok() {
            self.state = State::Finished;
        }
    }
}

impl Drop for Outgoing {
    fn drop(&mut self) {
        if self.state != State::Finished {
            // Fails only when it is closed already.
            let _ = self.stream.reset(Code::Cancelled.number());
        }
    }
}

fn length(body: &[u8], limit: usize) -> Result<[u8; 4], FrameFault> {
    match u32::try_from(body.len()) {
        Ok(length) if body.len() <= limit => Ok(length.to_be_bytes()),
        _ => Err(FrameFault::TooLong { bytes: body.len(), limit }),
    }
}

/// The receiving half. Every method may be dropped and called again: what came stays buffered.
#[derive(Debug)]
pub(crate) struct Incoming {
    stream: RecvStream,
    buffered: BytesMut,
    counters: Arc<Counters>,
}

impl Incoming {
    pub(crate) fn new(stream: RecvStream, counters: Arc<Counters>) -> Self {
        Self { stream, buffered: BytesMut::new(), counters }
    }

    /// What the stream is for.
    pub(crate) async fn opening(&mut self) -> Result<(Channel, UnitId), FrameFault> {
        if !self.fill(OPENING).await? {
            return Err(FrameFault::Cut { missing: OPENING });
        }
        let mut bytes = self.buffered.split_to(OPENING);
        let (form, channel, group) = (bytes.get_u8(), bytes.get_u8(), bytes.get_u64());
        if form != FORM {
            return Err(FrameFault::Opening(format!("form {form}, this release knows {FORM}")));
        }
        let channel = Channel::from_number(channel)
            .ok_or_else(|| FrameFault::Opening(format!("channel {channel} is not known")))?;
        let group = UnitId::new(group).ok_or_else(|| FrameFault::Opening(format!("{group} is no unit")))?;
        Ok((channel, group))
    }

    /// The next request; `None` when the peer has said all.
    pub(crate) async fn request(&mut self, limit: usize) -> Result<Option<Vec<u8>>, FrameFault> {
        if !self.fill(LENGTH).await? {
            return Ok(None);
        }
        self.body(0, limit).await.map(Some)
    }

    /// The next answer; `None` when there will be no more.
    pub(crate) async fn reply(&mut self, limit: usize) -> Result<Option<Reply>, FrameFault> {
        if !self.fill(1 + LENGTH).await? {
            return Ok(None);
        }
        let words = |body: Vec<u8>| Reply::Refused(String::from_utf8_lossy(&body).into_owned());
        let reply = match self.buffered[0] {
            0 => Reply::Answered(self.body(1, limit).await?),
            1 | 2 => words(self.body(1, REFUSAL_LIMIT).await?),
            status => return Err(FrameFault::Opening(format!("answer status {status} is not known"))),
        };
        Ok(Some(reply))
    }

    async fn body(&mut self, before: usize, limit: usize) -> Result<Vec<u8>, FrameFault> {
        let mut length = [0; LENGTH];
        length.copy_from_slice(&self.buffered[before..before + LENGTH]);
        let bytes = u32::from_be_bytes(length) as usize;
        if bytes > limit {
            return Err(FrameFault::TooLong { bytes, limit });
        }
        self.fill(before + LENGTH + bytes).await?;
        self.buffered.advance(before + LENGTH);
        self.counters.received(before + LENGTH + bytes);
        Ok(self.buffered.split_to(bytes).to_vec())
    }

    /// Waits until so many bytes are buffered. `false` when the stream ended before the first of them.
    async fn fill(&mut self, bytes: usize) -> Result<bool, FrameFault> {
        /// What is taken from quinn at once.
        const AT_ONCE: usize = 256 * 1024;
        while self.buffered.len() < bytes {
            match self.stream.read_chunk(AT_ONCE, true).await? {
                Some(chunk) => self.buffered.extend_from_slice(&chunk.bytes),
                None if self.buffered.is_empty() => return Ok(false),
                None => return Err(FrameFault::Cut { missing: bytes - self.buffered.len() }),
            }
        }
        Ok(true)
    }

    /// Wants no more.
    pub(crate) fn stop(&mut self) {
        // Fails only when it has ended already.
        let _ = self.stream.stop(Code::Cancelled.number());
    }
}
