//! Tables, as aligned text or in Markdown.

/// A table.
#[derive(Default)]
pub struct Table {
    /// What it shows.
    pub title: String,
    /// How to read it.
    pub note: String,
    /// Names of the columns.
    pub header: Vec<String>,
    /// Cells, as many in each row as there are columns.
    pub rows: Vec<Row>,
    /// How many of the columns hold words.
    pub words: usize,
}

/// A row of a table.
pub struct Row {
    /// Its cells.
    pub cells: Vec<String>,
    /// Whether it sums others up.
    pub is_summary: bool,
}

impl Table {
    /// Columns padded with spaces.
    pub fn text(&self) -> String {
        let mut widths: Vec<usize> = self.header.iter().map(|cell| cell.chars().count()).collect();
        for row in &self.rows {
            for (width, cell) in widths.iter_mut().zip(&row.cells) {
                *width = (*width).max(cell.chars().count());
            }
        }
        let line = |cells: &[String]| {
            let pad = |(at, (cell, width)): (usize, (&String, &usize))| {
                if at < self.words { format!("{cell:width$}") } else { format!("{cell:>width$}") }
            };
            let cells: Vec<String> = cells.iter().zip(&widths).enumerate().map(pad).collect();
            cells.join("  ").trim_end().to_string() + "\n"
        };
        let width = widths.iter().sum::<usize>() + 2 * widths.len().saturating_sub(1);
        let mut text = format!("{}\n{}\n\n{}{}\n", self.title, self.note, line(&self.header), "-".repeat(width));
        for (at, row) in self.rows.iter().enumerate() {
            text.push_str(&line(&row.cells));
            let ends_group = row.is_summary && self.rows.get(at + 1).is_some_and(|next| !next.is_summary);
            text.push_str(if ends_group { "\n" } else { "" });
        }
        text
    }

    /// Markdown; rows that sum up are bold.
    pub fn markdown(&self) -> String {
        let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
        let rule = (0..self.header.len()).map(|at| if at < self.words { "---|" } else { "---:|" });
        let mut text =
            format!("### {}\n\n{}\n\n{}|{}\n", self.title, self.note, line(&self.header), rule.collect::<String>());
        for row in &self.rows {
            let cells = row.cells.iter().map(|cell| cell.replace('|', "\\|"));
            let bold = |cell: String| if row.is_summary && !cell.is_empty() { format!("**{cell}**") } else { cell };
            text.push_str(&line(&cells.map(bold).collect::<Vec<_>>()));
        }
        text
    }
}
