//! All triggers, evaluated in the published order.
