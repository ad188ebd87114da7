//! Order: the messages of a topic one behind the other, different topics side by side.
//!
//! A worker holds the topics of its chunk. What comes for a topic that another holds is parked, and goes before anything newer
//! when the topic is free again. CRITICAL messages go first, among those of their topic and among topics.

use std::collections::VecDeque;

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use super::contract::Job;
use crate::config::HandlingOrder;
use crate::{Priority, Topic};

/// Most CRITICAL messages that are parked, and most others. What workers give back comes on top: less than a chunk of each.
pub(super) const MOST_PARKED: usize = 1024;

/// A worker, by its number in its pool.
pub(super) type Who = u64;

/// What a worker has taken.
pub(super) struct Taken<J> {
    pub(super) who: Who,
    pub(super) jobs: VecDeque<J>,
    /// The topics that it holds.
    pub(super) topics: Vec<Topic>,
}

impl<J> Taken<J> {
    pub(super) fn nothing(who: Who) -> Self {
        Self { who, jobs: VecDeque::new(), topics: Vec::new() }
    }
}

/// The topics at hand, and what waits for them.
pub(super) struct Order<J> {
    by_topic: bool,
    /// The topics that are held or have messages parked.
    lines: HashMap<Topic, Line<J>>,
    /// The topics with messages parked that nobody holds, by class of their first message, in the order in which they became free.
    free: [VecDeque<Topic>; 2],
    /// Without order by topic: what was given back, by class.
    loose: [VecDeque<J>; 2],
    /// Messages parked, by class.
    parked: [usize; 2],
    bytes: usize,
    most_bytes: usize,
}

struct Line<J> {
    holder: Option<Who>,
    /// CRITICAL ones first, each kind in order.
    waiting: VecDeque<J>,
}

/// CRITICAL messages, or all others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Class {
    Critical,
    Other,
}

impl Class {
    pub(super) fn of(job: &impl Job) -> Self {
        if job.message().priority == Priority::Critical { Self::Critical } else { Self::Other }
    }
}

impl<J: Job> Line<J> {
    fn critical(&self) -> usize {
        self.waiting.iter().take_while(|job| Class::of(*job) == Class::Critical).count()
    }

    /// The class of the first that waits.
    fn class(&self) -> Option<Class> {
        self.waiting.front().map(Class::of)
    }
}

impl<J: Job> Order<J> {
    pub(super) fn new(order: HandlingOrder, most_bytes: usize) -> Self {
        Self {
            by_topic: order == HandlingOrder::Topic,
            lines: HashMap::new(),
            free: Default::default(),
            loose: Default::default(),
            parked: [0; 2],
            bytes: 0,
            most_bytes,
        }
    }

    /// Whether another message can be parked if its topic is held.
    pub(super) fn has_room(&self) -> bool {
        self.has_critical_room()
            && self.parked[Class::Other as usize] < MOST_PARKED
            && self.bytes < self.most_bytes
    }

    /// Whether a CRITICAL one can. In bytes there is always room for it.
    pub(super) fn has_critical_room(&self) -> bool {
        self.parked[Class::Critical as usize] < MOST_PARKED
    }

    /// Messages that are parked.
    pub(super) fn parked(&self) -> usize {
        self.parked.iter().sum()
    }

    /// Whether anything that is parked could be taken.
    pub(super) fn has_free(&self) -> bool {
        self.free.iter().any(|topics| !topics.is_empty()) || self.loose.iter().any(|jobs| !jobs.is_empty())
    }

    /// Takes what is parked under topics that are free, up to `most` in all.
    pub(super) fn take_free(&mut self, class: Class, most: usize, taken: &mut Taken<J>) {
        while taken.jobs.len() < most {
            let Some(job) = self.loose[class as usize].pop_front() else { break };
            self.unparked(&job);
            taken.jobs.push_back(job);
        }
        while taken.jobs.len() < most {
            let Some(topic) = self.free[class as usize].pop_front() else { break };
            let line = self.lines.get_mut(&topic).expect("a topic with parked messages has a line");
            line.holder = Some(taken.who);
            let count = line.waiting.len().min(most - taken.jobs.len());
            let from = taken.jobs.len();
            taken.jobs.extend(line.waiting.drain(..count));
            taken.topics.push(topic);
            for at in from..taken.jobs.len() {
                self.unparked(&taken.jobs[at]);
            }
        }
    }

    /// Takes a message that has just come, or parks it if its topic is at hand elsewhere or others of its topic wait already.
    pub(super) fn admit(&mut self, job: J, taken: &mut Taken<J>) {
        if !self.by_topic {
            taken.jobs.push_back(job);
            return;
        }
        let mut line = match self.lines.entry(job.message().topic.clone()) {
            Entry::Vacant(vacant) => {
                taken.topics.push(vacant.key().clone());
                vacant.insert(Line { holder: Some(taken.who), waiting: VecDeque::new() });
                taken.jobs.push_back(job);
                return;
            }
            Entry::Occupied(line) => line,
        };
        let class = Class::of(&job);
        let overtakes = class == Class::Critical && line.get().class() != Some(Class::Critical);
        let first = overtakes || line.get().waiting.is_empty();
        if first && line.get().holder.is_none_or(|holder| holder == taken.who) {
            if line.get_mut().holder.replace(taken.who).is_none() {
                taken.topics.push(line.key().clone());
                // Others of this topic wait and could have been taken; now they wait for this worker.
                self.free[Class::Other as usize].retain(|topic| topic != line.key());
            }
            taken.jobs.push_back(job);
            return;
        }
        self.parked[class as usize] += 1;
        self.bytes += job.message().payload.len();
        let line = line.get_mut();
        if overtakes {
            line.waiting.insert(0, job);
        } else if class == Class::Critical {
            line.waiting.insert(line.critical(), job);
        } else {
            line.waiting.push_back(job);
        }
    }

    /// The messages of these topics are handled: others may have them.
    fn release(&mut self, topics: &mut Vec<Topic>) {
        for topic in topics.drain(..) {
            let Entry::Occupied(mut line) = self.lines.entry(topic) else { continue };
            match line.get().class() {
                None => _ = line.remove(),
                Some(class) => {
                    line.get_mut().holder = None;
                    self.free[class as usize].push_back(line.key().clone());
                }
            }
        }
    }

    /// Takes back what a worker has not begun, in front of what came later, and all its topics but the one at hand.
    pub(super) fn give_back(&mut self, taken: &mut Taken<J>, at_hand: Option<&Topic>) {
        while let Some(job) = taken.jobs.pop_back() {
            let class = Class::of(&job);
            self.parked[class as usize] += 1;
            self.bytes += job.message().payload.len();
            if !self.by_topic {
                self.loose[class as usize].push_front(job);
                continue;
            }
            let line = self.lines.get_mut(&job.message().topic).expect("a worker holds its topics");
            let place = if class == Class::Critical { 0 } else { line.critical() };
            line.waiting.insert(place, job);
        }
        let held = at_hand.and_then(|at_hand| taken.topics.iter().position(|topic| topic == at_hand));
        let held = held.map(|at| taken.topics.swap_remove(at));
        self.release(&mut taken.topics);
        taken.topics.extend(held);
    }

    /// Takes out all that is parked, to be dropped.
    pub(super) fn clear(&mut self) -> Vec<J> {
        self.parked = [0; 2];
        self.bytes = 0;
        self.free = Default::default();
        let loose = std::mem::take(&mut self.loose).into_iter().flatten();
        let parked = self.lines.values_mut().flat_map(|line| line.waiting.drain(..));
        loose.chain(parked).collect()
    }

    fn unparked(&mut self, job: &J) {
        self.parked[Class::of(job) as usize] -= 1;
        self.bytes -= job.message().payload.len();
    }
}
