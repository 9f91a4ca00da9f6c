//! The cases that have a name. (in work)
