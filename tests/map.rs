//! `connlint map` as programs read it.

use connlint_tests::command::connlint;
use connlint_tests::files::fixtures;
use expect_test::expect;
use serde_json::Value;

fn map(incident: &str, arguments: &[&str]) -> String {
    let run = connlint(&fixtures().join("incidents").join(incident), &[&["map"], arguments].concat());
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stdout
}

fn json(incident: &str, arguments: &[&str]) -> Value {
    serde_json::from_str(&map(incident, &[&["--format", "json"], arguments].concat())).expect("it is JSON")
}

fn rows<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map_or(&[], Vec::as_slice)
}

fn number(value: &Value) -> usize {
    value.as_u64().expect("it is a number") as usize
}

#[test]
fn every_path_leads_from_its_entry_point_to_its_expression() {
    for incident in ["2023-10-15-connection-per-request", "nested-acquire", "transaction-not-committed"] {
        let map = json(incident, &[]);
        let (calls, sites) = (rows(&map, "calls"), rows(&map, "sites"));
        let mut paths = 0;
        for entry in rows(&map, "entry_points") {
            for reached in rows(entry, "reached") {
                let mut at = number(&entry["function"]);
                for call in rows(reached, "path").iter().map(|call| &calls[number(call)]) {
                    assert_eq!(number(&call["from"]), at, "{incident}: {call}");
                    at = number(&call["to"]);
                }
                assert_eq!(number(&sites[number(&reached["site"])]["function"]), at, "{incident}: {reached}");
                paths += 1;
            }
        }
        assert!(paths > 0, "{incident}");
    }
}

#[test]
fn findings_are_in_place() {
    let map = json("2023-10-15-connection-per-request", &[]);
    let [finding] = rows(&map, "findings") else { panic!("one finding is expected") };
    assert_eq!(finding["lint"], "connection-per-request");
    let [entry] = rows(finding, "entry_points") else { panic!("one entry point is expected") };
    assert_eq!(rows(&map, "entry_points")[number(entry)]["route"], "GET /users");
    let [site] = rows(finding, "sites") else { panic!("one expression is expected") };
    let site = &rows(&map, "sites")[number(site)];
    assert_eq!(site["api"], "sqlx::PgConnection::connect");
    assert_eq!(site["place"]["path"], "crates/db/src/lib.rs");
    assert_eq!(site["place"]["line"], 21);
    assert_eq!(site["place"]["code"][1], "PgConnection::connect(&config.url)");
}

#[test]
fn pools_have_their_maximum_and_who_takes_from_them() {
    let map = json("nested-acquire", &[]);
    let [pool] = rows(&map, "pools") else { panic!("one pool is expected") };
    assert_eq!(pool["maximum"], 5);
    assert_eq!(pool["set_at"]["path"], "src/main.rs");
    let taking = rows(&map, "sites").iter().filter(|site| rows(site, "pools") == [Value::from(0)]);
    assert!(taking.count() >= 2);
    let holds = rows(&map, "sites").iter().flat_map(|site| rows(site, "holds"));
    let meanwhile: Vec<&Value> = holds.flat_map(|hold| rows(hold, "acquires")).collect();
    assert!(!meanwhile.is_empty(), "{map:#}");
}

#[test]
fn finding_about_a_pool_is_at_the_pool() {
    for (arguments, entries) in [(&[][..], 3), (&["--route", "prices"], 1)] {
        let map = json("pool-without-timeout", arguments);
        assert_eq!(rows(&map, "entry_points").len(), entries);
        let [finding] = rows(&map, "findings") else { panic!("one finding is expected") };
        assert_eq!(finding["lint"], "pool-without-timeout");
        let [pool] = rows(&map, "pools") else { panic!("one pool is expected") };
        assert_eq!((rows(finding, "pools"), rows(pool, "findings")), (&[Value::from(0)][..], &[Value::from(0)][..]));
    }
    assert!(rows(&json("pool-without-timeout", &["--route", "healthz"]), "findings").is_empty());
}

#[test]
fn entry_points_can_be_chosen() {
    let map = json("2023-10-15-connection-per-request", &["--route", "healthz"]);
    assert_eq!(rows(&map, "entry_points").len(), 1);
    assert!(rows(&map, "findings").is_empty());
}

#[test]
fn graphs_have_each_node_and_arrow_once() {
    expect![[r#"
        digraph connlint {
          rankdir=LR;
          node [shape=box, fontname="sans-serif"];
          e0 [label="GET /healthz (request-handler)\ncrates/server/src/routes.rs:11", shape=cds];
          e1 [label="GET /users (request-handler)\ncrates/server/src/routes.rs:18", shape=cds, color=firebrick, fontcolor=firebrick];
          f2 [label="db::open\ncrates/db/src/lib.rs:19"];
          f3 [label="repo::all\ncrates/repo/src/lib.rs:14"];
          s0 [label="opens a connection: sqlx::PgConnection::connect\ncrates/db/src/lib.rs:21", style=rounded, color=firebrick, fontcolor=firebrick];
          s1 [label="queries: sqlx::query::QueryAs::fetch_all\ncrates/repo/src/lib.rs:17", style=rounded];
          s2 [label="queries: sqlx::query_as\ncrates/repo/src/lib.rs:17", style=rounded];
          e1 -> f3;
          f2 -> s0;
          f3 -> f2;
          f3 -> s1;
          f3 -> s2;
        }
    "#]]
    .assert_eq(&map("2023-10-15-connection-per-request", &["--format", "dot"]));
    expect![[r#"
        flowchart LR
          e0(["GET /users (request-handler)<br>crates/server/src/routes.rs:18"]):::reported
          f1["db::open<br>crates/db/src/lib.rs:19"]
          f2["repo::all<br>crates/repo/src/lib.rs:14"]
          s0("opens a connection: sqlx::PgConnection::connect<br>crates/db/src/lib.rs:21"):::reported
          s1("queries: sqlx::query::QueryAs::fetch#95;all<br>crates/repo/src/lib.rs:17")
          s2("queries: sqlx::query#95;as<br>crates/repo/src/lib.rs:17")
          e0 --> f2
          f1 --> s0
          f2 --> f1
          f2 --> s1
          f2 --> s2
          classDef reported stroke:firebrick,color:firebrick
    "#]]
    .assert_eq(&map("2023-10-15-connection-per-request", &["--format", "mermaid", "--route", "users"]));
}

#[test]
fn page_is_whole() {
    let page = map("2023-10-15-connection-per-request", &[]);
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"), "{page}");
    assert!(page.contains("<title>2023-10-15-connection-per-request: connections</title>"));
    assert!(!page.contains("{{"));
}
