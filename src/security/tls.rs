//! Certificates: which of others we believe, and our own, read again when its files change.
//!
//! The cryptography is ring's, named wherever rustls wants to know: nothing depends on a process-wide default.

use std::net::{TcpStream, ToSocketAddrs};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
pub use rustls::server::ServerConfig;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;

use super::watched::Watched;

/// The files of a certificate of our own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Files {
    /// PEM: our certificate, then those between it and the authority.
    pub certificate: PathBuf,
    /// PEM, not encrypted.
    pub key: PathBuf,
}

pub(super) fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

/// Reads the certificates of a PEM file. `key` is the setting that names it. Errors: the setting, the file, what is wrong.
pub fn certificates(key: &str, file: &Path) -> Result<Vec<CertificateDer<'static>>, String> {
    let about = |what: &str| format!("{key} = \"{}\": {what}", file.display());
    let bytes = std::fs::read(file).map_err(|error| about(&error.to_string()))?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&bytes).collect();
    // The library's own words may quote the file.
    let found = found.map_err(|_| about("it is not a PEM file that can be read"))?;
    if found.is_empty() {
        return Err(about("no certificate is in it; a PEM file with -----BEGIN CERTIFICATE----- is wanted"));
    }
    Ok(found)
}

/// How a private key file looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyKind {
    Plain,
    /// A passphrase is needed.
    Encrypted,
}

/// Looks at a private key file without using it. Errors: the setting, the file, what is wrong.
pub fn key_kind(key: &str, file: &Path) -> Result<KeyKind, String> {
    let about = |what: &str| format!("{key} = \"{}\": {what}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| about(&error.to_string()))?;
    if !text.contains("PRIVATE KEY-----") {
        return Err(about("no private key is in it; a PEM file with -----BEGIN PRIVATE KEY----- is wanted"));
    }
    let is_encrypted = text.contains("ENCRYPTED");
    Ok(if is_encrypted { KeyKind::Encrypted } else { KeyKind::Plain })
}

/// The server's side: the newest certificate that its files held, for every connection anew.
/// Errors: the setting, the file, what is wrong.
pub fn server(files: &Files) -> Result<ServerConfig, String> {
    let watched = {
        let files = files.clone();
        Watched::new(vec![files.certificate.clone(), files.key.clone()], move || certified(&files))?
    };
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|error| format!("http: TLS: {error}"))?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(Current(watched)));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn certified(files: &Files) -> Result<CertifiedKey, String> {
    const KEY: &str = "http.tls_key_file";
    let chain = certificates("http.tls_certificate_file", &files.certificate)?;
    let about = |what: &str| format!("{KEY} = \"{}\": {what}", files.key.display());
    if key_kind(KEY, &files.key)? == KeyKind::Encrypted {
        return Err(about(
            "the key is encrypted; write it without a passphrase (openssl pkey -in KEY -out PLAIN)",
        ));
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|_| about("the key cannot be read"))?;
    match CertifiedKey::from_der(chain, key, &provider()) {
        Ok(certified) => Ok(certified),
        Err(rustls::Error::InconsistentKeys(_)) => {
            Err(about("it is not the key of the certificate in http.tls_certificate_file"))
        }
        Err(_) => Err(about("the key, or the certificate beside it, cannot be used")),
    }
}

#[derive(Debug)]
struct Current(Watched<CertifiedKey>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.current())
    }
}

/// Why a certificate is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    UnknownAuthority,
    Expired,
    NotYetValid,
    OtherName,
    Other,
}

impl Refusal {
    pub(super) fn of(error: &rustls::Error) -> Refusal {
        use rustls::CertificateError as Why;
        let rustls::Error::InvalidCertificate(why) = error else { return Refusal::Other };
        match why {
            Why::UnknownIssuer => Refusal::UnknownAuthority,
            Why::Expired | Why::ExpiredContext { .. } => Refusal::Expired,
            Why::NotValidYet | Why::NotValidYetContext { .. } => Refusal::NotYetValid,
            Why::NotValidForName | Why::NotValidForNameContext { .. } => Refusal::OtherName,
            _ => Refusal::Other,
        }
    }
}

/// Looks at the certificate of `host:port`, and says why it is not believed; `None` if it is, or if nobody is there.
/// Blocks for some seconds at most. `ca_file`: as in [`certificates`]; `None`: the system's authorities.
pub fn refusal_of(address: &str, ca_file: Option<&Path>) -> Option<Refusal> {
    let (host, _) = address.rsplit_once(':')?;
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).ok()?;
    let trusted = match ca_file {
        None => rustls_native_certs::load_native_certs().certs,
        Some(file) => certificates("", file).ok()?,
    };
    let mut roots = rustls::RootCertStore::empty();
    roots.add_parsable_certificates(trusted);
    let config = rustls::ClientConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let mut connection = rustls::ClientConnection::new(Arc::new(config), name).ok()?;
    let mut stream = connect(address)?;
    let error = connection.complete_io(&mut stream).err()?;
    error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()).map(Refusal::of)
}

fn connect(address: &str) -> Option<TcpStream> {
    const WAIT: Duration = Duration::from_secs(2);
    let found = address.to_socket_addrs().ok()?.next()?;
    let stream = TcpStream::connect_timeout(&found, WAIT).ok()?;
    stream.set_read_timeout(Some(WAIT)).ok()?;
    stream.set_write_timeout(Some(WAIT)).ok()?;
    Some(stream)
}
