//! What the operating system says about this process. Linux's `/proc`; elsewhere everything is unknown.

use std::fs;
use std::time::{SystemTime, UNIX_EPOCH};

/// Clock ticks a second in `/proc/self/stat`: 100 on every Linux in use (the kernel's USER_HZ is fixed by its ABI).
const TICKS_PER_SECOND: f64 = 100.0;

/// User and system CPU seconds spent so far.
pub fn cpu_seconds() -> Option<f64> {
    cpu_seconds_of(&fs::read_to_string("/proc/self/stat").ok()?)
}

/// Resident memory now, in bytes.
pub fn rss_bytes() -> Option<u64> {
    status_bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// The most resident memory so far, in bytes.
pub fn peak_rss_bytes() -> Option<u64> {
    status_bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmHWM:")
}

/// Virtual memory, in bytes.
pub fn virtual_bytes() -> Option<u64> {
    status_bytes(&fs::read_to_string("/proc/self/status").ok()?, "VmSize:")
}

/// Threads of this process.
pub fn threads() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    status.lines().find_map(|line| line.strip_prefix("Threads:"))?.trim().parse().ok()
}

/// The most file descriptors that may be open; `None` where there is no bound.
pub fn max_fds() -> Option<u64> {
    max_fds_of(&fs::read_to_string("/proc/self/limits").ok()?)
}

/// File descriptors open now (the one that reads the list among them).
pub fn open_fds() -> Option<u64> {
    Some(fs::read_dir("/proc/self/fd").ok()?.count() as u64)
}

/// Wall clock, epoch milliseconds.
pub fn now_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as i64)
}

/// Fields 14 and 15 of a stat line; the second field, the program's name, may hold spaces and parentheses.
fn cpu_seconds_of(stat: &str) -> Option<f64> {
    let after_name = &stat[stat.rfind(')')? + 1..];
    let mut fields = after_name.split_ascii_whitespace().skip(11);
    let user: f64 = fields.next()?.parse().ok()?;
    let system: f64 = fields.next()?.parse().ok()?;
    Some((user + system) / TICKS_PER_SECOND)
}

/// The soft limit: the first number behind the name.
fn max_fds_of(limits: &str) -> Option<u64> {
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

fn status_bytes(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib * 1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_time_is_found_behind_a_name_with_spaces() {
        let stat = "7 (a (b) c) S 1 7 7 0 -1 4194560 1 2 3 4 250 50 9 9 20 0 8 0 100 1 2";
        assert_eq!(cpu_seconds_of(stat), Some(3.0));
        assert_eq!(cpu_seconds_of("7 (x) S 1"), None);
    }

    #[test]
    fn the_soft_limit_of_descriptors_counts() {
        let limits = "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   524288   files\n";
        assert_eq!((max_fds_of(limits), max_fds_of("Max open files unlimited x")), (Some(1024), None));
    }

    #[test]
    fn memory_is_in_bytes() {
        let status = "Name:\tsegue\nVmHWM:\t    2048 kB\nVmRSS:\t    1024 kB\n";
        let found =
            (status_bytes(status, "VmRSS:"), status_bytes(status, "VmHWM:"), status_bytes(status, "VmSwap:"));
        assert_eq!(found, (Some(1_048_576), Some(2_097_152), None));
    }
}
