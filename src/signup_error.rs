//! What the ErrorCode of a `ScratchOrgInfo` record means, and what to do about it.
