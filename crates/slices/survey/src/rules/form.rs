//! The questions, which of them are asked, and a form read into a [`Response`].

use evenfield_gap::survey::{Response, limits};
use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType,
};
use std::collections::HashMap;

/// One question with a list of answers. The words are in Fluent: `survey-q-<name>`, and
/// `survey-a-<name>-<number>` for each answer in the order of the code list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Question {
    /// The field's name in forms.
    pub name: &'static str,
    /// The Ed-Fi code values, in the order shown.
    pub codes: &'static [&'static str],
    /// Whether it must be answered when it is asked.
    pub required: bool,
}

/// Can the student use the Internet at home?
pub const ACCESS: Question = Question { name: "access", codes: &["Yes", "No"], required: true };
/// The device for school work at home.
pub const DEVICE: Question = Question {
    name: "device",
    codes: &["Chromebook", "Laptop Computer", "Desktop Computer", "Tablet", "Smartphone", "None", "Other"],
    required: true,
};
/// Why there is no Internet.
pub const BARRIER: Question = Question {
    name: "barrier",
    codes: &["Not Affordable", "Not Available", "Not Desired", "Other"],
    required: true,
};
/// The kind of service. `None` is not offered: it is asked of homes that have Internet.
pub const TYPE: Question = Question {
    name: "type",
    codes: &[
        "Residential Broadband",
        "Cellular Network",
        "Hot Spot",
        "Community Provided Wi-Fi",
        "Satellite",
        "Dial-up",
        "Other",
        "Unknown",
    ],
    required: true,
};
/// Whether it runs without interruption.
pub const PERFORMANCE: Question =
    Question { name: "performance", codes: &["Yes", "Sometimes", "No"], required: true };
/// Whether the device is shared.
pub const SHARING: Question =
    Question { name: "sharing", codes: &["Not Shared", "Shared", "Unknown"], required: true };
/// Who provides it.
pub const PROVIDER: Question =
    Question { name: "provider", codes: &["School", "Personal", "Other"], required: true };

/// Every question with a list, in the order of the paper form.
pub const ALL: [Question; 7] = [ACCESS, DEVICE, BARRIER, TYPE, PERFORMANCE, SHARING, PROVIDER];

/// The questions of the second step, after these answers to the first.
pub fn second_step(access: &str, device: &str) -> Vec<Question> {
    let mut asked = Vec::new();
    match access {
        "No" => asked.push(BARRIER),
        _ => asked.extend([TYPE, PERFORMANCE]),
    }
    if device != "None" {
        asked.extend([SHARING, PROVIDER]);
    }
    asked
}

/// What is wrong with a field: the field's name, and the Fluent key of the message.
pub type Wrong = (&'static str, &'static str);

/// The fields of a form by name.
pub type Fields = HashMap<String, String>;

/// A field, trimmed; empty when it was not sent.
pub fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.get(name).map_or("", |v| v.trim())
}

/// Checks the answers to these questions.
pub fn check(fields: &Fields, questions: &[Question]) -> Vec<Wrong> {
    questions
        .iter()
        .filter_map(|q| match field(fields, q.name) {
            "" if q.required => Some((q.name, "survey-choose")),
            "" => None,
            said if !q.codes.contains(&said) => Some((q.name, "survey-choose")),
            _ => None,
        })
        .collect()
}

/// A number that may be left out.
fn number<T>(
    fields: &Fields,
    (name, key): Wrong,
    read: impl Fn(&str) -> Option<T>,
    wrong: &mut Vec<Wrong>,
) -> Option<T> {
    let text = field(fields, name);
    if text.is_empty() {
        return None;
    }
    let number = read(text);
    if number.is_none() {
        wrong.push((name, key));
    }
    number
}

/// Reads both steps. Answers to questions that these answers skip are dropped: someone who went back
/// and changed "yes" to "no" has left some behind. The student, term and time are the caller's.
///
/// # Errors
/// Every field that is wrong, in the order of the form.
pub fn read(fields: &Fields) -> Result<Response, Vec<Wrong>> {
    let (access, device) = (field(fields, "access"), field(fields, "device"));
    let mut questions = vec![ACCESS, DEVICE];
    questions.extend(second_step(access, device));
    let mut wrong = check(fields, &questions);
    let household_students =
        number(fields, ("students", "survey-students-wrong"), limits::students, &mut wrong);
    let (mut download_mbps, mut upload_mbps) = (None, None);
    if access == "Yes" {
        download_mbps = number(fields, ("download", "survey-speed-wrong"), limits::mbps, &mut wrong);
        upload_mbps = number(fields, ("upload", "survey-speed-wrong"), limits::mbps, &mut wrong);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let asked = |q: Question| questions.contains(&q).then(|| field(fields, q.name)).filter(|a| !a.is_empty());
    Ok(Response {
        internet_access: asked(ACCESS).map(|a| a == "Yes"),
        barrier: asked(BARRIER).and_then(Barrier::parse),
        internet_type: asked(TYPE).and_then(InternetType::parse),
        performance: asked(PERFORMANCE).and_then(InternetPerformance::parse),
        device: asked(DEVICE).and_then(DeviceAway::parse),
        sharing: asked(SHARING).and_then(DeviceSharing::parse),
        provider: asked(PROVIDER).and_then(DeviceProvider::parse),
        download_mbps,
        upload_mbps,
        household_students,
        ..Response::default()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Fields {
        pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    }

    #[test]
    fn every_answer_is_an_ed_fi_code() {
        assert!(BARRIER.codes.iter().all(|c| Barrier::parse(c).is_some_and(|v| v.code() == *c)));
        assert!(TYPE.codes.iter().all(|c| InternetType::parse(c).is_some_and(|v| v.code() == *c)));
        assert!(
            PERFORMANCE.codes.iter().all(|c| InternetPerformance::parse(c).is_some_and(|v| v.code() == *c))
        );
        assert!(DEVICE.codes.iter().all(|c| DeviceAway::parse(c).is_some_and(|v| v.code() == *c)));
        assert!(SHARING.codes.iter().all(|c| DeviceSharing::parse(c).is_some_and(|v| v.code() == *c)));
        assert!(PROVIDER.codes.iter().all(|c| DeviceProvider::parse(c).is_some_and(|v| v.code() == *c)));
        assert_eq!(DEVICE.codes.len(), DeviceAway::ALL.len());
        assert_eq!(BARRIER.codes.len(), Barrier::ALL.len());
        assert_eq!(TYPE.codes.len() + 1, InternetType::ALL.len());
    }

    #[test]
    fn what_the_answers_skip_is_not_asked_and_not_kept() {
        let no = fields(&[
            ("access", "No"),
            ("device", "None"),
            ("barrier", "Not Affordable"),
            ("type", "Satellite"),
            ("sharing", "Shared"),
            ("download", "100"),
        ]);
        let response = read(&no).expect("a response");
        assert_eq!(response.barrier, Some(Barrier::NotAffordable));
        assert_eq!((response.internet_type, response.sharing, response.download_mbps), (None, None, None));
    }

    #[test]
    fn every_wrong_field_is_named_at_once() {
        let wrong = read(&fields(&[
            ("access", "Yes"),
            ("device", "Abacus"),
            ("students", "0"),
            ("download", "-3"),
            ("upload", "NaN"),
        ]))
        .expect_err("wrong");
        let names: Vec<&str> = wrong.iter().map(|(name, _)| *name).collect();
        assert_eq!(
            names,
            ["device", "type", "performance", "sharing", "provider", "students", "download", "upload"]
        );
    }

    #[test]
    fn a_whole_answer_is_read() {
        let response = read(&fields(&[
            ("access", "Yes"),
            ("device", "Chromebook"),
            ("type", "Cellular Network"),
            ("performance", "Sometimes"),
            ("sharing", "Not Shared"),
            ("provider", "School"),
            ("students", "3"),
            ("download", "12,5"),
            ("upload", ""),
        ]))
        .expect("a response");
        assert_eq!(response.internet_access, Some(true));
        assert_eq!(response.internet_type, Some(InternetType::CellularNetwork));
        assert_eq!(response.download_mbps, Some(12.5));
        assert_eq!(response.upload_mbps, None);
        assert_eq!(response.household_students, Some(3));
    }
}
