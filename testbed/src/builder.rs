//! How a target is to be started.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::layout::Layout;
use crate::runtime::{Program, Runtime};
use crate::target::Target;
use crate::{install, spawner};

/// How a target is to be started.
#[derive(Debug)]
#[must_use]
pub struct Builder {
    runtime: Runtime,
    program: Program,
    arguments: Vec<OsString>,
    environment: Vec<(OsString, Option<OsString>)>,
    tmpdir: Option<PathBuf>,
    user: Option<u32>,
    wait_until_ready: bool,
}

impl Builder {
    pub(crate) fn new(runtime: Runtime, program: Program) -> Builder {
        Builder {
            runtime,
            program,
            arguments: Vec::new(),
            environment: Vec::new(),
            tmpdir: None,
            user: None,
            wait_until_ready: true,
        }
    }

    /// Adds an argument.
    pub fn arg(mut self, argument: impl AsRef<OsStr>) -> Builder {
        self.arguments.push(argument.as_ref().to_owned());
        self
    }

    /// Sets an environment variable.
    pub fn env(mut self, name: impl AsRef<OsStr>, value: impl AsRef<OsStr>) -> Builder {
        self.environment.push((name.as_ref().to_owned(), Some(value.as_ref().to_owned())));
        self
    }

    /// Takes an environment variable away.
    pub fn env_remove(mut self, name: impl AsRef<OsStr>) -> Builder {
        self.environment.push((name.as_ref().to_owned(), None));
        self
    }

    /// Uses this folder as `TMPDIR`, where the diagnostics socket appears, instead of one of the target's own.
    /// The folder is the caller's and stays.
    pub fn tmpdir(mut self, folder: impl AsRef<Path>) -> Builder {
        self.tmpdir = Some(folder.as_ref().to_owned());
        self
    }

    /// Runs the target as another user, and hands the target's own `TMPDIR` to that user. Only root may, and needs `setpriv`.
    pub fn user(mut self, uid: u32) -> Builder {
        self.user = Some(uid);
        self
    }

    /// Does not wait until the program is ready: for targets that are told to suspend at startup.
    pub fn do_not_wait(mut self) -> Builder {
        self.wait_until_ready = false;
        self
    }

    /// Starts the target and waits until it is ready.
    ///
    /// # Panics
    /// With a message that says what to do, when there is no such target or it does not become ready in 60 seconds.
    #[must_use]
    pub fn start(self) -> Target {
        let layout = Layout::of_workspace();
        if let Err(error) = install::check(&layout, self.program) {
            panic!("{error}");
        }
        assert!(
            self.program.runs_on(self.runtime),
            "there is no program `{}` for {}",
            self.program,
            self.runtime
        );
        let own_tmpdir =
            tempfile::Builder::new().prefix("testbed-").tempdir().expect("can make a temporary folder");
        let tmpdir = self.tmpdir.clone().unwrap_or_else(|| own_tmpdir.path().to_owned());
        if let Some(uid) = self.user {
            chown(own_tmpdir.path(), Some(uid), Some(uid))
                .expect("only root can start a target as another user");
        }
        let command = self.command(&layout, &tmpdir);
        let shown = format!("{} on {}", self.program, self.runtime);
        let child = spawner::spawn(command).unwrap_or_else(|error| panic!("cannot start {shown}: {error}"));
        let mut target = Target::new(child, self.program, shown, tmpdir, own_tmpdir);
        if self.wait_until_ready {
            target.wait_until_ready();
        }
        target
    }

    fn command(&self, layout: &Layout, tmpdir: &Path) -> Command {
        let program = layout.program(self.runtime, self.program);
        let mut line: Vec<OsString> = Vec::new();
        if spawner::has_setpriv() {
            line.extend(["setpriv", "--pdeathsig", "KILL"].map(OsString::from));
            if let Some(uid) = self.user {
                line.extend([format!("--reuid={uid}"), format!("--regid={uid}")].map(OsString::from));
                line.push("--clear-groups".into());
            }
        } else {
            assert!(
                self.user.is_none(),
                "`setpriv` (util-linux) is needed to start a target as another user"
            );
        }
        match self.runtime {
            Runtime::Net10 | Runtime::Net10Newer => {}
            Runtime::Installed => line.push("dotnet".into()),
            _ => line.push(layout.dotnet().into()),
        }
        line.push(program.into());
        if self.program == Program::Server {
            let arguments =
                ["server", "start", "--transport", "http", "--dangerously-disable-http-incoming-auth"];
            line.extend(arguments.map(OsString::from));
        }
        line.extend(self.arguments.iter().cloned());

        let mut command = Command::new(&line[0]);
        command.args(&line[1..]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // Whoever runs the tests may have settings for .NET that would change the targets.
        for (name, _) in std::env::vars_os() {
            let shown = name.to_string_lossy();
            if ["DOTNET_", "COMPlus_", "CORECLR_", "ASPNETCORE_"]
                .iter()
                .any(|prefix| shown.starts_with(prefix))
            {
                command.env_remove(&name);
            }
        }
        command.env("TMPDIR", tmpdir).current_dir(tmpdir);
        if self.runtime == Runtime::Installed {
            command.env("DOTNET_ROLL_FORWARD", "LatestMajor");
        }
        if self.program == Program::Server {
            command
                .env("ALLOW_INSECURE_EXTERNAL_BINDING", "true")
                .env("AZURE_MCP_COLLECT_TELEMETRY", "false");
            command.env("ASPNETCORE_URLS", "http://127.0.0.1:0");
            // Native libraries are unpacked at the first start; all starts may share them.
            command.env("DOTNET_BUNDLE_EXTRACT_BASE_DIR", layout.root().join("unpacked"));
        }
        for (name, value) in &self.environment {
            match value {
                Some(value) => command.env(name, value),
                None => command.env_remove(name),
            };
        }
        command
    }
}
