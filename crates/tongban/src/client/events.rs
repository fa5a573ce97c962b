//! Server-sent events, as a case's timeline is told live: lines of `name: value`, an empty line ends an event.

use futures::stream::BoxStream;
use futures::{StreamExt, TryStreamExt};
use reqwest::Response;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Event {
    /// Given back as `Last-Event-ID` it resumes behind this one.
    pub(crate) id: Option<String>,
    /// What kind; `message` where the server names none.
    pub(crate) kind: String,
    /// What it says.
    pub(crate) data: String,
}

/// Events of one response, in order.
pub(crate) struct Events {
    bytes: BoxStream<'static, Result<Vec<u8>, String>>,
    reader: Reader,
}

impl Events {
    pub(crate) fn new(response: Response) -> Self {
        let bytes = response.bytes_stream().map_ok(|some| some.to_vec()).map_err(|why| why.to_string()).boxed();
        Self { bytes, reader: Reader::default() }
    }

    /// The next event; nothing at the end of the stream, which a server reaches by closing it.
    pub(crate) async fn next(&mut self) -> Result<Option<Event>, String> {
        loop {
            if let Some(event) = self.reader.take() {
                return Ok(Some(event));
            }
            match self.bytes.next().await {
                Some(some) => self.reader.feed(&some?),
                None => return Ok(None),
            }
        }
    }
}

/// Takes bytes as they come, in any pieces.
#[derive(Debug, Default)]
struct Reader {
    bytes: Vec<u8>,
    at: Event,
    data_lines: usize,
}

impl Reader {
    fn feed(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn take(&mut self) -> Option<Event> {
        while let Some(end) = self.bytes.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            let line = String::from_utf8_lossy(&line);
            let line = line.trim_end_matches(['\n', '\r']);
            if !line.is_empty() {
                self.line(line);
                continue;
            }
            let mut event = std::mem::take(&mut self.at);
            if std::mem::take(&mut self.data_lines) > 0 {
                if event.kind.is_empty() {
                    event.kind = "message".to_owned();
                }
                return Some(event);
            }
        }
        None
    }

    fn line(&mut self, line: &str) {
        let (name, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match name {
            "id" => self.at.id = Some(value.to_owned()),
            "event" => self.at.kind = value.to_owned(),
            "data" => {
                if self.data_lines > 0 {
                    self.at.data.push('\n');
                }
                self.at.data.push_str(value);
                self.data_lines += 1;
            }
            // Comments, which keep the connection alive, have no name; unknown names are for later releases.
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_come_whole_however_the_bytes_are_cut() {
        let text = ":\n\nid: 370811002001-5\nevent: entry\ndata: {\"kind\":\n\
                    data: \"收件\"}\n\n: still there\r\n\r\nevent: end\r\ndata: final\r\n\r\nid: lost";
        for size in [1, 2, 3, 7, 1000] {
            let mut reader = Reader::default();
            let mut events = Vec::new();
            for piece in text.as_bytes().chunks(size) {
                reader.feed(piece);
                events.extend(std::iter::from_fn(|| reader.take()));
            }
            let entry =
                Event {
                    id: Some("370811002001-5".into()), kind: "entry".into(), data: "{\"kind\":\n\"收件\"}".into()
                };
            assert_eq!(events, [entry, Event { id: None, kind: "end".into(), data: "final".into() }], "{size}");
        }
    }
}
