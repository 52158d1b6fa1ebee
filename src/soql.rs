//! SOQL for `ScratchOrgInfo`: quoting, the query, chunks of it that fit into a request line.
