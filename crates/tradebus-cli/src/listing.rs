//! Lists: a table for people, or one JSON object a line for programs.

use std::fmt::Display;
use std::io::Write as _;

use owo_colors::OwoColorize as _;
use unicode_width::UnicodeWidthStr as _;

use crate::failure::Outcome;
use crate::output::Output;
use crate::terminal;

/// Rows that are looked at together to find how wide the columns are.
const PAGE: usize = 1000;
/// Between two columns.
const GAP: &str = "  ";

/// A column of a table.
#[derive(Clone, Copy)]
pub(crate) enum Column {
    /// Text.
    Left(&'static str),
    /// Numbers.
    Right(&'static str),
}

impl Column {
    fn head(self) -> &'static str {
        match self {
            Self::Left(head) | Self::Right(head) => head,
        }
    }
}

/// Prints what it is given row by row, and holds no more than a page of it.
pub(crate) struct Listing {
    output: Output,
    /// Without one, JSON is printed.
    table: Option<Table>,
    count: u64,
}

impl Listing {
    pub(crate) fn new(json: bool, columns: &[Column]) -> Self {
        let table = (!json).then(|| Table::new(columns, terminal::stdout_has_colour()));
        Self { output: Output::new(), table, count: 0 }
    }

    /// Leaves out what does not fit on a line of the terminal, where there is one.
    pub(crate) fn cut_to_terminal(mut self) -> Self {
        if let Some(table) = &mut self.table {
            table.most_columns = terminal::stdout_size().map(|size| size.0);
        }
        self
    }

    /// Adds a row: an object, or as many cells as there are columns.
    pub(crate) async fn add<J: Display>(
        &mut self,
        object: impl FnOnce() -> J,
        cells: impl FnOnce() -> Vec<String>,
    ) -> Outcome {
        self.count += 1;
        match &mut self.table {
            Some(table) => table.add(cells(), self.output.buffer()),
            None => push_json(&object(), self.output.buffer()),
        }
        self.output.flush_if_large().await
    }

    /// Prints what there is so far.
    pub(crate) async fn flush(&mut self) -> Outcome {
        if let Some(table) = &mut self.table {
            table.end_page(self.output.buffer());
        }
        self.output.flush().await
    }

    /// Prints the rest, and tells how many rows there were.
    pub(crate) async fn finish(mut self) -> Outcome<u64> {
        if let Some(table) = &mut self.table {
            table.end_page(self.output.buffer());
        }
        self.output.finish().await?;
        Ok(self.count)
    }
}

/// Appends an object as one line.
pub(crate) fn push_json(object: &impl Display, out: &mut Vec<u8>) {
    // Writing to memory cannot fail.
    let _ = writeln!(out, "{object}");
}

/// A table for standard error, beside what goes to standard output.
pub(crate) fn table_for_stderr(columns: &[Column], rows: Vec<Vec<String>>) -> String {
    let mut table = Table::new(columns, terminal::stderr_has_colour());
    let mut out = Vec::new();
    for row in rows {
        table.add(row, &mut out);
    }
    table.end_page(&mut out);
    String::from_utf8_lossy(&out).into_owned()
}

/// Rows with aligned columns, under a head.
struct Table {
    columns: Vec<Column>,
    widths: Vec<usize>,
    rows: Vec<Vec<String>>,
    colour: bool,
    most_columns: Option<usize>,
    head_is_due: bool,
}

impl Table {
    fn new(columns: &[Column], colour: bool) -> Self {
        let widths = columns.iter().map(|column| column.head().len()).collect();
        Self {
            columns: columns.to_vec(),
            widths,
            rows: Vec::new(),
            colour,
            most_columns: None,
            head_is_due: true,
        }
    }

    fn add(&mut self, cells: Vec<String>, out: &mut Vec<u8>) {
        let visible = |cell: String| {
            let mut visible = String::with_capacity(cell.len());
            terminal::push_visible(&mut visible, &cell);
            visible
        };
        let cells: Vec<String> = cells.into_iter().map(visible).collect();
        for (width, cell) in self.widths.iter_mut().zip(&cells) {
            *width = (*width).max(cell.width());
        }
        self.rows.push(cells);
        if self.rows.len() >= PAGE {
            self.end_page(out);
        }
    }

    fn end_page(&mut self, out: &mut Vec<u8>) {
        if !self.rows.is_empty() && std::mem::take(&mut self.head_is_due) {
            let heads: Vec<String> = self.columns.iter().map(|column| column.head().to_owned()).collect();
            let head = self.line(&heads);
            let head = if self.colour { head.dimmed().to_string() } else { head };
            out.extend_from_slice(head.as_bytes());
            out.push(b'\n');
        }
        for row in std::mem::take(&mut self.rows) {
            out.extend_from_slice(self.line(&row).as_bytes());
            out.push(b'\n');
        }
    }

    fn line(&self, cells: &[String]) -> String {
        let mut line = String::new();
        for ((cell, column), width) in cells.iter().zip(&self.columns).zip(&self.widths) {
            let blanks = " ".repeat(width.saturating_sub(cell.width()));
            if !line.is_empty() {
                line.push_str(GAP);
            }
            match column {
                Column::Left(_) => line.extend([cell, blanks.as_str()]),
                Column::Right(_) => line.extend([blanks.as_str(), cell]),
            }
        }
        line.truncate(line.trim_end().len());
        if let Some(columns) = self.most_columns {
            terminal::cut(&mut line, columns);
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, PAGE, Table};

    fn printed(rows: &[[&str; 3]], most_columns: Option<usize>) -> Vec<String> {
        let columns = [Column::Left("KEY"), Column::Right("LENGTH"), Column::Left("ERROR")];
        let mut table = Table::new(&columns, false);
        table.most_columns = most_columns;
        let mut out = Vec::new();
        for row in rows {
            table.add(row.map(str::to_owned).to_vec(), &mut out);
        }
        table.end_page(&mut out);
        String::from_utf8(out).unwrap().lines().map(str::to_owned).collect()
    }

    #[test]
    fn columns_are_as_wide_as_what_is_in_them() {
        assert_eq!(printed(&[], None), [""; 0]);
        assert_eq!(
            printed(&[["日本語", "5", "x"], ["a\n\x1b", "1234567", ""]], None),
            ["KEY         LENGTH  ERROR", "日本語           5  x", "a\\n\\u{1b}  1234567"]
        );
        assert_eq!(printed(&[["a", "5", "a long error"]], Some(15)), ["KEY  LENGTH  E…", "a         5  a…"]);
    }

    #[test]
    fn there_is_one_head_however_many_rows() {
        let rows = vec![["a", "1", "-"]; PAGE + 5];
        let lines = printed(&rows, None);
        assert_eq!(lines.len(), PAGE + 6);
        assert_eq!(lines.iter().filter(|line| line.starts_with("KEY")).count(), 1);
    }
}
