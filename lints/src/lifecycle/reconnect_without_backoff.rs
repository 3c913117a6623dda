//! `reconnect-without-backoff`

use connlint_diagnostics::{Confidence, Diagnostic, Impact, Label, Rating, Remedy};
use connlint_semantic::{HotRetry, Program, RetryPace};

use crate::declare_lint;
use crate::reporting::trace;

declare_lint! {
    /// ## What it does
    /// Reports an endless loop that reconnects as soon as the previous attempt has failed: nothing on the way to the next
    /// attempt waits for a timer or an event, and nothing limits the number of attempts. Each way counts by itself: that
    /// the attempt failed, or that the first use of the connection did. A fixed pause below a second counts as none
    /// where requests or messages run the loop.
    ///
    /// ## Why is this bad?
    /// While the server is down, an attempt fails within microseconds (`connection refused`), and the loop takes a
    /// whole core and floods the log. When the server comes back, all instances of the service connect at the same
    /// time, again and again, and may bring it down once more.
    ///
    /// ## Example
    /// ```rust
    /// use std::time::Duration;
    ///
    /// use sqlx::{Connection, PgConnection};
    ///
    /// async fn connected() -> PgConnection {
    ///     loop {
    ///         match PgConnection::connect("postgres://localhost/app").await { //~ WARN reconnect-without-backoff
    ///             Ok(connection) => return connection,
    ///             Err(error) => eprintln!("no database yet: {error}"),
    ///         }
    ///     }
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let mut connection = connected().await;
    ///     loop {
    ///         sqlx::query("DELETE FROM sessions WHERE expires < now()").execute(&mut connection).await.unwrap();
    ///         tokio::time::sleep(Duration::from_secs(3600)).await;
    ///     }
    /// }
    /// ```
    ///
    /// ## Use instead
    /// ```rust
    /// use std::time::Duration;
    ///
    /// use sqlx::{Connection, PgConnection};
    ///
    /// async fn connected() -> PgConnection {
    ///     let mut pause = Duration::from_millis(100);
    ///     loop {
    ///         match PgConnection::connect("postgres://localhost/app").await {
    ///             Ok(connection) => return connection,
    ///             Err(error) => eprintln!("no database yet: {error}; next try in {pause:?}"),
    ///         }
    ///         tokio::time::sleep(pause).await;
    ///         pause = (pause * 2).min(Duration::from_secs(30));
    ///     }
    /// }
    ///
    /// #[tokio::main]
    /// async fn main() {
    ///     let mut connection = connected().await;
    ///     loop {
    ///         sqlx::query("DELETE FROM sessions WHERE expires < now()").execute(&mut connection).await.unwrap();
    ///         tokio::time::sleep(Duration::from_secs(3600)).await;
    ///     }
    /// }
    /// ```
    ///
    /// ## Not a defect when
    /// - something on the way waits: a sleep, a tick, a message, or a helper that does
    /// - the attempts are counted, or a failure leaves the loop by `?`, `return`, `break` or a panic
    ///
    /// ## Known limits
    /// - a constant pause in a loop that only start-up runs is not reported, although many instances may then retry in
    ///   lockstep
    /// - an unknown helper is assumed to wait if its result is awaited
    pub(crate) static RECONNECT_WITHOUT_BACKOFF = {
        name: "reconnect-without-backoff",
        summary: "a loop reconnects immediately after each failure",
        category: Lifecycle,
        level: Warn,
        since: "0.1.0",
    }
}

fn check(program: &Program, diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.extend(program.hot_retries().iter().map(|retry| finding(program, retry)));
}

fn finding(program: &Program, retry: &HotRetry<'_>) -> Diagnostic {
    let api = program.api_name(&retry.site.api);
    let headline = match retry.pace {
        RetryPace::AtOnce => {
            format!("`{api}` is retried immediately after each failure: the loop spins while the server is down")
        }
        RetryPace::AtOnceAfterUse => {
            format!("`{api}` is retried immediately when the first use of the connection fails: the loop then spins")
        }
        RetryPace::Fixed { millis } => format!(
            "`{api}` is retried every {millis} ms for as long as the server is down, by each run that waits for it"
        ),
    };
    let place = match retry.path.first() {
        Some(&call) => program.calls[call as usize].span.clone(),
        None => retry.site.span.clone(),
    };
    let (label, looped) = match retry.pace {
        RetryPace::AtOnce => {
            ("a failure here leads straight to the next attempt", "nothing in this loop waits between two attempts")
        }
        RetryPace::AtOnceAfterUse => {
            ("a failure after this leads straight to the next attempt", "one way round this loop does not wait")
        }
        RetryPace::Fixed { .. } => {
            ("a failure here leads to the next attempt after a short pause", "the pause in this loop never grows")
        }
    };
    let mut finding = Diagnostic::new(RECONNECT_WITHOUT_BACKOFF.metadata, headline, place, label.to_owned());
    let span = program.function(retry.function).span.clone();
    finding.labels.push(Label { span, text: looped.to_owned() });
    if !retry.path.is_empty() {
        finding.labels.push(Label { span: retry.site.span.clone(), text: "the connection is opened here".to_owned() });
        finding.trace = trace::calls(program, &retry.path);
    }
    let note = match retry.pace {
        RetryPace::AtOnce => {
            "a refused connection fails within microseconds: the loop keeps one core busy, and when the server comes \
             back, all instances connect at the same time"
        }
        RetryPace::AtOnceAfterUse => {
            "a server that accepts connections but cannot answer yet fails their first use at once: each instance then \
             connects as fast as it can, which keeps the server from recovering"
        }
        RetryPace::Fixed { .. } => {
            "requests that wait add up while the server is down, and nothing limits the attempts of any: when the server \
             comes back, all of them connect within one pause"
        }
    };
    finding.notes.push(note.to_owned());
    finding.help.push(
        "wait before the next attempt, longer each time and with an upper limit: \
         `sleep(pause).await; pause = (pause * 2).min(Duration::from_secs(30));`"
            .to_owned(),
    );
    if let RetryPace::Fixed { millis } = retry.pace {
        finding.remedies.push(Remedy::GrowPause { looped: program.function(retry.function).span.clone(), millis });
    }
    let certainty = retry.path.iter().map(|&call| program.calls[call as usize].certainty).min();
    finding.confidence = certainty.map_or(Confidence::High, trace::confidence).into();
    finding.impact = impact(program, retry);
    finding
}

/// How often the loop is entered does not matter: it goes round as fast as it can.
fn impact(program: &Program, retry: &HotRetry<'_>) -> Rating<Impact> {
    if let RetryPace::Fixed { .. } = retry.pace {
        return Rating::because(Impact::Medium, "each run that waits for the server keeps trying".to_owned());
    }
    let spins = "goes round without a pause while the server is down";
    match program.is_one_shot(retry.function) {
        true => Rating::because(Impact::Medium, format!("{spins}, in a program that serves nothing")),
        false => Rating::because(Impact::High, spins),
    }
}
