//! Traces over OTLP, with the cargo feature `otel`: spans of the engine, batched and sent by a thread of their own.
//!
//! Without the feature there is no exporter, and a setting that asks for one is refused before anything runs.

use tracing_subscriber::{Layer, Registry};

/// A layer of the process's subscriber.
pub type TracesLayer = Box<dyn Layer<Registry> + Send + Sync>;

/// Where spans go.
#[derive(Clone, Debug, PartialEq)]
pub struct Export {
    /// Base address of the collector's OTLP over HTTP, such as `http://127.0.0.1:4318`.
    pub endpoint: String,
    /// The share of traces that begin here and are kept, 0 to 1.
    pub sample_ratio: f64,
    /// `service.name` of the resource.
    pub service_name: String,
    /// `service.instance.id` of the resource.
    pub instance_id: String,
}

#[cfg(feature = "otel")]
pub use exporting::{Traces, start};

#[cfg(feature = "otel")]
mod exporting {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use opentelemetry::KeyValue;
    use opentelemetry::trace::TracerProvider;
    use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
    use opentelemetry_sdk::Resource;
    use opentelemetry_sdk::error::OTelSdkResult;
    use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider, SpanData, SpanExporter as Exporter};
    use tracing_subscriber::Layer;
    use tracing_subscriber::filter::Targets;

    use super::{Export, TracesLayer};
    use crate::engine::spans::TARGET;

    /// How long one export, and the last one at the end, may take.
    const EXPORT_WAIT: Duration = Duration::from_secs(5);

    /// The running exporter.
    #[derive(Debug)]
    pub struct Traces(SdkTracerProvider);

    impl Traces {
        /// Sends what is left, for at most five seconds.
        pub fn stop(self) {
            if let Err(error) = self.0.shutdown_with_timeout(EXPORT_WAIT) {
                tracing::warn!(%error, "the last spans could not be sent");
            }
        }
    }

    /// Says once when the collector goes away, and when it is back.
    #[derive(Debug)]
    struct Told {
        exporter: SpanExporter,
        away: AtomicBool,
    }

    impl Exporter for Told {
        async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
            let exported = self.exporter.export(batch).await;
            let was_away = self.away.swap(exported.is_err(), Ordering::Relaxed);
            match &exported {
                Err(error) if !was_away => {
                    tracing::warn!(%error, "the collector of traces does not take them; spans are lost until it does");
                }
                Ok(()) if was_away => tracing::info!("the collector takes traces again"),
                Ok(()) | Err(_) => {}
            }
            exported
        }

        fn shutdown_with_timeout(&self, wait: Duration) -> OTelSdkResult {
            self.exporter.shutdown_with_timeout(wait)
        }

        fn force_flush(&self) -> OTelSdkResult {
            self.exporter.force_flush()
        }

        fn set_resource(&mut self, resource: &Resource) {
            self.exporter.set_resource(resource);
        }
    }

    /// Starts the exporter's thread. A collector that is away costs spans, never the engine's time. Errors: the address.
    pub fn start(export: &Export) -> Result<(Traces, TracesLayer), String> {
        let address = format!("{}/v1/traces", export.endpoint.trim_end_matches('/'));
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(address)
            .with_timeout(EXPORT_WAIT)
            .build()
            .map_err(|error| format!("telemetry.otlp_endpoint = \"{}\": {error}", export.endpoint))?;
        let resource = Resource::builder()
            .with_service_name(export.service_name.clone())
            .with_attributes([
                KeyValue::new("service.instance.id", export.instance_id.clone()),
                KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            ])
            .build();
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(Told { exporter, away: AtomicBool::new(false) })
            .with_sampler(Sampler::TraceIdRatioBased(export.sample_ratio))
            .with_resource(resource)
            .build();
        let layer = tracing_opentelemetry::layer()
            .with_tracer(provider.tracer("segue"))
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_filter(Targets::new().with_target(TARGET, tracing::Level::INFO))
            .boxed();
        Ok((Traces(provider), layer))
    }
}

/// Nothing runs.
#[cfg(not(feature = "otel"))]
#[derive(Debug)]
pub struct Traces;

#[cfg(not(feature = "otel"))]
impl Traces {
    /// There is nothing to stop.
    pub fn stop(self) {}
}

/// Errors: always; the settings were checked before.
#[cfg(not(feature = "otel"))]
pub fn start(export: &Export) -> Result<(Traces, TracesLayer), String> {
    Err(format!("telemetry.otlp_endpoint = \"{}\": this build sends no traces", export.endpoint))
}
