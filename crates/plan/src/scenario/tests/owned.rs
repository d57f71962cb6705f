//! What the district has, and what a part of those who are reached takes.

use super::*;

fn replaced(file: &str, from: &str, to: &str) -> Texts {
    let mut texts = example();
    let text = texts.get_mut(file).expect("a file");
    assert!(text.contains(from), "{text}");
    *text = text.replace(from, to);
    texts
}

#[test]
fn hotspots_that_the_district_has_cost_their_service_alone() {
    let built = built(&replaced("scenario.toml", "carrier = \"Blue\"\n", "carrier = \"Blue\"\nowned = 45\n"))
        .expect("an instance");
    let instance = instance(&built);
    // 45 in 20 lots: five of 3 and fifteen of 2.
    let lots: Vec<usize> = (0..instance.option_count())
        .filter(|at| instance.options.get(*at).starts_with("hotspot_owned/Blue/"))
        .collect();
    assert_eq!(lots.len(), 20);
    assert_eq!(lots.iter().map(|lot| instance.capacity(*lot)).sum::<u64>(), 45_000_000);
    assert_eq!(instance.capacity(lots[0]), 3_000_000);
    // No device at $90; 12.50 a month of service.
    assert_eq!((instance.costs[lots[0]], instance.running[lots[0]]), (0, 3 * 15_000));
    let lent = covers(&instance, "hotspot_owned/Blue/20");
    assert!(lent.contains(&("oak".to_owned(), 420_000)), "{lent:?}");
    let all = (0..instance.option_count())
        .filter(|at| instance.options.get(*at).starts_with("hotspot_lending/Blue/"));
    assert_eq!(lent.len(), all.count(), "to whoever a hotspot that is bought could be lent");
}

#[test]
fn a_site_that_the_district_has_is_not_paid_for_again() {
    let built = built(&replaced("anchors.csv", "2,no,", "2,no,owned")).expect("an instance");
    let instance = instance(&built);
    let hall = option(&instance, "homework_hotspot/hall");
    assert_eq!(
        (instance.fixed(hall), instance.costs[hall], instance.running[hall]),
        (Fixed::Free, 0, 42_000)
    );
}

#[test]
fn of_each_place_no_more_take_what_is_offered_than_the_uptake_says() {
    let instance = instance(&built(&example()).expect("an instance"));
    let parts = |id: &str| {
        let parts = instance.parts(option(&instance, id));
        parts.map(|(demand, _, most)| (instance.demands.get(demand).to_owned(), most)).collect::<Vec<_>>()
    };
    // 8 in 10 of those for whom the price is the barrier, in each place.
    let offer = parts("broadband_offer/shore-essential");
    assert_eq!(offer[0], ("elm/not_affordable".to_owned(), 5_760_000));
    assert_eq!(
        instance.shares[instance.starts[option(&instance, "homework_hotspot/library")] as usize],
        1_000_000
    );
    // 55% of those at a stop ride.
    let bay = instance.weights
        [(0..instance.weights.len()).find(|n| instance.demands.get(*n) == "bay").expect("bay")];
    let ride = parts("bus_ride/bus 7");
    assert_eq!(ride.last(), Some(&("bay".to_owned(), bay * 55 / 100)));
}
