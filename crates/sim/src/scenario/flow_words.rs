//! Words of the steps between acceptance and decision: reviews of lower organs, listed steps, hearings.

use super::handling;
use super::step_words::{BY, act};
use super::words::{Form, StepWord, may, must};

pub(super) const SEND_UP: StepWord = act(
    ("send-up", Form::Label),
    &[
        BY,
        may("agrees", Form::Flag, "whether this organ would grant it; yes if left out"),
        may("opinion", Form::Text, "for officials alone; refused without"),
    ],
    "转报: a lower organ has reviewed the case and sends it up; each organ has its own time.",
    r#"{ at = "+3d", send-up = "shop", by = "county", opinion = "complete" }"#,
    handling::send_up,
);

pub(super) const DO_STEP: StepWord = act(
    ("do-step", Form::Label),
    &[
        BY,
        must("step", Form::Text, "its name, as the matter lists it"),
        may("officer", Form::OneOf(handling::officer_words), "who does it; `first` if left out"),
        may("agrees", Form::Flag, "whether it can be granted, as far as the step looks; yes if left out"),
        may("opinion", Form::Text, "for officials alone; refused without"),
    ],
    "A listed step between acceptance and decision: in its turn, by who may; a site check by two.",
    r#"{ at = "+3d", do-step = "shop", by = "county", step = "审核", officer = "third", opinion = "complete" }"#,
    handling::do_step,
);

pub(super) const STEP_BACK: StepWord = act(
    ("step-back", Form::Label),
    &[
        BY,
        must("to", Form::Text, "the step's name, as the matter lists it"),
        may("reasons", Form::Text, "for officials alone; refused without"),
    ],
    "退回: the case goes back to a step, which is done anew with all after it.",
    r#"{ at = "+4d", step-back = "shop", by = "county", to = "审查", reasons = "a plan is missing" }"#,
    handling::step_back,
);

pub(super) const TELL_HEARING: StepWord = act(
    ("tell-hearing", Form::Label),
    &[BY, may("reason", Form::Text, "whose interests it touches; refused without")],
    "告知听证权利: those concerned may ask for a hearing within five days.",
    r#"{ at = "+1d", tell-hearing = "shop", by = "county", reason = "the neighbours' light" }"#,
    handling::tell_hearing,
);

pub(super) const ASK_HEARING: StepWord = act(
    ("ask-hearing", Form::Label),
    &[BY, may("party", Form::OneOf(handling::party_words), "who asks; `applicant` if left out")],
    "申请听证: a hearing is asked for.",
    r#"{ at = "+2d", ask-hearing = "shop", by = "county", party = "interested_party" }"#,
    handling::ask_hearing,
);

pub(super) const SET_HEARING: StepWord = act(
    ("set-hearing", Form::Label),
    &[
        BY,
        must("held", Form::Text, "the day"),
        may("place", Form::Text, "where; refused without"),
        may("chair", Form::Text, "the account that chairs it; refused without"),
    ],
    "听证通知: seven days before, those concerned are told.",
    r#"{ at = "+2d", set-hearing = "shop", by = "county", held = "2026-03-20", place = "the hall", chair = "staff-third-370811000000" }"#,
    handling::set_hearing,
);

pub(super) const HOLD_HEARING: StepWord = act(
    ("hold-hearing", Form::Label),
    &[
        BY,
        may("officer", Form::OneOf(handling::officer_words), "who chaired it; `first` if left out"),
        may("record", Form::Text, "what was said; refused without"),
    ],
    "听证笔录: the chair hands in the record; the decision goes by it.",
    r#"{ at = "+12d", hold-hearing = "shop", by = "county", officer = "third", record = "both sides were heard" }"#,
    handling::hold_hearing,
);
