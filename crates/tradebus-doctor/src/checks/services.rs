//! Whether the services that are configured answer.
//!
//! This is the one check that goes over the streams of the bus, since that is where the services are: each that has a node at work is asked for its
//! health, as anybody may ask it. Where none is at work, nothing is sent.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::Value;
use tradebus::{Bus, StreamManager};

use crate::finding::{Finding, Looked, Trouble, listed};
use crate::patient::Patient;
use crate::scratch::asking;

/// How long a service has to answer.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a service said.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Answer {
    /// No node has it.
    Away,
    /// A node should have it, and it did not answer: why.
    Silent(String),
    /// Its health, and what speaks against it.
    Status(String, Vec<String>),
}

pub(super) async fn look(patient: &mut Patient) -> Looked {
    let names = names(&patient.config.services);
    if names.is_empty() {
        return Ok(Finding::skip("no services are configured", ""));
    }
    let store = patient.store()?.clone();
    let at_work = at_work(&StreamManager::with_store(&patient.config, store.clone())).await?;
    if at_work.is_disjoint(&names) {
        return Ok(judge(&names.into_iter().map(|name| (name, Answer::Away)).collect()));
    }
    let bus = Bus::with_store(asking(&patient.config), store)?;
    // Side by side, so that several that are silent take no longer than one.
    let asked: Vec<_> = names
        .into_iter()
        .map(|name| {
            let (bus, there) = (bus.clone(), at_work.contains(&name));
            tokio::spawn(async move {
                let answer = if there { ask(&bus, &name).await } else { Answer::Away };
                (name, answer)
            })
        })
        .collect();
    let mut answers = BTreeMap::new();
    for asked in asked {
        answers.extend([asked.await?]);
    }
    let _ = bus.close().await;
    Ok(judge(&answers))
}

/// The services of a configuration: tables have the name of theirs, those in lists say it.
fn names(services: &BTreeMap<String, Value>) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for (key, value) in services {
        match value {
            Value::Array(services) => {
                names.extend(
                    services.iter().filter_map(|service| service["name"].as_str().map(str::to_owned)),
                );
            }
            _ => {
                names.insert(key.clone());
            }
        }
    }
    names
}

/// The services that have a consumer in their group, on any stream of the bus.
async fn at_work(streams: &StreamManager) -> Result<BTreeSet<String>, Trouble> {
    let mut found = BTreeSet::new();
    for stream in streams.list().await? {
        // It may be gone meanwhile.
        let groups = streams.groups(&stream).await.unwrap_or_default();
        let at_work = groups.into_iter().filter(|group| group.consumers > 0);
        found.extend(at_work.filter_map(|group| group.name.strip_prefix("service.").map(str::to_owned)));
    }
    Ok(found)
}

async fn ask(bus: &Bus, name: &str) -> Answer {
    let answer = bus.request(format!("{name}.health.check").as_str(), Value::Null, PATIENCE).await;
    match answer.map(tradebus::Response::into_data) {
        Ok(Ok(health)) => {
            let reasons = health["reasons"].as_array().into_iter().flatten();
            let reasons = reasons.filter_map(|reason| reason.as_str().map(str::to_owned)).collect();
            Answer::Status(health["status"].as_str().unwrap_or("unknown").to_owned(), reasons)
        }
        Ok(Err(error)) => Answer::Silent(error.to_string()),
        Err(error) => Answer::Silent(error.to_string()),
    }
}

fn judge(answers: &BTreeMap<String, Answer>) -> Finding {
    let (mut well, mut ill) = (Vec::new(), Vec::new());
    for (name, answer) in answers {
        match answer {
            Answer::Status(status, _) if status == "healthy" => well.push(name.as_str()),
            Answer::Status(status, reasons) if reasons.is_empty() => ill.push(format!("{name} is {status}")),
            Answer::Status(status, reasons) => {
                ill.push(format!("{name} is {status} ({})", reasons.join("; ")));
            }
            Answer::Silent(why) => ill.push(format!("{name} does not answer ({why})")),
            Answer::Away => ill.push(format!("{name} is at work on no node")),
        }
    }
    if ill.is_empty() {
        return Finding::pass(format!("healthy: {}", listed(&well)));
    }
    let healthy = if well.is_empty() { String::new() } else { format!("; healthy: {}", listed(&well)) };
    Finding::warn(
        format!("{}{healthy}", ill.join(", ")),
        "start a node with this configuration (tradebus serve), or look at the log of the one that runs",
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;
    use tradebus::BusConfig;

    use super::{Answer, judge, names};
    use crate::report::Status;

    #[test]
    fn tables_and_lists_have_names() {
        let services = [
            ("datagov".to_owned(), json!({})),
            ("rest".to_owned(), json!([{ "name": "weather" }, { "name": "fx" }, {}])),
        ];
        let config = BusConfig { services: BTreeMap::from(services), ..BusConfig::default() };
        let names: Vec<String> = names(&config.services).into_iter().collect();
        assert_eq!(names, ["datagov", "fx", "weather"]);
    }

    #[test]
    fn one_that_is_not_well_is_a_warning() {
        let status = |status: &str, reasons: &[&str]| {
            Answer::Status(status.to_owned(), reasons.iter().map(|&reason| reason.to_owned()).collect())
        };
        let answers =
            |b: Answer| BTreeMap::from([("a".to_owned(), status("healthy", &[])), ("b".to_owned(), b)]);
        assert_eq!(judge(&answers(status("healthy", &[]))).detail, "healthy: a and b");
        let found = judge(&answers(status("degraded", &["slow"])));
        assert_eq!((found.status, found.detail.as_str()), (Status::Warn, "b is degraded (slow); healthy: a"));
        assert!(judge(&answers(Answer::Away)).detail.starts_with("b is at work on no node"));
        assert!(judge(&answers(Answer::Silent("late".to_owned()))).detail.contains("(late)"));
    }
}
