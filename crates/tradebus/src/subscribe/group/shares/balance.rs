//! Who should have how many shares: as many as the others, give or take one.
//!
//! Every member that takes part has a seat, of which there are as many as shares. All members see the same seats and the same shares, so all
//! come to the same numbers, and nobody has to tell anybody.

/// What a member sees, and what it has.
#[derive(Debug, Clone, Copy)]
pub(super) struct View<'a> {
    /// Who has each seat.
    pub(super) seats: &'a [Option<String>],
    /// Who has each share.
    pub(super) holders: &'a [Option<String>],
    /// The seat of this member; without one it stands by.
    pub(super) seat: Option<usize>,
    /// The shares that this member has, and does not give up.
    pub(super) held: &'a [usize],
}

/// What a member should do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Plan {
    /// Shares to give up.
    pub(super) give: Vec<usize>,
    /// Free shares to ask for, in this order.
    pub(super) ask: Vec<usize>,
    /// How many of them to take.
    pub(super) lacking: usize,
}

impl View<'_> {
    /// What brings this member nearer to its due.
    pub(super) fn plan(&self) -> Plan {
        let (due, rank, members) = self.due();
        if self.held.len() > due {
            return Plan { give: self.held[due..].to_vec(), ..Plan::default() };
        }
        let lacking = due - self.held.len();
        if lacking == 0 {
            return Plan::default();
        }
        // Members begin to ask at different places, so that they seldom ask for the same.
        let count = self.holders.len();
        let first = rank * count / members;
        let ask = (0..count).map(|n| (first + n) % count).filter(|share| self.holders[*share].is_none());
        Plan { ask: ask.collect(), lacking, ..Plan::default() }
    }

    /// How many shares are due to this member, its place among the members, and their number (1 at least).
    fn due(&self) -> (usize, usize, usize) {
        let Some(seat) = self.seat else { return (0, 0, 1) };
        let is_taken = |at: usize| at == seat || self.seats[at].is_some();
        let members = (0..self.seats.len()).filter(|at| is_taken(*at)).count().max(1);
        let rank = (0..seat).filter(|at| is_taken(*at)).count();
        let count = self.holders.len();
        (count / members + usize::from(rank < count % members), rank, members)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{Plan, View};

    fn taken(by: &[&str]) -> Vec<Option<String>> {
        by.iter().map(|name| (!name.is_empty()).then(|| (*name).to_owned())).collect()
    }

    #[test]
    fn one_member_takes_all() {
        let seats = taken(&["me", "", ""]);
        let holders = taken(&["", "", ""]);
        let view = View { seats: &seats, holders: &holders, seat: Some(0), held: &[] };
        assert_eq!(view.plan(), Plan { give: vec![], ask: vec![0, 1, 2], lacking: 3 });
    }

    #[test]
    fn gives_up_what_is_another_ones_due() {
        let seats = taken(&["me", "new", ""]);
        let holders = taken(&["me", "me", "me"]);
        let view = View { seats: &seats, holders: &holders, seat: Some(0), held: &[0, 1, 2] };
        assert_eq!(view.plan(), Plan { give: vec![2], ..Plan::default() });
        let new = View { seat: Some(1), held: &[], ..view };
        assert_eq!(new.plan(), Plan { give: vec![], ask: vec![], lacking: 1 });
    }

    #[test]
    fn stands_by_without_a_seat() {
        let seats = taken(&["a", "b"]);
        let holders = taken(&["a", ""]);
        let view = View { seats: &seats, holders: &holders, seat: None, held: &[] };
        assert_eq!(view.plan(), Plan::default());
    }

    proptest! {
        /// Members that come and go, each acting on what it sees in turn: after some rounds all shares are taken, evenly, and nobody
        /// moves any more.
        #[test]
        fn members_come_to_rest_with_even_shares(
            count in 1_usize..40,
            events in prop::collection::vec((any::<bool>(), 0_usize..12), 1..12),
        ) {
            let mut group = Model::new(count);
            for (joins, member) in events {
                if joins { group.join(member) } else { group.leave(member) }
                let moves: Vec<usize> = (0..4).map(|_| group.round()).collect();
                prop_assert_eq!(*moves.last().unwrap(), 0, "they do not come to rest: {:?}", moves);
                let held = group.held_by_each();
                if let (Some(least), Some(most)) = (held.iter().min(), held.iter().max()) {
                    prop_assert!(most - least <= 1, "{:?}", held);
                    prop_assert_eq!(held.iter().sum::<usize>(), count);
                }
            }
        }
    }

    struct Model {
        seats: Vec<Option<String>>,
        holders: Vec<Option<String>>,
    }

    impl Model {
        fn new(count: usize) -> Self {
            Self { seats: vec![None; count], holders: vec![None; count] }
        }

        fn join(&mut self, member: usize) {
            let name = member.to_string();
            if !self.seats.contains(&Some(name.clone()))
                && let Some(seat) = self.seats.iter_mut().find(|seat| seat.is_none())
            {
                *seat = Some(name);
            }
        }

        fn leave(&mut self, member: usize) {
            let name = member.to_string();
            let all = self.seats.iter_mut().chain(&mut self.holders);
            all.filter(|it| it.as_deref() == Some(&name)).for_each(|it| *it = None);
        }

        /// Everybody acts once. Returns how many shares moved.
        fn round(&mut self) -> usize {
            let mut moves = 0;
            for seat in 0..self.seats.len() {
                let Some(name) = self.seats[seat].clone() else { continue };
                let mine = |holder: &Option<String>| holder.as_ref() == Some(&name);
                let held: Vec<usize> =
                    (0..self.holders.len()).filter(|at| mine(&self.holders[*at])).collect();
                let view = View { seats: &self.seats, holders: &self.holders, seat: Some(seat), held: &held };
                let Plan { give, ask, lacking } = view.plan();
                moves += give.len() + lacking.min(ask.len());
                for share in give {
                    self.holders[share] = None;
                }
                for share in ask.into_iter().take(lacking) {
                    self.holders[share] = Some(name.clone());
                }
            }
            moves
        }

        fn held_by_each(&self) -> Vec<usize> {
            let members = self.seats.iter().flatten();
            members
                .map(|name| self.holders.iter().flatten().filter(|holder| *holder == name).count())
                .collect()
        }
    }
}
