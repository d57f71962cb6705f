//! `users.csv` and, from 1.2 on, `roles.csv`.

use super::manifest::Mode;
use super::{Base, Reader, Status, is_current, list};
use crate::read::{ReadError, Row, Table};
use crate::roster::draft::{Draft, Kind, Seen};
use crate::roster::homes::{Home, HomeColumns};
use crate::roster::{Staff, Student};
use evenfield_model::Problems;
use std::collections::HashMap;

/// The columns of `users.csv` in either version that are known but not read.
const NOT_READ: [&str; 15] = [
    "enabledUser",
    "username",
    "userIds",
    "middleName",
    "identifier",
    "sms",
    "phone",
    "agentSourcedIds",
    "password",
    "userMasterIdentifier",
    "resourceSourcedIds",
    "preferredGivenName",
    "preferredMiddleName",
    "preferredFamilyName",
    "pronouns",
];

/// What a person is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Student,
    Staff,
    Neither,
}

/// A person's role by `roles.csv`.
pub(super) struct Role {
    part: Part,
    org: Box<str>,
    is_primary: bool,
}

/// By the person's `sourcedId` the role that counts, and `None` where no row of the person's does.
type ByPerson = HashMap<Box<str>, Option<Role>>;

/// The roles; `None` without a `roles.csv`.
pub(super) type Roles = Option<ByPerson>;

/// The roles of OneRoster 1.1 and 1.2.
fn part(role: &str) -> Option<Part> {
    Some(match role {
        "student" => Part::Student,
        "teacher" | "aide" | "administrator" | "counselor" | "principal" | "proctor" => Part::Staff,
        "districtAdministrator" | "siteAdministrator" | "systemAdministrator" => Part::Staff,
        "guardian" | "parent" | "relative" => Part::Neither,
        _ => return None,
    })
}

const ROLES_WANTED: &str =
    "a role of OneRoster, such as student, teacher, administrator or guardian; left out";

struct RoleColumns {
    base: Base,
    user: Option<usize>,
    role: Option<usize>,
    role_type: Option<usize>,
    begin: Option<usize>,
    end: Option<usize>,
    org: Option<usize>,
}

/// Reads `roles.csv` when there is one.
pub(super) fn read_roles(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<Roles, ReadError> {
    if draft.source.find("roles.csv").next().is_none() {
        // A delta of 1.2 in which no role changed.
        let is_newer = reader.is_delta && reader.manifest.mode("roles") != Mode::Unsaid;
        return Ok(is_newer.then(HashMap::new));
    }
    let mut roles = HashMap::new();
    let columns = |table: &mut Table<'_>, problems: &mut Problems| {
        let columns = RoleColumns {
            base: Base::find(table, problems),
            user: table.require(&["userSourcedId"], problems),
            role: table.require(&["role"], problems),
            role_type: table.column(&["roleType"], problems),
            begin: table.column(&["beginDate"], problems),
            end: table.column(&["endDate"], problems),
            org: table.require(&["orgSourcedId"], problems),
        };
        table.report_unknown(|h| h.starts_with("userProfile") || h.starts_with("metadata."), problems);
        columns
    };
    reader.file(draft, ("roles.csv", true), columns, |draft, reader, at, row| {
        role(draft, reader.is_delta, (at, &row), &mut roles);
    })?;
    Ok(Some(roles))
}

/// Keeps the role that counts: the current one at a school, primary before secondary, student before staff.
fn role(draft: &mut Draft<'_>, is_delta: bool, (at, row): (&RoleColumns, &Row<'_>), roles: &mut ByPerson) {
    let Some(user) = row.id(at.user, "the person's sourcedId", &mut draft.problems) else { return };
    let gone = at.base.status(row, is_delta, &mut draft.problems) == Status::Gone;
    let part = row.parsed(at.role, part, ROLES_WANTED, &mut draft.problems);
    let is_primary = match row.text(at.role_type) {
        "primary" | "" => true,
        "secondary" => false,
        _ => {
            row.problem(at.role_type, "primary or secondary; read as secondary", &mut draft.problems);
            false
        }
    };
    let current = is_current(draft, row, at.begin, at.end);
    draft.not_current += u64::from(!current && !gone);
    let held = roles.entry(user.into()).or_default();
    let Some(part) = part.filter(|_| current && !gone) else { return };
    let org = row.text(at.org);
    let at_school = |org: &str| draft.schools.get(org).is_some_and(|s| s.kind == Kind::School);
    let rank = |part, primary, org: &str| (part == Part::Student, at_school(org), primary);
    let better = held
        .as_ref()
        .is_none_or(|held| rank(part, is_primary, org) > rank(held.part, held.is_primary, &held.org));
    if better {
        *held = Some(Role { part, org: org.into(), is_primary });
    }
}

struct Columns {
    base: Base,
    orgs: Option<usize>,
    role: Option<usize>,
    given_name: Option<usize>,
    family_name: Option<usize>,
    email: Option<usize>,
    grades: Option<usize>,
    home: HomeColumns,
}

/// Reads `users.csv`: 1.1 with role and schools in the row, 1.2 with them in `roles.csv`.
pub(super) fn read(draft: &mut Draft<'_>, reader: &mut Reader<'_>, roles: &Roles) -> Result<(), ReadError> {
    let has_roles = roles.is_some();
    let columns = |table: &mut Table<'_>, problems: &mut Problems| {
        let base = Base::find(table, problems);
        let (orgs, role) = if has_roles {
            (table.column(&["primaryOrgSourcedId", "orgSourcedIds"], problems), None)
        } else {
            (table.require(&["orgSourcedIds"], problems), table.require(&["role"], problems))
        };
        let columns = Columns {
            base,
            orgs,
            role,
            given_name: table.require(&["givenName"], problems),
            family_name: table.require(&["familyName"], problems),
            email: table.column(&["email"], problems),
            grades: table.require(&["grades"], problems),
            home: HomeColumns::find(table, "metadata.", problems),
        };
        let known = |h: &str| {
            NOT_READ.contains(&h)
                || h.starts_with("metadata.")
                || has_roles && matches!(h, "role" | "orgSourcedIds")
        };
        table.report_unknown(known, problems);
        columns
    };
    reader.file(draft, ("users.csv", true), columns, |draft, reader, at, row| {
        user(draft, reader, (at, &row), roles.as_ref());
    })
}

fn user(
    draft: &mut Draft<'_>,
    reader: &mut Reader<'_>,
    (at, row): (&Columns, &Row<'_>),
    roles: Option<&ByPerson>,
) {
    let Some(id) = row.id(at.base.id, "the person's sourcedId", &mut draft.problems) else { return };
    if at.base.status(row, reader.is_delta, &mut draft.problems) == Status::Gone {
        reader.gone.people.push(id.to_owned());
        return;
    }
    let known = draft.people.get(id);
    if !draft.is_new(row, at.base.id, known) {
        return;
    }
    let (part, org) = match roles {
        None => (row.parsed(at.role, part, ROLES_WANTED, &mut draft.problems), None),
        Some(roles) => match roles.get(id) {
            Some(Some(role)) => (Some(role.part), Some(&*role.org)),
            // A delta may change a person without changing the role.
            _ if reader.is_delta => (known.and_then(part_of), None),
            // None that counts: each is counted as not current, taken back, or a problem already.
            Some(None) => (None, None),
            None => {
                let wanted = "a row in roles.csv that says what this person is; left out";
                row.problem(at.base.id, wanted, &mut draft.problems);
                (None, None)
            }
        },
    };
    match part {
        Some(Part::Student) => student(draft, (at, row), id, org),
        Some(Part::Staff) => {
            let staff = Staff {
                source_id: id.to_owned(),
                given_name: row.text(at.given_name).to_owned(),
                family_name: row.text(at.family_name).to_owned(),
                email: row.filled(at.email).map(crate::roster::email),
            };
            draft.add_staff(staff, row.line);
        }
        Some(Part::Neither) | None => draft.people.insert(id, Kind::Other, usize::MAX, row.line),
    }
}

/// What a person is in the roster that a delta is for.
fn part_of(seen: Seen) -> Option<Part> {
    match seen.kind {
        Kind::Student => Some(Part::Student),
        Kind::Staff => Some(Part::Staff),
        _ => None,
    }
}

/// A student. One without a known school is a problem and left out: no figure could be about it.
fn student(draft: &mut Draft<'_>, (at, row): (&Columns, &Row<'_>), id: &str, org: Option<&str>) {
    let Some(school) = school_of(draft, (at, row), org) else {
        draft.people.insert(id, Kind::Other, usize::MAX, row.line);
        return;
    };
    let given_name = row.required(at.given_name, "the given name", &mut draft.problems).unwrap_or_default();
    let family_name =
        row.required(at.family_name, "the family name", &mut draft.problems).unwrap_or_default();
    let mut student = Student {
        source_id: id.to_owned(),
        school,
        grade: draft.grade(row, at.grades),
        given_name: given_name.to_owned(),
        family_name: family_name.to_owned(),
        address: None,
        frl: None,
        ell: None,
        iep: None,
        home_language: None,
    };
    Home::read(row, &at.home, &mut draft.problems).give(&mut student);
    draft.add_student(student, row.line);
}

/// The school of a role, or the first school among the organisations of the row.
fn school_of(draft: &mut Draft<'_>, (at, row): (&Columns, &Row<'_>), org: Option<&str>) -> Option<String> {
    let candidates = org.into_iter().chain(list(row.text(at.orgs)));
    let is_school = |id: &&str| draft.schools.get(id).is_some_and(|seen| seen.kind == Kind::School);
    let found = candidates.clone().find(is_school).map(str::to_owned);
    if found.is_none() {
        let said = candidates.collect::<Vec<_>>().join(",");
        let wanted = "the sourcedId of a school in orgs.csv. The student is left out";
        draft.problems.push(row.file(), row.line, row.header(at.orgs), &said, wanted);
    }
    found
}
