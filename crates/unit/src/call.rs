//! What travels inside a client request and reply: JSON, the same for a follower that passes it on and for a program that asks
//! over QUIC. The frames around it are `protocol::client`.

use domain::command::Outcome;
use domain::principal::Principal;
use protocol::client::ClientRequest;
use serde::{Deserialize, Serialize};

use crate::handle::{AskFault, SubmitFault, Unavailable};
use crate::question::{Answer, Question};
use crate::request::Request;
use crate::voters::{VoterPlan, VoterRequest, VotersFault, VotersView};

/// What a client asks.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Call {
    /// Do this.
    Submit(Request),
    /// Answer this.
    Ask(Question),
    /// Who votes? Of nodes of the unit only.
    Voters,
    /// Change who votes. Of nodes of the unit only; `ClientRequest::principal` says who asks.
    ChangeVoters(VoterRequest),
}

/// What comes back.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Called {
    /// To `Submit`.
    Submitted(Result<Outcome, SubmitFault>),
    /// To `Ask`.
    Asked(Result<Answer, AskFault>),
    /// To `Voters`.
    Voters(Result<VotersView, Unavailable>),
    /// To `ChangeVoters`.
    VotersChanged(Result<VoterPlan, VotersFault>),
}

impl Call {
    /// In its frame. The node believes `principal` only of a node of its own unit; a program acts under its certificate's name.
    ///
    /// # Errors
    /// What has no form in JSON: a defect.
    pub fn framed(&self, principal: Principal) -> Result<ClientRequest, serde_json::Error> {
        Ok(ClientRequest { principal, idempotency_key: None, body: serde_json::to_vec(self)? })
    }

    /// Out of its frame.
    ///
    /// # Errors
    /// What cannot be read, in words for the other side.
    pub fn read(request: &ClientRequest) -> Result<Self, String> {
        serde_json::from_slice(&request.body).map_err(|why| why.to_string())
    }
}
