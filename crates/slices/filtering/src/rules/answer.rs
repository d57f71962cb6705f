//! The form that answers a request.

use super::ask;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::Deserialize;

/// The longest that a teacher opens a name for her sections, days; as for any override.
pub const SECTION_DAYS: i32 = 31;
/// The longest that anything is opened with an end.
pub const LONGEST_DAYS: i32 = 366;
/// The most characters of a reason.
pub const REASON: usize = 300;

/// What is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ruling {
    /// The name is opened.
    Allow,
    /// It stays as it is.
    Keep,
}

impl Ruling {
    /// The word in the table, the form and the keys of messages.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Allow => "allow",
            Self::Keep => "keep",
        }
    }

    /// The ruling with this word.
    pub fn from_word(word: &str) -> Option<Self> {
        [Self::Allow, Self::Keep].into_iter().find(|ruling| ruling.as_str() == word)
    }
}

/// For whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Whom {
    /// Everybody in the district.
    Everybody,
    /// A school, by its id.
    School(String),
    /// A section, by its id.
    Section(String),
}

impl Whom {
    /// As the form says it: `everybody`, `school:ID`, `section:ID`.
    pub fn from_word(word: &str) -> Option<Self> {
        match word.split_once(':') {
            None => (word == "everybody").then_some(Self::Everybody),
            Some(("school", id)) if !id.is_empty() => Some(Self::School(id.to_owned())),
            Some(("section", id)) if !id.is_empty() => Some(Self::Section(id.to_owned())),
            Some(_) => None,
        }
    }
}

/// The form.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Form {
    /// The name that is asked for.
    #[serde(default)]
    pub name: String,
    /// `allow` or `keep`.
    #[serde(default)]
    pub ruling: String,
    /// See [`Whom::from_word`].
    #[serde(default)]
    pub whom: String,
    /// The last day, or nothing.
    #[serde(default)]
    pub until: String,
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// A checked answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What.
    pub ruling: Ruling,
    /// For whom.
    pub whom: Whom,
    /// The end: the end of the last day there, ms since 1970 UTC.
    pub ends_ms: Option<i64>,
    /// Why.
    pub reason: String,
}

/// Whom somebody may answer for.
#[derive(Clone, Debug, Default)]
pub struct Allowed {
    /// Everybody and any school, and to keep a name blocked.
    pub everybody: bool,
    /// Ids of schools.
    pub schools: Vec<String>,
    /// Ids of sections.
    pub sections: Vec<String>,
}

/// A field that is wrong, and the key of its message.
pub type Wrong = (&'static str, &'static str);

/// Checks a form on this day in the district's time zone.
///
/// # Errors
/// All that is wrong.
pub fn read(form: &Form, allowed: &Allowed, today: Date, zone: &TimeZone) -> Result<Answer, Vec<Wrong>> {
    let mut wrong = Vec::new();
    let ruling = Ruling::from_word(&form.ruling).filter(|r| *r == Ruling::Allow || allowed.everybody);
    if ruling.is_none() {
        wrong.push(("ruling", "filtering-wrong-ruling"));
    }
    let may = |whom: &Whom| match whom {
        Whom::Everybody => allowed.everybody,
        Whom::School(id) => allowed.everybody && allowed.schools.contains(id),
        Whom::Section(id) => allowed.sections.contains(id),
    };
    let keeps = ruling == Some(Ruling::Keep);
    let whom = if keeps { Some(Whom::Everybody) } else { Whom::from_word(&form.whom).filter(may) };
    if whom.is_none() {
        wrong.push(("whom", "filtering-wrong-whom"));
    }
    let most = if matches!(whom, Some(Whom::Section(_))) { SECTION_DAYS } else { LONGEST_DAYS };
    let ends_ms = match form.until.trim() {
        _ if keeps => None,
        "" if most == SECTION_DAYS => {
            wrong.push(("until", "filtering-wrong-until-section"));
            None
        }
        "" => None,
        said => {
            let end = said.parse::<Date>().ok().and_then(|last| end(last, today, most, zone));
            if end.is_none() {
                let of_section = most == SECTION_DAYS;
                wrong.push((
                    "until",
                    if of_section { "filtering-wrong-until-section" } else { "filtering-wrong-until" },
                ));
            }
            end
        }
    };
    let reason = ask::line(&form.reason, REASON);
    if reason.is_empty() {
        wrong.push(("reason", "filtering-wrong-reason"));
    }
    match (ruling, whom) {
        (Some(ruling), Some(whom)) if wrong.is_empty() => Ok(Answer { ruling, whom, ends_ms, reason }),
        _ => Err(wrong),
    }
}

/// The end of this day, when it is today or at most so many days later.
fn end(last: Date, today: Date, most: i32, zone: &TimeZone) -> Option<i64> {
    let days = (last - today).get_days();
    if !(0..=most).contains(&days) {
        return None;
    }
    let next = last.tomorrow().ok()?.at(0, 0, 0, 0);
    Some(zone.to_timestamp(next).ok()?.as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    fn form(ruling: &str, whom: &str, until: &str, reason: &str) -> Form {
        let [ruling, whom, until, reason] = [ruling, whom, until, reason].map(str::to_owned);
        Form { name: "games.example".to_owned(), ruling, whom, until, reason }
    }

    fn fields(form: &Form, allowed: &Allowed) -> Vec<&'static str> {
        let today = date(2026, 11, 30);
        read(form, allowed, today, &TimeZone::UTC).expect_err("wrong").into_iter().map(|w| w.0).collect()
    }

    #[test]
    fn an_answer_is_what_its_giver_may_say() {
        let (today, zone) = (date(2026, 11, 30), TimeZone::get("America/New_York").expect("a zone"));
        let office = Allowed { everybody: true, schools: vec!["1".into()], sections: vec!["chess".into()] };
        let teacher = Allowed { sections: vec!["chess".into()], ..Allowed::default() };
        let told = read(&form("allow", "school:1", "2026-12-01", " for  class "), &office, today, &zone);
        // Midnight in New York is 5 o'clock UTC.
        let ends_ms =
            Some("2026-12-02T05:00:00Z".parse::<jiff::Timestamp>().expect("a time").as_millisecond());
        let wanted = Answer {
            ruling: Ruling::Allow,
            whom: Whom::School("1".into()),
            ends_ms,
            reason: "for class".into(),
        };
        assert_eq!(told, Ok(wanted));
        let kept = read(&form("keep", "", "nonsense", "a game"), &office, today, &zone).expect("kept");
        assert_eq!((kept.ruling, kept.whom, kept.ends_ms), (Ruling::Keep, Whom::Everybody, None));
        assert!(read(&form("allow", "everybody", "", "x"), &office, today, &zone).is_ok());
        assert!(read(&form("allow", "section:chess", "2026-12-31", "x"), &teacher, today, &zone).is_ok());

        assert_eq!(fields(&form("", "", "", ""), &office), ["ruling", "whom", "reason"]);
        assert_eq!(fields(&form("keep", "everybody", "", "x"), &teacher), ["ruling", "whom"]);
        assert_eq!(fields(&form("allow", "everybody", "", "x"), &teacher), ["whom"]);
        assert_eq!(fields(&form("allow", "school:1", "", "x"), &teacher), ["whom"]);
        assert_eq!(fields(&form("allow", "section:art", "2026-12-01", "x"), &teacher), ["whom"]);
        assert_eq!(fields(&form("allow", "school:2", "", "x"), &office), ["whom"]);
        assert_eq!(fields(&form("allow", "section:chess", "", "x"), &office), ["until"]);
        assert_eq!(fields(&form("allow", "section:chess", "2027-01-01", "x"), &office), ["until"]);
        for until in ["2026-11-29", "2027-12-02", "tomorrow"] {
            assert_eq!(fields(&form("allow", "everybody", until, "x"), &office), ["until"], "{until}");
        }
    }
}
