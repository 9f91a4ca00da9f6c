//! A listener whose connections are encrypted. A handshake is a task of its own, with a limit: one that is slow, or is no
//! TLS at all, keeps nobody waiting.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::serve::Listener;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, mpsc};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

use crate::security::tls::ServerConfig;

/// A handshake that takes longer is given up.
const HANDSHAKE_WITHIN: Duration = Duration::from_secs(10);
/// Handshakes at a time; more connections than that wait in the kernel.
const HANDSHAKES: usize = 128;
/// After the system has refused a connection (it has no more file descriptors), before it is asked again.
const AFTER_ERROR: Duration = Duration::from_millis(200);

type Connection = (TlsStream<TcpStream>, SocketAddr);

pub(super) struct Encrypted {
    address: std::io::Result<SocketAddr>,
    connections: mpsc::Receiver<Connection>,
}

impl Encrypted {
    /// Accepts from now on, in a task that ends with this listener.
    pub fn new(listener: TcpListener, config: ServerConfig) -> Encrypted {
        let address = listener.local_addr();
        let (hand_over, connections) = mpsc::channel(1);
        tokio::spawn(accept(listener, TlsAcceptor::from(Arc::new(config)), hand_over));
        Encrypted { address, connections }
    }
}

async fn accept(listener: TcpListener, tls: TlsAcceptor, hand_over: mpsc::Sender<Connection>) {
    let handshakes = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        // Never closed while we hold it.
        let Ok(permit) = handshakes.clone().acquire_owned().await else { return };
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            () = hand_over.closed() => return,
        };
        let Ok((stream, from)) = accepted else {
            tokio::time::sleep(AFTER_ERROR).await;
            continue;
        };
        let (tls, hand_over) = (tls.clone(), hand_over.clone());
        tokio::spawn(async move {
            match tokio::time::timeout(HANDSHAKE_WITHIN, tls.accept(stream)).await {
                // Nobody takes it any more where the server has stopped.
                Ok(Ok(stream)) => drop(hand_over.send((stream, from)).await),
                Ok(Err(error)) => tracing::debug!(%error, %from, "no TLS handshake"),
                Err(_) => tracing::debug!(%from, "a TLS handshake took too long"),
            }
            drop(permit);
        });
    }
}

impl Listener for Encrypted {
    type Io = TlsStream<TcpStream>;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> Connection {
        match self.connections.recv().await {
            Some(connection) => connection,
            // The task ends after this does, so there is nothing more to come.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> std::io::Result<SocketAddr> {
        match &self.address {
            Ok(address) => Ok(*address),
            Err(error) => Err(error.kind().into()),
        }
    }
}
