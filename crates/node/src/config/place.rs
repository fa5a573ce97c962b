//! A place in a configuration file, and how a fault there is shown: file, line, column, the line itself, the remedy.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

/// A file that was read: kept as long as something in it may have to be pointed at.
#[derive(Debug, PartialEq, Eq)]
pub struct Source {
    /// As it was named.
    pub path: PathBuf,
    /// Its text.
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
        let end = span.end.min(source.text.len());
        Self { source: Arc::clone(source), span: span.start.min(end)..end }
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

    /// What is written there.
    pub fn text(&self) -> &str {
        &self.source.text[self.span.clone()]
    }
}

/// What to say about a fault.
pub(super) struct Words<'a> {
    pub(super) code: &'static str,
    pub(super) title: String,
    pub(super) place: Option<&'a Place>,
    pub(super) label: String,
    pub(super) help: Vec<String>,
}

/// The fault as people read it; with colours where `styled`.
pub(super) fn render(words: &Words<'_>, styled: bool) -> String {
    let mut group = match words.place {
        Some(place) => {
            let mark = AnnotationKind::Primary.span(place.span.clone()).label(words.label.as_str());
            let path = place.path().display().to_string();
            let snippet = Snippet::source(place.source.text.as_str()).path(path).annotation(mark);
            Level::ERROR.primary_title(words.title.as_str()).id(words.code).element(snippet)
        }
        None => annotate_snippets::Group::with_title(Level::ERROR.primary_title(words.title.as_str()).id(words.code)),
    };
    for help in &words.help {
        group = group.element(Level::HELP.message(help.as_str()));
    }
    let renderer = if styled { Renderer::styled() } else { Renderer::plain() };
    renderer.render(&[group]).to_string()
}
