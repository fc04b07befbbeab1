//! A real Prometheus reads what `pipescope serve` says, and its own linter finds nothing to say about it.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use testbed::{Program, Runtime, Target};

const DEADLINE: Duration = Duration::from_secs(60);

/// A child process that does not outlive its test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Serves these targets only: those of other tests are not ours to look into.
fn serve(targets: &[&Target]) -> (Running, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pipescope"))
        .args(["serve", "--urls", "http://127.0.0.1:0"])
        .args(targets.iter().map(|target| format!("--process-id={}", target.pid())))
        .stdout(Stdio::piped())
        .spawn()
        .expect("pipescope starts");
    let stdout = child.stdout.take().expect("its output is ours");
    let running = Running(child);
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line).expect("it prints its address");
    let address =
        line.trim().strip_prefix("Listening on http://").expect("the line names the address").to_owned();
    (running, address)
}

fn get(address: &str, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(10))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
}

/// Asks until the answer is as wanted.
fn until(what: &str, mut ask: impl FnMut() -> Option<String>, wanted: impl Fn(&str) -> bool) -> String {
    let deadline = Instant::now() + DEADLINE;
    let mut last = String::new();
    while Instant::now() < deadline {
        if let Some(answer) = ask() {
            if wanted(&answer) {
                return answer;
            }
            last = answer;
        }
        std::thread::sleep(Duration::from_millis(200));
    }
    panic!("waited {DEADLINE:?} in vain until {what}; the last answer was:\n{last}");
}

#[test]
fn promtool_finds_nothing_to_say() {
    let old = Target::start(Runtime::Net31, Program::Work, &[]);
    let web = Target::start(Runtime::Net9, Program::Web, &[]);
    let new = Target::start(Runtime::Net10, Program::Counters, &[]);
    let (_serve, address) = serve(&[&old, &web, &new]);
    let complete = |text: &str| {
        text.contains("dotnet_gc_collections_total{")
            && text.contains("system_runtime_working_set_bytes{process=\"work\"}")
            && text.contains("http_server_request_duration_seconds_count{")
            && text.contains("microsoft_aspnetcore_hosting_requests_total{process=\"web\"}")
    };
    let ask = || {
        assert_eq!(web.get("/").status, 200);
        get(&address, "/metrics")
    };
    let text = until("every process's families are there", ask, complete);
    let mut promtool = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("promtool is installed (cargo xtask setup)");
    promtool.stdin.take().expect("piped").write_all(text.as_bytes()).expect("it reads");
    let output = promtool.wait_with_output().expect("it ends");
    let said =
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && said.is_empty(), "promtool says:\n{said}\nabout:\n{text}");
}

#[test]
fn prometheus_scrapes_every_process() {
    let directory = tempfile::tempdir().expect("a directory");
    let mut first = Target::start(Runtime::Net9, Program::Work, &[]);
    let second = Target::start(Runtime::Net9, Program::Work, &[]);
    let (_serve, address) = serve(&[&first, &second]);
    let config = directory.path().join("prometheus.yml");
    let scrape = format!(
        "global:\n  scrape_interval: 1s\n  scrape_timeout: 1s\nscrape_configs:\n  - job_name: dotnet\n    static_configs:\n      - targets: ['{address}']\n"
    );
    std::fs::write(&config, scrape).expect("the configuration is written");
    // Prometheus cannot choose a port by itself; one that was free a moment ago is the next best thing.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).expect("a free port").port();
    let listen = format!("127.0.0.1:{port}");
    let _prometheus = Running(
        Command::new("prometheus")
            .arg(format!("--config.file={}", config.display()))
            .arg(format!("--storage.tsdb.path={}", directory.path().join("data").display()))
            .arg(format!("--web.listen-address={listen}"))
            .arg("--log.level=error")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("prometheus is installed (cargo xtask setup)"),
    );
    let query = |expression: &str| get(&listen, &format!("/api/v1/query?query={expression}"));
    let healthy = |text: &str| text.contains("\"health\":\"up\"") && text.contains("\"lastError\":\"\"");
    until("the target is up", || get(&listen, "/api/v1/targets"), healthy);
    let labels =
        |text: &str| text.contains("\"process\":\"work\"") && text.contains("\"process\":\"work#2\"");
    until("both processes have values", || query("system_runtime_working_set_bytes"), labels);
    first.run("throw 50");
    // The label of each is given in the order of discovery, so either may be the one that threw.
    let counted = |text: &str| text.contains(",\"50\"]");
    until("the exceptions are counted", || query("max(system_runtime_exceptions_total)"), counted);
}
