//! Who sells what to whom, at whose price.

use super::*;
use crate::scenario::buses::Day;
use crate::scenario::place::Point;
use crate::scenario::quality::Kind;
use crate::scenario::routes::{Run, Stop};

#[test]
fn a_provider_sells_the_same_homes_one_offer_whatever_area_it_names() {
    let mut texts = example();
    let more = "shore-wide,Shore Cable,51001,district,1.95,100,20,0.8,Shore Cable's price list,2026-08\n\
                other,Bay Cable,51001090100,household,14.95,100,20,0.3,Bay Cable's price list,2026-08\n";
    texts.get_mut("offers.csv").expect("there").push_str(more);
    texts.get_mut("service.csv").expect("there").push_str("Bay Cable,510010901001002\n");
    let built = built(&texts).expect("built");
    let group = |id: &str| {
        let choice = built.choices.iter().find(|c| c.id == format!("broadband_offer/{id}")).expect(id);
        choice.exclusive.clone()
    };
    assert_eq!(group("shore-wide"), group("shore-essential"));
    assert_eq!(group("shore-wide"), group("shore-own"));
    assert_ne!(group("other"), group("shore-own"));
}

#[test]
fn a_carriers_price_holds_for_its_plan_with_a_name() {
    let mut texts = example();
    let bill = |texts: &Texts| {
        let built = built(texts).expect("built");
        let choice = built.choices.iter().find(|c| c.kind == Kind::HotspotLending).expect("lending");
        choice.lines.iter().map(|line| (line.item.clone(), line.cents)).collect::<Vec<_>>()
    };
    let costs = texts["costs.csv"].clone();
    let plain = bill(&texts);
    assert!(plain.iter().any(|line| line.0 == "hotspot_service/Blue"), "{plain:?}");
    let scenario =
        texts["scenario.toml"].replace("[[hotspot_lending]]\n", "[[hotspot_lending]]\nname = \"Blue ten\"\n");
    texts.insert("scenario.toml".to_owned(), scenario);
    assert_eq!(bill(&texts), plain);
    let own = format!("{costs}hotspot_service/Blue ten,20,month,device,,A quotation,2026-07\n");
    texts.insert("costs.csv".to_owned(), own);
    assert!(bill(&texts).iter().any(|line| line.0 == "hotspot_service/Blue ten"));
}

#[test]
fn a_run_of_one_stop_carries_nobody() {
    let stop =
        |seconds: u32| Stop { point: Point { latitude: 0.0, longitude: 0.0 }, time: seconds, riders: None };
    let run = |stops: Vec<Stop>| Run { route: "4".to_owned(), vehicle: "7".to_owned(), stops };
    let mut day = Day::default();
    day.add(&run(vec![stop(0), stop(1200)]), 10.0, |_, _| 1.0);
    let before = day;
    day.add(&run(vec![stop(0)]), 10.0, |_, _| 1.0);
    assert_eq!(day, before);
}
