use super::{Town, people::Service};

#[test]
fn the_same_seed_makes_the_same_files() {
    let one = super::files(&Town::new(7, 600)).expect("files");
    let two = super::files(&Town::new(7, 600)).expect("files");
    assert!(one.iter().map(|f| &f.0).eq(two.iter().map(|f| &f.0)));
    for (a, b) in one.iter().zip(&two) {
        assert!(a.1 == b.1, "{} differs", a.0);
    }
}

#[test]
fn the_district_is_plausible() {
    let town = Town::new(1, 12_000);
    assert!((11_900..12_200).contains(&town.students()), "{} students", town.students());
    let people = &town.people;
    let lacking = people
        .students
        .iter()
        .filter(|s| {
            let home = &people.households[s.household];
            matches!(home.service, Service::None | Service::CellularOnly) || !home.computer
        })
        .count() as f64
        / people.students.len() as f64;
    assert!((0.12..0.40).contains(&lacking), "{lacking} lack access");
    for school in 0..20 {
        assert!(
            people.students.iter().filter(|s| s.school == school).count() >= 40,
            "school {school} is empty"
        );
    }
}

#[test]
fn neighbours_share_every_vertex_of_their_border() {
    let town = Town::new(3, 600);
    let land = &town.land;
    for tract in &land.tracts {
        let inside: Vec<_> = land
            .block_groups
            .iter()
            .filter(|b| b.geoid.starts_with(&tract.0))
            .map(|b| land.outline(&b.piece))
            .collect();
        for vertex in land.outline(&tract.1) {
            assert!(inside.iter().any(|ring| ring.contains(&vertex)), "{vertex:?} of {} is open", tract.0);
        }
    }
}
