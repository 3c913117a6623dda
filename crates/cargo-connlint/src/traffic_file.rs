//! The traffic of a service, as an access log or an export of metrics is summed up: CSV or JSON.

use std::path::Path;

use connlint_semantic::RouteTraffic;
use serde::Deserialize;

use crate::exit::Failure;
use crate::text_file::read_text;

/// A service has hundreds of routes, not millions.
const MAX_BYTES: u64 = 16 << 20;

/// The columns of CSV, and the keys of JSON.
const COLUMNS: [&str; 4] = ["route", "requests_per_second", "mean_seconds", "p99_seconds"];

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    route: String,
    requests_per_second: f64,
    mean_seconds: f64,
    p99_seconds: f64,
}

/// Reads a file: JSON where it begins with `[`, else CSV.
pub(crate) fn read(path: &Path) -> Result<Vec<RouteTraffic>, Failure> {
    let name = path.display().to_string();
    let text = read_text(path, &name, MAX_BYTES)?;
    parse(&text).map_err(|why| Failure::new(format!("`{name}` is no traffic: {why}")))
}

/// Whether a text is a traffic file's.
pub(crate) fn check_text(text: &str) -> Result<(), Failure> {
    parse(text).map(drop).map_err(Failure::new)
}

fn parse(text: &str) -> Result<Vec<RouteTraffic>, String> {
    let text = text.trim_start_matches('\u{feff}').trim();
    let rows: Vec<Row> =
        if text.starts_with('[') { serde_json::from_str(text).map_err(|error| error.to_string())? } else { csv(text)? };
    rows.into_iter().map(checked).collect()
}

fn checked(row: Row) -> Result<RouteTraffic, String> {
    let Row { route, requests_per_second: rate, mean_seconds: mean, p99_seconds: p99 } = row;
    let fine = |number: f64| number.is_finite() && number >= 0.0;
    if [rate, mean, p99].into_iter().all(fine) {
        Ok(RouteTraffic { route, rate, mean, p99 })
    } else {
        Err(format!("a number of `{route}` is negative or no number"))
    }
}

fn csv(text: &str) -> Result<Vec<Row>, String> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, header) = lines.next().ok_or("it is empty")?;
    let names = cells(header);
    let column = |wanted: &str| {
        let found = names.iter().position(|name| name.trim() == wanted);
        found.ok_or_else(|| {
            format!("the first line names no column `{wanted}`, but it must name {}", COLUMNS.join(", "))
        })
    };
    let [route, rate, mean, p99] = COLUMNS.map(column);
    let (route, rate, mean, p99) = (route?, rate?, mean?, p99?);
    let row = |(line, text): (usize, &str)| {
        let cells = cells(text);
        let cell =
            |at: usize| cells.get(at).map(|cell| cell.trim()).ok_or(format!("line {} has too few cells", line + 1));
        let number = |at: usize| {
            let text = cell(at)?;
            text.parse::<f64>().map_err(|_| format!("line {}: `{text}` is no number", line + 1))
        };
        Ok(Row {
            route: cell(route)?.to_owned(),
            requests_per_second: number(rate)?,
            mean_seconds: number(mean)?,
            p99_seconds: number(p99)?,
        })
    };
    lines.map(row).collect()
}

/// The cells of a line; those in quotes may hold commas, and quotes twice.
fn cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut quoted = false;
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, quoted) {
            ('"', true) if chars.peek() == Some(&'"') => {
                chars.next();
                push(&mut cells, '"');
            }
            ('"', _) => quoted = !quoted,
            (',', false) => cells.push(String::new()),
            (c, _) => push(&mut cells, c),
        }
    }
    cells
}

fn push(cells: &mut [String], c: char) {
    if let Some(cell) = cells.last_mut() {
        cell.push(c);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(route: &str) -> RouteTraffic {
        RouteTraffic { route: route.to_owned(), rate: 12.5, mean: 0.02, p99: 0.3 }
    }

    #[test]
    fn csv_columns_are_found_by_their_names() {
        let text = "p99_seconds,route,mean_seconds,requests_per_second\n0.3,\"GET /a,b\",0.02,12.5\n\n";
        assert_eq!(parse(text), Ok(vec![one("GET /a,b")]));
    }

    #[test]
    fn json_has_the_same_keys() {
        let text = r#"[{"route": "GET /a", "requests_per_second": 12.5, "mean_seconds": 0.02, "p99_seconds": 0.3}]"#;
        assert_eq!(parse(text), Ok(vec![one("GET /a")]));
    }

    #[test]
    fn what_is_wrong_is_said() {
        let wrong = |text: &str| parse(text).expect_err("it is wrong");
        let head = "route,requests_per_second,mean_seconds,p99_seconds\n";
        assert_eq!(wrong(""), "it is empty");
        assert!(wrong("route,rate\n").starts_with("the first line names no column `requests_per_second`"));
        assert_eq!(wrong(&format!("{head}GET /,1,x,2\n")), "line 2: `x` is no number");
        assert_eq!(wrong(&format!("{head}GET /,1\n")), "line 2 has too few cells");
        assert_eq!(wrong(&format!("{head}GET /,-1,1,1\n")), "a number of `GET /` is negative or no number");
    }
}
