//! One answer a student a term: the later wins, the earlier are kept.

use super::Response;
use std::collections::HashMap;

/// Answers sorted into those that count and those that a later one has replaced.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answers {
    /// One answer a student a term, in the order in which the students first stand in the input.
    pub latest: Vec<Response>,
    /// The earlier answers, oldest first for each student and term.
    pub earlier: Vec<Response>,
}

/// Lets the later answer win for each student and term. Of two given at the same time the one that stands
/// later in the input wins.
pub fn latest(responses: Vec<Response>) -> Answers {
    let mut order: Vec<usize> = (0..responses.len()).collect();
    order.sort_by_key(|at| responses[*at].answered_ms);
    let mut winner: HashMap<(&str, &str), usize> = HashMap::with_capacity(responses.len());
    let mut lost = Vec::new();
    for at in &order {
        let response = &responses[*at];
        if let Some(earlier) = winner.insert((&response.student, &response.term), *at) {
            lost.push(earlier);
        }
    }
    let mut won: Vec<bool> = vec![true; responses.len()];
    for at in &lost {
        won[*at] = false;
    }
    drop(winner);
    let mut slots: Vec<Option<Response>> = responses.into_iter().map(Some).collect();
    let earlier = lost.iter().filter_map(|at| slots[*at].take()).collect();
    let latest = slots.into_iter().zip(won).filter_map(|(slot, won)| slot.filter(|_| won)).collect();
    Answers { latest, earlier }
}
