//! Private LTE: what is bought already, and what each sector has enough for.

use super::*;

/// The example with three sectors of the silo in a file: `south` of them has enough for 4 students down, and `north` for 5 up.
fn by_sector() -> Texts {
    let mut texts = example();
    let scenario = texts["scenario.toml"].replace(
        "served = \"served.csv\"",
        "served = \"served.csv\"\nsectors = \"sectors.csv\"\nneed_up_mbps = 0.5",
    );
    texts.insert("scenario.toml".to_owned(), scenario);
    let sectors = "site,device,sector,azimuth,down_mbps,up_mbps\nsilo,outdoor,south,180,10,9\nsilo,outdoor,north,0,60,2.5\n\
                   silo,indoor,south,180,60,9\n";
    texts.insert("sectors.csv".to_owned(), sectors.to_owned());
    texts.insert("sites.csv".to_owned(), "site,latitude,longitude\nsilo,37.4500,-75.8200\n".to_owned());
    let served = "site,demand,device,sector,margin_up\nsilo,ash,outdoor,south,3.1\nsilo,bay,outdoor,north,2\nsilo,ash,indoor,south,0\n";
    texts.insert("served.csv".to_owned(), served.to_owned());
    texts
}

#[test]
fn a_sector_serves_as_many_as_it_has_enough_for() {
    let instance = instance(&built(&by_sector()).expect("an instance"));
    let (outdoor, indoor) = (option(&instance, "lte_outdoor/silo"), option(&instance, "lte_indoor/silo"));
    assert_eq!((instance.capacity(outdoor), instance.capacity(indoor)), (9_000_000, 10_000_000));
    for (file, from, to, said) in [
        ("sectors.csv", "silo,outdoor,north", "barn,outdoor,north", "sectors.csv:3: site: said `barn`"),
        (
            "sectors.csv",
            "silo,outdoor,north",
            "silo,outdoor,south",
            "sectors.csv:3: sector: said `south`: wanted each",
        ),
        ("sectors.csv", "60,2.5", "60,", "sectors.csv:3: up_mbps: wanted megabits a second up"),
        (
            "served.csv",
            "outdoor,north",
            "outdoor,west",
            "served.csv:3: sector: said `west`: wanted a sector of sectors.csv",
        ),
        ("served.csv", "device,sector", "device,sektor", "served.csv:1: sektor: said `sektor`"),
        ("scenario.toml", "sectors = \"sectors.csv\"", "", "private_lte.need_up_mbps: "),
    ] {
        let mut texts = by_sector();
        let text = texts[file].replacen(from, to, 1);
        assert_ne!(text, texts[file], "{from}");
        texts.insert(file.to_owned(), text);
        let problems = built(&texts).err().unwrap_or_default();
        assert!(problems.iter().any(|p| p.contains(said)), "{from} -> {to}: {problems:?}, not {said}");
    }
}

#[test]
fn a_site_that_is_bought_already_is_bought_with_one_kind_of_device() {
    let fixed = |word: &str, served: &str| {
        let mut texts = example();
        let sites = texts["sites.csv"].replace("2,40,", &format!("2,40,{word}"));
        texts.insert("sites.csv".to_owned(), sites);
        if !served.is_empty() {
            texts.insert("served.csv".to_owned(), served.to_owned());
        }
        // Prices are of what is still to be bought, so that it is within the budget.
        let costs = texts["costs.csv"]
            .replace("lte_site/silo,9500", "lte_site/silo,0")
            .replace("310", "1")
            .replace("120", "1");
        texts.insert("costs.csv".to_owned(), costs);
        let instance = instance(&built(&texts).expect("an instance"));
        ["lte_outdoor/silo", "lte_indoor/silo"].map(|id| {
            let found = (0..instance.option_count()).find(|n| instance.options.get(*n) == id);
            found.map(|option| instance.fixed(option))
        })
    };
    assert_eq!(fixed("", ""), [Some(Fixed::Free); 2]);
    assert_eq!(fixed("out", ""), [Some(Fixed::Out); 2]);
    assert_eq!(fixed("in_outdoor", ""), [Some(Fixed::In), Some(Fixed::Out)]);
    assert_eq!(fixed("in_indoor", ""), [Some(Fixed::Out), Some(Fixed::In)]);
    // It is paid for though it serves nobody in a room.
    let outdoors = "site,demand,device\nsilo,ash,outdoor\n";
    assert_eq!(fixed("in_indoor", outdoors), [Some(Fixed::Out), Some(Fixed::In)]);
    assert!(wrong("sites.csv", "2,40,", "2,40,in").iter().any(|p| p.contains("`in_outdoor`")));
}
