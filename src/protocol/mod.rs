//! What Salesforce speaks: assertions, queries, answers and what they mean; and the port to the network.

pub mod active_scratch_org;
pub mod assertion;
pub mod audience;
pub mod error_response;
pub mod hint;
pub mod http;
pub mod metadata;
mod no_proxy;
pub mod proxy;
pub mod records;
pub mod response;
pub mod signup_error;
pub mod soql;
pub mod transport;
pub mod trust_roots;
pub mod verdict;
pub mod verdict_context;
