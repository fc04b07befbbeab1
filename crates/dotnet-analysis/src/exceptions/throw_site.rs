//! Methods that throw for others.

use crate::profile::{Frame, FrameKind};

/// Beginnings of the names of methods that throw for others: the runtime's throwing of exceptions itself, exceptions that are
/// passed on from elsewhere, and awaiting what has failed.
const THROW_FOR_OTHERS: &[&str] = &[
    "Internal.Runtime.CompilerHelpers.ThrowHelpers.",
    "System.Runtime.CompilerServices.ConfiguredTaskAwaitable",
    "System.Runtime.CompilerServices.ConfiguredValueTaskAwaitable",
    "System.Runtime.CompilerServices.TaskAwaiter",
    "System.Runtime.CompilerServices.ValueTaskAwaiter",
    "System.Runtime.EH.",
    "System.Runtime.ExceptionServices.ExceptionDispatchInfo.",
    "System.Runtime.ExceptionServices.InternalCalls.",
    "System.Runtime.StackFrameIterator.",
    "System.Threading.Tasks.Sources.ManualResetValueTaskSourceCore",
    "System.Threading.Tasks.Task.GetExceptions",
    "System.Threading.Tasks.Task.ThrowIfExceptional",
    "System.Threading.Tasks.Task.Wait(",
    "System.Threading.Tasks.Task`1.GetResultCore",
    "System.Threading.Tasks.Task`1.get_Result",
    "System.Threading.Tasks.Task`1[System.__Canon].GetResultCore",
    "System.Threading.Tasks.Task`1[System.__Canon].get_Result",
    "System.Threading.Tasks.ValueTask",
];

/// Endings of the names of types whose methods called `Throw...` throw for their callers.
const THROWING_TYPES: &[&str] = &["Exception", "ThrowHelper", "ThrowHelpers", "Throw"];

/// Whether that method only throws for its caller.
pub(super) fn throws_for_others(frame: &Frame) -> bool {
    frame.kind == FrameKind::Native || is_thrower(&frame.name)
}

fn is_thrower(name: &str) -> bool {
    if THROW_FOR_OTHERS.iter().any(|beginning| name.starts_with(beginning)) {
        return true;
    }
    let full_name = name.split('(').next().unwrap_or(name);
    let Some((type_name, method)) = full_name.rsplit_once('.') else { return false };
    // `System.Number.ThrowFormatException`: what is called so in .NET itself is always such a helper.
    let is_of_helper = || THROWING_TYPES.iter().any(|ending| type_name.ends_with(ending));
    method.starts_with("Throw") && (type_name.starts_with("System.") || is_of_helper())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn helpers_are_not_what_threw() {
        for name in [
            "System.Runtime.EH.RhThrowEx(class System.Object,value class ExInfo&)",
            "System.Number.ThrowFormatException(value class System.ReadOnlySpan`1<!!0>)",
            "System.ThrowHelper.ThrowArgumentOutOfRangeException()",
            "System.Text.Json.ThrowHelper.ThrowJsonReaderException(value class Utf8JsonReader&)",
            "System.ArgumentNullException.ThrowIfNull(class System.Object,class System.String)",
            "System.Runtime.CompilerServices.TaskAwaiter.ThrowForNonSuccess(class System.Threading.Tasks.Task)",
            "System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw()",
        ] {
            assert!(is_thrower(name), "{name}");
        }
        for name in ["Shop.Cart.ThrowIfEmpty()", "Work.Throw(int64)", "Main()", "Shop.Throwing.Run()"] {
            assert!(!is_thrower(name), "{name}");
        }
    }
}
