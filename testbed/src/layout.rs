//! Where the parts of an installed testbed lie.

use std::env;
use std::path::{Path, PathBuf};

use crate::runtime::{Program, Runtime};

/// The folder of an installed testbed and what lies where in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    root: PathBuf,
}

impl Layout {
    /// The testbed of this workspace: `target/testbed`, or the folder that `PIPESCOPE_TESTBED` names.
    #[must_use]
    pub fn of_workspace() -> Layout {
        let root = env::var_os("PIPESCOPE_TESTBED").map_or_else(
            || Path::new(env!("CARGO_MANIFEST_DIR")).with_file_name("target").join("testbed"),
            PathBuf::from,
        );
        Layout { root }
    }

    /// A testbed in another folder.
    #[must_use]
    pub fn at(root: impl Into<PathBuf>) -> Layout {
        Layout { root: root.into() }
    }

    /// The folder itself.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The `dotnet` host that runs .NET Core 3.1 and .NET 9.
    #[must_use]
    pub fn dotnet(&self) -> PathBuf {
        self.root.join("dotnet/dotnet")
    }

    /// The folder that holds the runtime's framework assemblies.
    pub(crate) fn framework(&self, runtime: Runtime, name: &str) -> PathBuf {
        if runtime.is_single_file() {
            self.root.join(format!("single-file-{}/framework", runtime.version()))
        } else {
            self.root.join(format!("dotnet/shared/{name}/{}", runtime.version()))
        }
    }

    /// The folder for what is compiled for the runtime.
    pub(crate) fn programs(&self, runtime: Runtime) -> PathBuf {
        self.root.join(format!("programs-{}", runtime.compiled_for().version()))
    }

    /// The assembly of a program, or the whole program where it is a single file.
    #[must_use]
    pub fn program(&self, runtime: Runtime, program: Program) -> PathBuf {
        match program {
            Program::Server => self.server(runtime),
            _ if runtime.is_single_file() => self.programs(runtime).join(program.name()),
            _ => self.assembly(runtime, program),
        }
    }

    pub(crate) fn assembly(&self, runtime: Runtime, program: Program) -> PathBuf {
        self.programs(runtime).join(format!("{program}.dll"))
    }

    /// The ready-made single-file server that the .NET 10 frameworks come from.
    pub(crate) fn server(&self, runtime: Runtime) -> PathBuf {
        self.root.join(format!("single-file-{}/package/dist/azmcp", runtime.version()))
    }
}
