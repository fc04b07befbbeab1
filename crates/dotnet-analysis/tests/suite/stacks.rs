//! Stacks are kept once.

use dotnet_analysis::stacks::{StackId, Stacks};

#[test]
fn stacks_share_their_callers() {
    let mut stacks = Stacks::default();
    let main = stacks.push(StackId::EMPTY, 1);
    let work = stacks.push(main, 2);
    assert_eq!(stacks.push(main, 2), work);
    assert_ne!(stacks.push(work, 2), work);
    assert_eq!(stacks.addresses(work).collect::<Vec<_>>(), [2, 1]);
    assert_eq!(stacks.len(), 4);
}
