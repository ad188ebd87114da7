//! The gateway: a listener with all routes behind it.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use axum_server::Handle;
use axum_server::tls_rustls::{RustlsAcceptor, RustlsConfig};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::closing::Closing;
use crate::door::Door;
use crate::guard::{Guard, Turnstile};
use crate::live::{Live, Watched};
use crate::node::{Node, Shared};
use crate::routes;
use crate::settings::GatewaySettings;

/// Why a gateway cannot be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// Somebody else listens there.
    #[error("{address} is taken")]
    Taken {
        /// The address.
        address: SocketAddr,
    },
    /// It cannot be listened there.
    #[error("cannot listen at {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: io::Error,
    },
    /// Others can reach the address, and would need no token.
    #[error("{address} can be reached by others: a token is needed there")]
    Open {
        /// The address.
        address: SocketAddr,
    },
}

/// A gateway that is open.
#[derive(Debug)]
pub struct Gateway {
    address: SocketAddr,
    encrypted: bool,
    handle: Handle<SocketAddr>,
    /// Tells those who send something that goes on.
    closing: watch::Sender<bool>,
    serving: JoinHandle<io::Result<()>>,
}

impl Gateway {
    /// Opens a gateway.
    ///
    /// # Errors
    ///
    /// When the address is taken or cannot be used, or can be reached by others without a token.
    pub async fn open(settings: GatewaySettings, node: Node) -> Result<Self, GatewayError> {
        let address = settings.address;
        if !address.ip().is_loopback() && settings.token.is_none() {
            return Err(GatewayError::Open { address });
        }
        let listener = listen(address)?;
        let failed = |source| GatewayError::Listen { address, source };
        let address = listener.local_addr().map_err(failed)?;
        let handle = Handle::new();
        let door = Door::new(settings.limits.connections);
        let (closing, begun) = Closing::new();
        let shared = share(&settings, node, door.clone(), begun).await;
        let router = routes::router(shared, &Arc::new(Guard::new(&settings, address)));
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let mut server = axum_server::from_tcp(listener).map_err(failed)?.handle(handle.clone());
        server.http_builder().http1().header_read_timeout(settings.limits.head_time).max_buf_size(64 << 10);
        server.http_builder().http2().max_concurrent_streams(64).keep_alive_interval(Duration::from_secs(20));
        let server = server.first_request_timeout(settings.limits.head_time).acceptor(door.clone());
        let serving = match &settings.tls {
            None => tokio::spawn(server.serve(service)),
            Some(config) => {
                let mut config = (**config).clone();
                // WebSockets and server-sent events alike do with it.
                config.alpn_protocols = vec![b"http/1.1".to_vec()];
                let acceptor =
                    RustlsAcceptor::new(RustlsConfig::from_config(Arc::new(config))).acceptor(door);
                tokio::spawn(server.acceptor(acceptor).serve(service))
            }
        };
        Ok(Self { address, encrypted: settings.tls.is_some(), handle, closing, serving })
    }

    /// Where it listens.
    pub fn url(&self) -> String {
        let scheme = if self.encrypted { "https" } else { "http" };
        let ip = self.address.ip();
        // Nobody can go to "any address".
        let host = match (ip.is_unspecified(), ip) {
            (true, _) => "localhost".to_owned(),
            (false, std::net::IpAddr::V6(ip)) => format!("[{ip}]"),
            (false, ip) => ip.to_string(),
        };
        format!("{scheme}://{host}:{}", self.address.port())
    }

    /// Takes no more connections, and ends those that are open: those that are being answered within `patience`.
    pub async fn close(self, patience: Duration) {
        self.closing.send_replace(true);
        self.handle.graceful_shutdown(Some(patience));
        // It ends by itself, or was ended before.
        let _ = self.serving.await;
    }
}

/// What the routes share.
async fn share(settings: &GatewaySettings, node: Node, door: Door, closing: Closing) -> Arc<Shared> {
    let Node { bus, config: loaded, services } = node;
    let limits = settings.limits;
    let subscriptions = Turnstile::new(limits.subscriptions, limits.subscriptions_per_client);
    let inside = subscriptions.clone();
    let watched = Watched {
        bus: bus.clone(),
        config: loaded.config.clone(),
        services,
        connections: Box::new(move || (door.inside() as u64, inside.inside() as u64)),
    };
    Arc::new(Shared {
        streams: bus.streams(),
        bus,
        shown_config: loaded.to_json(),
        live: Live::start(watched).await,
        subscriptions,
        closing,
        limits,
    })
}

fn listen(address: SocketAddr) -> Result<TcpListener, GatewayError> {
    TcpListener::bind(address).map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => GatewayError::Taken { address },
        _ => GatewayError::Listen { address, source },
    })
}
