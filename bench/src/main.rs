//! What Gravity costs beside the bare framework, in instructions.
//!
//! `bench` runs every case under callgrind and prints the ratios; `bench serve CASE` and `bench query CASE N` are
//! what it runs.

mod cases;
mod driver;

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["serve", case] => cases::serve(case),
        [] | ["http"] => driver::http(),
        _ => anyhow::bail!("usage: bench [http]"),
    }
}
