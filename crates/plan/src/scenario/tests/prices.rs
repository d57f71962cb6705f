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

/// A grant that ends before the plan does: in its years its share is off what the district pays, in later ones not.
#[test]
fn a_fund_pays_in_its_own_years() {
    let mut texts = example();
    let scenario = texts.get_mut("scenario.toml").expect("there");
    assert!(scenario.contains("first_year = 2026"), "{scenario}");
    *scenario += "\n[[funding]]\nname = \"A year's grant\"\nitems = [\"hotspot_service\"]\nshare = 0.8\n\
                  source = \"Its letter\"\ndate = \"2026-05\"\nfirst_year = 2026\nlast_year = 2026\n";
    let built = built(&texts).expect("built");
    let options = written(|to| built.write_options(to));
    assert!(
        options.lines().next().is_some_and(|head| head.ends_with("vendor,cost_2,running_2")),
        "{options}"
    );
    let instance = instance(&built);
    let lending = option(&instance, "hotspot_lending/Blue/oak");
    // 8 hotspots at 12.50 a month: a fifth of it, then all.
    assert_eq!(instance.prices(lending, 0)[1], 8 * 3_000);
    assert_eq!(instance.prices(lending, 1)[1], 8 * 15_000);
    assert_eq!(instance.prices(lending, 0)[0], instance.prices(lending, 1)[0]);
    let library = option(&instance, "homework_hotspot/library");
    assert_eq!(instance.prices(library, 0), instance.prices(library, 1));
}
