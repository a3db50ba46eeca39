//! Tables for people.

/// How the cells of a column are aligned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// The rows as lines, every column as wide as its widest cell, with two blanks between columns. The first row is the head.
pub(crate) fn aligned<const N: usize>(columns: [Align; N], rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(cell.chars().count());
        }
    }
    let line = |row: &[String; N]| {
        let cells = row.iter().zip(widths).zip(columns).map(|((cell, width), align)| match align {
            Align::Left => format!("{cell:<width$}"),
            Align::Right => format!("{cell:>width$}"),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Align, aligned};

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["node", "keys"], ["a", "1,000"], ["löng-name", "7"]].map(|row| row.map(str::to_owned));
        let lines = aligned([Align::Left, Align::Right], &rows);
        assert_eq!(lines, ["node        keys", "a          1,000", "löng-name      7"]);
    }
}
