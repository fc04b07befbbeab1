//! Documents as text and as pages: what a reader sees, whatever names a process has.

use dotnet_analysis::report::document::{
    Cell, Chart, ChartKind, Document, Part, Section, Series, Table, Tree, TreeNode, Unit,
};
use dotnet_analysis::report::html::{self, Page};
use dotnet_analysis::report::{Facts, text};

const HOSTILE: &str = "</td><script>alert('x')</script>\u{1b}[2J\"&";

fn facts() -> Facts {
    let mut facts = Facts::default();
    facts.process_id = 42;
    facts.duration_ns = 10_000_000_000;
    facts.events = 12_345;
    facts.complete = true;
    facts
}

fn words(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn table(columns: &[&str], rows: Vec<Vec<Cell>>) -> Part {
    Part::Table(Table { columns: columns.iter().map(ToString::to_string).collect(), rows, left_out: 0 })
}

fn document(parts: Vec<Part>) -> Document {
    Document {
        title: "Exceptions".to_owned(),
        summary: "5 exceptions, most of them Shop.OutOfStock.".to_owned(),
        notes: vec!["Times are of the runtime's clock.".to_owned()],
        sections: vec![Section { title: "By type".to_owned(), parts }],
    }
}

fn page(document: &Document) -> String {
    let about = [("Trace".to_owned(), "shop.nettrace".to_owned())];
    let json = "{\"name\":\"</script><script>\"}";
    html::render(&Page { document, pictures: &[], facts: Some(&facts()), about: &about, json })
}

#[test]
fn text_has_the_answer_first_and_numbers_in_line() {
    let rows = vec![
        vec![words("Shop.OutOfStock"), Cell::Count(12_345), Cell::Nanos(1_500_000), Cell::Percent(99.5)],
        vec![words("System.Exception"), Cell::Count(7), Cell::Empty, Cell::Percent(0.5)],
    ];
    let text =
        text::render(&document(vec![table(&["Type", "Count", "Time", "Share"], rows)]), Some(&facts()), 100);
    let expected = "\
EXCEPTIONS
5 exceptions, most of them Shop.OutOfStock.
From process 42, 10 s of events: 12,345, none lost.

By type
  Type               Count     Time   Share
  Shop.OutOfStock   12,345  1.50 ms  99.5 %
  System.Exception       7           0.50 %

Notes
- Times are of the runtime's clock.
";
    assert_eq!(text, expected);
}

#[test]
fn losses_and_cuts_are_said_at_once() {
    let mut facts = facts();
    facts.lost = 1234;
    facts.complete = false;
    facts.problem = Some("the stream is cut off at byte 7".to_owned());
    let text = text::render(&document(Vec::new()), Some(&facts), 200);
    assert!(
        text.contains(
            "and 1,234 LOST, so figures are too low. Only a part: the stream is cut off at byte 7."
        ),
        "{text}"
    );
    let page = html::render(&Page {
        document: &document(Vec::new()),
        pictures: &[],
        facts: Some(&facts),
        about: &[],
        json: "",
    });
    assert_eq!(page.matches("<p class=\"warning\">").count(), 2, "{page}");
}

#[test]
fn long_names_are_cut_where_they_say_least() {
    let long =
        "Contoso.Shop.Basket.Items.Quantities.Rules.Apply(class System.String, int32, class System.Object)";
    let render = |columns| {
        let rows = vec![vec![Cell::Count(1), words(long)]];
        text::render(&document(vec![table(&["Count", "Method"], rows)]), Some(&facts()), columns)
    };
    assert!(render(120).contains(long));
    assert!(
        render(80).contains("      1  Contoso.Shop.Basket.Items.Quantities.Rules.Apply(…)\n"),
        "{}",
        render(80)
    );
    assert!(render(40).contains("      1  …tems.Quantities.Rules.Apply(…)\n"), "{}", render(40));
    for columns in 20..130 {
        let text = render(columns);
        let table = text.lines().skip_while(|line| *line != "By type").take(3);
        assert!(table.clone().all(|line| line.chars().count() <= columns.max(25)), "{columns}: {text}");
    }
}

#[test]
fn long_tables_say_how_much_more_there_is() {
    let rows: Vec<Vec<Cell>> = (0..1000).map(|row| vec![Cell::Count(row)]).collect();
    let part = Part::Table(Table { columns: vec!["N".to_owned()], rows, left_out: 500 });
    let text = text::render(&document(vec![part.clone()]), Some(&facts()), 80);
    assert!(text.contains("\n  24\n  ... and 1,475 more\n"), "{text}");
    let page = page(&document(vec![part]));
    assert_eq!(page.matches("<tr>").count(), 1001);
    assert!(page.contains("... and 500 more"), "{page}");
}

#[test]
fn trees_are_indented() {
    let node = |depth, name: &str, percent| TreeNode {
        depth,
        name: name.to_owned(),
        cells: vec![Cell::Percent(percent), Cell::Count(percent as u64)],
    };
    let tree = Part::Tree(Tree {
        columns: vec!["Share".to_owned(), "Samples".to_owned()],
        nodes: vec![
            node(0, "Main", 100.0),
            node(1, "Work", 60.0),
            node(2, "Deep", 60.0),
            node(1, "Rest", 4.0),
        ],
    });
    let text = text::render(&document(vec![tree.clone()]), Some(&facts()), 80);
    let expected = "  Share  Samples\n  100 %      100  Main\n   60 %       60   Work\n   60 %       60    Deep\n    4 %        4   Rest\n";
    assert!(text.contains(expected), "{text}");
    let page = page(&document(vec![tree]));
    assert_eq!((page.matches("<details").count(), page.matches("</details>").count()), (2, 2), "{page}");
    assert_eq!(page.matches("<p class=\"leaf\">").count(), 2, "{page}");
}

#[test]
fn what_has_no_figures_stands_under_what_it_is_about() {
    let node =
        |depth, name: &str, cells: &[Cell]| TreeNode { depth, name: name.to_owned(), cells: cells.to_vec() };
    let figures = [Cell::Bytes(2048), Cell::Count(3)];
    let nodes = vec![node(0, "root", &figures), node(1, "way", &[]), node(2, "kept", &figures)];
    let columns = vec!["Bytes".to_owned(), "Objects".to_owned()];
    let page = page(&document(vec![Part::Tree(Tree { columns, nodes })]));
    let way = "<details open><summary><span class=\"n\"></span><span class=\"n\"></span><span class=\"name\" style=\"--depth:1\">way<";
    assert!(page.contains(way), "{page}");
}

#[test]
fn a_tree_without_end_nests_no_deeper_than_browsers_do() {
    let nodes = (0..3000).map(|depth| TreeNode { depth, name: "f".to_owned(), cells: Vec::new() }).collect();
    let part = Part::Tree(Tree { columns: Vec::new(), nodes });
    let page = page(&document(vec![part.clone()]));
    assert_eq!(page.matches("<details").count(), page.matches("</details>").count());
    assert!(page.matches("<details").count() < 500);
    let text = text::render(&document(vec![part]), Some(&facts()), 80);
    assert!(text.lines().all(|line| line.chars().count() <= 80) && text.contains("more"), "{text}");
}

#[test]
fn charts_are_pictures_on_pages_and_nothing_in_text() {
    let series = |name: &str, labels: &[&str]| Series {
        name: name.to_owned(),
        labels: labels.iter().map(ToString::to_string).collect(),
        values: vec![(0.0, 1000.0), (1.0, f64::NAN), (2.0, 3000.0)],
    };
    let chart = |kind| {
        Part::Chart(Chart {
            title: "Heap".to_owned(),
            x: "seconds".to_owned(),
            unit: Unit::Bytes,
            kind,
            series: vec![series("before", &["a", "b", "c"]), series("after", &[])],
        })
    };
    let parts = vec![chart(ChartKind::Lines), chart(ChartKind::Points), chart(ChartKind::Bars)];
    let document = document(parts);
    let page = page(&document);
    assert!(page.contains("d=\"M0.00 666.67L1000.00 0.00\""), "{page}");
    assert!(page.contains("d=\"M0.00 666.67h0M1000.00 0.00h0\""), "{page}");
    assert!(page.contains("<span style=\"bottom:33.33%\">1 KB</span>"), "{page}");
    assert!(page.contains("<div class=\"label\" title=\"a\">a</div>"), "{page}");
    assert!(!page.contains("NaN"), "{page}");
    assert!(!text::render(&document, Some(&facts()), 80).contains("Heap"));
}

#[test]
fn hostile_names_are_names() {
    let mut document = document(vec![
        table(&[HOSTILE], vec![vec![words(HOSTILE)]]),
        Part::Facts(vec![(HOSTILE.to_owned(), words(HOSTILE))]),
        Part::Text(HOSTILE.to_owned()),
        Part::Chart(Chart {
            title: HOSTILE.to_owned(),
            x: String::new(),
            unit: Unit::Count,
            kind: ChartKind::Bars,
            series: vec![Series {
                name: HOSTILE.to_owned(),
                labels: vec![HOSTILE.to_owned()],
                values: vec![(0.0, 1.0)],
            }],
        }),
        Part::Tree(Tree {
            columns: vec![HOSTILE.to_owned()],
            nodes: vec![TreeNode { depth: 0, name: HOSTILE.to_owned(), cells: vec![words(HOSTILE)] }],
        }),
    ]);
    document.title.push_str(HOSTILE);
    document.summary.push_str(HOSTILE);
    document.notes.push(HOSTILE.to_owned());
    let page = page(&document);
    // The figures and the page's own.
    assert_eq!(page.matches("<script").count(), 2, "{page}");
    assert!(!page.contains('\u{1b}'), "{page}");
    assert!(page.contains("{\"name\":\"\\u003c/script>\\u003cscript>\"}"), "{page}");
    let text = text::render(&document, Some(&facts()), 100);
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text}");
}
