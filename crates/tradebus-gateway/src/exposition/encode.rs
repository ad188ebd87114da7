//! From what was read to text.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{
    DescriptorEncoder, LabelSetEncoder, MetricEncoder, NoLabelSet, prometheus_text, text,
};
use prometheus_client::encoding::{EncodeLabel, EncodeLabelSet};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::exemplar::Exemplar;
use prometheus_client::registry::{Registry, Unit as WrittenUnit};

use super::samples::{Collected, Sample, Value};
use super::{Format, Kind, Unit};

pub(super) fn encode(collected: Vec<Collected>, format: Format) -> String {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Collection(collected)));
    let mut written = String::new();
    match format {
        Format::OpenMetrics => text::encode(&mut written, &registry),
        Format::Prometheus => prometheus_text::encode(&mut written, &registry),
    }
    .expect("a string takes all that is written");
    written
}

#[derive(Debug)]
struct Collection(Vec<Collected>);

impl Collector for Collection {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        for Collected { family, samples } in self.0.iter().filter(|it| !it.samples.is_empty()) {
            let unit = family.unit().map(written_unit);
            let kind = metric_type(family.kind());
            let mut encoder = encoder.encode_descriptor(family.stem(), family.help(), unit.as_ref(), kind)?;
            for sample in samples {
                encode_sample(&mut encoder, family.kind(), sample)?;
            }
        }
        Ok(())
    }
}

fn encode_sample(encoder: &mut MetricEncoder<'_>, kind: Kind, sample: &Sample) -> fmt::Result {
    let labels = Labels(&sample.labels);
    if kind == Kind::Info {
        return encoder.encode_info(&labels);
    }
    let mut encoder = encoder.encode_family(&labels)?;
    match (kind, &sample.value) {
        (_, Value::Buckets(it)) => {
            encoder.encode_histogram::<NoLabelSet>(it.sum, it.count, &it.by_bound, None)
        }
        (Kind::Counter, Value::Count(count)) => encoder.encode_counter(count, NO_EXEMPLAR),
        (Kind::Counter, Value::Number(number)) => encoder.encode_counter(number, NO_EXEMPLAR),
        (_, Value::Count(count)) => encoder.encode_gauge(count),
        (_, Value::Number(number)) => encoder.encode_gauge(number),
    }
}

const NO_EXEMPLAR: Option<&Exemplar<NoLabelSet, f64>> = None;

#[derive(Debug)]
struct Labels<'a>(&'a [(&'static str, String)]);

impl EncodeLabelSet for Labels<'_> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        for (name, value) in self.0 {
            (*name, value.as_str()).encode(encoder.encode_label())?;
        }
        Ok(())
    }
}

const fn metric_type(kind: Kind) -> MetricType {
    match kind {
        Kind::Counter => MetricType::Counter,
        Kind::Gauge => MetricType::Gauge,
        Kind::Histogram => MetricType::Histogram,
        Kind::Info => MetricType::Info,
    }
}

fn written_unit(unit: Unit) -> WrittenUnit {
    WrittenUnit::Other(unit.name().to_owned())
}
