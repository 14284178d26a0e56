//! Upgrades. After a 101 actix's payload gives the raw bytes of the connection, and what the body of
//! the answer yields is sent as it is: joined, they are the connection.

use std::io;

use actix_web::dev::Payload;
use futures_util::StreamExt;
use http::Extensions;
use tokio::io::{AsyncWriteExt, DuplexStream, ReadHalf, WriteHalf, duplex, split};
use tokio::sync::oneshot;

use crate::http::upgrade::{OnUpgrade, Upgraded};

/// How many bytes wait on each way.
const WAITING: usize = 64 * 1024;

/// A connection that the handler may take over.
pub(super) struct Offer {
    payload: Payload,
    taker: oneshot::Sender<Upgraded>,
}

/// Lets the handler of a request take its connection over.
pub(super) fn offer(payload: Payload, extensions: &mut Extensions) -> Offer {
    let (taker, promise) = oneshot::channel();
    extensions.insert(OnUpgrade::new(async {
        promise.await.map_err(|_| io::Error::other("the request was not answered with 101"))
    }));
    Offer { payload, taker }
}

impl Offer {
    /// Hands the connection over. What can be read here is to be sent.
    pub(super) fn accept(self) -> ReadHalf<DuplexStream> {
        let (near, far) = duplex(WAITING);
        let (outgoing, incoming) = split(near);
        // Where nobody waits for the connection, its end is dropped, and with it the connection.
        let _ = self.taker.send(Upgraded::new(far));
        actix_web::rt::spawn(receive(self.payload, incoming));
        outgoing
    }
}

/// Hands over what is received, until one side closes.
async fn receive(mut payload: Payload, mut incoming: WriteHalf<DuplexStream>) {
    while let Some(Ok(bytes)) = payload.next().await {
        if incoming.write_all(&bytes).await.is_err() {
            return;
        }
    }
    // An error here means that the other side has closed as well.
    let _ = incoming.shutdown().await;
}
