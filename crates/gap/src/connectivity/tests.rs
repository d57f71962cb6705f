use super::*;

#[test]
fn a_school_is_held_against_both_goals() {
    let found = assess(150.0, 600).expect("a school with students");
    assert!((found.mbps_per_1000 - 250.0).abs() < 1e-9);
    let [short, long] = found.standings;
    assert!(short.meets && short.shortfall_mbps == 0.0 && (short.wanted_mbps - 60.0).abs() < 1e-9);
    assert!(!long.meets && (long.shortfall_mbps - 450.0).abs() < 1e-9);
    assert_eq!(assess(150.0, 0), None);
    assert!(assess(60.0, 600).expect("students").standings[0].meets, "exactly the goal is met");
}

#[test]
fn a_file_with_other_headers_is_read() {
    let text = "\u{feff}School Name,STUDENTS,Measured Mbps,Contracted_Mbps\r\nNorth,\"1,200\",480.5,1000\r\nSouth,300,,50\r\n";
    let (lines, problems) = parse("lines.csv", text);
    assert!(problems.is_empty(), "{problems:?}");
    assert_eq!(
        lines[0],
        Line {
            school: "North".into(),
            line: 2,
            enrollment: 1200,
            contracted_mbps: Some(1000.0),
            measured_mbps: Some(480.5)
        }
    );
    assert_eq!(lines[1].measured_mbps, None);
    let schools = assess_all(lines);
    assert!(schools[1].measured.is_none());
    assert!(schools[1].contracted.expect("contracted").standings[0].meets);
}

#[test]
fn bad_rows_are_named_and_left_out() {
    let text = "school,enrollment,contracted_mbps\nA,100,50\nA,100,50\nB,-3,50\nC,100,fast\nD,100,-1\n,100,5\nE,10\nF,10,inf\n";
    let (lines, problems) = parse("lines.csv", text);
    assert_eq!(lines.len(), 1);
    let found: Vec<(u64, &str)> = problems.kept().iter().map(|p| (p.line, p.column.as_str())).collect();
    let wanted = [
        (3, "school"),
        (4, "enrollment"),
        (5, "contracted_mbps"),
        (6, "contracted_mbps"),
        (7, "school"),
        (8, ""),
        (9, "contracted_mbps"),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_file_without_the_columns_is_refused() {
    for (text, found) in [("", 1), ("a,b\n1,2\n", 2), ("school,enrollment\nA,1\n", 1)] {
        let (lines, problems) = parse("lines.csv", text);
        assert!(lines.is_empty());
        assert_eq!(problems.found(), found, "{text:?}");
    }
}

#[test]
fn a_row_with_a_cell_too_many_is_not_read_wrongly() {
    // A thousands comma without quotation marks would else make a school of one student.
    let (lines, problems) =
        parse("lines.csv", "school,enrollment,contracted_mbps\nElm,1,200,500\nOak,300,500\n");
    assert_eq!(lines.len(), 1);
    assert_eq!((problems.kept()[0].line, problems.kept()[0].said.as_str()), (2, "Elm,1,200,500"));
}

#[test]
fn a_school_without_students_is_kept_and_held_against_no_goal() {
    let (lines, problems) = parse("lines.csv", "school;enrollment;contracted_mbps\nElm;0;500\n");
    assert!(problems.is_empty(), "{problems:?}");
    let schools = assess_all(lines);
    assert_eq!((schools[0].line.enrollment, schools[0].contracted), (0, None));
}

#[test]
fn a_line_of_exactly_the_goal_meets_it() {
    for students in 1..=5_000 {
        for (goal, mbps) in [(0, 0.1), (1, 1.0)] {
            let line = mbps * f64::from(students);
            let line = (line * 10.0).round() / 10.0;
            let standing = &assess(line, students).expect("students").standings[goal];
            assert!(standing.meets && standing.shortfall_mbps == 0.0, "{students} students, {line} Mbps");
        }
    }
}
