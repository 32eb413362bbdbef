//! Requests to services: prepared from the job, filled in for a record, sent under the control of
//! the service's endpoint.

mod exchange;
mod prepared;
mod reply;

pub(crate) use exchange::{Exchange, client, in_words, send};
pub(crate) use prepared::{Prepared, RegisterStep, Request, Services, check_templates};
pub(crate) use reply::{LOOKUP_SUCCESS, Reply, read_fields, read_id, retry_after_of};
