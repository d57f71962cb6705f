//! What things are called, in the page's language.

use crate::layout::Frame;
use crate::rules::order::{Act, Why};
use crate::rules::score::{Access, Barrier, Factor};
use crate::rules::standing::{Cause, Way};
use crate::rules::state::{Observed, State, Wanted};
use crate::rules::usage::Counting;
use evenfield_gap::inventory::{Condition, Kind};

/// A kind of device.
pub fn kind(p: &Frame, kind: &Kind) -> String {
    p.t(&format!("lending-kind-{}", kind.as_str()))
}

/// How well a device is.
pub fn condition(p: &Frame, condition: &Condition) -> String {
    p.t(&format!("lending-condition-{}", condition.as_str()))
}

/// Where a device is.
pub fn state(p: &Frame, state: &State) -> String {
    p.t(&format!("lending-state-{}", state.as_str()))
}

/// What it is to put a device there.
pub fn move_to(p: &Frame, state: &State) -> String {
    p.t(&format!("lending-move-{}", state.as_str()))
}

/// What a line is wanted to be.
pub fn wanted(p: &Frame, wanted: &Wanted) -> String {
    p.t(&format!("lending-wanted-{}", wanted.as_str()))
}

/// What a line was seen to be.
pub fn observed(p: &Frame, observed: &Observed) -> String {
    p.t(&format!("lending-observed-{}", observed.as_str()))
}

/// What is the matter with a loan.
pub fn cause(p: &Frame, cause: &Cause) -> String {
    p.t(&format!("lending-cause-{}", cause.as_str()))
}

/// How a household was told.
pub fn way(p: &Frame, way: &Way) -> String {
    p.t(&format!("lending-way-{}", way.as_str()))
}

/// What a carrier is asked for.
pub fn act(p: &Frame, act: &Act) -> String {
    p.t(&format!("lending-act-{}", act.as_str()))
}

/// Why a carrier is asked for nothing.
pub fn why(p: &Frame, why: &Why) -> String {
    p.t(&format!("lending-why-{}", why.as_str()))
}

/// What a household says of its Internet at home.
pub fn access(p: &Frame, access: &Access) -> String {
    p.t(&format!("lending-access-{}", access.as_str()))
}

/// And of why it is no better.
pub fn barrier(p: &Frame, barrier: &Barrier) -> String {
    p.t(&format!("lending-barrier-{}", barrier.as_str()))
}

/// What points are given for.
pub fn factor(p: &Frame, factor: Factor) -> String {
    p.t(&format!("lending-factor-{}", factor.as_str()))
}

/// How amounts of data are meant.
pub fn counting(p: &Frame, counting: &Counting) -> String {
    p.t(&format!("lending-counting-{}", counting.as_str()))
}

/// A language by its tag.
pub fn language(p: &Frame, tag: impl AsRef<str>) -> String {
    p.t(&format!("message-language-{}", tag.as_ref()))
}

/// A sheet of labels.
pub fn sheet(p: &Frame, word: impl AsRef<str>) -> String {
    p.t(&format!("label-sheet-{}", word.as_ref()))
}

/// What is on a label.
pub fn label_code(p: &Frame, word: impl AsRef<str>) -> String {
    p.t(&format!("label-code-{}", word.as_ref()))
}

/// The title of the page on which somebody signs, at hand-over or at return.
pub fn sign_title(p: &Frame, moment: impl AsRef<str>) -> String {
    p.t(&format!("sign-title-{}", moment.as_ref()))
}

/// What a token may.
pub fn scope(p: &Frame, word: impl AsRef<str>) -> String {
    p.t(&format!("program-scope-{}", word.as_ref()))
}

/// What a secret is for that is shown once.
pub fn secret(p: &Frame, what: impl AsRef<str>) -> String {
    p.t(&format!("program-secret-{}", what.as_ref()))
}
