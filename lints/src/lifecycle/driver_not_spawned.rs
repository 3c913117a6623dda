//! `driver-not-spawned`

use connlint_diagnostics::{Diagnostic, Impact, Label, Rating, Remedy};
use connlint_semantic::{IdleDriver, Program};

use crate::declare_lint;

declare_lint! {
    /// ## What it does
    /// Reports a connection whose driver nothing polls. `tokio_postgres::connect`, hyper's `handshake`,
    /// `LdapConnAsync::new`, `rumqttc::AsyncClient::new` and similar functions return a client together with the future
    /// that does its I/O; the client only works while something polls that future.
    ///
    /// ## Why is this bad?
    /// Bound to `_connection`, the driver stays alive but is never polled: the first query waits forever, without an
    /// error and without a timeout. Matched with `_`, it is dropped immediately: the connection closes and each query
    /// fails.
    ///
    /// ## Example
    /// ```rust
    /// use tokio_postgres::NoTls;
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let (client, _connection) = tokio_postgres::connect("host=localhost", NoTls).await.unwrap(); //~ ERROR driver-not-spawned
    ///     client.execute("DELETE FROM sessions", &[]).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use tokio_postgres::NoTls;
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let (client, connection) = tokio_postgres::connect("host=localhost", NoTls).await.unwrap();
    ///     tokio::spawn(async move {
    ///         if let Err(error) = connection.await {
    ///             eprintln!("connection: {error}");
    ///         }
    ///     });
    ///     client.execute("DELETE FROM sessions", &[]).await.unwrap();
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - the driver is awaited, spawned, polled by `select!` or `join!`, returned, stored, or passed to anything else
    ///
    /// ## Known limits
    /// - a driver that is passed to a function is assumed to be polled there
    /// - a driver that is spawned only after the first query is not reported, though that query waits forever
    pub(crate) static DRIVER_NOT_SPAWNED = {
        name: "driver-not-spawned",
        summary: "nothing polls the future that does the I/O of a connection",
        category: Lifecycle,
        level: Error,
        since: "0.1.0",
        requires: [IdleDrivers],
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.extend(program.idle_drivers().map(|driver| finding(program, driver)));
}

fn finding(program: &Program, driver: &IdleDriver) -> Diagnostic {
    let api = program.api_name(&driver.api);
    let (headline, label) = match &driver.bound {
        Some((name, _)) => (
            format!("nothing polls `{name}`, the driver of `{api}`: the client's first call waits forever"),
            "returns a client and the driver that it needs",
        ),
        None => (
            format!("the driver of `{api}` is dropped: each call on its client fails"),
            "the driver that this returns is dropped immediately",
        ),
    };
    let mut finding = Diagnostic::new(DRIVER_NOT_SPAWNED.metadata, headline, driver.span.clone(), label);
    let bound = driver.bound.iter();
    finding.labels = bound
        .map(|(_, span)| Label { span: span.clone(), text: "bound here, but neither awaited nor spawned".to_owned() })
        .collect();
    finding.notes = vec![match &driver.bound {
        Some(_) => {
            "the client only passes its requests to the driver, which does all reading and writing; no timeout of the \
             driver ends the wait, because its timers also run only while it is polled"
                .to_owned()
        }
        None => "dropping the driver closes the connection".to_owned(),
    }];
    finding.impact = Rating::because(Impact::High, "the connection does not work at all");
    let bound = driver.bound.as_ref().map(|(_, span)| span.clone());
    finding.remedies.extend(driver.remedy.clone().map(|advice| Remedy::RunDriver { bound, advice }));
    finding.help.push(driver.remedy.clone().unwrap_or_else(|| "spawn the driver before the first call".to_owned()));
    finding
}
