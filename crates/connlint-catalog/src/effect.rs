//! What functions do to connections, and what they wait for.

use serde::{Deserialize, Serialize};

/// What an API does to connections.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(json_schema, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// Opens one physical connection.
    #[serde(alias = "open_conn")]
    OpenConnection,
    /// Builds a pool.
    BuildPool,
    /// Builds a client that owns a pool or a connection.
    BuildClient,
    /// Builds a client, uses it once and drops it (`reqwest::get`).
    ThrowawayClient,
    /// Sends by a client that the library keeps for the whole process (`isahc::get`): nothing is built, and the settings are
    /// the library's.
    SharedClient,
    /// Takes a connection from a pool.
    Acquire,
    /// Begins a transaction.
    #[serde(alias = "begin_tx")]
    Begin,
    /// Commits one.
    Commit,
    /// Rolls one back.
    Rollback,
    /// Runs a statement or command.
    Query,
    /// Runs one that writes, unless the statement's text says otherwise.
    Write,
    /// Prepares a statement that another call runs.
    Prepare,
    /// Yields a future that must be polled for the connection to work.
    DriverFuture,
    /// Takes a connection out of the pool's or of Rust's care.
    Leak,
    /// Takes a connection out of its pool, which may open another in its place; it is closed where it is dropped.
    Detach,
    /// Sets an option of a pool or client.
    #[serde(alias = "config")]
    Configure,
    /// Closes a connection or pool.
    Close,
    /// Blocks the thread without doing work on a connection (`std::thread::sleep`).
    Block,
    /// Waits for something outside the process or for another task (an HTTP call, a sleep, a channel, a lock).
    AwaitExternal,
    /// Waits for a time that the code chooses (`tokio::time::sleep`).
    Sleep,
    /// Waits for the next tick of a timer.
    Tick,
    /// Takes the next connection from a listener.
    Accept,
    /// Takes the next message from a queue, channel or stream.
    Receive,
    /// Waits for a signal of the operating system.
    Signal,
    /// Waits for a permit, of which there are a limited number (a semaphore).
    Permit,
    /// Waits only where an operand, or what that was made from, is a source: copying from a socket does, from a file does
    /// not.
    Relay,
    /// Runs the futures of all items concurrently: those of its first argument, or, for a method, those that its second
    /// argument makes of the receiver's items, as many at a time as its first argument allows.
    RunAll,
    /// Sends or asks for many items in one round trip: a loop that calls it runs over batches.
    Batch,
    /// Hands out what another task may replace at any time, as it is now.
    Snapshot,
    /// Reads, or waits for, a flag that another task sets: a cancellation, a notification, an atomic `bool`.
    Flag,
}

impl Effect {
    /// A stable name for machine-readable output.
    pub fn name(self) -> &'static str {
        match self {
            Self::OpenConnection => "open-connection",
            Self::BuildPool => "build-pool",
            Self::BuildClient => "build-client",
            Self::ThrowawayClient => "throwaway-client",
            Self::SharedClient => "shared-client",
            Self::Acquire => "acquire",
            Self::Begin => "begin",
            Self::Commit => "commit",
            Self::Rollback => "rollback",
            Self::Query => "query",
            Self::Write => "write",
            Self::Prepare => "prepare",
            Self::DriverFuture => "driver-future",
            Self::Leak => "leak",
            Self::Detach => "detach",
            Self::Configure => "configure",
            Self::Close => "close",
            Self::Block => "block",
            Self::AwaitExternal => "await-external",
            Self::Sleep => "sleep",
            Self::Tick => "tick",
            Self::Accept => "accept",
            Self::Receive => "receive",
            Self::Signal => "signal",
            Self::Permit => "permit",
            Self::Relay => "relay",
            Self::RunAll => "run-all",
            Self::Batch => "batch",
            Self::Snapshot => "snapshot",
            Self::Flag => "flag",
        }
    }

    /// Whether it only qualifies what a row does otherwise: what it waits for, or how it runs what it is given.
    pub fn is_qualifier(self) -> bool {
        use Effect::{
            Accept, Batch, Flag, Permit, Prepare, Receive, Relay, RunAll, SharedClient, Signal, Sleep, Snapshot, Tick,
        };
        let waits = matches!(self, Sleep | Tick | Accept | Receive | Signal | Permit | Relay);
        waits || matches!(self, RunAll | Batch | Prepare | Snapshot | Flag | SharedClient)
    }

    /// Whether it is work on a connection, or takes one: what follows waits for the server of that connection.
    pub fn is_work(self) -> bool {
        matches!(self, Self::Query | Self::Write | Self::Acquire | Self::Begin)
    }

    /// Whether it makes a new connection, pool or client.
    pub fn is_opening(self) -> bool {
        matches!(self, Self::OpenConnection | Self::BuildPool | Self::BuildClient | Self::ThrowawayClient)
    }
}
