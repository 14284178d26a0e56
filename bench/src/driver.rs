//! Runs a server under callgrind and counts what one more request costs it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};

use crate::table::Table;

const HOSTS: &[&str] = &["hyper", "axum", "actix"];
const FEW: u64 = 200;
const MANY: u64 = 1200;

const GET: &[u8] = b"GET /hello HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: bench\r\n\r\n";
const POST: &[u8] = b"POST /echo HTTP/1.1\r\nHost: localhost\r\nAccept: */*\r\nUser-Agent: bench\r\n\
    Content-Type: application/json\r\nContent-Length: 43\r\n\r\n{\"title\":\"buy milk\",\"stars\":3,\"done\":false}";

/// Prints instructions a request for each host, bare and with `Routes`, and their ratio.
pub(crate) fn http(table: &mut Table) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| host | request | bare | Routes | ratio |\n|---|---|---:|---:|---:|")?;
    for host in HOSTS {
        for (name, request) in [("GET", GET), ("POST", POST)] {
            let bare = cost(&format!("{host}-bare"), request)?;
            let routes = cost(&format!("{host}-routes"), request)?;
            let ratio = thousandths(routes, bare);
            writeln!(out, "| {host} | {name} | {bare} | {routes} | {ratio} |")?;
            let what = format!("instructions of a {name} on {host}, beside {host} alone");
            table.add("http", what, [&routes, &bare], ratio, "at most 1.05");
        }
    }
    Ok(())
}

/// A ratio with three decimals, in whole numbers.
fn thousandths(of: u64, to: u64) -> String {
    let thousandths = of * 1000 / to.max(1);
    format!("{}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// Prints instructions a query for each engine, with sqlx alone and with `Database`, and their ratio.
pub(crate) fn sql(table: &mut Table) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| engine | query | sqlx | Database | ratio |\n|---|---|---:|---:|---:|")?;
    let postgres = std::env::var("DATABASE_URL").is_ok_and(|url| url.starts_with("postgres"));
    if !postgres {
        writeln!(out, "| PostgreSQL | | | | DATABASE_URL is not set |")?;
    }
    for engine in ["sqlite", "postgres"].into_iter().filter(|engine| *engine == "sqlite" || postgres) {
        for query in ["one", "hundred", "insert"] {
            let bare = query_cost(&format!("{engine}-bare"), query)?;
            let ours = query_cost(&format!("{engine}-gravity"), query)?;
            let ratio = thousandths(ours, bare);
            writeln!(out, "| {engine} | {query} | {bare} | {ours} | {ratio} |")?;
            let what = format!("instructions of a query ({query}) on {engine}, beside sqlx");
            table.add("sql", what, [&ours, &bare], ratio, "at most 1.05");
        }
    }
    Ok(())
}

/// Prints instructions a token for each algorithm, for its signature alone and for all of it.
pub(crate) fn tokens(table: &mut Table) -> Result<()> {
    let mut out = std::io::stdout().lock();
    writeln!(out, "| algorithm | ring | `Verifier` | ratio |\n|---|---:|---:|---:|")?;
    for algorithm in crate::tokens::ALGORITHMS {
        let bare = cost_of(&["token", &format!("{algorithm}-bare")])?;
        let ours = cost_of(&["token", &format!("{algorithm}-gravity")])?;
        let ratio = thousandths(ours, bare);
        writeln!(out, "| {algorithm} | {bare} | {ours} | {ratio} |")?;
        let what = format!("instructions of a token by {algorithm}, beside its signature");
        table.add("tokens", what, [&ours, &bare], ratio, "at most 1.1");
    }
    Ok(())
}

fn query_cost(case: &str, query: &str) -> Result<u64> {
    cost_of(&["query", case, query])
}

/// What one more turn costs a program that is told how many to make.
fn cost_of(words: &[&str]) -> Result<u64> {
    let run = |times: u64| {
        let output = Command::new("valgrind")
            .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
            .arg(std::env::current_exe()?)
            .args(words)
            .arg(times.to_string())
            .output()
            .context("valgrind must be installed")?;
        ensure!(output.status.success(), "{}: {}", words.join(" "), String::from_utf8_lossy(&output.stderr));
        collected(&output.stderr)
    };
    Ok((run(MANY)? - run(FEW)?) / (MANY - FEW))
}

fn collected(stderr: &[u8]) -> Result<u64> {
    let text = String::from_utf8_lossy(stderr);
    let line =
        text.lines().find_map(|line| line.split_once("Collected :")).context("callgrind said nothing")?;
    Ok(line.1.trim().parse()?)
}

/// Instructions of one request: the difference of two runs, so that start and stop do not count.
fn cost(case: &str, request: &[u8]) -> Result<u64> {
    let few = run(case, request, FEW)?;
    let many = run(case, request, MANY)?;
    Ok((many - few) / (MANY - FEW))
}

fn run(case: &str, request: &[u8], times: u64) -> Result<u64> {
    let mut server = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(std::env::current_exe()?)
        .args(["serve", case])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .context("valgrind must be installed")?;
    let stdout = server.stdout.take().context("piped")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let mut stream = TcpStream::connect(line.trim()).with_context(|| format!("{case} did not start"))?;
    stream.set_nodelay(true)?;
    for _ in 0..times {
        stream.write_all(request)?;
        answer(&mut stream).with_context(|| case.to_owned())?;
    }
    // The server ends with its first connection, or when its input does.
    drop(stream);
    drop(server.stdin.take());
    let output = server.wait_with_output()?;
    collected(&output.stderr)
}

/// Reads one answer, by its content length.
fn answer(stream: &mut TcpStream) -> Result<()> {
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        let read = stream.read(&mut buffer)?;
        ensure!(read > 0, "the server closed the connection");
        bytes.extend_from_slice(buffer.get(..read).unwrap_or_default());
        let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(bytes.get(..end).unwrap_or_default()).to_lowercase();
        ensure!(head.starts_with("http/1.1 200"), "{head}");
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.context("no length")?.parse()?;
        if bytes.len() >= end + 4 + length {
            return Ok(());
        }
    }
}
