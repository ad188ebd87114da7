//! What this process uses of the processors.

use std::time::{Duration, Instant};

use rustix::time::{ClockId, clock_gettime};

/// The time that the processors have spent, between two looks.
#[derive(Debug, Default)]
pub(super) struct Process {
    before: Option<(Instant, Duration)>,
}

impl Process {
    /// Cores in use since the last look; `None` at the first.
    pub(super) fn cores_since_last(&mut self) -> Option<f64> {
        let (now, spent) = (Instant::now(), spent());
        let (then, before) = self.before.replace((now, spent))?;
        let passed = (now - then).as_secs_f64();
        (passed > 0.0).then(|| spent.saturating_sub(before).as_secs_f64() / passed)
    }
}

/// The time that the processors have spent on this process.
pub(crate) fn spent() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::Process;

    #[test]
    fn work_takes_time() {
        let mut process = Process::default();
        assert_eq!(process.cores_since_last(), None);
        let mut sum = 0_u64;
        for number in 0..5_000_000_u64 {
            sum = std::hint::black_box(sum.wrapping_add(number));
        }
        assert!(process.cores_since_last().is_some_and(|cores| cores > 0.0), "{sum}");
    }
}
