use std::collections::HashSet;

use dotnet_events::providers;

#[test]
fn names_are_unique() {
    let names: HashSet<_> = providers::ALL.iter().map(|provider| provider.name).collect();
    assert_eq!(names.len(), providers::ALL.len());
    assert!(names.contains(providers::RUNTIME) && names.contains(dotnet_events::meters::PROVIDER));
}
