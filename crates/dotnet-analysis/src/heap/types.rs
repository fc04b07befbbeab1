//! Types of objects, and how they are called.

use std::collections::HashMap;

use dotnet_events::enumerations::TypeFlags;
use dotnet_events::runtime::heap::{BulkType, BulkTypeValue};

/// A type of objects.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HeapType {
    /// As in source code: `System.Collections.Generic.List<Shop.Order>`, `System.Byte[]`. A nested type has the runtime's
    /// name for it, which leaves its outer type out, unless another type of the dump tells.
    pub name: String,
    /// File name of its module, such as `System.Private.CoreLib.dll`; empty when not known.
    pub module: String,
}

/// What the events say about types.
#[derive(Debug, Default)]
pub(crate) struct TypeTable {
    types: HashMap<u64, TypeEntry>,
    /// Paths of modules by id.
    modules: HashMap<u64, String>,
}

#[derive(Debug)]
struct TypeEntry {
    module: u64,
    token: u32,
    flags: TypeFlags,
    name: String,
    parameters: Vec<u64>,
}

/// How many types are kept. A process with more has another problem.
const MOST_TYPES: usize = 4 << 20;
/// How many modules are kept.
const MOST_MODULES: usize = 1 << 20;

impl TypeTable {
    pub(crate) fn add(&mut self, bulk: &BulkType<'_>) {
        for value in bulk.Values.iter() {
            if self.types.len() < MOST_TYPES || self.types.contains_key(&value.TypeID) {
                self.types.insert(value.TypeID, TypeEntry::new(&value));
            }
        }
    }

    pub(crate) fn add_module(&mut self, id: u64, il_path: &str, native_path: &str) {
        let path = if il_path.is_empty() { native_path } else { il_path };
        if !path.is_empty() && (self.modules.len() < MOST_MODULES || self.modules.contains_key(&id)) {
            self.modules.insert(id, path.to_owned());
        }
    }

    /// The types with those ids, in that order.
    pub(crate) fn named(&self, ids: &[u64]) -> Vec<HeapType> {
        let full = self.full_names();
        ids.iter().map(|id| self.named_one(*id, &full)).collect()
    }

    fn named_one(&self, id: u64, full: &HashMap<u64, String>) -> HeapType {
        let Some(entry) = self.types.get(&id) else {
            return HeapType { name: format!("Type({id:#x})"), module: String::new() };
        };
        let module = self.modules.get(&entry.module).map_or("", |path| file_name(path)).to_owned();
        let name = match full.get(&id) {
            Some(name) => readable(name),
            None if !entry.name.is_empty() => readable(&self.with_outer_types(entry, full)),
            None if entry.is_array() => format!("ArrayType({:#x})", entry.token),
            None => format!("Type({:#x})", entry.token),
        };
        HeapType { name, module }
    }

    /// Full names of nested types, as far as arguments of generic types tell them: those are written out in full, where the
    /// type by itself is called by its last name only.
    fn full_names(&self) -> HashMap<u64, String> {
        let mut full = HashMap::new();
        for entry in self.types.values() {
            let Some(arguments) = arguments(&entry.name) else { continue };
            if arguments.len() != entry.parameters.len() {
                continue;
            }
            for (id, argument) in entry.parameters.iter().zip(arguments) {
                let is_longer =
                    |known: &TypeEntry| argument.len() > known.name.len() && argument.ends_with(&known.name);
                if argument.contains('+') && self.types.get(id).is_some_and(is_longer) {
                    full.insert(*id, argument.to_owned());
                }
            }
        }
        full
    }

    /// The name of an array with the full name of its elements.
    fn with_outer_types(&self, entry: &TypeEntry, full: &HashMap<u64, String>) -> String {
        let [element] = entry.parameters.as_slice() else { return entry.name.clone() };
        let known = self.types.get(element).zip(full.get(element));
        match known.and_then(|(known, full)| Some((full, entry.name.strip_prefix(known.name.as_str())?))) {
            Some((full, rank)) if entry.is_array() && rank.starts_with('[') => {
                format!("{full}{rank}")
            }
            _ => entry.name.clone(),
        }
    }
}

impl TypeEntry {
    fn is_array(&self) -> bool {
        self.flags.contains(TypeFlags::Array)
    }

    fn new(value: &BulkTypeValue<'_>) -> Self {
        Self {
            module: value.ModuleID,
            token: value.TypeNameID,
            flags: value.Flags,
            name: value.Name.to_string(),
            parameters: value.TypeParameters.iter().collect(),
        }
    }
}

/// The last part of a path of any system.
fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

/// The arguments of a generic type's name, `None` where it has none or is an array.
fn arguments(name: &str) -> Option<Vec<&str>> {
    let inner = name.strip_suffix(']')?.split_once('[')?.1;
    let (mut depth, mut start, mut found) = (0_i32, 0, Vec::new());
    for (at, byte) in inner.bytes().enumerate() {
        match byte {
            b'[' => depth += 1,
            b']' => depth -= 1,
            b',' if depth == 0 => {
                found.push(inner.get(start..at)?);
                start = at + 1;
            }
            _ => {}
        }
        if depth < 0 {
            return None;
        }
    }
    found.push(inner.get(start..)?);
    found.iter().all(|argument| !argument.is_empty()).then_some(found)
}

/// A runtime's name as people write it: ``List`1[System.Int32]`` is `List<System.Int32>`, `System.String[,]` stays.
pub(crate) fn readable(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    // For each open bracket, whether it is one of a generic type.
    let mut open = Vec::new();
    let mut rest = name.chars().peekable();
    while let Some(character) = rest.next() {
        match character {
            '`' => while rest.next_if(char::is_ascii_digit).is_some() {},
            '[' => {
                let is_array = rest.peek().is_none_or(|next| matches!(next, ']' | ',' | '*'));
                open.push(!is_array);
                text.push(if is_array { '[' } else { '<' });
            }
            ']' => text.push(if open.pop() == Some(true) { '>' } else { ']' }),
            _ => text.push(character),
        }
    }
    text
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_in_source_code() {
        for (name, expected) in [
            ("System.String", "System.String"),
            ("System.Byte[]", "System.Byte[]"),
            ("System.String[,]", "System.String[,]"),
            ("System.Int32[][,,]", "System.Int32[][,,]"),
            ("System.Func`1[System.Object]", "System.Func<System.Object>"),
            (
                "System.Collections.Generic.Dictionary`2[System.String,System.Collections.Generic.List`1[System.Byte[]]][]",
                "System.Collections.Generic.Dictionary<System.String,System.Collections.Generic.List<System.Byte[]>>[]",
            ),
            ("<>c__DisplayClass12_0`1[A]", "<>c__DisplayClass12_0<A>"),
            ("]", "]"),
            ("a[", "a["),
            ("", ""),
        ] {
            assert_eq!(readable(name), expected);
        }
    }

    #[test]
    fn arguments_are_told_apart() {
        assert_eq!(arguments("A`2[B,C`1[D,E[]]]"), Some(vec!["B", "C`1[D,E[]]"]));
        assert_eq!(arguments("A[]"), None);
        assert_eq!(arguments("A[,]"), None);
        assert_eq!(arguments("A"), None);
        assert_eq!(arguments("A]["), None);
    }

    fn entry(name: &str, flags: u32, parameters: &[u64]) -> TypeEntry {
        TypeEntry {
            module: 7,
            token: 0x200_0001,
            flags: flags.into(),
            name: name.to_owned(),
            parameters: parameters.to_vec(),
        }
    }

    #[test]
    fn nested_types_get_the_names_that_others_tell() {
        let mut table = TypeTable::default();
        table.types.insert(1, entry("Line", 0, &[]));
        table.types.insert(2, entry("List`1[Shop.Order+Line]", 0, &[1]));
        table.types.insert(3, entry("Line[]", 8, &[1]));
        table.types.insert(4, entry("", 8, &[1]));
        table.add_module(7, "C:\\shop\\Shop.dll", "");
        let names: Vec<String> = table.named(&[1, 2, 3, 4, 5]).into_iter().map(|t| t.name).collect();
        let expected = [
            "Shop.Order+Line",
            "List<Shop.Order+Line>",
            "Shop.Order+Line[]",
            "ArrayType(0x2000001)",
            "Type(0x5)",
        ];
        assert_eq!(names, expected);
        assert_eq!(table.named(&[1])[0].module, "Shop.dll");
    }
}
