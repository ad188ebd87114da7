//! Memory and processors.

use std::fmt::{Result, Write};

use crate::server::dispatch::Context;
use crate::server::process::{self, CpuTimes};

pub(super) fn memory(context: &Context<'_>, text: &mut String) -> Result {
    let gauge = &context.server.memory;
    let used = gauge.read(&context.db);
    let mut amount =
        |name: &str, bytes: u64| write!(text, "{name}:{bytes}\r\n{name}_human:{}\r\n", human(bytes));
    amount("used_memory", used)?;
    let resident = process::resident_bytes();
    if let Some(resident) = resident {
        amount("used_memory_rss", resident)?;
    }
    amount("used_memory_peak", gauge.peak())?;
    if let Some(bytes) = process::machine_bytes() {
        amount("total_system_memory", bytes)?;
    }
    amount("maxmemory", 0)?;
    write!(
        text,
        "used_memory_peak_perc:{:.2}%\r\nused_memory_dataset:{used}\r\nnumber_of_cached_scripts:0\r\n\
         number_of_functions:0\r\nnumber_of_libraries:0\r\nmaxmemory_policy:noeviction\r\n",
        100.0 * used as f64 / gauge.peak().max(1) as f64,
    )?;
    if let Some(resident) = resident {
        let ratio = resident as f64 / used.max(1) as f64;
        write!(text, "mem_fragmentation_ratio:{ratio:.2}\r\n")?;
    }
    write!(text, "active_defrag_running:0\r\n")
}

/// Bytes as Redis writes them for people.
fn human(bytes: u64) -> String {
    let size = bytes as f64;
    let units = [("B", 1.0), ("K", 1024.0), ("M", 1024.0 * 1024.0), ("G", 1024.0 * 1024.0 * 1024.0)];
    let unit = units.into_iter().rev().find(|(_, one)| size >= *one);
    match unit {
        None | Some(("B", _)) => format!("{bytes}B"),
        Some((name, one)) => format!("{:.2}{name}", size / one),
    }
}

pub(super) fn cpu(_: &Context<'_>, text: &mut String) -> Result {
    let Some(times) = CpuTimes::now() else { return Ok(()) };
    write!(
        text,
        "used_cpu_sys:{:.6}\r\nused_cpu_user:{:.6}\r\nused_cpu_sys_children:{:.6}\r\nused_cpu_user_children:{:.6}\r\n",
        times.system, times.user, times.system_children, times.user_children,
    )
}

#[cfg(test)]
mod tests {
    #[test]
    fn sizes_for_people() {
        let shown = [0, 1023, 1024, 1_288_490, 5 << 30].map(super::human);
        assert_eq!(shown, ["0B", "1023B", "1.00K", "1.23M", "5.00G"]);
    }
}
