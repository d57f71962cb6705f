//! `orgs.csv`: schools, and the districts and offices around them.

use super::{Base, Reader, Status};
use crate::read::{ReadError, Row, Table};
use crate::roster::School;
use crate::roster::clever::ncessch;
use crate::roster::draft::{Draft, Kind};
use evenfield_model::Problems;

struct Columns {
    base: Base,
    name: Option<usize>,
    kind: Option<usize>,
    identifier: Option<usize>,
}

pub(super) fn read(draft: &mut Draft<'_>, reader: &mut Reader<'_>) -> Result<(), ReadError> {
    reader.file(draft, ("orgs.csv", true), columns, org)
}

fn columns(table: &mut Table<'_>, problems: &mut Problems) -> Columns {
    let columns = Columns {
        base: Base::find(table, problems),
        name: table.require(&["name"], problems),
        kind: table.require(&["type"], problems),
        identifier: table.column(&["identifier"], problems),
    };
    let known = |h: &str| h == "parentSourcedId" || h.starts_with("metadata.");
    table.report_unknown(known, problems);
    columns
}

fn org(draft: &mut Draft<'_>, reader: &mut Reader<'_>, at: &Columns, row: Row<'_>) {
    let Some(id) = row.id(at.base.id, "the organisation's sourcedId", &mut draft.problems) else { return };
    if at.base.status(&row, reader.is_delta, &mut draft.problems) == Status::Gone {
        reader.gone.schools.push(id.to_owned());
        return;
    }
    if !draft.is_new(&row, at.base.id, draft.schools.get(id)) {
        return;
    }
    match row.text(at.kind) {
        "school" => {
            let name = row.required(at.name, "the school's name", &mut draft.problems).unwrap_or(id);
            let ncessch = ncessch(draft, &row, at.identifier);
            let school = School { source_id: id.to_owned(), name: name.to_owned(), ncessch };
            draft.add_school(school, row.line);
        }
        "department" | "district" | "local" | "state" | "national" => {
            draft.schools.insert(id, Kind::Other, usize::MAX, row.line);
        }
        _ => {
            let wanted =
                "department, school, district, local, state or national; the organisation is left out";
            row.problem(at.kind, wanted, &mut draft.problems);
            draft.schools.insert(id, Kind::Other, usize::MAX, row.line);
        }
    }
}
