// SPDX-License-Identifier: Apache-2.0

//! children.rs - Rust: std::process (pipes, statuses, signals, environment, folder, many at once) and std::fs. The programs that
//! it starts are itself, under the words of their first argument.
use std::fs::{self, File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::{symlink, FileExt, MetadataExt, PermissionsExt};
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::process::{abort, exit, Command, Stdio};
use std::thread;

// What comes goes on at once: standard output alone would keep it until the end of a line.
fn cat() -> io::Result<()> {
    let mut bytes = [0; 4096];
    loop {
        let count = io::stdin().read(&mut bytes)?;
        if count == 0 {
            return Ok(());
        }
        io::stdout().write_all(&bytes[..count])?;
        io::stdout().flush()?;
    }
}

fn child(words: &[String]) {
    match words[0].as_str() {
        "cat" => cat().unwrap(),
        "exit" => {
            eprintln!("ends with {}", words[1]);
            exit(words[1].parse().unwrap())
        }
        "env" => std::env::vars().for_each(|(name, value)| println!("{name}={value}")),
        "cwd" => println!("{:?}", std::env::current_dir()),
        "wait" => loop {
            thread::park()
        },
        "abort" => abort(),
        _ => exit(2),
    }
}

fn command(words: &[&str]) -> Command {
    let mut command = Command::new("/proc/self/exe");
    command.args(words);
    command
}

fn processes() -> io::Result<()> {
    for status in ["0", "1", "77", "255"] {
        let output = command(&["exit", status]).output()?;
        println!("{} {:?} {:?}", output.status, output.status.code(), String::from_utf8_lossy(&output.stderr));
    }
    println!("{:?}", command(&["abort"]).status()?.signal());
    println!("{:?}", Command::new("/not/there").status().map_err(|e| e.kind()));
    println!("{:?}", Command::new("/proc").status().map_err(|e| e.kind()));
    let output = command(&["env"]).env_clear().env("A", "1").env("B", "two words").env("C", "x").env_remove("C").output()?;
    println!("{:?}", String::from_utf8_lossy(&output.stdout));
    print!("{}", String::from_utf8_lossy(&command(&["cwd"]).current_dir("/proc").output()?.stdout));
    println!("{:?}", command(&["cwd"]).current_dir("/not/there").output().map_err(|e| e.kind()));
    let mut waiting = command(&["wait"]).stdin(Stdio::null()).spawn()?;
    println!("{:?}", waiting.try_wait()?);
    waiting.kill()?;
    println!("{} {:?}", waiting.wait()?, waiting.try_wait()?.map(|status| status.signal()));
    let mut cat = command(&["cat"]).arg0("cat").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let (mut stdin, mut stdout) = (cat.stdin.take().unwrap(), cat.stdout.take().unwrap());
    for i in 0..3 {
        let mut answer = [0; 10];
        write!(stdin, "question {i}")?;
        stdout.read_exact(&mut answer)?;
        println!("{}", String::from_utf8_lossy(&answer));
    }
    drop(stdin);
    println!("{} {}", stdout.read(&mut [0; 10])?, cat.wait()?);
    let threads: Vec<_> = (0..8u8)
        .map(|i| {
            thread::spawn(move || {
                let text = vec![b'a' + i; 200_000];
                let mut cat = command(&["cat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
                let (mut stdin, sent) = (cat.stdin.take().unwrap(), text.clone());
                let writer = thread::spawn(move || stdin.write_all(&sent).unwrap());
                let output = cat.wait_with_output().unwrap();
                writer.join().unwrap();
                output.status.success() && output.stdout == text && output.stderr.is_empty()
            })
        })
        .collect();
    println!("{:?}", threads.into_iter().map(|t| t.join().unwrap()).collect::<Vec<_>>());
    let mut first = command(&["cat"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let second = command(&["cat"]).stdin(first.stdout.take().unwrap()).stdout(Stdio::piped()).spawn()?;
    first.stdin.take().unwrap().write_all(b"through two")?;
    println!("{:?} {}", String::from_utf8_lossy(&second.wait_with_output()?.stdout), first.wait()?);
    Ok(())
}

fn files() -> io::Result<()> {
    let top = std::path::Path::new("/dev/shm").join(format!("children-{}", std::process::id()));
    fs::create_dir_all(top.join("a/b/c"))?;
    fs::create_dir_all(top.join("a/b/c"))?;
    println!("{:?}", fs::create_dir(top.join("a")).map_err(|e| e.kind()));
    std::env::set_current_dir(&top)?;
    fs::write("a/file", "some text\n")?;
    symlink("file", "a/link")?;
    fs::hard_link("a/file", "a/hard")?;
    println!("{:?} {:?}", fs::read_link("a/link")?, fs::read_to_string("a/link")?);
    let mut names: Vec<_> = fs::read_dir("a")?.map(|e| e.map(|e| (e.file_name(), e.file_type().unwrap().is_dir()))).collect::<Result<_, _>>()?;
    names.sort();
    println!("{names:?}");
    let (file, link) = (fs::metadata("a/link")?, fs::symlink_metadata("a/link")?);
    println!("{} {} {} {} {}", file.len(), file.nlink(), file.is_file(), link.file_type().is_symlink(), link.len());
    println!("{}", file.ino() == fs::metadata("a/hard")?.ino() && file.modified().is_ok());
    for mode in [0o640, 0o4755, 0o444] {
        fs::set_permissions("a/file", fs::Permissions::from_mode(mode))?;
        let permissions = fs::metadata("a/hard")?.permissions();
        println!("{:o} {}", permissions.mode(), permissions.readonly());
    }
    fs::set_permissions("a/file", fs::Permissions::from_mode(0o600))?;
    fs::rename("a/file", "a/b/c/moved")?;
    println!("{:?}", fs::rename("a", "a/b/inside").map_err(|e| e.raw_os_error()));
    println!("{:?} {:?}", fs::metadata("a/file").map_err(|e| e.kind()), fs::remove_dir("a/b").map_err(|e| e.raw_os_error()));
    println!("{} {}", fs::copy("a/b/c/moved", "copy")?, fs::canonicalize("a/b/../b/c/moved")? == top.join("a/b/c/moved"));
    let mut file = OpenOptions::new().read(true).write(true).create_new(true).open("new")?;
    println!("{:?}", OpenOptions::new().write(true).create_new(true).open("new").map(drop).map_err(|e| e.kind()));
    file.write_all(b"0123456789")?;
    file.write_all_at(b"ab", 4)?;
    file.seek(SeekFrom::End(-7))?;
    let mut rest = String::new();
    file.read_to_string(&mut rest)?;
    file.set_len(5)?;
    file.sync_all()?;
    println!("{rest} {:?} {}", fs::read("new")?, file.try_clone()?.metadata()?.len());
    OpenOptions::new().append(true).open("new")?.write_all(b"!")?;
    println!("{:?} {:?}", fs::read_to_string("new")?, File::open("none").map(drop).map_err(|e| e.kind()));
    println!("{:?}", fs::remove_file("a").map_err(|e| e.raw_os_error()));
    std::env::set_current_dir("/")?;
    fs::remove_dir_all(&top)?;
    println!("{}", top.exists());
    Ok(())
}

fn main() {
    let words: Vec<String> = std::env::args().skip(1).collect();
    if !words.is_empty() {
        return child(&words);
    }
    println!("{:?}", processes());
    println!("{:?}", files());
}
