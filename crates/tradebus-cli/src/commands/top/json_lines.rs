//! Snapshots as JSON, one a line.

use bytes::Bytes;

use super::source::{Feed, News};
use crate::failure::{Failure, Outcome, error, say};
use crate::output::Output;
use crate::shutdown::Shutdown;

/// Prints snapshots until the program is asked to end, or only one.
pub(super) async fn run(feed: &mut Feed, shutdown: &mut Shutdown, once: bool) -> Outcome {
    let mut output = Output::new();
    loop {
        let news = tokio::select! {
            news = feed.next() => news,
            () = shutdown.requested() => break,
        };
        match news {
            Some(News::Snapshot(json)) => {
                output.buffer().extend(line(&json));
                output.flush().await?;
                if once {
                    break;
                }
            }
            Some(News::Past(_)) => {}
            Some(News::Lost { why, .. }) if once => return Err(Failure::failed(why)),
            Some(News::Lost { why, again_in }) => {
                error(&why);
                say(&format!("trying again in {} ms", again_in.as_millis()));
            }
            None => return Err(Failure::failed("nothing comes any more")),
        }
    }
    output.finish().await
}

/// JSON on one line: line ends in it can only stand between its parts, where they mean nothing.
fn line(json: &Bytes) -> impl Iterator<Item = u8> {
    json.iter().map(|&byte| if matches!(byte, b'\n' | b'\r') { b' ' } else { byte }).chain([b'\n'])
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::line;

    #[test]
    fn a_snapshot_is_one_line() {
        let line: Vec<u8> = line(&Bytes::from_static(b"{\n\"a\":\r\n\"\\n\"}")).collect();
        assert_eq!(line, b"{ \"a\":  \"\\n\"}\n");
    }
}
