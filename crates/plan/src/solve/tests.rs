//! Known answers by trying every plan, and certificates that were tampered with.

use super::{Goal, solve};
use crate::certificate::{Case, Certificate, Question};
use crate::{Fixed, Floor, Instance, Limit, MILLION, NONE, Names, UNLIMITED, verify};
use microlp::{ComparisonOp, OptimizationDirection, Problem};
use proptest::prelude::*;

/// Small instances of every kind.
fn instances() -> impl Strategy<Value = Instance> {
    let shape = (1usize..=2, 1usize..=7, 1usize..=5, any::<bool>(), 0usize..=2, 0u32..4);
    shape.prop_flat_map(|(years, demands, options, capacities, floors, vendors)| {
        (
            proptest::collection::vec((0u64..6, 0u32..3), demands),
            proptest::collection::vec((0u64..9, 0u64..4, 1u64..12, 0u32..4, 0u8..12), options),
            proptest::collection::vec(0u32..7, demands * options),
            proptest::collection::vec(1u64..20, years),
            (any::<bool>(), 1u32..=10),
        )
            .prop_map(move |(demand, option, quality, limits, (count, share))| {
                let shape = (capacities, floors > 0, count, share);
                let mut instance = instance(&demand, &option, &quality, limits, shape);
                if floors > 1 {
                    instance.floors.push(Floor { group: 1, share: (11 - share) * 70_000 });
                }
                if capacities && share > 3 {
                    // Of some demands an option serves a part only.
                    let part =
                        |cover: usize| [1_000_000, 500_000, 1_000_000, 300_000][(cover + share as usize) % 4];
                    instance.shares = (0..instance.covered.len()).map(part).collect();
                    crate::read::bound_by_shares(&mut instance);
                }
                if vendors > 0 {
                    let vendor = |o: &(u64, u64, u64, u32, u8)| (o.0 * 5 + o.1 * 3 + o.2) as u32 % 4;
                    let vendor = |o| if vendor(o) == 3 { NONE } else { vendor(o) };
                    instance.vendors = option.iter().map(vendor).collect();
                    instance.vendor_names = ["x", "y", "z"].map(str::to_owned).into();
                    instance.most_vendors = vendors;
                }
                instance
            })
    })
}

fn instance(
    demand: &[(u64, u32)],
    option: &[(u64, u64, u64, u32, u8)],
    quality: &[u32],
    limits: Vec<u64>,
    (capacities, floors, count, share): (bool, bool, bool, u32),
) -> Instance {
    let (mut starts, mut covered, mut qualities) = (vec![0], Vec::new(), Vec::new());
    for of in quality.chunks(demand.len()) {
        for (at, quality) in of.iter().enumerate().filter(|(_, q)| **q > 2) {
            covered.push(at as u32);
            qualities.push((*quality - 2) * 250_000);
        }
        starts.push(covered.len() as u32);
    }
    // Prices of the second year, where they change.
    let later = |o: &(u64, u64, u64, u32, u8)| [(o.0 * 7 + o.2) % 9, (o.1 + o.2) % 4];
    let changes = limits.len() > 1 && share % 2 == 0;
    let most = |o: &(u64, u64, u64, u32, u8)| if changes { later(o)[1].max(o.1) } else { o.1 };
    let mut bought = false;
    let fixed = option.iter().map(|o| match o.4 {
        0 => Fixed::Out,
        1 if !bought && o.0 + o.1 <= limits[0] && limits.iter().all(|l| most(o) <= *l) => {
            bought = true;
            Fixed::In
        }
        _ => Fixed::Free,
    });
    let group_names: Vec<String> = ["north", "south"].map(str::to_owned).into();
    let weighty = demand.iter().any(|(weight, group)| *group == 0 && *weight > 0);
    Instance {
        demands: Names::default(),
        weights: demand.iter().map(|d| d.0 * MILLION / 2).collect(),
        groups: demand.iter().map(|d| if d.1 > 1 { NONE } else { d.1 }).collect(),
        options: Names::default(),
        strategies: Vec::new(),
        strategy_names: Vec::new(),
        costs: option.iter().map(|o| o.0).collect(),
        running: option.iter().map(|o| o.1).collect(),
        later: if changes { vec![option.iter().map(later).collect()] } else { Vec::new() },
        capacities: if capacities {
            option.iter().map(|o| if o.2 > 6 { UNLIMITED } else { o.2 * MILLION / 2 }).collect()
        } else {
            Vec::new()
        },
        exclusive: option.iter().map(|o| if o.3 > 1 { NONE } else { o.3 }).collect(),
        exclusive_names: vec!["a".into(), "b".into()],
        vendors: Vec::new(),
        vendor_names: Vec::new(),
        most_vendors: NONE,
        fixed: fixed.collect(),
        shares: Vec::new(),
        starts,
        covered,
        qualities,
        limit: if count {
            Limit::Count(limits.iter().map(|l| 1 + l % 3).collect())
        } else {
            Limit::Budget(limits)
        },
        floors: if floors && weighty { vec![Floor { group: 0, share: share * 100_000 }] } else { Vec::new() },
        group_names,
    }
}

/// The best of all plans, in millionths and 10^-12 students: the part of the floors that can be met, and the objective where it is met whole.
fn best(instance: &Instance) -> (f64, f64) {
    let (options, years) = (instance.option_count(), instance.years());
    let choices = years + 1;
    let served: Vec<i128> = (0..1 << options).map(|open| best_service(instance, open)).collect();
    let last: Vec<(f64, f64)> = (0..1 << options).map(|open| with_floors(instance, open)).collect();
    let mut best = (f64::MIN, f64::MIN);
    for code in 0..choices.pow(options as u32) {
        let opened: Vec<u8> = (0..options)
            .map(|o| match code / choices.pow(o as u32) % choices {
                0 => super::CLOSED,
                year => year as u8 - 1,
            })
            .collect();
        if is_allowed(instance, &opened) {
            let open = |year: usize| -> usize {
                (0..options).filter(|o| usize::from(opened[*o]) <= year).map(|o| 1 << o).sum()
            };
            let (met, objective) = last[open(years - 1)];
            let objective = objective + (0..years - 1).map(|year| served[open(year)] as f64).sum::<f64>();
            if met > best.0 + 0.01 || (met > best.0 - 0.01 && objective > best.1) {
                best = (met, objective);
            }
        }
    }
    best
}

/// An option, a demand, the quality, and the most that is served, in students.
type Covered = (usize, usize, f64, f64);

/// What these options (a bit for each) make of the floors in a year, and of the objective where floors are met: a linear programme each.
fn with_floors(instance: &Instance, open: usize) -> (f64, f64) {
    let part = |o: usize, (demand, quality, most): (usize, u32, u64)| {
        (o, demand, f64::from(quality) / 1e6, most as f64 / 1e6)
    };
    let covers: Vec<Covered> = (0..instance.option_count())
        .filter(|o| open >> o & 1 == 1)
        .flat_map(|o| instance.parts(o).map(move |cover| part(o, cover)))
        .collect();
    let programme = |whole: bool| {
        let mut programme = Problem::new(OptimizationDirection::Maximize);
        let met = programme.add_var(if whole { 0.0 } else { 1.0 }, (if whole { 1.0 } else { 0.0 }, 1.0));
        let parts: Vec<_> =
            covers.iter().map(|c| programme.add_var(if whole { c.2 } else { 0.0 }, (0.0, c.3))).collect();
        let limit = |programme: &mut Problem, is_of: &dyn Fn(&Covered) -> bool, most: u64| {
            let of =
                covers.iter().zip(&parts).filter(|(cover, _)| is_of(cover)).map(|(_, part)| (*part, 1.0));
            programme.add_constraint(of, ComparisonOp::Le, most as f64 / 1e6);
        };
        for demand in 0..instance.weights.len() {
            limit(&mut programme, &|cover| cover.1 == demand, instance.weights[demand]);
        }
        for option in (0..instance.option_count()).filter(|o| instance.capacity(*o) != UNLIMITED) {
            limit(&mut programme, &|cover| cover.0 == option, instance.capacity(option));
        }
        for floor in &instance.floors {
            let of = covers.iter().zip(&parts).filter(|(cover, _)| instance.group(cover.1) == floor.group);
            let of = of.map(|(cover, part)| (*part, cover.2));
            let needs = instance.floor_needs(floor) as f64 / 1e12;
            programme.add_constraint(of.chain([(met, -needs)]), ComparisonOp::Ge, 0.0);
        }
        programme.solve().ok().and_then(|outcome| outcome.into_solution().ok()).map(|s| s.objective())
    };
    let met = programme(false).expect("nothing is served at least") * 1e6;
    (met, if met > 1e6 - 0.01 { programme(true).expect("floors are met") * 1e12 } else { 0.0 })
}

/// The optimum without floors: of all plans, each with the best service that there is.
fn optimum(instance: &Instance) -> i128 {
    let (options, years) = (instance.option_count(), instance.years());
    let served: Vec<i128> = (0..1 << options).map(|open| best_service(instance, open)).collect();
    let mut best = i128::MIN;
    for code in 0..(years + 1).pow(options as u32) {
        let opened: Vec<u8> = (0..options)
            .map(|o| match code / (years + 1).pow(o as u32) % (years + 1) {
                0 => super::CLOSED,
                year => year as u8 - 1,
            })
            .collect();
        if is_allowed(instance, &opened) {
            // What is never opened stands at 255, after the last year.
            let open = |year: &usize| -> usize {
                (0..options).filter(|o| usize::from(opened[*o]) <= *year).map(|o| 1 << o).sum()
            };
            best = best.max((0..years).map(|year| served[open(&year)]).sum());
        }
    }
    best
}

/// The most that these options (a bit for each) serve in one year: a transportation problem, solved by the path that gains most, again and
/// again until none gains anything.
fn best_service(instance: &Instance, open: usize) -> i128 {
    let edges: Vec<(usize, usize, i128, u64)> = (0..instance.option_count())
        .filter(|o| open >> o & 1 == 1)
        .flat_map(|o| {
            instance.parts(o).map(move |(demand, quality, most)| (demand, o, i128::from(quality), most))
        })
        .collect();
    let mut flows = vec![0; edges.len()];
    let mut rest = instance.weights.clone();
    let mut left: Vec<u64> = (0..instance.option_count()).map(|o| instance.capacity(o)).collect();
    let mut worth = 0;
    loop {
        // The best gain on the way to each demand and option, and the edge by which it comes (Bellman and Ford).
        let mut demands: Vec<Option<(i128, usize)>> =
            rest.iter().map(|rest| (*rest > 0).then_some((0, usize::MAX))).collect();
        let mut options: Vec<Option<(i128, usize)>> = vec![None; left.len()];
        for _ in 0..demands.len() + options.len() {
            for (edge, (demand, option, quality, most)) in edges.iter().enumerate() {
                let there = demands[*demand].filter(|_| flows[edge] < *most).map(|d| (d.0 + quality, edge));
                if there.map(|t| t.0) > options[*option].map(|o| o.0) {
                    options[*option] = there;
                }
                let back = options[*option].filter(|_| flows[edge] > 0).map(|o| (o.0 - quality, edge));
                if back.map(|b| b.0) > demands[*demand].map(|d| d.0) {
                    demands[*demand] = back;
                }
            }
        }
        let ends = (0..left.len()).filter(|o| left[*o] > 0).filter_map(|o| options[o].map(|to| (to.0, o)));
        let Some((gain, end)) = ends.max().filter(|end| end.0 > 0) else { return worth };
        let (mut path, mut option, mut amount) = (Vec::new(), end, left[end]);
        let start = loop {
            let to = options[option].expect("on the path").1;
            path.push((to, true));
            let demand = edges[to].0;
            amount = amount.min(edges[to].3 - flows[to]);
            match demands[demand].expect("on the path").1 {
                usize::MAX => break demand,
                back => {
                    path.push((back, false));
                    amount = amount.min(flows[back]);
                    option = edges[back].1;
                }
            }
        };
        amount = amount.min(rest[start]);
        for (edge, more) in path {
            flows[edge] = if more { flows[edge] + amount } else { flows[edge] - amount };
        }
        rest[start] -= amount;
        left[end] -= if left[end] == UNLIMITED { 0 } else { amount };
        worth += gain * i128::from(amount);
    }
}

fn is_allowed(instance: &Instance, opened: &[u8]) -> bool {
    let open = |o: &usize| opened[*o] != super::CLOSED;
    let all = 0..opened.len();
    let limits = instance.limit.amounts().iter().enumerate().all(|(year, limit)| {
        let taken = all.clone().filter(open).filter(|o| usize::from(opened[*o]) <= year);
        taken.map(|o| instance.charge(o, year, usize::from(opened[o]) == year)).sum::<u64>() <= *limit
    });
    let fixed = all.clone().all(|o| match instance.fixed(o) {
        Fixed::In => opened[o] == 0,
        Fixed::Out => !open(&o),
        Fixed::Free => true,
    });
    let groups = (0..instance.exclusive_names.len() as u32)
        .all(|group| all.clone().filter(open).filter(|o| instance.exclusive(*o) == group).count() <= 1);
    let vendors: std::collections::BTreeSet<u32> =
        all.clone().filter(open).map(|o| instance.vendor(o)).filter(|vendor| *vendor != NONE).collect();
    limits && fixed && groups && vendors.len() <= instance.most_vendors as usize
}

fn solved(instance: &Instance) -> Certificate {
    let mut steps = 0;
    solve(instance, Goal { gap: 0.0, seed: 1 }, None, &mut |_| {
        steps += 1;
        steps < 40000
    })
}

#[test]
fn equal_demands_that_merge_leave_no_gap() {
    let mut instance =
        instance(&[(1, 1), (1, 1)], &[(0, 0, 1, 0, 5)], &[6, 6], vec![1], (false, false, true, 1));
    instance.limit = Limit::Count(vec![2]);
    let certificate = solved(&instance);
    assert_eq!((certificate.objective, certificate.bound), (1_000_000_000_000, 1_000_000_000_000));
}

#[test]
fn what_must_stay_leaves_its_room_to_nothing_else() {
    let options = [(2, 1, 1, 0, 1), (0, 0, 1, 1, 5), (5, 1, 1, 1, 5)];
    let instance = instance(&[(1, 0)], &options, &[0, 3, 4], vec![6], (false, false, false, 1));
    assert_eq!(instance.fixed(0), Fixed::In);
    let certificate = solved(&instance);
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert_eq!(certificate.plan.buy, [(0, 1), (1, 1)]);
}

#[test]
fn a_full_option_leaves_to_others_what_they_can_serve() {
    // One serves both demands wholly, the other the first one alone and not as well; each has room for one.
    let options = [(0, 0, 2, 2, 5), (0, 0, 2, 3, 5)];
    let instance = instance(&[(2, 1), (2, 1)], &options, &[6, 6, 5, 0], vec![1], (true, false, false, 1));
    assert_eq!(instance.qualities, [1_000_000, 1_000_000, 750_000]);
    let certificate = solved(&instance);
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert_eq!(certificate.objective, 1_750_000_000_000);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_plan_is_better_than_the_bound(instance in instances()) {
        let certificate = solved(&instance);
        prop_assert_eq!(verify(&instance, &certificate), Ok(()));
        let (floors, objective) = best(&instance);
        let (found, bound) = (certificate.objective as f64, certificate.bound as f64);
        match certificate.question {
            Question::Objective => {
                prop_assert!(floors > 1e6 - 0.01, "{}", floors);
                prop_assert!(found <= objective * (1.0 + 1e-9) + 1e3, "{} <= {}", found, objective);
                prop_assert!(objective <= bound * (1.0 + 1e-9) + 1e3, "{} <= {}", objective, bound);
                prop_assert!(bound <= found * (1.0 + 1e-5) + 1.0, "{} <= {}", bound, found);
                if instance.capacities.is_empty() {
                    prop_assert_eq!(certificate.objective, certificate.bound);
                }
            }
            Question::Floors => {
                prop_assert!(floors < 1e6 - 0.01, "{} are met, {} found, {} bound", floors, found, bound);
                prop_assert!(found <= floors + 1.0 && floors <= bound + 1.0, "{} {} {}", found, floors, bound);
            }
        }
    }

    #[test]
    fn with_capacities_the_optimum_lies_between_plan_and_bound(mut instance in instances()) {
        instance.floors.clear();
        let certificate = solved(&instance);
        prop_assert_eq!(verify(&instance, &certificate), Ok(()));
        let optimum = optimum(&instance);
        prop_assert_eq!(certificate.objective, optimum);
        prop_assert!(optimum <= certificate.bound, "{} <= {}", optimum, certificate.bound);
        // Prices have 24 bits.
        let near = optimum + optimum / 1_000_000 + 1;
        prop_assert!(certificate.bound <= near, "{} <= {}", certificate.bound, near);
    }

    #[test]
    fn the_same_instance_gives_the_same_certificate(instance in instances()) {
        prop_assert_eq!(solved(&instance), solved(&instance));
    }

    #[test]
    fn a_certificate_is_read_back(instance in instances()) {
        let certificate = solved(&instance);
        let text = serde_json::to_string(&certificate).expect("JSON");
        prop_assert_eq!(serde_json::from_str::<Certificate>(&text).expect("a certificate"), certificate);
    }
}

/// Two years, three demands in two groups, four options with every kind of limit.
fn example() -> Instance {
    let mut instance = instance(
        &[(10, 0), (6, 1), (8, 2)],
        &[(3, 0, 12, 0, 5), (4, 0, 12, 0, 5), (2, 1, 3, 2, 5), (5, 0, 12, 3, 5)],
        &[6, 4, 0, 0, 6, 5, 6, 6, 6, 0, 3, 6],
        vec![9, 3],
        (true, true, false, 4),
    );
    instance.fixed = vec![Fixed::Free, Fixed::Free, Fixed::In, Fixed::Out];
    instance
}

#[test]
fn tampered_certificates_are_refused() {
    let instance = example();
    let sound = solved(&instance);
    assert_eq!(verify(&instance, &sound), Ok(()));
    assert!(!sound.plan.serve.is_empty() && sound.plan.buy.len() > 1, "{sound:?}");
    let refused = |what: &str, change: &dyn Fn(&mut Certificate)| {
        let mut tampered = sound.clone();
        change(&mut tampered);
        let refusal = verify(&instance, &tampered).expect_err(what);
        assert!(refusal.0.contains(what), "{what}: {refusal}");
    };
    refused("format", &|c| c.format.push('0'));
    refused("the plan is worth", &|c| c.objective += 1);
    refused("prove a bound", &|c| c.bound = c.objective - 1);
    refused("prove a bound", &|c| c.prices.iter_mut().for_each(|p| p.service[0][0] += 2_000_000_000_000));
    refused("there is no option", &|c| c.plan.buy.push((9, 1)));
    refused("there is no option", &|c| c.plan.buy[0].1 = 3);
    refused("there is no option", &|c| c.plan.buy[0].1 = 0);
    refused("is bought twice", &|c| c.plan.buy.push(c.plan.buy[0]));
    refused("is the second of its exclusive group", &|c| c.plan.buy = vec![(0, 1), (1, 1), (2, 1)]);
    refused("fixed in", &|c| c.plan.buy.retain(|b| b.0 != 2));
    refused("fixed out", &|c| c.plan.buy.push((3, 1)));
    refused("takes", &|c| c.plan.buy = vec![(1, 2), (2, 1)]);
    refused("there is not so much", &|c| c.plan.serve[0].parts[0].1 += 10 * MILLION);
    refused("does not cover", &|c| c.plan.serve[0].parts[0].0 = 99);
    refused("has no capacity", &|c| c.plan.serve[0].option = 0);
    refused("of a floor", &|c| {
        c.plan.buy.retain(|b| b.0 == 2);
        c.plan.serve.clear();
        c.objective = 0;
    });
    refused("there is not one price", &|c| c.prices[0].service[1].push(1));
    refused("there is not one price", &|c| c.prices[0].limit.clear());
    refused("out of range", &|c| c.prices[0].limit[0] = -1);
    refused("out of range", &|c| c.prices[0].limit[0] = i128::MAX);
    refused("there are no prices", &|c| c.tree = vec![Case::Priced(1)]);
    refused("case 0 is none", &|c| c.tree.clear());
    refused("stands before", &|c| c.tree = vec![Case::Split { option: 0, by: 2, bought: 0, left: 0 }]);
    for (option, by) in [(9, 2), (0, 3), (0, 0)] {
        refused("which there is not", &|c| {
            c.tree = vec![Case::Split { option, by, bought: 1, left: 2 }, Case::Priced(0), Case::Priced(0)];
        });
    }
    refused("there are no prices", &|c| {
        c.tree = vec![Case::Fixed { prices: 99, then: 1 }, Case::Priced(0)];
    });
    refused("stands before", &|c| c.tree = vec![Case::Fixed { prices: 0, then: 0 }]);
}

#[test]
fn floors_that_cannot_be_met_are_met_as_far_as_can_be() {
    // One option of two fits; each serves one half of the only group, of which 80% are to be served.
    let mut instance = instance(
        &[(4, 0), (4, 0)],
        &[(5, 0, 12, 2, 5), (5, 0, 12, 2, 5)],
        &[6, 0, 0, 6],
        vec![5],
        (false, true, false, 8),
    );
    let certificate = solved(&instance);
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert_eq!((certificate.question, certificate.objective), (Question::Floors, 625_000));
    assert!(certificate.bound < MILLION as i128, "{}", certificate.bound);
    instance.limit = Limit::Budget(vec![10]);
    let certificate = solved(&instance);
    assert_eq!((certificate.question, certificate.objective), (Question::Objective, 4 * 1_000_000_000_000));
    assert_eq!(certificate.bound, certificate.objective);
}

#[test]
fn a_search_goes_on_from_a_certificate() {
    let instance = example();
    let first = solve(&instance, Goal { gap: 0.0, seed: 1 }, None, &mut |_| false);
    let second = solve(&instance, Goal { gap: 0.0, seed: 1 }, Some(&first), &mut |_| false);
    assert!(second.objective >= first.objective && second.bound <= first.bound);
    assert_eq!(verify(&instance, &second), Ok(()));
}

#[test]
fn seats_are_shared_out_so_that_floors_are_met() {
    // Forty seats, the same for 150 students, of whom the last 20 have a floor; another floor is of a group of nobody.
    let mut instance = instance(
        &[(200, 1), (60, 1), (40, 0)],
        &[(1, 0, 80, 2, 5)],
        &[6, 6, 6],
        vec![5],
        (true, true, false, 2),
    );
    instance.capacities = vec![40 * MILLION];
    instance.group_names.push("nobody".to_owned());
    instance.floors.push(Floor { group: 2, share: 500_000 });
    let certificate = solved(&instance);
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert_eq!((certificate.question, certificate.objective), (Question::Objective, 40_000_000_000_000));
}

#[test]
fn no_more_vendors_are_bought_from_than_may_be() {
    // One vendor serves the first demand wholly, another the other two; both would be within the budget.
    let options = [(1, 0, 1, 2, 5), (1, 0, 1, 3, 5), (1, 0, 1, 3, 5)];
    let qualities = [6, 0, 0, 0, 6, 0, 0, 0, 5];
    let mut instance =
        instance(&[(3, 0), (2, 0), (2, 0)], &options, &qualities, vec![9], (false, false, false, 1));
    instance.vendors = vec![0, 1, 1];
    instance.vendor_names = ["one", "other"].map(str::to_owned).into();
    assert_eq!(solved(&instance).plan.buy, [(0, 1), (1, 1), (2, 1)]);
    instance.most_vendors = 1;
    let certificate = solved(&instance);
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert_eq!(certificate.plan.buy, [(1, 1), (2, 1)]);
    assert_eq!((certificate.objective, certificate.bound), (1_750_000_000_000, 1_750_000_000_000));
    let refused = |change: &dyn Fn(&mut Certificate)| {
        let mut tampered = certificate.clone();
        change(&mut tampered);
        verify(&instance, &tampered).expect_err("refused").0
    };
    assert!(refused(&|c| c.plan.buy.push((0, 1))).contains("2 vendors are bought from"));
    // A case for each vendor that is let in: without the one that has no plan, or about a vendor that there is not.
    let at = certificate.tree.iter().position(|case| matches!(case, Case::Vendor { .. })).expect("a case");
    let Case::Vendor { vendor, barred, .. } = certificate.tree[at] else { unreachable!() };
    let said = refused(&|c| c.tree[at] = Case::Vendor { vendor: 7, barred, admitted: barred });
    assert!(said.contains("no vendor 7"), "{said}");
    let said = refused(&|c| c.tree[at] = Case::Vendor { vendor, barred, admitted: at as u32 });
    assert!(said.contains("stands before"), "{said}");
    // A vendor who is let in twice is still one.
    let said = refused(&|c| {
        let twice = |barred, admitted| Case::Vendor { vendor, barred, admitted };
        c.tree = vec![twice(1, 2), Case::Priced(0), twice(3, 4), Case::Priced(0), Case::Priced(0)];
        c.prices[0].service.iter_mut().flatten().for_each(|price| *price = 0);
    });
    assert!(said.contains("prove a bound"), "{said}");
}

#[test]
fn nothing_is_bought_for_nothing() {
    // Two serve the same demand as well; there is money for both.
    let options = [(1, 0, 1, 2, 5), (2, 0, 1, 2, 5)];
    let instance = instance(&[(2, 0)], &options, &[6, 6], vec![9], (false, false, false, 1));
    let certificate = solved(&instance);
    assert_eq!(verify(&instance, &certificate), Ok(()));
    assert_eq!(certificate.plan.buy, [(0, 1)]);
}

/// Seats for everybody are cheap and count for little; what is left buys better for some of the same students.
#[test]
fn a_better_option_takes_over_what_one_with_a_capacity_serves() {
    let files = crate::read::Files {
        folder: "d".to_owned(),
        instance: Ok("years = 2\nbudget = 100\n".to_owned()),
        demand: Ok(&b"demand,weight\na,10\nb,10\nc,10\n"[..]),
        options: Ok(&b"option,strategy,cost,running,capacity\nseats,anchor,1,0,40\nhome,lending,10,20,\nbest,lte,20,25,8\n"[..]),
        covers: Ok(&b"option,demand,quality\nseats,a,0.3\nseats,b,0.3\nseats,c,0.3\nhome,a,0.6\nbest,b,0.9\n"[..]),
    };
    let instance = crate::read::read(files, crate::read::Limits::default()).expect("an instance").instance;
    let mut steps = 0;
    let certificate = solve(&instance, Goal { gap: 0.0, seed: 1 }, None, &mut |_| {
        steps += 1;
        steps < 100
    });
    assert_eq!(verify(&instance, &certificate), Ok(()));
    // In each year a at home, 8 of b by the best, the others on seats.
    let year = 10.0 * 0.6 + 8.0 * 0.9 + 12.0 * 0.3;
    assert!((certificate.progress().objective - 2.0 * year).abs() < 1e-6, "{:?}", certificate.progress());
}
