//! The shape of generated modules in a data file, as TOML has it.

#[cfg(json_schema)]
use schemars::JsonSchema;
use serde::Deserialize;

use crate::schema::Text;

/// `[[generated]]`: modules that a build script generates and a macro includes, so that no source has their names.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GeneratedRow {
    /// Where the rows of what is generated lie: `tonic::include_proto`.
    pub(crate) path: Text,
    /// The name of the macro that includes it.
    #[serde(rename = "macro")]
    pub(crate) macro_name: String,
    /// What the names of the generated modules end in.
    pub(crate) modules: Vec<String>,
    /// The clients of the services.
    pub(crate) client: Option<GeneratedClientRow>,
    /// The type of the parameter by which a method of a service's trait is recognised.
    pub(crate) request: Option<Text>,
}

/// `client = { module = "_client", name = "Client", is = "acme_rpc::include::Client" }`.
#[derive(Debug, Deserialize)]
#[cfg_attr(json_schema, derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub(crate) struct GeneratedClientRow {
    /// What the names of modules with a client end in.
    pub(crate) module: String,
    /// What the client's name ends in.
    pub(crate) name: String,
    /// The one type that stands for the client of each service.
    pub(crate) is: Text,
}
