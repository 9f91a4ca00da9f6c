//! A metric window row on the wire. (in work)
