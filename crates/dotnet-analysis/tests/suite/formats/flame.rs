//! Flame graphs.

use dotnet_analysis::formats::{Activity, FlameGraph, Selection};
use dotnet_analysis::profile::Profile;
use proptest::proptest;

use super::only;
use crate::profiles::{any_profile, small};

fn svg(graph: &FlameGraph) -> String {
    let mut out = Vec::new();
    graph.write_svg(&mut out).unwrap();
    String::from_utf8(out).unwrap()
}

/// The boxes: class, left, top and width as they are written, and the lines of their tooltip.
fn boxes(picture: &str) -> Vec<([String; 4], Vec<String>)> {
    let (_, area) = picture.split_once("<svg class=\"boxes\"").unwrap();
    let (area, _) = area.split_once("\n</svg>\n").unwrap();
    let mut boxes = vec![];
    for text in area.split("<svg ").skip(1) {
        let attribute = |name: &str| {
            let (_, rest) = text.split_once(&format!("{name}=\"")).unwrap();
            rest.split_once('"').unwrap().0.trim_end_matches('%').to_owned()
        };
        let (_, title) = text.split_once("<title>").unwrap();
        let title = title.split_once("</title>").unwrap().0;
        boxes
            .push((["class", " x", "y", "width"].map(attribute), title.lines().map(str::to_owned).collect()));
    }
    boxes
}

#[test]
fn boxes_are_as_wide_as_their_share() {
    let picture = svg(&FlameGraph::of(&small(), &Selection::default(), false));
    let boxes = boxes(&picture);
    assert_eq!(boxes.len(), 10);
    let (place, lines) = &boxes[0];
    assert_eq!(place[1..], ["0", "0", "94.44444"]);
    assert_eq!(lines[0], "Shop!Shop.Program.Main(class System.String[])");
    assert_eq!(lines[1], "94.44 %, 51 samples, 50 ms");
    assert!(picture.contains(">Program.Main</text>"));
    assert!(picture.contains("Shop.Cart.Total(value class &quot;x&quot;&lt;&amp;&gt;,int32)"));
    assert!(picture.contains("54 samples, 52 ms of thread time. Time that passed"));

    let running = svg(&FlameGraph::of(&small(), &only(Activity::Running), true));
    assert!(running.contains(">main (77)</text>") && !running.contains(">Thread 78</text>"));
}

#[test]
fn a_difference_has_what_is_in_either() {
    let before = small();
    let mut after = small();
    after.threads.remove(1);
    let picture = svg(&FlameGraph::difference(&before, &after, &Selection::default(), false));
    let boxes = boxes(&picture);
    assert_eq!(boxes.len(), 10);
    let of = |name: &str| boxes.iter().find(|(_, lines)| lines[0].contains(name)).unwrap();
    let (place, lines) = of("epoll_wait");
    assert_eq!((place[0].as_str(), place[3].as_str()), ("down4", "18.51852"));
    assert_eq!(lines[1], "-37.04 %: 37.04 % before, 0.00 % after");
    assert_eq!(lines[2], "20 samples before, 0 after");
    assert_eq!(of("Concat").0[0], "up2");

    let same = svg(&FlameGraph::difference(&before, &before, &Selection::default(), false));
    assert!(same.contains("class=\"same\"") && !same.contains("class=\"up4\""));
}

#[test]
fn what_is_too_narrow_is_counted() {
    let mut profile = small();
    let [first, ..] = profile.threads.as_mut_slice() else { unreachable!() };
    first.samples[0].count = 1_000_000;
    let picture = svg(&FlameGraph::of(&profile, &Selection::default(), false));
    assert!(picture.contains("6 boxes are too narrow to be drawn; the widest of them has 0.002 %."));
    assert_eq!(boxes(&picture).len(), 4);
}

#[test]
fn nothing_is_said_aloud() {
    let picture = svg(&FlameGraph::of(&Profile::default(), &Selection::default(), false).note("a < b"));
    assert!(picture.contains("There are no samples to be shown."));
    assert!(picture.contains("a &lt; b"));
}

proptest! {
    #[test]
    fn boxes_stand_on_each_other(profile in any_profile(), other in any_profile()) {
        for graph in [
            FlameGraph::of(&profile, &Selection::default(), true),
            FlameGraph::difference(&profile, &other, &Selection::default(), false),
        ] {
            let picture = svg(&graph);
            let mut path: Vec<(f64, f64)> = vec![(0.0, 100.0)];
            for ([_, left, top, width], _) in boxes(&picture) {
                let [left, top, width] = [left, top, width].map(|number| number.parse::<f64>().unwrap());
                let depth = top as usize / 18;
                assert!(depth < path.len(), "a box stands on nothing");
                path.truncate(depth + 1);
                let (below, end) = path[depth];
                assert!(left >= below - 1e-4 && left + width <= end + 1e-4);
                // The next beside it begins where this one ends.
                path[depth].0 = left + width;
                path.push((left, left + width));
            }
            // What has no other meaning in XML.
            assert!(!picture.contains(['\0', '\u{1b}']));
        }
    }
}
