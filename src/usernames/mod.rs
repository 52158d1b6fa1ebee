//! Usernames as people and tools hand them over: text, CSV, JSON.
