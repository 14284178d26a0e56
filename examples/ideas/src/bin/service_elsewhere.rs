//! A service that moves to another process: the caller gets another client, and nothing else changes.
#![allow(clippy::print_stdout, reason = "it says what it has done")]

use std::process::Stdio;

use gravity_core::http::client::{Client, ClientError};
use gravity_core::http::host::hyper::Server;
use gravity_core::http::{Json, PUBLIC, Path, Routes, get};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader};

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
struct Price {
    cents: u64,
}

fn prices() -> Routes {
    let price = async |Path(article): Path<u64>| Json(Price { cents: article * 100 });
    Routes::new().route(get("/prices/{article}", "priceOf").allow(PUBLIC).to(price))
}

/// The client that the service brings along.
struct PricesClient(Client);

impl PricesClient {
    async fn of(&self, article: u64) -> Result<Price, ClientError> {
        self.0.get("/prices").segment(article).send().await
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    if std::env::args().nth(1).as_deref() == Some("serve") {
        let server = Server::bind("127.0.0.1:0").await?;
        println!("http://{}", server.local_addr()?);
        server.serve(prices()).await;
        return Ok(());
    }
    let here = PricesClient(Client::in_process(prices()));
    let mut other = tokio::process::Command::new(std::env::current_exe()?)
        .arg("serve")
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()?;
    let output = other.stdout.take().ok_or("it has no output")?;
    let address = BufReader::new(output).lines().next_line().await?.ok_or("it did not start")?;
    let there = PricesClient(Client::connect(&address)?);
    let (one, other) = (here.of(7).await?, there.of(7).await?);
    assert_eq!(one, other);
    println!("{} cents here, {} cents at {address}", one.cents, other.cents);
    Ok(())
}
