//! Survey answers as Ed-Fi resources `studentEducationOrganizationAssociation` (Data Standard 4 to 6).
//!
//! Ed-Fi has no place for the term, the speeds and the size of the household: they stand in the extension
//! `_ext.evenfield`, where the standard puts what it does not define.

use super::csv_file::{TIME, one_of, time};
use super::{Defaults, Response, indicators, is_term, keep, limits, parse_time};
use crate::read::ReadError;
use evenfield_model::{
    Barrier, DeviceAway, DeviceProvider, DeviceSharing, InternetPerformance, InternetType, Problems,
};
use serde::de::{Deserializer, SeqAccess, Visitor};
use serde_json::{Map, Value, json};
use std::fmt;

/// One resource and where it stands, for problems.
pub(super) struct Resource<'v> {
    pub file: &'v str,
    pub line: u64,
    pub fields: &'v Map<String, Value>,
}

/// How a code list is read and written.
type Codes<T> = (fn(&str) -> Option<T>, fn(T) -> &'static str);

impl Resource<'_> {
    /// The text of a field; another kind of value is a problem.
    fn text(&self, field: &str, problems: &mut Problems) -> Option<&str> {
        match self.fields.get(field)? {
            Value::String(text) => Some(text.trim()).filter(|t| !t.is_empty()),
            Value::Null => None,
            other => {
                problems.push(self.file, self.line, field, &other.to_string(), "a text");
                None
            }
        }
    }

    /// A descriptor: the full URI with its own name space, or the bare code value.
    fn descriptor<T: Copy>(
        &self,
        (field, namespace): (&str, &str),
        all: &[T],
        (parse, code): Codes<T>,
        problems: &mut Problems,
    ) -> Option<T> {
        let text = self.text(field, problems)?;
        let right_list = text.split_once('#').is_none_or(|(space, _)| {
            // A state may have its own authority (`uri://tea.texas.gov/…`), but the list must be this one.
            space.rsplit('/').next() == namespace.rsplit('/').next()
        });
        let value = parse(text).filter(|_| right_list);
        if value.is_none() {
            problems.push(self.file, self.line, field, text, format!("{namespace}#{}", one_of(all, code)));
        }
        value
    }

    fn speed(&self, object: &Map<String, Value>, field: &str, problems: &mut Problems) -> Option<f64> {
        let value = object.get(field).filter(|v| !v.is_null())?;
        let number = value.as_f64().filter(|speed| limits::is_mbps(*speed));
        if number.is_none() {
            problems.push(self.file, self.line, field, &value.to_string(), limits::MBPS_WANTED);
        }
        number
    }
}

/// Reads one file: a resource, an array of them, or one on each line.
pub(super) fn read(
    file: &str,
    text: &str,
    defaults: &Defaults,
    responses: &mut Vec<Response>,
    problems: &mut Problems,
) -> Result<(), ReadError> {
    if text.trim_start().starts_with('[') {
        // JSON has no lines of its own: the place in the list is what helps to find it.
        let mut number = 0;
        let each = |value: Value| {
            number += 1;
            one(file, number, &value, defaults, responses, problems);
        };
        let mut json = serde_json::Deserializer::from_str(text);
        return json.deserialize_seq(Each(each)).and_then(|()| json.end()).map_err(|e| not_json(file, &e));
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        one(file, 1, &value, defaults, responses, problems);
        return Ok(());
    }
    let mut sound = 0;
    let lines = text.lines().zip(1u64..).filter(|(line, _)| !line.trim().is_empty());
    for (line, number) in lines {
        match serde_json::from_str::<Value>(line) {
            Ok(value) => {
                sound += 1;
                one(file, number, &value, defaults, responses, problems);
            }
            Err(error) if sound == 0 => return Err(not_json(file, &error)),
            Err(error) => problems.push(file, number, "", line, format!("JSON ({error})")),
        }
    }
    Ok(())
}

/// Gives the elements of an array one by one, so that no more than one of them is in memory.
struct Each<F>(F);

impl<'de, F: FnMut(Value)> Visitor<'de> for Each<F> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an array of Ed-Fi resources")
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut all: A) -> Result<(), A::Error> {
        while let Some(value) = all.next_element()? {
            (self.0)(value);
        }
        Ok(())
    }
}

fn not_json(file: &str, error: &serde_json::Error) -> ReadError {
    ReadError::Missing { file: file.to_owned(), wanted: format!("JSON of Ed-Fi resources; {error}") }
}

fn one(
    file: &str,
    line: u64,
    value: &Value,
    defaults: &Defaults,
    responses: &mut Vec<Response>,
    problems: &mut Problems,
) {
    let Value::Object(fields) = value else {
        problems.push(file, line, "", &value.to_string(), "an Ed-Fi resource (a JSON object)");
        return;
    };
    let resource = Resource { file, line, fields };
    let before = problems.found();
    let Some(response) = response(&resource, defaults, problems) else { return };
    let is_read = problems.found() == before;
    keep(response, is_read, responses, |column, said, wanted| {
        problems.push(file, line, column, said, wanted)
    });
}

/// Reads a resource; one without any digital-equity element gives no response and is no problem.
fn response(at: &Resource<'_>, defaults: &Defaults, problems: &mut Problems) -> Option<Response> {
    let reference = at.fields.get("studentReference").and_then(|r| r.get("studentUniqueId"));
    let student = match reference {
        Some(Value::String(id)) if !id.trim().is_empty() && !id.trim().chars().any(char::is_control) => {
            id.trim().to_owned()
        }
        Some(Value::Number(id)) => id.to_string(),
        other => {
            let said = other.map(Value::to_string).unwrap_or_default();
            let wanted = "the student's id in studentReference.studentUniqueId; the resource is left out";
            problems.push(at.file, at.line, "studentUniqueId", &said, wanted);
            return None;
        }
    };
    let mut response = Response {
        student,
        term: defaults.term.clone(),
        answered_ms: answered(at, defaults, problems),
        ..Response::default()
    };
    indicators::read(at, &mut response, problems);
    elements(at, &mut response, problems);
    if let Some(Value::Object(own)) = at.fields.get("_ext").and_then(|ext| ext.get("evenfield")) {
        extension(at, own, &mut response, problems);
    }
    Some(response)
}

fn answered(at: &Resource<'_>, defaults: &Defaults, problems: &mut Problems) -> i64 {
    let Some(text) = at.text("_lastModifiedDate", problems) else { return defaults.answered_ms };
    parse_time(text).filter(|ms| defaults.is_possible(*ms)).unwrap_or_else(|| {
        problems.push(at.file, at.line, "_lastModifiedDate", text, TIME);
        defaults.answered_ms
    })
}

/// The elements of Data Standard 4 and later. Where they stand beside older indicators, they win.
fn elements(at: &Resource<'_>, response: &mut Response, problems: &mut Problems) {
    match at.fields.get("internetAccessInResidence") {
        None | Some(Value::Null) => {}
        Some(Value::Bool(yes)) => response.internet_access = Some(*yes),
        Some(other) => {
            let said = other.to_string();
            problems.push(at.file, at.line, "internetAccessInResidence", &said, "true or false");
        }
    }
    macro_rules! descriptor {
        ($into:ident, $list:ty, $field:literal) => {
            let place = ($field, <$list>::NAMESPACE);
            let read =
                (<$list>::parse as fn(&str) -> Option<$list>, <$list>::code as fn($list) -> &'static str);
            let value = at.descriptor(place, <$list>::ALL, read, problems);
            response.$into = value.or(response.$into);
        };
    }
    descriptor!(barrier, Barrier, "barrierToInternetAccessInResidenceDescriptor");
    descriptor!(internet_type, InternetType, "internetAccessTypeInResidenceDescriptor");
    descriptor!(performance, InternetPerformance, "internetPerformanceInResidenceDescriptor");
    descriptor!(device, DeviceAway, "primaryLearningDeviceAwayFromSchoolDescriptor");
    descriptor!(sharing, DeviceSharing, "primaryLearningDeviceAccessDescriptor");
    descriptor!(provider, DeviceProvider, "primaryLearningDeviceProviderDescriptor");
}

/// What [`write_ed_fi`] puts beside the standard.
fn extension(at: &Resource<'_>, own: &Map<String, Value>, response: &mut Response, problems: &mut Problems) {
    if let Some(term) = own.get("term") {
        match term.as_str().filter(|t| is_term(t)) {
            Some(term) => response.term = term.to_owned(),
            None => {
                let wanted = "a term like 2026-fall";
                problems.push(at.file, at.line, "term", &term.to_string(), wanted);
            }
        }
    }
    response.download_mbps = at.speed(own, "internetDownloadSpeed", problems);
    response.upload_mbps = at.speed(own, "internetUploadSpeed", problems);
    if let Some(value) = own.get("householdStudents").filter(|v| !v.is_null()) {
        let count = value.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| limits::is_students(*n));
        if count.is_none() {
            problems.push(at.file, at.line, "householdStudents", &value.to_string(), limits::STUDENTS_WANTED);
        }
        response.household_students = count;
    }
}

/// Writes responses as an array of Ed-Fi resources of one district (its LEAID or state number as
/// `educationOrganizationId`), UTF-8.
pub fn write_ed_fi(responses: &[Response], education_organization_id: u64) -> Vec<u8> {
    let resources: Vec<Value> =
        responses.iter().map(|response| resource(response, education_organization_id)).collect();
    let mut out = serde_json::to_vec_pretty(&resources).expect("JSON in memory");
    out.push(b'\n');
    out
}

fn resource(r: &Response, education_organization_id: u64) -> Value {
    let mut fields = Map::new();
    let mut put = |field: &str, value: Value| {
        if !value.is_null() {
            fields.insert(field.to_owned(), value);
        }
    };
    put("studentReference", json!({ "studentUniqueId": r.student }));
    put("educationOrganizationReference", json!({ "educationOrganizationId": education_organization_id }));
    let uri =
        |namespace: &str, code: Option<&str>| code.map_or(Value::Null, |c| json!(format!("{namespace}#{c}")));
    let barrier = uri(Barrier::NAMESPACE, r.barrier.map(Barrier::code));
    put("barrierToInternetAccessInResidenceDescriptor", barrier);
    put("internetAccessInResidence", json!(r.internet_access));
    let kind = uri(InternetType::NAMESPACE, r.internet_type.map(InternetType::code));
    put("internetAccessTypeInResidenceDescriptor", kind);
    let performance = uri(InternetPerformance::NAMESPACE, r.performance.map(InternetPerformance::code));
    put("internetPerformanceInResidenceDescriptor", performance);
    let sharing = uri(DeviceSharing::NAMESPACE, r.sharing.map(DeviceSharing::code));
    put("primaryLearningDeviceAccessDescriptor", sharing);
    let device = uri(DeviceAway::NAMESPACE, r.device.map(DeviceAway::code));
    put("primaryLearningDeviceAwayFromSchoolDescriptor", device);
    let provider = uri(DeviceProvider::NAMESPACE, r.provider.map(DeviceProvider::code));
    put("primaryLearningDeviceProviderDescriptor", provider);
    let own = json!({
        "term": r.term,
        "internetDownloadSpeed": r.download_mbps,
        "internetUploadSpeed": r.upload_mbps,
        "householdStudents": r.household_students,
    });
    put("_ext", json!({ "evenfield": own }));
    put("_lastModifiedDate", json!(time(r.answered_ms)));
    Value::Object(fields)
}
