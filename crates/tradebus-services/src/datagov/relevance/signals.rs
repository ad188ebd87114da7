//! What each signal gives.

use jiff::civil::Date;

use super::compiled::{Relevance, Term};
use super::dictionary::Words;
use super::rules::Field;
use super::score::{Part, Signal};
use super::time;
use crate::datagov::model::{Dcat, Hit};
use crate::dbnomics::period::days_between;

/// At most so many terms are named in a reason.
const MAX_NAMED: usize = 8;

impl Relevance {
    pub(super) fn publisher_signals(&self, hit: &Hit, parts: &mut Vec<Part>) {
        let organization = hit.organization.as_ref();
        let by_slug = organization.and_then(|of| Some((*self.rules.agency.get(&of.slug)?, of.slug.as_str())));
        let above = hit.dcat.iter().flat_map(|dcat| &dcat.publisher);
        let by_name = hit.publisher.iter().chain(above).filter_map(|name| {
            let points = self.publishers.get(&Words::of(name).joined())?;
            Some((*points, name.as_str()))
        });
        let best = by_slug.into_iter().chain(by_name).max_by(|a, b| a.0.total_cmp(&b.0));
        if let Some((points, name)) = best {
            parts.push(Part { signal: Signal::Agency, points, reason: name.to_owned() });
        }
        let kind = organization.and_then(|of| of.organization_type.as_ref());
        if let Some((kind, points)) =
            kind.and_then(|kind| Some((kind, *self.rules.organization_type.get(kind)?)))
        {
            parts.push(Part { signal: Signal::OrganizationType, points, reason: kind.clone() });
        }
    }

    pub(super) fn word_signals(&self, hit: &Hit, parts: &mut Vec<Part>) {
        let fields = &self.rules.fields;
        let title = Words::of(&hit.title);
        let keywords = all(&hit.keyword);
        let mut themes = all(&hit.theme);
        for theme in hit.dcat.iter().flat_map(|dcat| &dcat.theme).filter(|theme| !hit.theme.contains(theme)) {
            themes.add(theme);
        }
        let distributions = all(&hit.distribution_titles);
        let description = Words::of(beginning(&hit.description, self.rules.limits.description_bytes));
        let each = [
            (Signal::Title, &title, fields.title),
            (Signal::Keywords, &keywords, fields.keywords),
            (Signal::Themes, &themes, fields.themes),
            (Signal::Distributions, &distributions, fields.distributions),
            (Signal::Description, &description, fields.description),
        ];
        for (signal, words, Field { times, most }) in each {
            let found = self.positive.find(words);
            let points: f64 = found.iter().map(|term| term.points * times).sum();
            push_terms(parts, signal, points.min(most), &found);
        }
        let mut found = self.negative.find(&title);
        let mut points: f64 = found.iter().map(|term| term.points).sum();
        for term in self.negative.find(&keywords) {
            if !found.iter().any(|other| other.phrase == term.phrase) {
                points += term.points * self.rules.negative.keywords_times;
                found.push(term);
            }
        }
        push_terms(parts, Signal::Negative, points.max(self.rules.negative.most), &found);
    }

    pub(super) fn record_signals(&self, hit: &Hit, today: Date, parts: &mut Vec<Part>) {
        let dcat = hit.dcat.as_ref();
        self.freshness(hit, today, parts);
        if let Some(dcat) = dcat {
            self.periodicity(dcat, parts);
            self.distributions(dcat, parts);
            if let Some(level) = dcat.access_level.as_ref().filter(|level| !level.is_empty()) {
                let public = level.eq_ignore_ascii_case("public");
                let points = if public { self.rules.access.public } else { self.rules.access.other };
                parts.push(Part { signal: Signal::Access, points, reason: level.clone() });
            }
        }
        self.place(hit, parts);
        if let Some(views) = hit.popularity.filter(|&views| views > 0) {
            let share = (views as f64 + 1.0).ln() / (self.rules.attention.views as f64 + 1.0).ln();
            let points = self.rules.attention.points * share.min(1.0);
            parts.push(Part { signal: Signal::Attention, points, reason: format!("{views} page views") });
        }
    }

    fn freshness(&self, hit: &Hit, today: Date, parts: &mut Vec<Part>) {
        let rule = &self.rules.freshness;
        let mut push = |points, reason| parts.push(Part { signal: Signal::Freshness, points, reason });
        let Some(modified) = hit.dcat.as_ref().and_then(|dcat| dcat.modified.as_deref()) else {
            let harvested = hit.last_harvested_date.as_deref().and_then(time::day);
            if let Some(day) = harvested.filter(|&day| days_between(day, today) <= rule.fresh_days) {
                push(rule.fresh / 2.0, format!("harvested {day}"));
            }
            return;
        };
        // An interval in place of a date: it is renewed by itself.
        if time::days_between_issues(modified).is_some_and(|days| days <= f64::from(rule.fresh_days)) {
            return push(rule.fresh, format!("renewed {modified}"));
        }
        let Some(day) = time::day(modified) else { return };
        let age = days_between(day, today);
        if age <= rule.fresh_days {
            push(rule.fresh, format!("modified {day}"));
        } else if age > rule.old_days {
            push(rule.old, format!("modified {day}"));
        }
    }

    fn periodicity(&self, dcat: &Dcat, parts: &mut Vec<Part>) {
        let Some(text) = &dcat.accrual_periodicity else { return };
        let Some(days) = time::days_between_issues(text) else { return };
        let rule = &self.rules.periodicity;
        let points = match days {
            ..=7.0 => rule.weekly,
            ..=31.0 => rule.monthly,
            ..=92.0 => rule.quarterly,
            _ => return,
        };
        parts.push(Part { signal: Signal::Periodicity, points, reason: text.clone() });
    }

    fn distributions(&self, dcat: &Dcat, parts: &mut Vec<Part>) {
        let rule = &self.rules.machine_readable;
        let readable = dcat.distribution.iter().find_map(|distribution| {
            let forms = [&distribution.format, &distribution.media_type];
            forms.into_iter().flatten().find(|form| self.machine_readable.finds_any(&Words::of(form)))
        });
        let (points, reason) = match readable {
            Some(form) => (rule.points, form.clone()),
            None if dcat.distribution.is_empty() => (rule.none, "no distribution".to_owned()),
            None => return,
        };
        parts.push(Part { signal: Signal::MachineReadable, points, reason });
    }

    fn place(&self, hit: &Hit, parts: &mut Vec<Part>) {
        let rule = &self.rules.place;
        let spatial =
            hit.dcat.as_ref().and_then(|dcat| dcat.spatial.as_deref()).filter(|place| !place.is_empty());
        let (points, reason) = match spatial {
            Some(place) if self.national.finds_any(&Words::of(beginning(place, 200))) => {
                (rule.national, beginning(place, 60).to_owned())
            }
            Some(place) => (rule.local, beginning(place, 60).to_owned()),
            None if hit.has_spatial == Some(true) => (rule.local, "it has a place".to_owned()),
            None => return,
        };
        parts.push(Part { signal: Signal::Place, points, reason });
    }
}

fn push_terms(parts: &mut Vec<Part>, signal: Signal, points: f64, found: &[&Term]) {
    if found.is_empty() {
        return;
    }
    let mut reason = String::with_capacity(64);
    for term in found.iter().take(MAX_NAMED) {
        let comma = if reason.is_empty() { "" } else { ", " };
        for text in [comma, &term.phrase, " (", &term.class, ")"] {
            reason.push_str(text);
        }
    }
    parts.push(Part { signal, points, reason });
}

fn all(texts: &[String]) -> Words {
    let mut words = Words::default();
    for text in texts {
        words.add(text);
    }
    words
}

/// At most so many bytes, cut before a letter that does not fit.
fn beginning(text: &str, bytes: usize) -> &str {
    let mut end = bytes.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}
