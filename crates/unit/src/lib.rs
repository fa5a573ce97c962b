//! One unit around its log: what may be asked of it, what its leader owes, without any input or output.
//!
//! Everything here may be lost and run again. Does not know tokio, openraft, QUIC, disks or HTTP; is told the time and given
//! randomness. Called by `host`, which joins it with consensus and links; `web` calls [`UnitHandle`].

pub mod accounts;
pub mod call;
pub mod catalogue;
pub mod clock;
pub mod concerning;
pub mod duties;
pub mod files;
pub mod handle;
pub mod handling;
pub mod heads;
pub mod identity;
pub mod inbox;
pub mod matter_indexes;
pub mod mirrors;
pub mod outbox;
mod peer;
pub mod query;
pub mod question;
pub mod recovery;
pub mod relay;
pub mod request;
pub mod stamp;
pub mod status;
pub mod streams;
pub mod voters;
mod ways;

pub use accounts::{
    AccountAct, AccountForm, AccountView, BearerKind, BearerView, ChangeForm, CredentialForm, Credentials, RecoverForm,
};
pub use call::{Call, Called};
pub use catalogue::{CatalogueAct, ProposalView, ToldChange};
pub use clock::{ClockDoubt, ClockWatch};
pub use concerning::{About, Concerning, Private};
pub use files::{FileFault, FileKeeper, FileSource, HandedFile, OpenFile, Taken, Ticket};
pub use handle::{AskFault, Pending, SubmitFault, Unavailable, UnitHandle};
pub use handling::Handling;
pub use matter_indexes::MatterIndexes;
pub use question::{
    Answer, CaseFilter, CaseView, ClaimStanding, Complainant, ConcernView, FindingView, FindingsView, FoundMatter,
    MaskedApplicant, OpinionView, Question, StepView,
};
pub use request::{AboutLicence, Act, Applicant, Application, CaseName, Code, Publication, Request, RequestFault};
pub use search::{Field as FoundField, FoundBy, Way as FoundWay};
pub use status::{BooksStatus, ForkStatus, WitnessStatus};
pub use status::{
    DisputeStatus, MOST_COUNTED, MailStatus, MirrorStatus, MirroringStatus, NodeRole, UnitStatus, VoterStatus,
};
pub use voters::{
    ChangeStep, ChangeView, EndedChange, MemberView, VoterChange, VoterPlan, VoterRequest, VotersFault, VotersView,
};
