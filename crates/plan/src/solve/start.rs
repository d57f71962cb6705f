//! The first plans and prices, or those of an earlier certificate.

use super::desk::Desk;
use super::dual::Prices;
use super::greedy;
use super::state::{CLOSED, State};
use crate::certificate::{Certificate, Question};

/// How often floors are raised before they count as out of reach.
const RAISES: usize = 40;

/// Makes the first plans; gives the prices at which greedy ended.
pub(super) fn first_plans(desk: &mut Desk<'_, '_, '_>) -> Prices {
    let ground = desk.ground;
    let even = greedy::even_prices(ground);
    let mut prices = Prices {
        limit: vec![0.0; ground.years],
        floors: vec![0.0; ground.needs.len()],
        service: vec![vec![0.0; ground.weights.len()]; ground.years],
    };
    let mut state = State::new(ground, 1.0, &prices.floors);
    let last = greedy::fill(&mut state, &even);
    for (year, cells) in state.cells.iter().enumerate() {
        prices.limit[year] = last * even[year];
        prices.service[year] = cells.iter().map(|cell| cell.price).collect();
    }
    let opened = state.opened;
    desk.offer(&opened);
    let mut state = State::new(ground, 1.0, &prices.floors);
    let single = greedy::best_single(&state);
    // Greedy fails where one option is worth much of the limit; where none is worth much, there is nothing to gain.
    if let Some((_, single)) = single.filter(|(gain, _)| *gain > 0.05 * desk.progress().objective) {
        state.open(single, 0);
        greedy::fill(&mut state, &even);
        desk.offer(&state.opened);
    }
    if !desk.floors_met() {
        raise_floors(desk, &even, &mut prices);
    }
    prices
}

/// Lets groups that get too little count more, until all floors are met or it has been tried often enough.
fn raise_floors(desk: &mut Desk<'_, '_, '_>, even: &[f64], prices: &mut Prices) {
    let mut floors = vec![0.5; prices.floors.len()];
    for n in 0..RAISES {
        let own = if n < RAISES / 2 { 1.0 } else { 0.0 };
        let mut state = State::new(desk.ground, own, &floors);
        greedy::fill(&mut state, even);
        let opened = std::mem::take(&mut state.opened);
        desk.offer(&opened);
        if desk.floors_met() {
            prices.floors = floors;
            return;
        }
        let met = desk.met(&opened);
        let least = met.iter().copied().fold(f64::INFINITY, f64::min);
        for (price, met) in floors.iter_mut().zip(&met) {
            let by = if *met <= least.max(0.999) { 1.5 - 0.5 * met } else { 0.95 };
            *price = (*price * by).min(1000.0);
        }
    }
    desk.ask(Question::Floors);
    prices.floors.fill(1.0);
}

/// Goes on from an earlier plan and its prices. `of` says which merged demand each demand is.
pub(super) fn take_over(
    desk: &mut Desk<'_, '_, '_>,
    own: &mut Prices,
    from: &Certificate,
    of: Option<&[u32]>,
) {
    let ground = desk.ground;
    let mut opened = vec![CLOSED; ground.instance.option_count()];
    for (option, year) in &from.plan.buy {
        if let Some(opened) = opened.get_mut(*option as usize) {
            *opened = (*year as u8).saturating_sub(1);
        }
    }
    desk.offer(&opened);
    if desk.floors_met() {
        desk.ask(Question::Objective);
    }
    let Some(prices) = from.prices.first().filter(|_| from.question == desk.question) else { return };
    if prices.limit.len() != ground.years || prices.floors.len() != ground.needs.len() {
        return;
    }
    own.limit = prices.limit.iter().map(|p| *p as f64 * 1e-18).collect();
    own.floors = prices.floors.iter().map(|p| f64::from(*p) * 1e-6).collect();
    for (own, found) in own.service.iter_mut().zip(&prices.service) {
        for (demand, price) in found.iter().enumerate() {
            let row = of.map_or(demand, |of| of.get(demand).map_or(usize::MAX, |row| *row as usize));
            if let Some(own) = own.get_mut(row) {
                *own = (*price as f64 * 1e-12) as f32;
            }
        }
    }
}
