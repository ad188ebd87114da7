//! From page to page.

use tradebus::{Bus, ErrorCode, ServiceError};

use super::circle::Circle;
use super::progress::Teller;
use super::{DatagovService, Task, UnderWay};
use crate::datagov::SearchPage;
use crate::datagov::catalogue::{CatalogueError, Walk, WalkState};
use crate::datagov::service::api::Api;
use crate::datagov::service::filters::Filters;
use crate::datagov::service::shelf::blocking;

/// Most pages of a walk. With 1000 datasets each, that is two hundred times what the catalogue has (July 2026).
const MAX_PAGES: u64 = 100_000;

impl DatagovService {
    /// Walks to the end, or as far as it goes.
    pub(super) async fn walk_into(&self, mut task: Task, under_way: UnderWay<'_>, bus: &Bus) {
        let teller = Teller::new(bus);
        let mut circle = Circle::new(task.walk.after.as_deref());
        while self.step(&mut task, &mut circle).await {
            teller.tell(&task.walk).await;
        }
        let walk = task.walk.clone();
        tracing::info!(
            load = walk.load,
            state = walk.state.name(),
            records = walk.records,
            reason = walk.message,
            "a walk has ended"
        );
        // Who hears of the end can begin the next one, and nobody hears of it after the next one has begun.
        let _gate = self.loads.gate.lock().await;
        drop((task, under_way));
        teller.tell(&walk).await;
    }

    /// Takes a page. Whether there is more.
    async fn step(&self, task: &mut Task, circle: &mut Circle) -> bool {
        let Err(error) = self.take_page(task, circle).await else {
            return task.walk.state == WalkState::Running;
        };
        if task.walk.may_begin_anew(&error) {
            task.walk.begin_anew();
            *circle = Circle::new(None);
        } else {
            task.walk.end(WalkState::Failed, error.message);
        }
        // A walk of which nobody knows how it is goes on when the service runs again.
        if let Err(error) = task.write_down().await {
            task.walk.end(WalkState::Failed, error.message);
        }
        task.walk.state == WalkState::Running
    }

    async fn take_page(&self, task: &mut Task, circle: &mut Circle) -> Result<(), ServiceError> {
        let mut walk = task.walk.clone();
        let page = self.next_page(&task.filters, &walk).await?;
        walk.unreadable += page.unreadable.len() as u64;
        walk.after = page.after;
        if walk.after.as_deref().is_some_and(|cursor| circle.closes(cursor)) {
            walk.after = None;
            walk.end(WalkState::Failed, "the API leads in a circle: it gave a cursor twice");
        } else if walk.after.is_none() {
            walk.state = WalkState::Done;
        } else if walk.pages >= MAX_PAGES {
            walk.after = None;
            walk.end(WalkState::Failed, format!("the API finds no end: there were {MAX_PAGES} pages"));
        }
        let catalogue = task.catalogue.clone();
        let saved = blocking(move || {
            catalogue.save(page.hits, &mut walk)?;
            Ok(walk)
        });
        task.walk = saved.await?;
        Ok(())
    }

    /// The next page, which is read where it is in nobody's way: it may have 1000 datasets.
    async fn next_page(&self, filters: &Filters, walk: &Walk) -> Result<SearchPage, ServiceError> {
        let wanted = walk.max_records.map_or(u64::MAX, |max| max.saturating_sub(walk.records));
        let mut call = filters.narrow(Api::search()).query("per_page", walk.per_page.min(wanted).to_string());
        if let Some(after) = &walk.after {
            call = call.query("after", after).with_cursor();
        }
        let body = self.api.ask_past_cache(call).await?;
        let page = blocking(move || {
            Ok(SearchPage::parse(&body)
                .map_err(|error| format!("the answer of the API cannot be read: {error}")))
        });
        page.await?.map_err(|error| ServiceError::new(ErrorCode::BadUpstream, error))
    }
}

impl Task {
    async fn write_down(&mut self) -> Result<(), ServiceError> {
        let (catalogue, mut walk) = (self.catalogue.clone(), self.walk.clone());
        self.walk = blocking(move || {
            catalogue.put_walk(&mut walk)?;
            Ok::<_, CatalogueError>(walk)
        })
        .await?;
        Ok(())
    }
}

impl Walk {
    fn end(&mut self, state: WalkState, message: impl Into<String>) {
        self.state = state;
        self.message = Some(message.into());
    }

    /// Whether the API has not taken the cursor, and the walk has not begun anew because of that before.
    fn may_begin_anew(&self, error: &ServiceError) -> bool {
        error.code == ErrorCode::BadRequest.name() && self.after.is_some() && !self.began_anew
    }

    fn begin_anew(&mut self) {
        self.after = None;
        self.began_anew = true;
        (self.pages, self.records, self.new, self.replaced, self.unreadable) = (0, 0, 0, 0, 0);
        self.message = Some(
            "the API did not take the cursor any more: the walk has begun anew from the first page"
                .to_owned(),
        );
    }
}
