//! Whether the programs that a job needs are there and work.

use serde::{Deserialize, Serialize};
use ts_rs::TS;

use super::{Fact, Finding, Refusal, Severity, if_known};
use crate::describe::{Describer, ToolError};
use crate::spec::{Describe, JobSpec, Tool};

/// A program that describes files, as it is found on this computer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FoundTool {
    /// Which one.
    pub tool: Tool,
    /// Its name and version. None: it is not there, or does not work.
    pub version: Option<String>,
    /// Why it cannot be used.
    pub problem: Option<String>,
    /// The same as a value, for whoever says it in another language.
    #[serde(default, deserialize_with = "if_known")]
    pub what: Option<Refusal>,
}

/// Looks for every program that can describe files, where a job that says nothing else would.
pub(crate) async fn find_tools() -> Vec<FoundTool> {
    let find = async |tool| match Describer::find(&Describe { tool, ..Describe::default() }).await {
        Ok(found) => FoundTool { tool, version: Some(found.version().to_owned()), problem: None, what: None },
        Err(error) => {
            let refusal = refused(tool, error);
            FoundTool { tool, version: None, problem: Some(refusal.to_string()), what: Some(refusal) }
        }
    };
    let [a, b, c] = [Tool::Ffprobe, Tool::Exiftool, Tool::Mediainfo].map(find);
    let (a, b, c) = futures_util::join!(a, b, c);
    vec![a, b, c]
}

/// What forbids a start for want of a program: a plan tells it and goes on, because everything else
/// can be looked at without it.
pub(crate) async fn look_at_tools(job: &JobSpec) -> Option<Finding> {
    let refusal = check_tools(job).await.err()?;
    Some(Finding::of(Severity::Blocks, 0, Fact::Refused { refusal }))
}

/// Finds and tries the program that describes files, if the job wants that.
pub(crate) async fn check_tools(job: &JobSpec) -> Result<Option<Describer>, Refusal> {
    let Some(describe) = &job.describe else { return Ok(None) };
    Describer::find(describe).await.map(Some).map_err(|error| refused(describe.tool, error))
}

fn refused(tool: Tool, error: ToolError) -> Refusal {
    match error {
        ToolError::Missing { name } => Refusal::ToolMissing { tool, name },
        ToolError::Unusable { program, why } => Refusal::ToolUnusable { program, said: why },
    }
}
