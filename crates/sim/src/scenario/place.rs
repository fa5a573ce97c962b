//! A place in a scenario file, and how a fault there is shown: file, line, column, the line itself, the remedy.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

/// A file that was read: kept as long as something in it may have to be pointed at.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As it was named.
    pub path: PathBuf,
    /// Its text; empty where it was not even read.
    pub text: String,
}

/// A stretch of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    source: Arc<Source>,
    span: Range<usize>,
}

impl Place {
    /// The bytes `span` of a file; cut to what the file has.
    pub fn new(source: &Arc<Source>, span: Range<usize>) -> Self {
        let text = &source.text;
        let whole = |at: usize| (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let end = whole(span.end);
        Self { source: Arc::clone(source), span: whole(span.start).min(end)..end }
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.source.path
    }

    /// Line and column, both from 1; the column counts characters.
    pub fn line_and_column(&self) -> (usize, usize) {
        let before = &self.source.text[..self.span.start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
    }

    /// The place's own line, and the place within it: what is shown. A line of junk can be as long as the file, so what is far
    /// from the place is left out.
    fn excerpt(&self) -> (usize, &str, Range<usize>) {
        const MOST_BEFORE: usize = 400;
        const MOST_AFTER: usize = 800;
        let text = &self.source.text;
        let line_start = text[..self.span.start].rfind('\n').map_or(0, |at| at + 1);
        let line_end = text[self.span.start..].find('\n').map_or(text.len(), |at| self.span.start + at);
        let near = |at: usize, forward: bool| match forward {
            true => (at..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(text.len()),
            false => (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0),
        };
        let from = line_start.max(near(self.span.start.saturating_sub(MOST_BEFORE), true).min(self.span.start));
        let to = line_end.min(near((self.span.start + MOST_AFTER).min(text.len()), false).max(self.span.start));
        let end = self.span.end.clamp(self.span.start, to);
        (self.line_and_column().0, &text[from..to], self.span.start - from..end - from)
    }
}

/// What to say about a fault.
pub(super) struct Words {
    pub(super) code: &'static str,
    pub(super) title: String,
    /// What stands under the line.
    pub(super) label: String,
    /// How to mend it.
    pub(super) help: Vec<String>,
}

/// The fault as people read it; with colours where `styled`.
pub(super) fn render(place: &Place, words: &Words, styled: bool) -> String {
    let title = Level::ERROR.primary_title(words.title.as_str()).id(words.code);
    let path = place.path().display().to_string();
    let (line, excerpt, span) = place.excerpt();
    let mut group = if place.source.text.is_empty() {
        Group::with_title(title)
    } else {
        let mark = AnnotationKind::Primary.span(span).label(words.label.as_str());
        title.element(Snippet::source(excerpt).line_start(line).path(path).annotation(mark))
    };
    for help in &words.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).to_string()
}
