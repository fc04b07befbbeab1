//! What names of methods and modules say.

/// How modules begin that come with .NET.
const DOTNET_PREFIXES: [&str; 3] = ["System.", "Microsoft.", "Internal."];
/// Other modules that come with .NET.
const DOTNET_MODULES: [&str; 4] = ["System", "mscorlib", "netstandard", "WindowsBase"];

/// Whether a managed module is not the application's own, as far as its name tells.
pub(crate) fn comes_with_dotnet(module: &str) -> bool {
    DOTNET_MODULES.contains(&module) || DOTNET_PREFIXES.iter().any(|start| module.starts_with(start))
}

/// `Type.Method` of `Namespace.Type.Method(signature)`: what fits into a narrow box.
pub(crate) fn short(name: &str) -> &str {
    let without_signature = name.split_once('(').map_or(name, |(before, _)| before);
    let Some(method) = last_dot(without_signature) else { return without_signature };
    // `.ctor` and `.cctor` begin with a dot of their own.
    let before = without_signature.get(..method).unwrap_or_default();
    let type_end = before.strip_suffix('.').map_or(method, str::len);
    let type_name = without_signature.get(..type_end).unwrap_or_default();
    let start = last_dot(type_name).map_or(0, |dot| dot + 1);
    without_signature.get(start..).unwrap_or(without_signature)
}

/// The last dot outside of brackets.
fn last_dot(name: &str) -> Option<usize> {
    let mut depth = 0u32;
    for (at, byte) in name.bytes().enumerate().rev() {
        match byte {
            b']' | b'>' => depth += 1,
            b'[' | b'<' => depth = depth.saturating_sub(1),
            b'.' if depth == 0 => return Some(at),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn type_and_method_are_left() {
        for (name, expected) in [
            ("Main", "Main"),
            ("Program.Main(class System.String[])", "Program.Main"),
            (
                "System.Threading.PortableThreadPool+WorkerThread.Start()",
                "PortableThreadPool+WorkerThread.Start",
            ),
            ("System.String..ctor(char[])", "String..ctor"),
            ("System.String..cctor()", "String..cctor"),
            ("System.Collections.Generic.List`1[System.__Canon].Add(!0)", "List`1[System.__Canon].Add"),
            ("Shop.Cart.<Total>b__0(int32)", "Cart.<Total>b__0"),
            ("dynamicClass.IL_STUB_PInvoke(int32)", "dynamicClass.IL_STUB_PInvoke"),
            ("0x7f0012345678", "0x7f0012345678"),
            ("[waiting or native code]", "[waiting or native code]"),
            (".ctor()", ".ctor"),
            ("", ""),
        ] {
            assert_eq!(short(name), expected, "{name}");
        }
    }
}
