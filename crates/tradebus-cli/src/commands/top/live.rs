//! The screen as it lives: it is drawn when there is something new, and ends when somebody wants it to.

use std::time::{Duration, Instant};

use crossterm::event::{Event, EventStream};
use futures_util::StreamExt as _;
use tokio::time::{MissedTickBehavior, interval};

use super::keys;
use super::model::{Model, Next};
use super::screen;
use super::source::Feed;
use crate::failure::{Failure, Outcome};
use crate::full_screen::{self, FullScreen};
use crate::shutdown::Shutdown;
use crate::terminal;

/// Draws what the feed brings until a key or a signal ends it.
pub(super) async fn run(feed: &mut Feed, shutdown: &mut Shutdown) -> Outcome {
    let mut model = Model::new(feed.origin(), feed.interval());
    let colour = terminal::stdout_has_colour();
    let mut screen = FullScreen::open()?;
    let mut keys = EventStream::new();
    // Only the age of what is late grows without anything new.
    let mut seconds = interval(Duration::from_secs(1));
    seconds.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_new = true;
    loop {
        if is_new {
            screen.draw(|frame| screen::draw(frame, &mut model, colour, Instant::now()))?;
        }
        is_new = true;
        tokio::select! {
            () = shutdown.requested() => return Ok(()),
            news = feed.next() => match news {
                Some(news) => model.note(news, Instant::now()),
                None => return Err(Failure::failed("nothing comes any more")),
            },
            event = keys.next() => match event {
                Some(Ok(event)) => match next(&event, &mut model) {
                    Some(Next::GoOn) => {}
                    Some(Next::Clear) => screen.clear()?,
                    Some(Next::End) => return Ok(()),
                    None => is_new = false,
                },
                Some(Err(error)) => return Err(Failure::failed(format!("cannot read keys: {error}"))),
                // Whoever sat there is gone.
                None => return Ok(()),
            },
            _ = seconds.tick() => is_new = model.is_late(Instant::now()),
        }
        if !full_screen::is_open() {
            return Err(Failure::failed("a part of the program has failed, which is a fault of it"));
        }
    }
}

/// What follows from something that happened at the terminal; `None` if nothing does.
fn next(event: &Event, model: &mut Model) -> Option<Next> {
    match event {
        Event::Key(key) => keys::action(*key).map(|action| model.apply(action)),
        Event::Resize(..) => Some(Next::GoOn),
        _ => None,
    }
}
