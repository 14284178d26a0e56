//! Serves the same routes through the host that is asked for, each under a prefix of its own.

use std::error::Error;
use std::net::TcpListener;

use gravity_core::http::Routes;
use gravity_core::http::host::hyper::Server;

type Outcome = Result<(), Box<dyn Error>>;

/// Where a host mounts the routes.
pub(crate) fn prefix(host: &str) -> &'static str {
    match host {
        "axum" => "/on/axum",
        "actix" => "/actix",
        _ => "",
    }
}

/// Serves until the process is ended.
pub(crate) fn serve(host: &str, listener: TcpListener, routes: Routes) -> Outcome {
    match host {
        "hyper" => on_tokio(async move {
            Server::from_listener(tokio::net::TcpListener::from_std(listener)?).serve(routes).await;
            Ok(())
        }),
        #[cfg(feature = "axum")]
        "axum" => on_tokio(async move {
            let app = axum::Router::new().nest(prefix(host), routes.into_axum());
            Ok(axum::serve(tokio::net::TcpListener::from_std(listener)?, app).await?)
        }),
        #[cfg(feature = "actix")]
        "actix" => {
            use gravity_core::http::host::actix::mount;
            let app = move || actix_web::App::new().service(mount(prefix("actix"), routes.clone()));
            let server = actix_web::HttpServer::new(app).workers(2).listen(listener)?;
            Ok(actix_web::rt::System::new().block_on(server.run())?)
        }
        other => Err(format!("{other:?} is no host of this build").into()),
    }
}

fn on_tokio(server: impl Future<Output = Outcome>) -> Outcome {
    tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(server)
}
