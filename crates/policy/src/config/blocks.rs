//! `[default]`, `[[scope]]`, `[[override]]`: whom, when, what.

use super::fields::Fields;
use super::{Block, Measures, When, Who};
use crate::snapshot::{Answer, Ruling, YouTube};
use evenfield_model::{Grade, GradeBand};
use jiff::Timestamp;

const ANSWERS: [(&str, Answer); 3] =
    [("nxdomain", Answer::Nxdomain), ("null", Answer::NullAddress), ("page", Answer::BlockPage)];
const YOUTUBES: [(&str, YouTube); 3] =
    [("open", YouTube::Open), ("moderate", YouTube::Moderate), ("strict", YouTube::Strict)];
const AN_INSTANT: &str = "an instant with its offset: 2026-11-24T10:45:00-05:00";

pub(super) fn measures(fields: &mut Fields<'_, '_>) -> Measures {
    let mut rules = Vec::new();
    for (key, ruling) in
        [("allow", Ruling::Allow), ("deny", Ruling::Deny), ("must_deny", Ruling::MandatoryDeny)]
    {
        rules.extend(fields.patterns(key).into_iter().map(|pattern| (pattern, ruling)));
    }
    for (at, (pattern, ruling)) in rules.iter().enumerate() {
        let other = rules[..at].iter().find(|(p, r)| p.name == pattern.name && r != ruling);
        if other.is_some_and(|(p, _)| {
            p.cover == pattern.cover || p.cover == crate::Cover::Both || pattern.cover == crate::Cover::Both
        }) {
            fields.complain(format!("one ruling for {}, not two", pattern.name));
        }
    }
    Measures {
        block: fields.texts("block"),
        open: fields.texts("open"),
        must_block: fields.texts("must_block"),
        rules,
        safe_search: fields.flag("safe_search"),
        youtube: fields.word("youtube", &YOUTUBES),
        answer: fields.word("answer", &ANSWERS),
        allowed_only: fields.flag("allowed_only"),
        strip_ech: fields.flag("strip_ech"),
        check_cname: fields.flag("check_cname"),
        whole_suffixes: fields.flag("whole_suffixes").unwrap_or(false),
        note: fields.text("note").unwrap_or_default(),
    }
}

/// Grades by their codes (`07`, `KG`) or by a band (`middle`).
fn grades(fields: &mut Fields<'_, '_>) -> Option<Vec<Grade>> {
    let all = [Grade::Prekindergarten, Grade::Kindergarten, Grade::Ungraded];
    let all: Vec<Grade> = all.into_iter().chain((1..=13).map(Grade::Year)).collect();
    let bands = [GradeBand::Elementary, GradeBand::Middle, GradeBand::High, GradeBand::Ungraded];
    let wanted = "a grade (07, KG) or a band (elementary, middle, high)";
    let named = fields.each("grades", wanted, |text| match bands.iter().find(|b| b.as_str() == text) {
        Some(band) => Some(all.iter().copied().filter(|g| g.band() == *band).collect()),
        None => Grade::parse(text).map(|grade| vec![grade]),
    });
    let mut grades: Vec<Grade> = named.into_iter().flatten().collect();
    grades.sort_unstable();
    grades.dedup();
    (!grades.is_empty()).then_some(grades)
}

fn who(fields: &mut Fields<'_, '_>) -> Who {
    let who = Who {
        district: fields.text("district"),
        school: fields.text("school"),
        grades: grades(fields),
        section: fields.text("section"),
        student: fields.text("student"),
        site: fields.text("site"),
    };
    if who.site.is_some() && (who.student.is_some() || who.section.is_some() || who.grades.is_some()) {
        fields.complain("a place or people, not both: nobody is known by a place");
    }
    who
}

pub(super) fn scope(fields: &mut Fields<'_, '_>) -> Block {
    let who = who(fields);
    let wanted = "labels of a calendar: `lesson`, `night`, or joined `A+3`";
    let during = fields.each("during", wanted, |text| {
        let labels: Vec<String> = text.split('+').map(|label| label.trim().to_owned()).collect();
        labels.iter().all(|label| !label.is_empty()).then_some(labels)
    });
    let when = if during.is_empty() { When::Always } else { When::During(during) };
    Block { who, when, line: fields.line(), measures: measures(fields) }
}

/// The longest that an override may be, hours: what is to stay belongs into a scope.
const LONGEST_HOURS: i64 = 24 * 31;

pub(super) fn temporary(fields: &mut Fields<'_, '_>) -> Option<Block> {
    let who = who(fields);
    let [from, to] =
        ["from", "to"].map(|key| fields.parsed(key, AN_INSTANT, |text| text.parse::<Timestamp>().ok()));
    let by = fields.need("by");
    let in_periods = fields.flag("in_periods").unwrap_or(false);
    if in_periods && who.section.is_none() {
        fields.complain("`section`: `in_periods` is about when a section meets");
    }
    let mut measures = measures(fields);
    let (Some(from), Some(to)) = (from, to) else {
        fields.complain("`from` and `to`: an override has an end");
        return None;
    };
    if from >= to || to.duration_since(from).as_hours() > LONGEST_HOURS {
        fields.complain("an end later than the beginning, and at most 31 days later");
        return None;
    }
    let by = by?;
    measures.note = if measures.note.is_empty() { by } else { format!("{by}: {}", measures.note) };
    let when = if in_periods { When::Meeting(from, to) } else { When::Once(from, to) };
    Some(Block { who, when, line: fields.line(), measures })
}
