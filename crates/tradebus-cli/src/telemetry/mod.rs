//! Traces for a collector: with the feature `otlp`, and where the environment names one.

#[cfg(feature = "otlp")]
mod collector;
#[cfg(not(feature = "otlp"))]
mod off;
#[cfg(feature = "otlp")]
mod otlp;

#[cfg(not(feature = "otlp"))]
pub(crate) use self::off::start;
#[cfg(feature = "otlp")]
pub(crate) use self::otlp::start;
