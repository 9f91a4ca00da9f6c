use super::*;
#[test]
fn the_built_in_policy_loads() {
    built_in();
}
