//! Strings and numbers through serde_json's formatter. A double that is not finite is `null`.

use serde::Serialize;

/// A string with its quotes.
pub fn text(out: &mut Vec<u8>, value: &str) {
    scalar(out, value);
}

/// A string, number, boolean or an option of one (`None` is null).
pub fn scalar<T: Serialize + ?Sized>(out: &mut Vec<u8>, value: &T) {
    // Only a map with odd keys or a failing writer can fail here, and there is neither.
    serde_json::to_writer(out, value).expect("a scalar always fits a Vec");
}
