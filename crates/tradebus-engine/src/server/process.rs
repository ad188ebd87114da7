//! What the system says about this process.

use std::fs;

/// Bytes of this process in memory.
pub(super) fn resident_bytes() -> Option<u64> {
    let pages: u64 = fs::read_to_string("/proc/self/statm").ok()?.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// Bytes of memory that the machine has.
pub(super) fn machine_bytes() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

/// Seconds of processors that were used.
#[derive(Debug, Clone, Copy)]
pub(super) struct CpuTimes {
    pub(super) user: f64,
    pub(super) system: f64,
    pub(super) user_children: f64,
    pub(super) system_children: f64,
}

impl CpuTimes {
    pub(super) fn now() -> Option<Self> {
        let text = fs::read_to_string("/proc/self/stat").ok()?;
        // The name in front may hold anything, blanks and brackets too.
        let (_, fields) = text.rsplit_once(')')?;
        let mut ticks = fields.split_ascii_whitespace().skip(11).map(str::parse::<u32>);
        let per_second = rustix::param::clock_ticks_per_second() as f64;
        let mut next = || Some(f64::from(ticks.next()?.ok()?) / per_second);
        Some(Self { user: next()?, system: next()?, user_children: next()?, system_children: next()? })
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::{CpuTimes, machine_bytes, resident_bytes};

    #[test]
    fn linux_tells() {
        let (resident, machine) = (resident_bytes().expect("statm"), machine_bytes().expect("meminfo"));
        assert!(1024 * 1024 < resident && resident < machine);
        let times = CpuTimes::now().expect("stat");
        assert!(times.user + times.system < 1e6);
    }
}
