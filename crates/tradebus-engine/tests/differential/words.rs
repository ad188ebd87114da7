//! What commands are made of: keys, names, ids, numbers, times and texts, mostly such that something happens.

/// The words of a command, its name included.
pub(crate) type Args = Vec<Vec<u8>>;

/// The words of a line. A character stands for one byte, so that names can hold any.
pub(crate) fn args(line: &str) -> Args {
    line.split(' ').map(|word| word.chars().map(|byte| byte as u8).collect()).collect()
}

/// Ids that are remembered, to be named again.
const REMEMBERED: usize = 40;

/// Nothing can be added behind it.
const LAST_ID: &str = "18446744073709551615-18446744073709551615";

/// The year 2100 in seconds: keys that expire then do not do so during the test.
pub(crate) const FAR_SECONDS: u64 = 4_102_444_800;

/// Chance, and what it has chosen before in this sequence.
pub(crate) struct Words {
    pub(crate) random: fastrand::Rng,
    /// Ids rise with the commands, so that most are accepted.
    ms: u64,
    given: Vec<String>,
    times: u64,
}

impl Words {
    /// Ids begin behind the millisecond `ms`.
    pub(crate) fn new(random: fastrand::Rng, ms: u64) -> Self {
        Self { random, ms, given: Vec::new(), times: 0 }
    }

    pub(crate) fn one_of<T: Copy>(&mut self, choices: &[T]) -> T {
        choices[self.random.usize(..choices.len())]
    }

    /// True once in so many times.
    pub(crate) fn once_in(&mut self, times: u32) -> bool {
        self.random.u32(..times) == 0
    }

    /// A key that mostly holds a stream.
    pub(crate) fn stream(&mut self) -> &'static str {
        match self.random.u8(..40) {
            0..20 => "a",
            20..33 => "b",
            33..38 => "stream:c",
            // Errors that quote it stop at the zero, and must not break their line.
            38 => self.one_of(&["none", "two\r\nlines", "odd\0\u{ff}key"]),
            _ => self.value(),
        }
    }

    /// A key that mostly holds something else than a stream.
    pub(crate) fn value(&mut self) -> &'static str {
        self.one_of(&["text", "text", "number", "number", "list", "set", "none", "b"])
    }

    pub(crate) fn key(&mut self) -> &'static str {
        if self.random.bool() { self.stream() } else { self.value() }
    }

    /// An id for a new entry, above the others unless chance has it otherwise.
    pub(crate) fn new_id(&mut self) -> String {
        self.ms += self.random.u64(..3);
        let id = match self.random.u8(..24) {
            0 => self.id(),
            1 => return format!("{}-*", self.ms),
            2 => self.ms.to_string(),
            _ => format!("{}-{}", self.ms, self.random.u64(..4)),
        };
        if self.given.len() == REMEMBERED {
            self.given.retain(|id| id == LAST_ID);
        }
        self.given.push(id.clone());
        id
    }

    /// An id that is above all that were given.
    pub(crate) fn id_above_all(&mut self) -> String {
        if self.given.iter().any(|id| id == LAST_ID) {
            return LAST_ID.to_owned();
        }
        self.ms += 3;
        format!("{}-{}", self.ms, self.random.u64(..2))
    }

    /// An id that may exist.
    pub(crate) fn id(&mut self) -> String {
        let ms = self.random.u64(self.ms.saturating_sub(100)..self.ms + 3);
        match self.random.u8(..40) {
            0..28 if !self.given.is_empty() => {
                let lately = self.random.usize(..self.given.len());
                self.given[lately].clone()
            }
            28 => ms.to_string(),
            29 => "0-0".to_owned(),
            30 => self.bad_word(),
            31 => LAST_ID.to_owned(),
            _ => format!("{ms}-{}", self.random.u64(..4)),
        }
    }

    /// Some ids, with a blank between them.
    pub(crate) fn ids(&mut self) -> String {
        let ids: Vec<_> = (0..self.random.usize(1..5)).map(|_| self.id()).collect();
        ids.join(" ")
    }

    pub(crate) fn range_end(&mut self) -> String {
        match self.random.u8(..10) {
            0..3 => "-".to_owned(),
            3..6 => "+".to_owned(),
            6 => format!("({}", self.id()),
            _ => self.id(),
        }
    }

    /// What is no id, and mostly no number either.
    pub(crate) fn bad_word(&mut self) -> String {
        const BAD: [&str; 16] = [
            "x",
            "-",
            "+",
            "$",
            ">",
            "1-2-3",
            "",
            "(5",
            "-1",
            "1.5",
            "**",
            "99999999999999999999-1",
            "5--1",
            "5-",
            "-0",
            " ",
        ];
        // These are ids, as C reads numbers.
        const ODD: [&str; 6] = ["007", "+5-1", "05-02", "5--0", "0000000000000000000000005-+1", "\t7"];
        if self.once_in(3) { self.one_of(&ODD).to_owned() } else { self.one_of(&BAD).to_owned() }
    }

    pub(crate) fn number(&mut self) -> String {
        match self.random.u8(..30) {
            0 => self.bad_word(),
            1 => "0".to_owned(),
            2 => self.one_of(&["-1", "9223372036854775807", "-9223372036854775808"]).to_owned(),
            3..10 => self.random.u64(..500).to_string(),
            _ => self.random.u64(..8).to_string(),
        }
    }

    /// Nothing, or an option with its number behind a blank.
    pub(crate) fn maybe_count(&mut self) -> String {
        if self.random.bool() { format!(" COUNT {}", self.number()) } else { String::new() }
    }

    /// A time from now on in which nothing expires, in thousands of seconds: each only once, so that which of two is the
    /// longer one does not depend on when they were set.
    pub(crate) fn thousands_of_seconds(&mut self) -> u64 {
        self.times += 1;
        1 + self.times * 7919 % 10_007
    }

    /// A time since 1970 that is past, or so far away that nothing expires.
    pub(crate) fn unix_seconds(&mut self) -> u64 {
        if self.once_in(6) { self.random.u64(1..1_000_000_000) } else { FAR_SECONDS + self.random.u64(..3) }
    }

    pub(crate) fn text(&mut self) -> Vec<u8> {
        let len = match self.random.u8(..60) {
            0 => self.random.usize(..6_000),
            1..8 => self.random.usize(..300),
            _ => self.random.usize(..12),
        };
        if self.random.u8(..4) == 0 {
            return self.random.i64(..).to_string().as_bytes()[..len.clamp(1, 10)].to_vec();
        }
        (0..len).map(|_| self.random.u8(..)).collect()
    }
}
