//! Names of methods and modules, as the runtime gives them and as they are shown.

use dotnet_events::runtime::groups::MethodName;
use nettrace::Utf16;

/// Names of methods as the runtime sent them, one behind the other. Few of them are ever shown, so they are not converted
/// before that.
#[derive(Debug, Default)]
pub(super) struct Names {
    /// Namespace, name and signature of each, UTF-16 with a zero behind.
    bytes: Vec<u8>,
}

/// Where in [`Names`] a name begins, in units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct NameAt(u32);

/// Bytes of names kept. The largest programs have some 30 MB.
const MAX_BYTES: usize = 1 << 30;

impl Names {
    /// Keeps a name; `None` when there is no room.
    pub(super) fn keep(&mut self, name: &MethodName<'_>) -> Option<NameAt> {
        let at = NameAt(u32::try_from(self.bytes.len() / 2).ok()?);
        let parts = [name.MethodNamespace, name.MethodName, name.MethodSignature];
        let length: usize = parts.iter().map(|part| part.as_bytes().len() + 2).sum();
        if self.bytes.len() + length > MAX_BYTES {
            return None;
        }
        for part in parts {
            self.bytes.extend_from_slice(part.as_bytes());
            self.bytes.extend_from_slice(&[0, 0]);
        }
        Some(at)
    }

    /// The name as it is shown.
    pub(super) fn show(&self, at: NameAt) -> String {
        let mut rest = self.bytes.get(at.0 as usize * 2..).unwrap_or_default();
        let [namespace, name, signature] = std::array::from_fn(|_| {
            let (part, behind) = Utf16::split_terminated(rest).unwrap_or_default();
            rest = behind;
            part
        });
        method(namespace, name, signature)
    }
}

/// `Namespace.Type.Method(signature)`: what is before the parenthesis of the signature, calling convention and type of the
/// result, is left out (nettrace.md E.3).
pub(super) fn method(namespace: Utf16<'_>, name: Utf16<'_>, signature: Utf16<'_>) -> String {
    let mut shown = String::with_capacity(namespace.len() + name.len() + signature.len() + 1);
    if !namespace.is_empty() {
        shown.extend(namespace.chars());
        shown.push('.');
    }
    shown.extend(name.chars());
    shown.extend(signature.chars().skip_while(|character| *character != '('));
    shown
}

/// Endings of files with managed code.
const EXTENSIONS: &[&str] = &[".dll", ".exe", ".netmodule", ".winmd"];

/// The name of a module: that of its file, without directory and ending. Paths are those of the system the trace is of.
pub(super) fn module(path: &str) -> &str {
    let file = path.rsplit(['/', '\\']).next().unwrap_or(path);
    // The part behind the last point of a module without a file, such as `System.Private.CoreLib`, is no ending.
    let ending = EXTENSIONS.iter().find(|ending| {
        let start = file.len().checked_sub(ending.len());
        start.and_then(|start| file.get(start..)).is_some_and(|end| end.eq_ignore_ascii_case(ending))
    });
    let length = file.len() - ending.map_or(0, |ending| ending.len());
    file.get(..length).unwrap_or(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_are_called_like_their_files() {
        assert_eq!(module("/usr/share/dotnet/System.Private.CoreLib.dll"), "System.Private.CoreLib");
        assert_eq!(module(r"C:\app\Shop.EXE"), "Shop");
        assert_eq!(
            module("Anonymously Hosted DynamicMethods Assembly"),
            "Anonymously Hosted DynamicMethods Assembly"
        );
        assert_eq!(module("System.Private.CoreLib"), "System.Private.CoreLib");
        assert_eq!(module(".dll"), "");
        assert_eq!(module("/"), "");
    }

    #[test]
    fn the_result_of_a_method_is_not_part_of_its_name() {
        let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let [namespace, name, signature] =
            ["App.Shop", "Buy", "instance class System.String  (int32,!0)"].map(wide);
        let [namespace, name, signature] =
            [&namespace, &name, &signature].map(|text| Utf16::from_bytes(text));
        assert_eq!(method(namespace, name, signature), "App.Shop.Buy(int32,!0)");
        assert_eq!(method(Utf16::default(), name, signature), "Buy(int32,!0)");
        assert_eq!(method(namespace, name, Utf16::default()), "App.Shop.Buy");
    }
}
