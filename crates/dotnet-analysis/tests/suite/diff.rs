//! Two traces compared.

use dotnet_analysis::diff::{Compared, DiffAnswer, Side};
use dotnet_analysis::report::document::Part;
use dotnet_analysis::report::{Answer, Facts, text};
use nettrace::Decoder;
use serde_json::Value;

use super::corpus;

fn side(name: &str) -> Option<Side> {
    let bytes = corpus::trace(name)?;
    let mut compared = Compared::default();
    let mut decoder = Decoder::new().in_time_order();
    let mut analysis = compared.analysis();
    decoder.push(&bytes, &mut analysis).unwrap();
    decoder.finish(&mut analysis).unwrap();
    let facts = Facts::new(&decoder, analysis.last_ticks(), None);
    let code = analysis.into_code();
    Some(compared.side(name, &facts, &code))
}

fn figure<'a>(json: &'a Value, subject: &str, name: &str) -> &'a Value {
    let find = |list: &'a Value, key: &str, wanted: &str| {
        let mut all = list.as_array().unwrap().iter();
        all.find(|one| one[key] == wanted).unwrap_or_else(|| panic!("{wanted} in {list}"))
    };
    find(&find(&json["subjects"], "subject", subject)["figures"], "name", name)
}

#[test]
fn collections_of_two_runtimes_are_compared_a_second() {
    let (Some(before), Some(after)) = (side("r31_gcinfo.nettrace"), side("r9_gcinfo.nettrace")) else {
        return;
    };
    let answer = DiffAnswer::new(&before, &after);
    let json = serde_json::to_value(&answer).unwrap();
    let collections = figure(&json, "GC", "Collections");
    let count = |name: &str| corpus::answers(name)["gc_totals"]["Count"].as_f64().unwrap();
    let (was, is) = (count("r31_gcinfo.nettrace"), count("r9_gcinfo.nettrace"));
    assert_eq!((collections["before"].as_f64(), collections["after"].as_f64()), (Some(was), Some(is)));
    let rate = |side: &Value, count: f64| count * 1e9 / side["duration_ns"].as_f64().unwrap();
    let (was, is) = (rate(&json["before"], was), rate(&json["after"], is));
    assert!((collections["before_rate"].as_f64().unwrap() - was).abs() < 1e-6, "{collections}");
    assert!((collections["after_rate"].as_f64().unwrap() - is).abs() < 1e-6, "{collections}");
    let change = (is / was - 1.0) * 100.0;
    assert!((collections["change_percent"].as_f64().unwrap() - change).abs() < 1e-6, "{collections}");

    let text = text::render(&answer.document(), None, 100);
    let first = text.lines().take(24).collect::<Vec<_>>().join(" ");
    assert!(first.contains("From r31_gcinfo.nettrace to r9_gcinfo.nettrace: "), "{text}");
    assert!(first.contains("GC: longest pause 341 µs -> 8.16 ms"), "{text}");
}

#[test]
fn a_trace_has_not_changed_from_itself() {
    let (Some(before), Some(after)) = (side("r9_gcinfo.nettrace"), side("r9_gcinfo.nettrace")) else {
        return;
    };
    let answer = DiffAnswer::new(&before, &after);
    let changes = answer.subjects.iter().flat_map(|subject| &subject.figures).map(|figure| figure.change);
    assert!(changes.clone().count() > 5);
    for change in changes {
        assert_eq!(change.before_rate.to_bits(), change.after_rate.to_bits(), "{change:?}");
    }
    assert!(answer.document().summary.contains("no figure grew by more than a tenth."));
}

#[test]
fn what_is_in_one_trace_only_is_not_compared() {
    let (Some(before), Some(after)) = (side("r9_exc_cont_tp.nettrace"), side("r9_gcinfo.nettrace")) else {
        return;
    };
    let answer = DiffAnswer::new(&before, &after);
    assert!(answer.only_before.contains(&"Exceptions"), "{:?}", answer.only_before);
    assert!(answer.only_after.contains(&"GC"), "{:?}", answer.only_after);
    assert!(answer.subjects.iter().all(|subject| !["GC", "Exceptions"].contains(&subject.subject)));
    let notes = answer.document().notes.join("\n");
    assert!(notes.contains("Only in r9_exc_cont_tp.nettrace: "), "{notes}");
}

#[test]
fn samples_of_both_are_one_picture() {
    let (Some(before), Some(after)) = (side("only_managed_samples.nettrace"), side("r9_cpu.nettrace")) else {
        return;
    };
    let pictures = DiffAnswer::new(&before, &after).pictures();
    let titles: Vec<&str> = pictures.iter().map(|section| section.title.as_str()).collect();
    assert_eq!(titles, ["What threads ran: the difference", "Waiting threads too: the difference"]);
    for section in &pictures {
        let [Part::Picture(picture)] = section.parts.as_slice() else { panic!("{section:?}") };
        assert!(picture.contains("r9_cpu.nettrace compared with only_managed_samples.nettrace"));
    }
    let without = side("r9_gcinfo.nettrace").expect("it is beside the others");
    assert!(DiffAnswer::new(&before, &without).pictures().is_empty());
}
