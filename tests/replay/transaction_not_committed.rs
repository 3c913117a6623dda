//! A transaction that is dropped on a path of success: the answer is 200, and the rows are not there.

use super::client::ask;
use super::database::Database;
use super::service::{Release, Service};
use super::{alone, findings};

const TABLES: &str = "CREATE TABLE orders (id bigserial PRIMARY KEY, state text NOT NULL, total bigint NOT NULL);
    CREATE TABLE refunds (order_id bigint NOT NULL, total bigint NOT NULL);
    INSERT INTO orders (state, total) VALUES ('open', 4200)";

/// The state of the order and the number of refunds, after it was cancelled with success.
fn after_cancelling(fixture: &str, name: &str) -> (String, String) {
    let release = Release::build(fixture);
    let database = Database::create(name, TABLES);
    let service = Service::start(&release, &[("DATABASE_URL", &database.url())]);
    let status = ask(service.address(), "POST /orders/1/cancel").expect("the service answers");
    assert_eq!(status, 200);
    let after = (database.value("SELECT state FROM orders"), database.value("SELECT count(*) FROM refunds"));
    println!("{fixture}: {after:?}");
    after
}

#[test]
fn what_was_written_is_not_there_after_an_answer_of_success() {
    let _alone = alone();
    let fixture = "transaction-not-committed";
    let [finding] = &findings(fixture)[..] else { panic!("one finding is expected") };
    assert_eq!(finding.lint.name, fixture);
    assert_eq!(after_cancelling(fixture, "dropped"), ("open".to_owned(), "0".to_owned()));
}

#[test]
fn what_was_committed_is_there() {
    let _alone = alone();
    let fixture = "transaction-not-committed-repaired";
    assert!(findings(fixture).is_empty());
    assert_eq!(after_cancelling(fixture, "committed"), ("cancelled".to_owned(), "1".to_owned()));
}
