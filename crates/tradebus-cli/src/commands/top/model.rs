//! What is looked at: the newest picture, the view, and what is selected in it.

use std::time::{Duration, Instant};

use ratatui::widgets::TableState;
use tradebus_gateway::live::{Snapshot, StreamView};

use super::clean;
use super::history::History;
use super::keys::{Action, Move};
use super::order::Order;
use super::source::{News, Origin};

/// Nodes take snapshots each second: what is older than this is late.
const LATE: Duration = Duration::from_millis(2_500);

/// A page of the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Overview,
    Streams,
    Services,
    Health,
}

impl View {
    pub(super) const ALL: [Self; 4] = [Self::Overview, Self::Streams, Self::Services, Self::Health];

    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Streams => "Streams",
            Self::Services => "Services",
            Self::Health => "Health",
        }
    }

    fn beside(self, steps: usize) -> Self {
        let place = Self::ALL.iter().position(|&view| view == self).unwrap_or(0);
        Self::ALL[(place + steps) % Self::ALL.len()]
    }
}

/// A snapshot, and what was before it.
#[derive(Debug, Clone)]
pub(super) struct Picture {
    pub(super) snapshot: Snapshot,
    pub(super) history: History,
    pub(super) came: Instant,
}

/// The list of streams.
#[derive(Debug, Default)]
pub(super) struct Streams {
    pub(super) order: Order,
    /// Its name, since its place changes.
    pub(super) selected: Option<String>,
    pub(super) table: TableState,
    pub(super) groups_are_open: bool,
}

/// What goes on after a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    GoOn,
    Clear,
    End,
}

/// What is looked at.
pub(super) struct Model {
    pub(super) origin: Origin,
    live: Option<Picture>,
    /// What was before the next picture, where that is known.
    past: Option<History>,
    /// What stands still, while it is paused.
    frozen: Option<Picture>,
    /// Why nothing comes.
    pub(super) trouble: Option<String>,
    /// How often snapshots are expected.
    interval: Duration,
    pub(super) view: View,
    pub(super) help: bool,
    pub(super) streams: Streams,
    pub(super) services: TableState,
    pub(super) events: TableState,
    /// Rows of the list on the screen, which a page has.
    pub(super) page: usize,
}

impl Model {
    pub(super) fn new(origin: Origin, interval: Duration) -> Self {
        Self {
            origin,
            live: None,
            past: None,
            frozen: None,
            trouble: None,
            interval,
            view: View::Overview,
            help: false,
            streams: Streams::default(),
            services: TableState::default(),
            events: TableState::default(),
            page: 1,
        }
    }

    /// Takes note of what is new at a time.
    pub(super) fn note(&mut self, news: News, now: Instant) {
        match news {
            News::Past(columns) => self.past = Some(History::of_past(&columns)),
            News::Snapshot(json) => match clean::snapshot(&json) {
                Ok(snapshot) => self.take(snapshot, now),
                Err(error) => {
                    self.trouble =
                        Some(format!("this is no snapshot: {}", clean::visible(&error.to_string())));
                }
            },
            News::Lost { why, again_in } => {
                let seconds = again_in.as_secs_f64();
                self.trouble = Some(format!("{}; trying again in {seconds} s", clean::visible(&why)));
            }
        }
    }

    fn take(&mut self, snapshot: Snapshot, came: Instant) {
        let before = self.live.take().map(|picture| picture.history);
        let mut history = self.past.take().or(before).unwrap_or_default();
        history.add(&snapshot);
        self.live = Some(Picture { snapshot, history, came });
        self.trouble = None;
    }

    /// What is shown.
    pub(super) fn picture(&self) -> Option<&Picture> {
        self.frozen.as_ref().or(self.live.as_ref())
    }

    pub(super) const fn is_paused(&self) -> bool {
        self.frozen.is_some()
    }

    /// Whether what is shown should have been replaced by now, so that its age is worth showing as it grows.
    pub(super) fn is_late(&self, now: Instant) -> bool {
        self.picture().is_some_and(|picture| now.duration_since(picture.came) > self.interval + LATE)
    }

    pub(super) fn apply(&mut self, action: Action) -> Next {
        if self.help && !matches!(action, Action::Quit | Action::Redraw) {
            // Any key closes it.
            self.help = false;
            return Next::GoOn;
        }
        match action {
            Action::Redraw => return Next::Clear,
            Action::Back if self.view == View::Streams && self.streams.groups_are_open => {
                self.streams.groups_are_open = false;
            }
            Action::Back | Action::Quit => return Next::End,
            Action::Show(view) => self.view = view,
            Action::NextView => self.view = self.view.beside(1),
            Action::PreviousView => self.view = self.view.beside(View::ALL.len() - 1),
            Action::Move(step) => self.move_to(step),
            Action::SortNext => self.sort(self.streams.order.next()),
            Action::SortPrevious => self.sort(self.streams.order.previous()),
            Action::Reverse => self.sort(self.streams.order.reverse()),
            Action::Open => self.open(),
            Action::Pause => self.frozen = if self.is_paused() { None } else { self.live.clone() },
            Action::Help => self.help = true,
        }
        Next::GoOn
    }

    fn sort(&mut self, order: Order) {
        if matches!(self.view, View::Streams | View::Overview) {
            self.streams.order = order;
        }
    }

    /// Shows the groups of the selected stream, or no more.
    fn open(&mut self) {
        match self.view {
            View::Streams => self.streams.groups_are_open = !self.streams.groups_are_open,
            View::Overview => self.view = View::Streams,
            View::Services | View::Health => {}
        }
    }

    fn move_to(&mut self, step: Move) {
        let Some(picture) = self.frozen.as_ref().or(self.live.as_ref()) else { return };
        let (snapshot, page) = (&picture.snapshot, self.page.max(1));
        match self.view {
            View::Overview => {}
            View::Streams => {
                let sorted = self.streams.order.sorted(&snapshot.streams.rows);
                let at = place(&sorted, self.streams.selected.as_deref());
                let stream = moved(step, at, sorted.len(), page).map(|at| sorted[at].stream.clone());
                self.streams.selected = stream;
            }
            View::Services => {
                let at = moved(step, self.services.selected().unwrap_or(0), snapshot.services.len(), page);
                self.services.select(at);
            }
            View::Health => {
                let at = moved(step, self.events.selected().unwrap_or(0), snapshot.events.len(), page);
                self.events.select(at);
            }
        }
    }
}

/// Where the selected stream is: the first one if it is not there.
pub(super) fn place(sorted: &[&StreamView], selected: Option<&str>) -> usize {
    selected.and_then(|name| sorted.iter().position(|stream| stream.stream == name)).unwrap_or(0)
}

/// The place after a move in a list of so many; `None` if it is empty.
fn moved(step: Move, at: usize, len: usize, page: usize) -> Option<usize> {
    let last = len.checked_sub(1)?;
    let to = match step {
        Move::Up => at.saturating_sub(1),
        Move::Down => at.saturating_add(1),
        Move::PageUp => at.saturating_sub(page),
        Move::PageDown => at.saturating_add(page),
        Move::Home => 0,
        Move::End => last,
    };
    Some(to.min(last))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use bytes::Bytes;
    use tradebus_gateway::live::{Snapshot, StreamView};

    use super::{LATE, Model, Next, View, moved};
    use crate::commands::top::keys::{Action, Move};
    use crate::commands::top::order::Column;
    use crate::commands::top::source::{News, Origin};

    const SECOND: Duration = Duration::from_secs(1);

    fn model() -> Model {
        Model::new(Origin::Store, SECOND)
    }

    fn news(streams: &[(&str, f64)]) -> News {
        let mut snapshot = Snapshot::default();
        let row = |&(name, rate): &(&str, f64)| StreamView {
            stream: name.to_owned(),
            rate: Some(rate),
            ..StreamView::default()
        };
        snapshot.streams.rows = streams.iter().map(row).collect();
        News::Snapshot(serde_json::to_vec(&snapshot).unwrap().into())
    }

    fn selected(model: &Model) -> &str {
        model.streams.selected.as_deref().unwrap_or_default()
    }

    #[test]
    fn moves_stay_in_the_list() {
        let steps = [Move::Up, Move::Down, Move::PageUp, Move::PageDown, Move::Home, Move::End];
        let places = |at, len| steps.map(|step| moved(step, at, len, 5));
        assert_eq!(places(3, 20), [2, 4, 0, 8, 0, 19].map(Some));
        assert_eq!(places(0, 1), [Some(0); 6]);
        assert_eq!(places(0, 0), [None; 6]);
        assert_eq!(places(50, 3), [2, 2, 2, 2, 0, 2].map(Some));
    }

    #[test]
    fn the_selection_stays_with_its_stream() {
        let (mut model, now) = (model(), Instant::now());
        model.note(news(&[("a", 3.0), ("b", 2.0), ("c", 1.0)]), now);
        model.apply(Action::Show(View::Streams));
        model.apply(Action::Move(Move::Down));
        assert_eq!(selected(&model), "b");
        model.note(news(&[("a", 3.0), ("b", 9.0), ("c", 1.0)]), now);
        model.apply(Action::Move(Move::Down));
        assert_eq!(selected(&model), "a");
        model.note(news(&[("x", 1.0)]), now);
        model.apply(Action::Move(Move::Up));
        assert_eq!(selected(&model), "x");
        model.note(news(&[]), now);
        model.apply(Action::Move(Move::End));
        assert_eq!(model.streams.selected, None);
    }

    #[test]
    fn keys_sort_and_open_and_close() {
        let mut model = model();
        model.apply(Action::Show(View::Streams));
        model.apply(Action::SortPrevious);
        model.apply(Action::Reverse);
        assert_eq!((model.streams.order.column, model.streams.order.reversed), (Column::Length, true));
        model.apply(Action::Open);
        assert!(model.streams.groups_are_open);
        assert_eq!(model.apply(Action::Back), Next::GoOn);
        assert!(!model.streams.groups_are_open);
        model.apply(Action::Help);
        assert_eq!((model.help, model.apply(Action::Back), model.help), (true, Next::GoOn, false));
        assert_eq!(model.apply(Action::Back), Next::End);
        assert_eq!((model.apply(Action::Quit), model.apply(Action::Redraw)), (Next::End, Next::Clear));
    }

    #[test]
    fn views_go_round() {
        let mut model = model();
        for _ in 0..5 {
            model.apply(Action::NextView);
        }
        assert_eq!(model.view, View::Streams);
        model.apply(Action::PreviousView);
        model.apply(Action::PreviousView);
        assert_eq!(model.view, View::Health);
    }

    #[test]
    fn a_pause_stands_still_and_then_shows_the_newest() {
        let (mut model, now) = (model(), Instant::now());
        let shown = |model: &Model| model.picture().unwrap().snapshot.streams.rows[0].stream.clone();
        model.apply(Action::Pause);
        assert!(!model.is_paused(), "there is nothing to stand still");
        model.note(news(&[("a", 1.0)]), now);
        model.apply(Action::Pause);
        model.note(news(&[("b", 1.0)]), now);
        assert_eq!((model.is_paused(), shown(&model)), (true, "a".to_owned()));
        model.apply(Action::Pause);
        assert_eq!((model.is_paused(), shown(&model)), (false, "b".to_owned()));
    }

    #[test]
    fn trouble_is_told_until_it_is_over() {
        let (mut model, now) = (model(), Instant::now());
        model.note(news(&[("a", 1.0)]), now);
        assert!(!model.is_late(now + SECOND) && model.is_late(now + SECOND * 2 + LATE));
        model.note(News::Lost { why: "gone\x1b".to_owned(), again_in: SECOND / 2 }, now);
        assert_eq!(model.trouble.as_deref(), Some("gone\\u{1b}; trying again in 0.5 s"));
        assert_eq!(model.picture().unwrap().snapshot.streams.rows.len(), 1);
        model.note(News::Snapshot(Bytes::from_static(b"{}")), now);
        assert!(model.trouble.as_ref().unwrap().contains("no snapshot"));
        model.note(news(&[]), now);
        assert_eq!(model.trouble, None);
    }
}
