//! What commands are made of.

/// The words of a command, its name included.
pub(crate) type Args = Vec<Vec<u8>>;

/// The words of a line. A character stands for one byte, so that names can hold any.
pub(crate) fn args(line: &str) -> Args {
    line.split(' ').map(|word| word.chars().map(|byte| byte as u8).collect()).collect()
}

/// The year 2100 in seconds: keys that expire then do not do so during the test.
pub(crate) const FAR_SECONDS: u64 = 4_102_444_800;
