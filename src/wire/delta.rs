//! What one commit adds to the windows. (in work)
