//! What loading the data files yields.

use serde::{Deserialize, Serialize};

use crate::batch::BatchModel;
use crate::model::{
    AliasModel, ApiModel, AttributeModel, CrateModel, GeneratedModel, MacroModel, Marks, Role, SettingModel,
    TraitModel, TypeModel,
};
use crate::source::CatalogError;

/// All models, in the order of the files.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Models {
    pub(crate) crates: Vec<CrateModel>,
    pub(crate) aliases: Vec<AliasModel>,
    pub(crate) types: Vec<TypeModel>,
    /// Taken apart and emptied at the end of loading.
    #[serde(skip)]
    pub(crate) extensions: Vec<Extension>,
    pub(crate) traits: Vec<TraitModel>,
    pub(crate) apis: Vec<ApiModel>,
    /// How many of `apis` are rows of the files; those behind them are derived.
    pub(crate) written_apis: usize,
    pub(crate) attributes: Vec<AttributeModel>,
    pub(crate) macros: Vec<MacroModel>,
    pub(crate) settings: Vec<SettingModel>,
    pub(crate) generated: Vec<GeneratedModel>,
    pub(crate) batches: Vec<BatchModel>,
    pub(crate) marks: Marks,
}

/// What a row adds to a type that another file describes.
#[derive(Debug)]
pub(crate) struct Extension {
    /// What to say if no other row describes the type.
    pub(crate) missing: CatalogError,
    /// Replaces the type's role where it is given.
    pub(crate) role: Option<Role>,
    pub(crate) model: TypeModel,
}
