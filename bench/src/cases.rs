//! The same two handlers on each framework: bare, and as `Routes`.

use std::io::Write;
use std::net::{SocketAddr, TcpListener as StdListener};

use anyhow::{Result, bail};
use gravity_core::http::{self as gravity, PUBLIC, Routes};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::net::TcpListener;

mod hyper_bare;

#[derive(Serialize, JsonSchema)]
struct Hello {
    message: &'static str,
    number: u32,
}

#[derive(Serialize, Deserialize, JsonSchema)]
struct Note {
    title: String,
    stars: u8,
    done: bool,
}

const HELLO: Hello = Hello { message: "Hello, world", number: 42 };

fn routes() -> Routes {
    async fn hello() -> gravity::Json<Hello> {
        gravity::Json(HELLO)
    }
    async fn echo(gravity::Json(note): gravity::Json<Note>) -> gravity::Json<Note> {
        gravity::Json(note)
    }
    Routes::new()
        .route(gravity::get("/hello", "hello").allow(PUBLIC).to(hello))
        .route(gravity::post("/echo", "echo").allow(PUBLIC).to(echo))
}

fn axum_bare() -> axum::Router {
    async fn hello() -> axum::Json<Hello> {
        axum::Json(HELLO)
    }
    async fn echo(axum::Json(note): axum::Json<Note>) -> axum::Json<Note> {
        axum::Json(note)
    }
    axum::Router::new().route("/hello", axum::routing::get(hello)).route("/echo", axum::routing::post(echo))
}

/// Serves one case on one thread until its first connection ends.
pub(crate) fn serve(case: &str) -> Result<()> {
    let listener = StdListener::bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    let mut out = std::io::stdout();
    writeln!(out, "{}", listener.local_addr()?)?;
    out.flush()?;
    if case.starts_with("actix") {
        return actix(case, listener);
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async move {
        listener.set_nonblocking(true)?;
        let (stream, _) = TcpListener::from_std(listener)?.accept().await?;
        stream.set_nodelay(true)?;
        let io = hyper_util::rt::TokioIo::new(stream);
        let connection = hyper::server::conn::http1::Builder::new();
        match case {
            "hyper-bare" => {
                connection.serve_connection(io, hyper::service::service_fn(hyper_bare::answer)).await?;
            }
            "hyper-routes" => connection.serve_connection(io, routes()).await?,
            "axum-bare" => connection.serve_connection(io, tower_service(axum_bare())).await?,
            "axum-routes" => {
                connection.serve_connection(io, tower_service(routes().into_axum())).await?;
            }
            _ => bail!("no such case: {case}"),
        }
        Ok(())
    })
}

fn tower_service(router: axum::Router) -> hyper_util::service::TowerToHyperService<axum::Router> {
    hyper_util::service::TowerToHyperService::new(router)
}

/// Its worker runs on a thread of its own beside the one that accepts; both are counted in both cases.
fn actix(case: &str, listener: StdListener) -> Result<()> {
    use actix_web::{App, HttpServer, web};

    async fn hello() -> web::Json<Hello> {
        web::Json(HELLO)
    }
    async fn echo(note: web::Json<Note>) -> web::Json<Note> {
        note
    }
    let bare = case == "actix-bare";
    let routes = routes();
    actix_web::rt::System::new().block_on(async move {
        let server = HttpServer::new(move || {
            if bare {
                App::new().configure(|app| {
                    app.route("/hello", web::get().to(hello)).route("/echo", web::post().to(echo));
                })
            } else {
                App::new().service(gravity::host::actix::mount("", routes.clone()))
            }
        });
        let server = server.workers(1).disable_signals().listen(listener)?.run();
        let handle = server.handle();
        // The driver's last word, when it has counted enough.
        let stop = actix_web::rt::spawn(async move {
            let read = web::block(|| std::io::stdin().read_line(&mut String::new())).await;
            handle.stop(false).await;
            read
        });
        server.await?;
        stop.await???;
        Ok(())
    })
}
