//! Where the code comes from, and which run of which pipeline reports it.

use std::collections::BTreeMap;

use serde_json::Value;
use serde_sarif::sarif::{ArtifactLocation, PropertyBag, RunAutomationDetails, VersionControlDetails};

use super::location::SRCROOT;
use crate::EmitOptions;

/// The category of the run. GitHub Advanced Security for Azure DevOps wants a category of its own form, and to know the
/// pipeline.
pub(super) fn automation(options: &EmitOptions) -> RunAutomationDetails {
    let Some(pipeline) = &options.azure_pipeline else {
        return RunAutomationDetails::builder().id(format!("{}/", options.category)).build();
    };
    let properties = [
        ("buildDefinitionId", &pipeline.definition_id),
        ("buildDefinitionName", &pipeline.definition_name),
        ("phaseId", &pipeline.phase_id),
        ("phaseName", &pipeline.phase_name),
    ];
    let properties = properties.map(|(name, value)| (format!("{AZURE}{name}"), Value::from(value.as_str())));
    let properties = properties.into_iter().collect::<BTreeMap<_, _>>();
    RunAutomationDetails::builder()
        .id(format!("{AZURE}{}/{}/", pipeline.definition_id, options.category))
        .properties(PropertyBag::builder().additional_properties(properties).build())
        .build()
}

const AZURE: &str = "azuredevops/pipeline/build/";

/// The repository, its commit and its branch.
pub(super) fn version_control(options: &EmitOptions) -> Option<Vec<VersionControlDetails>> {
    let provenance = options.provenance.as_ref()?;
    let mut details = VersionControlDetails::builder()
        .repository_uri(provenance.repository.as_str())
        .mapped_to(ArtifactLocation::builder().uri_base_id(SRCROOT).build())
        .build();
    details.revision_id = provenance.revision.clone();
    details.branch = provenance.branch.clone();
    Some(vec![details])
}
