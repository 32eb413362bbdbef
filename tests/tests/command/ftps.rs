//! FTP with TLS, with a real server that has a certificate of its own.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::process::Signal;
use sluice_tests::command::{self, COMPLETE, REFUSED, Status};
use sluice_tests::compare::{picture, same_bytes};
use sluice_tests::file_servers::{PASSWORD, files_below, signed};
use sluice_tests::ftps::{FtpsServer, Tls};
use sluice_tests::process::Running;
use sluice_tests::site::Site;
use sluice_tests::{servers, tree, wait};

const ALL: [Tls; 3] = [Tls::Explicit, Tls::Implicit, Tls::Newest];

fn text(path: &Path) -> &str {
    path.to_str().expect("ASCII")
}

fn job(site: &Site, server: &FtpsServer, name: &str, [from, to]: [&str; 2], more: &str) -> PathBuf {
    let path = site.path(&format!("{name}.toml"));
    let text = format!("sources = [{from:?}]\ndestination = {to:?}\n{more}\n{}", server.connection());
    fs::write(&path, text).expect("the job file");
    path
}

/// A command of somebody whose computer trusts the server.
fn sluice(word: &str, file: &Path, server: &FtpsServer) -> Command {
    let mut command = signed(command::sluice([word.as_ref(), file.as_os_str()]));
    command.env("SSL_CERT_FILE", server.certificate());
    command
}

#[test]
fn a_tree_goes_to_a_server_with_tls_and_back() {
    for tls in ALL {
        let (site, server) = (Site::new(), FtpsServer::start(tls));
        tree::small_files(&site.source, 20, 1);
        fs::write(site.source.join("empty.bin"), "").expect("a file");
        tree::file(&site.source.join("Zürich 100% – #1.mov"), (9 << 20) + 7, 2);
        let run = |word: &str, file: &Path| Running::start(sluice(word, file, &server)).ended();

        run("run", &job(&site, &server, "up", [text(&site.source), "nas:in/deep"], "")).expect(COMPLETE);
        let up = site.path("up.sluice");
        let status = Status::of(&up);
        assert_eq!((status.delivered, status.retries), (22, 0), "{tls:?}: {status:?}");
        assert!(picture(&site.source) == picture(&server.files().join("in/deep")), "{tls:?}");
        run("verify", &up).expect(COMPLETE);

        let back = ["nas:in/deep", text(&site.destination)];
        run("run", &job(&site, &server, "down", back, "")).expect(COMPLETE);
        let status = Status::of(&site.path("down.sluice"));
        assert_eq!((status.delivered, status.retries), (22, 0), "{tls:?}: {status:?}");
        assert!(picture(&site.source) == picture(&site.destination), "{tls:?}");
        let leaks = servers::leaks_of(PASSWORD, site.source.parent().expect("the site"));
        assert_eq!(leaks, Vec::<PathBuf>::new());
    }
}

#[test]
fn a_killed_upload_with_tls_goes_on() {
    for tls in ALL {
        let (site, server) = (Site::new(), FtpsServer::start(tls));
        for n in 0..3 {
            tree::file(&site.source.join(format!("reel {n}.mov")), 6 << 20, n);
        }
        let ends = [text(&site.source), "nas:in"];
        let slow = job(&site, &server, "up", ends, "[control]\nbandwidth = \"6MB/s\"");
        let mut running = Running::start(sluice("run", &slow, &server));
        let is_part = |path: &PathBuf| text(path).ends_with(".part") && text(path).contains(".sluice-");
        let begun = || {
            let mut files = files_below(&server.files()).into_iter();
            files.find(|path| is_part(path) && fs::metadata(path).is_ok_and(|part| part.len() > 1 << 20))
        };
        wait::until("a part of a file to arrive", begun);
        running.signal(Signal::KILL);
        drop(running);
        for path in files_below(&server.files()).into_iter().filter(|path| !is_part(path)) {
            let name = path.file_name().expect("a name");
            assert!(same_bytes(&site.source.join(name), &path), "{tls:?} {}", path.display());
        }
        let again = job(&site, &server, "up", ends, "");
        Running::start(sluice("run", &again, &server)).ended().expect(COMPLETE);
        assert_eq!(Status::of(&site.path("up.sluice")).delivered, 3);
        assert!(picture(&site.source) == picture(&server.files().join("in")), "{tls:?}");
    }
}

#[test]
fn a_server_whose_certificate_nobody_vouches_for_is_refused() {
    for tls in ALL {
        let (site, server) = (Site::new(), FtpsServer::start(tls));
        tree::small_files(&site.source, 3, 1);
        let up = job(&site, &server, "up", [text(&site.source), "nas:in"], "");
        let mut stranger = sluice("run", &up, &server);
        stranger.env_remove("SSL_CERT_FILE");
        let said = Running::start(stranger).ended().expect(REFUSED).stderr;
        assert!(
            said.contains("certificate is not trusted") && said.contains("SSL_CERT_FILE"),
            "{tls:?}: {said}"
        );
        assert!(!said.contains(PASSWORD), "{said}");
        assert_eq!(files_below(&server.files()), Vec::<PathBuf>::new());
    }
}
