//! Texts that people or other programs write and connlint reads, each by the code that a run reads it with: for tests
//! that feed it what nobody would write.

use std::sync::Arc;

use crate::config::{ConfigFile, Settings, parse_models};
use crate::exit::Failure;
use crate::levels::lint_metadata;
use crate::{baseline, config, traffic_file};

/// A kind of text that is no source of the analysed project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OutsideText {
    /// `connlint.toml`.
    Settings,
    /// Settings in a `Cargo.toml`.
    Manifest,
    /// A file of models of crates.
    Models,
    /// A baseline.
    Baseline,
    /// The traffic of a service.
    Traffic,
}

impl OutsideText {
    /// Reads a text of this kind.
    ///
    /// # Errors
    ///
    /// What a run would say of it, drawn for people, if it is none.
    pub fn read(self, text: &str) -> Result<(), String> {
        self.read_text(&Arc::from(text)).map_err(|failure| failure.drawn())
    }

    fn read_text(self, text: &Arc<str>) -> Result<(), Failure> {
        match self {
            Self::Settings => settings("connlint.toml", text, ConfigFile::parse("connlint.toml", text)?),
            Self::Manifest => {
                config::levels_of_member("Cargo.toml", text, &lint_metadata())?;
                ConfigFile::of_manifest("Cargo.toml", text)?.map_or(Ok(()), |file| settings("Cargo.toml", text, file))
            }
            Self::Models => {
                let mut settings = Settings::default();
                settings.add_models("models.toml", text, parse_models("models.toml", text)?);
                settings.catalog().map(drop)
            }
            Self::Baseline => baseline::check_text(text),
            Self::Traffic => traffic_file::check_text(text),
        }
    }
}

fn settings(name: &str, text: &Arc<str>, file: ConfigFile) -> Result<(), Failure> {
    let settings = Settings::of_text(name, text, file)?;
    settings.used()?;
    settings.catalog().map(drop)
}
