//! Which failed records, and what to change of them.

use clap::{Args as ClapArgs, ValueEnum};
use serde_json::Value;
use sluice_engine::api::{Amendment, Error, Selection};
use sluice_engine::failure::Stage;

/// Which failed records; all of them when nothing is said.
#[derive(Debug, ClapArgs)]
pub(crate) struct Chosen {
    /// Only this category, such as source_unreadable.
    #[arg(long, value_name = "CATEGORY")]
    category: Option<String>,
    /// Only these records, by number.
    #[arg(long, value_name = "N", num_args = 1..)]
    id: Vec<i64>,
    /// Only what failed in this stage.
    #[arg(long)]
    stage: Option<StageArg>,
    /// Only what failed at this service, such as https://dam.example.
    #[arg(long, value_name = "SERVICE")]
    endpoint: Option<String>,
    /// Only messages that contain this text.
    #[arg(long, value_name = "TEXT")]
    message: Option<String>,
    /// Only records with this text in their path, message, note or own id.
    #[arg(long, value_name = "TEXT")]
    search: Option<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum StageArg {
    /// Listing the sources.
    Plan,
    /// Resolving and inspecting the source file.
    Ingest,
    /// Lookups and names.
    Transform,
    /// Copying, verifying, registering.
    Deliver,
}

impl Chosen {
    pub(crate) fn selection(&self) -> Result<Selection, Error> {
        Ok(Selection {
            category: self.category.as_deref().map(str::parse).transpose()?,
            ids: self.id.clone(),
            stage: self.stage.map(|stage| match stage {
                StageArg::Plan => Stage::Plan,
                StageArg::Ingest => Stage::Ingest,
                StageArg::Transform => Stage::Transform,
                StageArg::Deliver => Stage::Deliver,
            }),
            endpoint: self.endpoint.clone(),
            message: self.message.clone(),
            search: self.search.clone(),
            ..Selection::default()
        })
    }
}

/// What to change of failed records.
#[derive(Debug, ClapArgs)]
pub(crate) struct Change {
    /// Another path below the source, for one record.
    #[arg(long)]
    path: Option<String>,
    /// Replace the beginning of the path: OLD=NEW.
    #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
    prefix: Option<(String, String)>,
    /// Replace a text in the path, wherever it stands: OLD=NEW.
    #[arg(long, value_name = "OLD=NEW", value_parser = pair)]
    replace: Option<(String, String)>,
    /// Set a field: NAME=VALUE; an empty value takes it away.
    #[arg(long, value_name = "NAME=VALUE", value_parser = pair)]
    field: Vec<(String, String)>,
}

impl Change {
    pub(crate) fn amendment(&self) -> Amendment {
        let value = |text: &str| if text.is_empty() { Value::Null } else { Value::String(text.to_owned()) };
        Amendment {
            path: self.path.clone(),
            prefix: self.prefix.clone(),
            replace: self.replace.clone(),
            fields: self.field.iter().map(|(name, text)| (name.clone(), value(text))).collect(),
        }
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (left, right) = text.split_once('=').ok_or("write it with = between the two")?;
    if left.is_empty() {
        Err("there is nothing before the =".into())
    } else {
        Ok((left.into(), right.into()))
    }
}
