//! The most that every group can have at once (max-min fairness; Rawls's difference principle for shares of need).

use crate::certificate::{Certificate, Question};
use crate::reach::groups;
use crate::solve::{Goal, Progress, solve};
use crate::verify::{Refusal, verify};
use crate::{Floor, Instance, MILLION};

/// What every group can have at once.
#[derive(Clone, Debug)]
pub struct Fair {
    /// The numbers of groups that no option reaches that could be bought by itself: they have nothing in any plan, and are no reason to give the others nothing.
    pub beyond: Vec<u32>,
    /// The least share of a group's weight that the plan found gives, in millionths.
    pub share: u32,
    /// No plan gives every group more, in millionths.
    pub bound: u32,
    /// The plan and its proof, of floors that ask for all of each group.
    pub certificate: Certificate,
}

/// Looks for the largest share that every group within reach can have in the last year, and leaves an instance whose floors ask for as much: solved again, it gives the best of the
/// plans that are as fair. The instance's own floors are not looked at. Nothing where no demand with weight is in a group.
///
/// # Errors
/// When what was found is not proved, which is a fault of the solver.
pub fn fair(
    instance: &mut Instance,
    goal: Goal,
    from: Option<&Certificate>,
    go_on: &mut dyn FnMut(&Progress) -> bool,
) -> Result<Option<Fair>, Refusal> {
    // Where floors of all cannot be met, the largest part of each that can be is looked for, which is what is wanted.
    let (within, beyond) = groups(instance);
    instance.floors = within.into_iter().map(|group| Floor { group, share: MILLION as u32 }).collect();
    if instance.floors.is_empty() {
        return Ok(None);
    }
    let certificate = solve(instance, goal, from, go_on);
    verify(instance, &certificate)?;
    let millionths = |part: i128| part.clamp(0, i128::from(MILLION)) as u32;
    let (share, bound) = match certificate.question {
        Question::Floors => (millionths(certificate.objective), millionths(certificate.bound)),
        Question::Objective => (MILLION as u32, MILLION as u32),
    };
    // A floor of nothing is none.
    instance.floors.iter_mut().for_each(|floor| floor.share = share);
    instance.floors.retain(|floor| floor.share > 0);
    Ok(Some(Fair { beyond, share, bound, certificate }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::{Files, Limits, read};

    fn instance(budget: &str, demand: &str) -> Instance {
        let files = Files {
            folder: String::new(),
            instance: Ok(format!("budget = {budget}\n")),
            demand: Ok(demand.as_bytes()),
            options: Ok("option,strategy,cost,capacity\nseats,anchor,10,6\nbus,bus,10,\n".as_bytes()),
            covers: Ok("option,demand,quality\nseats,a,1\nseats,b,1\nbus,a,0.2\n".as_bytes()),
        };
        read(files, Limits::default()).expect("an instance").instance
    }

    #[test]
    fn scarce_seats_are_shared_out_so_that_every_group_has_as_much() {
        // 6 seats for 10 and 20 students: a fifth each. With the bus a has a fifth of those without a seat: a gets x seats and 0.2 (10 - x), which is 0.2 + 0.08 x of it; b
        // (6 - x) / 20. Equal where 0.2 + 0.08 x = 0.3 - 0.05 x: x = 10 / 13, 0.2615.
        let goal = Goal { gap: 0.0, seed: 1 };
        let mut own = instance("10", "demand,weight,group\na,10,north\nb,20,south\n");
        let found = fair(&mut own, goal, None, &mut |_| true).expect("proved").expect("groups");
        assert_eq!((found.share, found.bound), (200_000, 200_000));
        assert!(own.floors.iter().all(|floor| floor.share == 200_000) && own.floors.len() == 2);
        let mut more = instance("20", "demand,weight,group\na,10,north\nb,20,south\n");
        let found = fair(&mut more, goal, None, &mut |_| true).expect("proved").expect("groups");
        assert!((261_538 - 2..=261_538).contains(&found.share), "{}", found.share);
        // The best of the plans that are as fair.
        let best = solve(&more, goal, Some(&found.certificate), &mut |_| true);
        assert_eq!((best.question, verify(&more, &best)), (Question::Objective, Ok(())));
        // A group that nothing reaches, and one that is what rounding left, are no reason to give nothing to the others.
        let far = "demand,weight,group\na,10,north\nb,20,south\nc,5,far\nd,0.000001,dust\n";
        let mut beyond = instance("10", far);
        let found = fair(&mut beyond, goal, None, &mut |_| true).expect("proved").expect("groups");
        assert_eq!((found.share, found.beyond.as_slice()), (200_000, &[2][..]));
        assert_eq!(beyond.floors.len(), 2);
        let mut poor = instance("9", far);
        assert!(
            fair(&mut poor, goal, None, &mut |_| true).expect("proved").is_none(),
            "nothing can be bought"
        );
        // The same floors by themselves: what is out of reach is no reason to drop the others.
        let mut floors = instance("10", far);
        let floor = |group, share| Floor { group, share };
        floors.floors = vec![floor(0, 100_000), floor(1, 250_000), floor(2, 100_000)];
        let found = solve(&floors, goal, None, &mut |_| true);
        assert_eq!((verify(&floors, &found), found.question, found.bound), (Ok(()), Question::Floors, 0));
        let served: u64 =
            found.plan.serve.iter().flat_map(|s| &s.parts).filter(|p| p.0 == 1).map(|p| p.1).sum();
        assert!(served >= 5_000_000, "a quarter of 20: {found:?}");
        let mut none = instance("10", "demand,weight\na,10\nb,20\n");
        assert!(fair(&mut none, goal, None, &mut |_| true).expect("proved").is_none());
    }
}
