//! Files of materials: uploaded first, handed in by their tickets, listed and read at any node of a unit that has the case. Neither way
//! is a whole file in memory.

use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, HeaderName, RANGE,
};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use domain::digest::ContentHash;
use domain::files::FilesRefusal;
use domain::refusal::Refusal;
use futures::StreamExt;
use serde::{Deserialize, Serialize};
use unit::{Act, CaseName, FileFault, FileSource, HandedFile, OpenFile, Pending, Ticket};
use utoipa::{IntoParams, ToSchema};

use crate::extract::{Asked, BlobPath, CasePath, IdempotencyKey, JsonBody, Served};
use crate::person::{Caller, Deed};
use crate::problem::{Problem, ProblemBody};
use crate::site::Shared;

use super::acts::{for_applicant, on_case};
use super::form::CaseForm;

/// Which file is uploaded.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct UploadQuery {
    /// The file's own name, which is sealed with it.
    #[serde(default)]
    name: String,
    /// Language of titles and remedies: `zh-CN` or `en`.
    #[expect(dead_code, reason = "read by Language")]
    lang: Option<String>,
}

/// An upload that is safe on a majority of the unit's voters.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Upload)]
pub(crate) struct UploadForm {
    /// Hands the file in, at this unit, within a day. Keep it to yourself.
    ticket: String,
    /// As its first bytes tell.
    media_type: &'static str,
    /// Of the file.
    bytes: u64,
}

/// An uploaded file, and the material that it belongs to.
#[derive(Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = HandedFile)]
pub(crate) struct HandedForm {
    /// As listed.
    material: String,
    /// As the upload was answered.
    ticket: String,
}

impl From<HandedForm> for HandedFile {
    fn from(form: HandedForm) -> Self {
        Self { material: form.material, ticket: Ticket::from(form.ticket) }
    }
}

/// Files for a case that is here.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = FilesRequest)]
pub(crate) struct AttachForm {
    /// At least one.
    files: Vec<HandedForm>,
}

/// The files of a case, and how many of them have arrived at the node that answers.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseFiles)]
pub(crate) struct FilesForm {
    /// So many are here: a case does not wait for its files.
    arrived: usize,
    /// Of so many.
    of: usize,
    /// In the order in which they came.
    files: Vec<FileForm>,
}

/// A file of a case.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CaseFile)]
pub(crate) struct FileForm {
    /// Its name in addresses: the hash of its sealed bytes.
    file: String,
    /// Of which material.
    material: String,
    /// As who uploaded it called it.
    name: String,
    /// As its first bytes tell.
    media_type: &'static str,
    /// Of the file.
    bytes: u64,
    /// Whether it is here.
    arrived: bool,
}

impl From<FileFault> for Problem {
    fn from(fault: FileFault) -> Self {
        let problem = Self::of(fault.code());
        match &fault {
            FileFault::NotHeld { on, of } => problem.detail(format!("{on}/{of}")),
            FileFault::Large { most } => problem.detail(format!("> {most} bytes")),
            // What a disk or a scanner said is for the operator's log.
            FileFault::Disk { .. } | FileFault::Scanner { .. } => {
                tracing::error!(%fault, "files cannot be kept or scanned");
                problem
            }
            _ => problem,
        }
    }
}

/// A request's body as it comes.
struct Coming(axum::body::BodyDataStream);

impl FileSource for Coming {
    fn next(&mut self) -> Pending<'_, Option<Result<Vec<u8>, FileFault>>> {
        Box::pin(async move {
            let piece = self.0.next().await?;
            Some(piece.map(|bytes: Bytes| bytes.to_vec()).map_err(|_| FileFault::Cut))
        })
    }
}

/// Upload a file, to be handed in by its ticket.
///
/// The body is the file itself. It is sniffed, scanned where a scanner is set, sealed as it comes, and answered once a majority of
/// the unit's voters have it on disk. What no application names is forgotten after a day.
#[utoipa::path(post, path = "/files", tag = "files", operation_id = "upload_file",
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), params(UploadQuery), responses(
    (status = 201, body = UploadForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn upload(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    Asked(query): Asked<UploadQuery>,
    body: Body,
) -> Result<Response, Problem> {
    caller.allowed(Deed::Submit, served.unit())?;
    let source = Box::new(Coming(body.into_data_stream()));
    let (ticket, taken) = shared.site.files.take(served.unit(), query.name, source).await?;
    let form =
        UploadForm { ticket: ticket.as_str().to_owned(), media_type: taken.media.name(), bytes: taken.plain_bytes };
    Ok((StatusCode::CREATED, Json(form)).into_response())
}

/// Add uploaded files to a case that is here: scans of what was shown on paper, or of what a supplement will hand in.
#[utoipa::path(post, path = "/cases/{case}/files", tag = "files", operation_id = "attach_files",
    request_body = AttachForm, params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("idempotency-key" = Option<String>, Header),
), responses(
    (status = 200, body = CaseForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn attach(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    IdempotencyKey(key): IdempotencyKey,
    JsonBody(form): JsonBody<AttachForm>,
) -> Result<Response, Problem> {
    let person = for_applicant(&served, &caller, case, (Deed::Supplement, Deed::SupplementOwn)).await?;
    let files = form.files.into_iter().map(Into::into).collect();
    on_case(&shared, &served, person, key, case, Act::Attach { case, files }).await
}

/// The files of a case: for staff of the unit, and for who submitted it here. They show what the applicant handed in, unmasked.
#[utoipa::path(get, path = "/cases/{case}/files", tag = "files", operation_id = "list_files", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
), responses(
    (status = 200, body = FilesForm),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
) -> Result<Json<FilesForm>, Problem> {
    let files = readable(&served, &caller, case).await?;
    let files: Vec<FileForm> = files.iter().map(|file| form(&shared, file)).collect();
    let arrived = files.iter().filter(|file| file.arrived).count();
    Ok(Json(FilesForm { arrived, of: files.len(), files }))
}

fn form(shared: &Shared, file: &OpenFile) -> FileForm {
    FileForm {
        file: file.blob.to_string(),
        material: file.material.clone(),
        name: file.label.name.clone(),
        media_type: file.media.name(),
        bytes: file.plain_bytes,
        arrived: shared.site.files.is_here(file.blob),
    }
}

async fn readable(served: &Served, caller: &Caller, case: CaseName) -> Result<Vec<OpenFile>, Problem> {
    for_applicant(served, caller, case, (Deed::List, Deed::Follow)).await?;
    Ok(served.handle.files(case).await?)
}

/// Read a file of a case, or a range of its bytes.
#[utoipa::path(get, path = "/cases/{case}/files/{file}", tag = "files", operation_id = "read_file", params(
    ("case" = String, Path, description = "The printed number or the internal name"),
    ("file" = String, Path, description = "As the list of files names it"),
    ("range" = Option<String>, Header, description = "One range of bytes"),
), responses(
    (status = 200, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = 206, body = Vec<u8>, content_type = "application/octet-stream"),
    (status = "4XX", body = ProblemBody, content_type = "application/problem+json"),
    (status = "5XX", body = ProblemBody, content_type = "application/problem+json"),
))]
pub(crate) async fn read(
    State(shared): State<Arc<Shared>>,
    served: Served,
    caller: Caller,
    CasePath(case): CasePath,
    BlobPath(blob): BlobPath,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let files = readable(&served, &caller, case).await?;
    let (of, arrived) = (files.len(), files.iter().filter(|file| shared.site.files.is_here(file.blob)).count());
    let unknown = || Problem::from(Refusal::Files(FilesRefusal::Unknown { blob }));
    let file = files.into_iter().find(|file| file.blob == blob).ok_or_else(unknown)?;
    let (status, first, end) = match headers.get(RANGE) {
        None => (StatusCode::OK, 0, file.plain_bytes),
        Some(range) => {
            let range = range.to_str().ok().and_then(|text| one_range(text, file.plain_bytes));
            let (first, end) = range.ok_or_else(|| Problem::of("file.range"))?;
            (StatusCode::PARTIAL_CONTENT, first, end)
        }
    };
    if !shared.site.files.is_here(blob) {
        return Err(Problem::of("file.not_arrived").detail(format!("{arrived}/{of}")));
    }
    let all = file.plain_bytes;
    let disposition = format!("attachment; filename*=UTF-8''{}", percent(&file.label.name));
    let mut told: Vec<(HeaderName, String)> = vec![
        (CONTENT_TYPE, file.media.name().to_owned()),
        (CONTENT_LENGTH, (end - first).to_string()),
        (CONTENT_DISPOSITION, disposition),
        (ACCEPT_RANGES, "bytes".to_owned()),
    ];
    if status == StatusCode::PARTIAL_CONTENT {
        told.push((CONTENT_RANGE, format!("bytes {first}-{}/{all}", end - 1)));
    }
    let mut answer = (status, Body::from_stream(pieces(shared, file, first, end))).into_response();
    for (name, value) in told {
        let value = value.parse().map_err(|_| Problem::of("http.internal"))?;
        answer.headers_mut().insert(name, value);
    }
    Ok(answer)
}

/// The file's bytes between two offsets, a segment at a time. A fault in between ends the answer early: its length tells.
fn pieces(
    shared: Arc<Shared>,
    file: OpenFile,
    first: u64,
    end: u64,
) -> impl futures::Stream<Item = Result<Vec<u8>, FileFault>> + Send {
    futures::stream::try_unfold((shared, file, first), move |(shared, file, at)| async move {
        if at >= end {
            return Ok(None);
        }
        let mut piece = shared.site.files.read(&file, at).await?;
        piece.truncate(usize::try_from(end - at).unwrap_or(usize::MAX));
        if piece.is_empty() {
            return Err(FileFault::NotArrived);
        }
        let next = at + piece.len() as u64;
        Ok(Some((piece, (shared, file, next))))
    })
}

/// The first byte and the end of one range (RFC 9110, 14.1.2) of so many bytes; `None` for several, or none that lies within.
fn one_range(text: &str, all: u64) -> Option<(u64, u64)> {
    let (from, to) = text.strip_prefix("bytes=")?.trim().split_once('-')?;
    let (first, end) = match (from.trim(), to.trim()) {
        ("", last) => (all.saturating_sub(last.parse().ok()?), all),
        (first, "") => (first.parse().ok()?, all),
        (first, last) => (first.parse().ok()?, last.parse::<u64>().ok()?.checked_add(1)?.min(all)),
    };
    (first < end).then_some((first, end))
}

/// As RFC 8187 writes a name that is no ASCII.
fn percent(name: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    name.bytes().map(|b| if plain(b) { char::from(b).to_string() } else { format!("%{b:02X}") }).collect()
}

/// A file that a path names.
pub(crate) fn blob_name(text: &str) -> Result<ContentHash, Problem> {
    text.parse().map_err(|_| Problem::of("request.field").field("file").detail("expected 64 hexadecimal digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges() {
        for (text, range) in [
            ("bytes=0-9", Some((0, 10))),
            ("bytes=90-", Some((90, 100))),
            ("bytes=-10", Some((90, 100))),
            ("bytes=-200", Some((0, 100))),
            ("bytes=90-200", Some((90, 100))),
            ("bytes=100-", None),
            ("bytes=9-3", None),
            ("bytes=0-1,5-6", None),
            ("bytes=-0", None),
            ("lines=0-1", None),
        ] {
            assert_eq!(one_range(text, 100), range, "{text}");
        }
        assert_eq!(one_range("bytes=0-", 0), None);
        assert_eq!(percent("证 1.pdf"), "%E8%AF%81%201.pdf");
    }
}
