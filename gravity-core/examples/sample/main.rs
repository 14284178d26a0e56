//! The sample service on any host, for the conformance tests.

#![allow(clippy::print_stdout, reason = "a command-line tool talks on its terminal")]

mod hosts;
mod service;

use std::error::Error;
use std::net::TcpListener;

const USAGE: &str = "sample --print-openapi
sample [--host hyper|axum|actix] [--listen ADDRESS]";

fn main() -> Result<(), Box<dyn Error>> {
    let (mut host, mut listen) = ("hyper".to_owned(), "127.0.0.1:0".to_owned());
    let mut arguments = std::env::args().skip(1);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--print-openapi" => {
                let routes = service::routes(&service::Notes::default());
                print!("{}", service::about().document(&routes).to_json_pretty());
                return Ok(());
            }
            "--host" => host = arguments.next().ok_or(USAGE)?,
            "--listen" => listen = arguments.next().ok_or(USAGE)?,
            _ => return Err(USAGE.into()),
        }
    }
    let listener = TcpListener::bind(listen)?;
    println!("http://{}{}", listener.local_addr()?, hosts::prefix(&host));
    println!("x-api-key: {}", service::KEY);
    listener.set_nonblocking(true)?;
    hosts::serve(&host, listener, service::service())
}
