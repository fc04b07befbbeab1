//! Names of methods as the events of handlers have them.

/// Module and name of a method that the runtime calls `ReturnType [Module] Namespace.Type::Method(signature)`: the name as
/// everywhere else, `Namespace.Type.Method(signature)`. What is written otherwise stays as it is, without a module.
pub(super) fn of(text: &str) -> (String, String) {
    let written_so = || {
        let (method, signature) = text.split_at(text.find('(')?);
        let (before, method) = method.rsplit_once("::")?;
        let (result, type_name) = before.rsplit_once("] ")?;
        let (_, module) = result.rsplit_once('[')?;
        Some((module.to_owned(), format!("{type_name}.{method}{signature}")))
    };
    written_so().unwrap_or_else(|| (String::new(), text.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_as_everywhere() {
        for (text, module, name) in [
            (
                "instance void [System.Net.Http] System.Net.Http.HttpConnectionPool+<ConnectAsync>d__53::MoveNext()",
                "System.Net.Http",
                "System.Net.Http.HttpConnectionPool+<ConnectAsync>d__53.MoveNext()",
            ),
            (
                " class Document [System.Text.Json] System.Text.Json.Document::Parse(valuetype [System.Memory]Span`1<int8>)",
                "System.Text.Json",
                "System.Text.Json.Document.Parse(valuetype [System.Memory]Span`1<int8>)",
            ),
            (
                "instance !0 [A] B`1[System.__Canon]::<Run>b__0(int8[])",
                "A",
                "B`1[System.__Canon].<Run>b__0(int8[])",
            ),
            ("Work.Main()", "", "Work.Main()"),
            ("", "", ""),
        ] {
            assert_eq!(of(text), (module.to_owned(), name.to_owned()));
        }
    }
}
